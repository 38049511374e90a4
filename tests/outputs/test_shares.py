"""Shares that add up give a hidden one away; so none is hidden alone, in a table or across tables."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ot_eval.base.results import Curve, Estimate, StudyResult
from ot_eval.outputs.disclosure import release
from ot_eval.outputs.policy import HIDDEN, PRESETS

POLICY = PRESETS["ot_eval"]
N = 400


def line(value, *, term="t", outcome="", analysis="a", n_event=None, unit="probability"):
    return Estimate(
        analysis=analysis,
        population="all",
        outcome=outcome,
        term=term,
        measure="share of people",
        unit=unit,
        value=value,
        n=N,
        n_event=n_event,
    )


def released(estimates, curves=()):
    about = {"study": "s", "strand": "care_packages", "title": "A title", "question": "A question?"}
    return release(StudyResult(**about, estimates=tuple(estimates), curves=tuple(curves)), POLICY)


@pytest.mark.parametrize("unit", ["probability", "percent"])
def test_a_hidden_level_takes_the_next_smallest_with_it(unit):
    scale = 100 if unit == "percent" else 1
    shares = {"a": 0.01, "b": 0.19, "c": 0.8}
    out = released(line(scale * s, term=f"v: {level}", unit=unit) for level, s in shares.items())
    assert [e.value for e in out.estimates] == [None, None, pytest.approx(0.8 * scale)]
    assert {e.hidden for e in out.estimates[:2]} == {HIDDEN}


def test_outcomes_that_exclude_one_another_are_a_whole_too():
    out = released(line(s, outcome=o) for o, s in (("x", 0.01), ("y", 0.19), ("z", 0.8)))
    assert [e.value is None for e in out.estimates] == [True, True, False]


def test_shares_that_overlap_are_left_alone():
    out = released(line(s, term=f"v: {level}") for level, s in (("a", 0.01), ("b", 0.19), ("c", 0.5)))
    assert [e.value is None for e in out.estimates] == [True, False, False]


def test_the_share_with_none_of_the_outcomes_goes_where_one_of_them_is_hidden():
    each = {"increase": 60, "death": 30, "care_home": 4}
    rows = [line(d / N, term="day 91", outcome=o, analysis="cumulative_incidence", n_event=d) for o, d in each.items()]
    none = line(1 - 94 / N, term="day 91", outcome="any event", analysis="kaplan_meier", n_event=94)
    mean = Estimate(
        analysis="restricted_mean",
        population="all",
        outcome="any event",
        term="day 91",
        measure="restricted mean time",
        unit="days",
        value=80.0,
        n=N,
        n_event=94,
    )
    out = {(e.analysis, e.outcome): e for e in released([*rows, none, mean]).estimates}
    assert out["cumulative_incidence", "care_home"].value is None
    assert out["kaplan_meier", "any event"].value is None
    assert (out["restricted_mean", "any event"].value, out["restricted_mean", "any event"].n_event) == (80.0, None)
    assert out["cumulative_incidence", "increase"].n_event == 60


def curve(analysis, outcome, yearly, falls=False):
    days = tuple(range(1, 366))
    events = tuple(int(N * yearly * d / 365) for d in days)
    share = tuple(d / N for d in events)
    return Curve(
        analysis=analysis,
        population="all",
        outcome=outcome,
        group="all",
        unit="probability",
        days=days,
        value=tuple(1 - s for s in share) if falls else share,
        lower=None,
        upper=None,
        n_risk=tuple(N - d for d in events),
        n_event=events,
        n_censored=(0,) * len(days),
    )


def test_the_curve_of_none_leaves_out_days_on_which_one_outcome_is_hidden():
    parts = [curve("cumulative_incidence", o, y) for o, y in (("increase", 0.3), ("death", 0.2), ("care_home", 0.05))]
    none = curve("kaplan_meier", "any event", 0.55, falls=True)
    out = released([], [*parts, none]).curves
    rare = parts[2]
    for day in out[3].days[1:]:
        assert rare.n_event[rare.days.index(day)] >= POLICY.threshold
    assert out[3].drawn
    assert out[3].days[0] == 0
    assert out[3].n_event[out[3].risk_days.index(91)] is None
    never = [*parts[:2], curve("cumulative_incidence", "care_home", 0.01), none]
    assert (released([], never).curves[3].days, released([], never).curves[3].drawn) == ((), False)


def balanced(one, other, weighted=0.0):
    """Two groups' counts of each level, and the standardised difference of each level."""
    rows = []
    for population, counts in (("all, late", one), ("all, early", other)):
        for level, count in counts.items():
            about = {"analysis": "table_one", "population": population, "outcome": "", "term": f"v: {level}"}
            rows.append(Estimate(**about, measure="people", unit="people", value=count, n=sum(counts.values())))
    for level in one:
        shares = [c[level] / sum(c.values()) for c in (one, other)]
        value = (shares[0] - shares[1]) / np.sqrt(sum(s * (1 - s) for s in shares) / 2) + weighted
        about = {"analysis": "table_one", "population": "all, late v early", "outcome": "", "term": f"v: {level}"}
        n = sum(one.values()) + sum(other.values())
        rows.append(Estimate(**about, measure="standardised difference", unit="standard deviations", value=value, n=n))
    return {e.term: e for e in released(rows).estimates if e.measure == "standardised difference"}


