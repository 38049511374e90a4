"""Pooled counts give the estimate of the joined records; the bootstrap draws what it says it draws."""

import io

import numpy as np
import pandas as pd
import pytest

from ot_eval.base.errors import AnalysisRefused, DataError
from ot_eval.models.bootstrap import bootstrap_restricted_mean, means_of
from ot_eval.models.competing import cumulative_incidence
from ot_eval.models.count_models import hazard_ratios_from_counts, incidence_from_counts
from ot_eval.models.counts import export_counts, pool_counts, rows_from_counts, small_cells
from ot_eval.models.cox import split_exposure
from ot_eval.models.cox_fit import CoxModel, fit
from ot_eval.models.gray import gray_test
from ot_eval.models.restricted_mean import restricted_mean
from ot_eval.models.survival import kaplan_meier

EXACT = 1e-12
BY = ("sex", "age_band", "provider_id")


def anything_goes(_table):
    """A disclosure check that stops nothing."""


def council(seed, n=500, late=True):
    rng = np.random.default_rng(seed)
    entry = rng.integers(0, 40, n) * (rng.random(n) < 0.3) * late
    return pd.DataFrame({
        "person_id": [f"{seed}-{i}" for i in range(n)], "entry_day": entry, "exit_day": entry + rng.integers(1, 120, n),
        "event": rng.choice(["increase", "death", "none"], n, p=[0.4, 0.2, 0.4]),
        "sex": rng.choice(["f", "m"], n), "age_band": rng.choice(["65-74", "75-84", "85+"], n),
        "provider_id": rng.integers(0, 6, n) + 10 * seed,
        "ot_day": np.where(rng.random(n) < 0.5, rng.integers(-5, 80, n), np.nan),
    })  # fmt: skip


def through_counts(frames, by):
    """Each council exports, the tables travel as text, somebody pools them."""
    tables = []
    for frame in frames:
        text = export_counts(frame, by=by, check=anything_goes).to_csv(index=False)
        tables.append(pd.read_csv(io.StringIO(text), keep_default_na=False))
    return rows_from_counts(pool_counts(tables))


def test_pooled_counts_give_the_estimates_of_the_joined_records(about, relative):
    frames = [council(1), council(2), council(3)]
    joined, pooled = pd.concat(frames, ignore_index=True), through_counts(frames, BY)
    assert "person_id" not in pooled
    assert len(pooled) == len(joined)
    for cause in ("increase", "death"):
        one, two = (cumulative_incidence(f, cause=cause, by="sex", about=about)[1] for f in (joined, pooled))
        assert one.n_risk == two.n_risk
        assert one.n_event == two.n_event
        assert relative(one.value, two.value) < EXACT
        assert relative(one.lower, two.lower) < EXACT
        one, two = (
            cumulative_incidence(f, cause=cause, cluster="provider_id", about=about)[0] for f in (joined, pooled)
        )
        assert relative(one.upper, two.upper) < EXACT
    one, two = (restricted_mean(f, horizon=90, by="sex", about=about) for f in (joined, pooled))
    assert relative([e.value for e in one], [e.value for e in two]) < EXACT
    assert relative([e.se for e in one], [e.se for e in two]) < EXACT
    one, two = (kaplan_meier(f, about=about, engine="count grid")[0] for f in (joined, pooled))
    assert relative(one.upper, two.upper) < EXACT


@pytest.mark.parametrize("model", [
    CoxModel(cause="increase", terms=("sex", "age_band")),
    CoxModel(cause="increase", terms=("sex",), strata=("age_band",), ties="breslow"),
    CoxModel(cause="increase", terms=("sex", "age_band"), cluster="provider_id"),
])  # fmt: skip
def test_pooled_counts_give_the_cox_model_of_the_joined_records(relative, model):
    frames = [council(1), council(2), council(3)]
    one, two = fit(pd.concat(frames, ignore_index=True), model), fit(through_counts(frames, BY), model)
    assert relative(one.beta, two.beta) < 1e-9
    assert relative(one.se, two.se) < 1e-9


def test_pooled_counts_carry_an_exposure_that_begins_during_follow_up(relative):
    frames = [split_exposure(council(1)), split_exposure(council(2))]
    model = CoxModel(cause="increase", terms=("ot", "sex"), cluster="provider_id")
    joined = pd.concat(frames, ignore_index=True)
    one, two = fit(joined, model), fit(through_counts(frames, ("ot", "sex", "provider_id")), model)
    assert relative(one.beta, two.beta) < 1e-9
    assert relative(one.se, two.se) < 1e-9


def test_without_late_entry_the_rest_is_exact_too(about, relative):
    frames = [council(1, late=False), council(2, late=False)]
    joined, pooled = pd.concat(frames, ignore_index=True), through_counts(frames, BY)
    one, two = (gray_test(f, cause="increase", by="sex", about=about) for f in (joined, pooled))
    assert relative(one.value, two.value) < EXACT
    one, two = (fit(f, CoxModel(cause="increase", terms=("sex",), subdistribution=True)) for f in (joined, pooled))
    assert relative(one.beta, two.beta) < 1e-9
    assert relative(one.se, two.se) < 1e-9


