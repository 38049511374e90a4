"""The truth beside the files: the stated ratios come back, effects start the day after contact, decoys are no truth."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from ot_eval.data import synthetic
from ot_eval.data.synthetic_council import EFFECT_INCREASE, NONE, Council, day, to_date
from ot_eval.data.synthetic_people import _event_day

THREE_ERRORS = 3.0  # a true value lies within three standard errors but for 1 sample in 370; the seed is fixed


def _draw(**settings):
    council = Council(**settings)
    drawn, _ = synthetic.draw_council(council, seed=31)
    truth = synthetic._truth(drawn, council, np.array(council.file_ends))
    return drawn, truth.people


def _person_time(drawn, people):
    """Split follow-up at the day after OT contact; return events, days and covariates per piece."""
    p = drawn.people[people["followed"].to_numpy()]
    t = people[people["followed"]]
    last = t["event_day"].to_numpy()
    contact = (p["ot_day"] - p["end"]).to_numpy()
    rose = (t["event"] == "increase").to_numpy()
    pieces = []
    for exposed in (0, 1):
        begin = np.full(len(t), 7) if not exposed else np.clip(contact, 7, None)
        stop = np.minimum(last, np.maximum(contact, 7)) if not exposed else last
        frame = pd.DataFrame({"ot": exposed, "days": stop - begin})
        frame["rose"] = rose & (last > begin) & (stop == last)
        frame["age"] = ((p["age_at_start"] - 80) / 10).to_numpy()
        for column in ("dementia", "existing", "hospital_route"):
            frame[column] = p[column].to_numpy(float)
        frame["coached"] = drawn.providers["coached"].to_numpy()[p["provider"]].astype(float)
        pieces.append(frame[frame["days"] > 0])
    return pd.concat(pieces)


@pytest.fixture(scope="module")
def fitted():
    settings = {"people": 40_000, "provider_sd": 0.0, "coaching_ratio": 1.0, "hazard_ratio": 0.6}
    table = _person_time(*_draw(**settings))
    x = sm.add_constant(table[["ot", "age", "dementia", "existing", "hospital_route", "coached"]].astype(float))
    model = sm.GLM(table["rose"].astype(float), x, family=sm.families.Poisson(), offset=np.log(table["days"]))
    return model.fit()


@pytest.mark.parametrize(
    ("term", "true"),
    [
        ("ot", np.log(0.6)),
        ("age", EFFECT_INCREASE["age_decades"]),
        ("dementia", EFFECT_INCREASE["dementia"]),
        ("existing", EFFECT_INCREASE["existing"]),
        ("hospital_route", EFFECT_INCREASE["hospital_route"]),
        ("coached", 0.0),
    ],
)
def test_the_stated_effects_come_back(fitted, term, true):
    assert abs(fitted.params[term] - true) < THREE_ERRORS * fitted.bse[term]
    assert fitted.bse[term] < 0.1


def test_with_confounding_the_crude_ratio_is_wrong():
    table = _person_time(*_draw(people=40_000, hazard_ratio=0.6, confounding=0.8, provider_sd=0.0))
    rate = table.groupby("ot")[["rose", "days"]].sum()
    crude = (rate["rose"] / rate["days"]).loc[1] / (rate["rose"] / rate["days"]).loc[0]
    assert crude > 0.7


def test_an_effect_starts_on_the_day_after_contact_and_not_before():
    n, contact = 200_000, 20
    first = np.full(n, 11)
    found = _event_day(np.full(n, 0.01), first, [(np.full(n, contact + 1), 1e-9)], np.random.default_rng(1))
    assert found.min() == 11
    assert (found == contact).sum() > 0
    assert ((found > contact) & (found < NONE)).sum() == 0
    share = 1 - np.exp(-0.01 * (contact - 10))
    error = np.sqrt(share * (1 - share) / n)
    assert abs((found <= contact).mean() - share) < THREE_ERRORS * error


def test_truth_counts_no_decoy_and_confirms_every_increase():
    drawn, people = _draw(people=4000)
    true = people[people["event"] == "increase"]
    plan = drawn.plan.assign(person_id="P" + drawn.people["la_number"].to_numpy()[drawn.plan["person"]].astype(str))
    kinds = plan[plan["person_id"].isin(true["person_id"])].groupby("person_id")["kind"].agg(set)
    assert all(k & {"level", "line", "restart"} for k in kinds)
    assert (true["event_date"] + pd.Timedelta(days=27) <= pd.Timestamp("2026-03-31")).all()
    assert (true["rise"] >= np.maximum(1.0, 0.1 * true["baseline_hours"])).all()
    died = true["death_date"].dropna()
    assert (died >= true.loc[died.index, "event_date"] + pd.Timedelta(days=27)).all()


def test_segments_never_overlap_within_a_line():
    drawn, _ = _draw(people=3000)
    s = drawn.segments
    follows = s.groupby(["person", "line"])["start"].shift(-1)
    assert (follows.isna() | (follows > s["end"])).all()
    assert (s["end"] >= s["start"]).all()
    assert (s["units"] > 0).all()


def test_day_numbers_and_dates_agree():
    assert to_date(day(date(2024, 2, 29))) == date(2024, 2, 29)
    ends = [to_date(d) for d in Council(people=20).file_ends]
    assert ends[0] == date(2023, 6, 30)
    assert ends[-1] == date(2026, 3, 31)
    assert all((e + timedelta(days=1)).day == 1 for e in ends)