def test_a_difference_of_two_shares_says_no_more_than_their_shown_counts():
    one = balanced({"a": 102, "b": 98}, {"a": 151, "b": 149})
    other = balanced({"a": 101, "b": 99}, {"a": 152, "b": 148})  # the same shown counts
    assert one["v: a"].value == other["v: a"].value == 0.0
    assert balanced({"a": 102, "b": 98}, {"a": 131, "b": 169})["v: a"].value == 0.13


def test_a_difference_is_hidden_where_a_count_of_its_level_is():
    out = balanced({"a": 4, "b": 40, "c": 156}, {"a": 30, "b": 60, "c": 210})
    assert [out[f"v: {level}"].value is None for level in "abc"] == [True, True, False]


def test_a_weighted_difference_keeps_one_decimal():
    assert balanced({"a": 102, "b": 98}, {"a": 131, "b": 169}, weighted=0.0321)["v: a"].value == 0.2


def test_a_share_that_is_a_count_says_what_the_shown_count_says():
    """Else the share, rounded a second way, would narrow the count."""
    generator = np.random.default_rng(4)
    for d in generator.integers(10, 380, size=60):
        (e,) = released([line(d / N, outcome="x", n_event=int(d))]).estimates
        assert e.value == pytest.approx(e.n_event / e.n, abs=1e-4)


@given(st.integers(20, 3000), st.data(), st.sampled_from(["probability", "percent"]), st.sampled_from(list(PRESETS)))
def test_a_released_share_lies_inside_its_released_interval(n, data, unit, preset):
    """Whatever count is behind the share and whatever interval it had, rounding must not part the two."""
    count = data.draw(st.integers(0, n))
    share = count / n
    low, high = data.draw(st.floats(0, share)), data.draw(st.floats(share, 1))
    scale = 100 if unit == "percent" else 1
    e = replace(
        line(scale * share, unit=unit, n_event=data.draw(st.sampled_from([None, count]))),
        n=n,
        lower=data.draw(st.sampled_from([None, scale * low])),
        upper=data.draw(st.sampled_from([None, scale * high])),
        level=0.95,
    )
    about = {"study": "s", "strand": "progress", "title": "A title", "question": "A question?"}
    (shown,) = release(StudyResult(**about, estimates=(e,)), PRESETS[preset]).estimates
    if shown.value is not None:
        assert shown.lower is None or shown.lower <= shown.value
        assert shown.upper is None or shown.value <= shown.upper


@given(st.integers(80, 400), st.floats(0.001, 0.9), st.floats(0.5, 1))
def test_a_released_curve_lies_inside_its_released_band(n, width, share):
    days = tuple(range(0, 366, 7))
    value = tuple(1 - (1 - share) * d / 365 for d in days)
    band = [(max(0.0, v - width), min(1.0, v + width)) for v in value]
    c = Curve(
        analysis="kaplan_meier",
        population="all",
        outcome="any event",
        group="all",
        unit="probability",
        days=days,
        value=value,
        lower=tuple(b[0] for b in band),
        upper=tuple(b[1] for b in band),
        n_risk=(n,) * len(days),
        n_event=tuple(int(n * (1 - v)) for v in value),
        n_censored=(0,) * len(days),
    )
    (shown,) = released([], [c]).curves
    if shown.lower is not None and shown.upper is not None:
        assert all(a <= v <= b for a, v, b in zip(shown.lower, shown.value, shown.upper, strict=True))