def test_nothing_is_exported_that_the_disclosure_check_stops():
    seen = []

    def strict(table):
        seen.append(small_cells(table, 10))
        raise DataError("counts: small cells", expected="none", fix="fewer covariates")

    with pytest.raises(DataError, match="small cells"):
        export_counts(council(1), by=BY, check=strict)
    assert seen[0] > 0


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda t: t.assign(n=t["n"] * 5 // 5 + (t.index == 0)), "came and"),
        (lambda t: t.assign(n=t["n"] + 0.5), "not whole"),
        (lambda t: t.rename(columns={"sex": "gender"}), "differs in the columns"),
        (lambda t: t.drop(columns="n"), "differs in the columns"),
    ],
)
def test_counts_that_cannot_be_are_refused(spoil, message):
    good = export_counts(council(1), by=("sex",), check=anything_goes)
    with pytest.raises(DataError, match=message):
        pool_counts([good, spoil(good)])


def test_bootstrap_of_people_agrees_with_the_formula(about):
    frame = council(4, n=800, late=False)
    found = bootstrap_restricted_mean(frame, horizon=90, by="sex", about=about, rng=np.random.default_rng(1))
    formula = restricted_mean(frame, horizon=90, by="sex", about=about)[2]
    assert found.value == formula.value
    assert found.se == pytest.approx(formula.se, rel=0.08)  # 1,000 draws know a standard error to about 2 %
    assert found.lower == pytest.approx(formula.lower, abs=0.35 * formula.se)


def test_bootstrap_of_providers_agrees_with_the_cluster_robust_formula(about):
    frame = pd.concat([council(s, n=300) for s in range(1, 7)], ignore_index=True)
    found = bootstrap_restricted_mean(
        frame, horizon=90, by="sex", about=about, rng=np.random.default_rng(1), cluster="provider_id"
    )
    formula = restricted_mean(frame, horizon=90, by="sex", about=about, cluster="provider_id")[2]
    assert found.se == pytest.approx(formula.se, rel=0.12)
    assert found.n_cluster == 36


def test_the_same_seed_gives_the_same_draws_and_means_of_one_table_is_the_restricted_mean(about):
    frame = council(4, n=200, late=False)
    one, two = (
        bootstrap_restricted_mean(frame, horizon=60, by="sex", about=about, rng=np.random.default_rng(9), replicates=50)
        for _ in range(2)
    )
    assert one == two
    ended = np.bincount(frame.exit_day, minlength=130)[None, :].astype(float)
    events = np.bincount(frame.exit_day[frame.event != "none"], minlength=130)[None, :].astype(float)
    assert means_of(ended, events, None, 60)[0] == pytest.approx(
        restricted_mean(frame, horizon=60, about=about)[0].value
    )


@pytest.mark.parametrize("strata", [(), ("age_band",)])
@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_models_straight_from_counts_equal_those_from_rows(about, relative, strata, ties):
    rows = split_exposure(pd.concat([council(1), council(2)], ignore_index=True))
    table = export_counts(rows, by=("ot", "sex", "age_band"), check=anything_goes)
    found = hazard_ratios_from_counts(
        table, cause="increase", terms=("ot", "sex"), strata=strata, ties=ties, about=about
    )
    wanted = fit(rows, CoxModel(cause="increase", terms=("ot", "sex"), strata=strata, ties=ties))
    assert relative([np.log(e.value) for e in found], wanted.beta) < 1e-9
    assert relative([e.se for e in found], wanted.se) < 1e-9
    for one, two in zip(
        incidence_from_counts(table, cause="death", by="sex", about=about),
        cumulative_incidence(rows, cause="death", by="sex", about=about),
        strict=True,
    ):
        assert one.n_risk == two.n_risk
        assert relative(one.value, two.value) < EXACT
        assert relative(one.upper, two.upper) < EXACT


def test_ten_times_the_people_scale_the_error_and_nothing_else(about, relative):
    table = export_counts(council(1), by=("sex",), check=anything_goes)
    ask = {"cause": "increase", "terms": ("sex",), "ties": "breslow", "about": about}
    one, ten = (hazard_ratios_from_counts(t, **ask)[0] for t in (table, table.assign(n=10_000 * table.n)))
    assert ten.value == pytest.approx(one.value, rel=1e-9)
    assert ten.se == pytest.approx(one.se / 100, rel=1e-7)


def test_counts_without_the_cause_are_refused(about):
    table = export_counts(council(1), by=("sex",), check=anything_goes)
    with pytest.raises(AnalysisRefused, match="nobody has the event 'move'"):
        incidence_from_counts(table, cause="move", about=about)
