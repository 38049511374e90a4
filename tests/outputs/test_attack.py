"""Attack the published files, and only those: differencing and linear programming over every table.

A positive control shows first that the attacker is able: on tables with small cells hidden and exact totals it
recovers a good share of the hidden cells, as published evaluations of that rule say it should.
"""

import csv
import io

import numpy as np
import pytest

from ot_eval.base.results import Curve, Estimate, FlowStep, StudyResult
from ot_eval.outputs.audit import findings, least_values, published_sums
from ot_eval.outputs.audit_sums import Cell, Sums
from ot_eval.outputs.disclosure import release
from ot_eval.outputs.policy import PRESETS
from ot_eval.outputs.released import ReleasedEstimate, ReleasedStep
from ot_eval.publish.csv_files import flow_csv, results_csv

POLICY = PRESETS["ot_eval"]
COUNTS = ("n", "n_event", "n_cluster")
TEXT = ("study", "analysis", "population", "outcome", "term", "measure", "unit", "method")


def read_back(results, flow):
    """Make of published bytes what an attacker can: nothing here comes from a private value."""
    estimates = []
    for line in csv.DictReader(io.StringIO(results.decode())):
        cells = {name: (line[name] if name in TEXT else None) for name in line}
        for name in line.keys() - set(TEXT):
            if line[name]:
                cells[name] = int(line[name]) if name in COUNTS else float(line[name])
        hidden = "" if line["value"] else "hidden, perhaps few events"
        estimates.append(ReleasedEstimate(**cells, hidden=hidden))
    steps = []
    for line in csv.DictReader(io.StringIO(flow.decode())):
        left = int(line["n_left"]) if line["n_left"] else None
        steps.append(
            ReleasedStep(population=line["population"], rule=line["rule"], label="", n_left=left, n_removed=None)
        )
    return estimates, steps


def random_result(generator, people):
    """A study of random counts: three variables, rare levels among them, two groups and everyone; events; a flow."""
    shares = {"v": (0.62, 0.3, 0.06, 0.02), "w": (0.985, 0.015), "x": (0.4, 0.35, 0.2, 0.04, 0.01)}
    groups = {"new": people, "existing": max(12, people // 2)}
    truth, rows, events, steps = {}, [], [], []
    counts = {g: {v: generator.multinomial(n, p) for v, p in shares.items()} for g, n in groups.items()}
    died = {g: int(generator.binomial(n, 0.06)) for g, n in groups.items()}
    everyone = {v: sum(counts[g][v] for g in groups) for v in shares}
    for population, table in {"all": everyone, **counts}.items():
        n = sum(groups.values()) if population == "all" else groups[population]
        d = sum(died.values()) if population == "all" else died[population]
        for variable, cells in table.items():
            for level, count in enumerate(cells):
                term = f"{variable}: level {level}"
                about = {"analysis": "table_one", "population": population, "outcome": "", "term": term, "n": n}
                rows.append(Estimate(**about, measure="people", unit="people", value=int(count)))
                rows.append(Estimate(**about, measure="share of people", unit="percent", value=100 * count / n))
                truth[("count", "table_one", "", term, population)] = int(count)
        about = {"analysis": "rates", "population": population, "outcome": "death", "term": "t", "n": n, "n_event": d}
        events.append(Estimate(**about, measure="mean", unit="days", value=100.0))
        truth[("events", "rates", "death", "t", "mean", population)] = d
        for rule, left in (("found", n + 60), ("followed", n)):
            steps.append(FlowStep(population=population, rule=rule, label=rule, n_left=left, n_removed=0))
    about = {"study": "s", "strand": "care_packages", "title": "A title", "question": "A question?"}
    return StudyResult(**about, estimates=(*rows, *events), flow=tuple(steps)), truth


@pytest.mark.parametrize("people", [24, 60, 150, 400])
def test_no_hidden_count_can_be_recovered_from_published_files(people):
    generator = np.random.default_rng(20260401 + people)
    hidden_cells, narrowest = 0, 10**6
    for _ in range(3):
        result, truth = random_result(generator, people)
        released = release(result, POLICY)
        estimates, steps = read_back(results_csv((released,)), flow_csv((released,)))
        for cell, (low, high) in published_sums(estimates, POLICY, steps).ranges().items():
            if cell in truth:
                assert low <= truth[cell] <= high
                hidden_cells += 1
                narrowest = min(narrowest, high - low + 1)
        assert not findings(estimates, POLICY, steps)
    assert hidden_cells > 20, "there was something to recover"
    assert narrowest >= least_values(POLICY)


def naive_table(generator, people):
    """Six homes by three outcomes, 1 to 7 hidden, every total exact: the rule that many scripts apply."""
    truth = generator.multinomial(people, np.full(18, 1 / 18)).reshape(6, 3)
    cells, relations = {}, []
    for i in range(6):
        for j in range(3):
            n = int(truth[i, j])
            small = 1 <= n <= 7
            cells[("cell", str(i), str(j))] = Cell(1, 7, hidden=True) if small else Cell(n, n, hidden=False)
    for i in range(6):
        cells[("row", str(i))] = Cell(*(int(truth[i].sum()),) * 2, hidden=False)
        relations.append((("row", str(i)), tuple(("cell", str(i), str(j)) for j in range(3))))
    for j in range(3):
        cells[("column", str(j))] = Cell(*(int(truth[:, j].sum()),) * 2, hidden=False)
        relations.append((("column", str(j)), tuple(("cell", str(i), str(j)) for i in range(6))))
    return Sums(cells, tuple(relations)), truth


def test_the_attacker_is_able_where_totals_are_exact():
    generator = np.random.default_rng(7)
    hidden = exact = 0
    for _ in range(12):
        sums, truth = naive_table(generator, 150)
        for cell, (low, high) in sums.ranges().items():
            true = truth[int(cell[1]), int(cell[2])]
            assert low <= true <= high
            hidden += 1
            exact += low == high
    assert exact / hidden > 0.3, f"{exact} of {hidden}"


@pytest.mark.parametrize("enough", [2, 4, 6])
def test_the_quick_search_finds_what_the_whole_search_finds(enough):
    generator = np.random.default_rng(11)
    narrow = 0
    for people in (100, 150, 150):
        sums, _ = naive_table(generator, people)
        found = {cell: r for cell, r in sums.ranges().items() if r[1] - r[0] + 1 < enough}
        assert sums.pinned(enough) == found
        narrow += len(found)
    assert narrow > 5


def test_the_attacker_meets_sums_that_are_not_true_and_goes_on():
    cells = {
        ("a",): Cell(0, 50, hidden=True),
        ("b",): Cell(38, 42, hidden=False),
        ("t",): Cell(43, 47, hidden=False),
        ("u",): Cell(8, 12, hidden=False),
    }
    true, wrong = (("t",), (("a",), ("b",))), (("u",), (("b",),))
    assert Sums(cells, (true, wrong)).ranges() == {("a",): (1, 9)}
    assert Sums(cells, (true,)).pinned(10) == {("a",): (1, 9)}
    assert Sums(cells, (true,)).pinned(9) == {}
    clash = (("u",), (("a",),))  # holds by itself, gives 8 to 12, and both together leave 8 to 9
    assert Sums(cells, (true, clash)).ranges() == {("a",): (8, 9)}


# -- intervals ------------------------------------------------------------------------------------------------------


def binomial_line(n, d):
    """A share without censoring, with its log-log interval: both ends are functions of the true counts alone."""
    share = d / n
    half = 1.959964 * np.sqrt((1 - share) / share / n) / abs(np.log(share))
    lower, upper = (float(np.exp(-np.exp(np.log(-np.log(share)) + s * half))) for s in (1, -1))
    about = {"analysis": "cumulative_incidence", "population": "all", "outcome": "increase", "term": "day 365"}
    return Estimate(
        **about,
        measure="share of people",
        unit="probability",
        value=share,
        lower=lower,
        upper=upper,
        level=0.95,
        n=n,
        n_event=d,
    )


def published(n, d):
    about = {"study": "s", "strand": "care_packages", "title": "A title", "question": "A question?"}
    (e,) = release(StudyResult(**about, estimates=(binomial_line(n, d),)), POLICY).estimates
    return e.value, e.lower, e.upper, e.n, e.n_event


def test_an_interval_does_not_give_back_the_count_that_rounding_took():
    """Try every true count near the published one: several must give exactly the published line."""
    for n, d in ((403, 57), (97, 14), (1234, 333)):
        seen = published(n, d)
        fits = {k for k in range(max(10, d - 8), d + 9) if published(n, k) == seen}
        assert d in fits
        assert len(fits) >= least_values(POLICY), f"n {n} known to the attacker, d {d}: {sorted(fits)}"


# -- curves ---------------------------------------------------------------------------------------------------------


def random_curve(generator, people, days=730, outcome="increase"):
    event_day = np.sort(generator.integers(1, days, size=people))
    happens = generator.random(people) < 0.4
    grid = np.arange(1, days + 1)
    events = np.array([(happens & (event_day <= t)).sum() for t in grid])
    left = np.array([(event_day >= t).sum() for t in grid])
    share = events / people
    return Curve(
        analysis="cumulative_incidence",
        population="new",
        outcome=outcome,
        group="new",
        unit="probability",
        days=tuple(int(t) for t in grid),
        value=tuple(float(s) for s in share),
        lower=tuple(float(max(0.0, s - 0.02)) for s in share),
        upper=tuple(float(min(1.0, s + 0.02)) for s in share),
        n_risk=tuple(int(x) for x in left),
        n_event=tuple(int(x) for x in events),
        n_censored=tuple(int(people - x - y) for x, y in zip(left, events, strict=True)),
    )


@pytest.mark.parametrize("people", [90, 200, 1000])
def test_a_published_curve_does_not_give_back_event_days(people):
    generator = np.random.default_rng(people)
    about = {"study": "s", "strand": "care_packages", "title": "A title", "question": "A question?"}
    for _ in range(5):
        curve = random_curve(generator, people)
        (out,) = release(StudyResult(**about, curves=(curve,)), POLICY).curves
        at = dict(zip(curve.days, curve.n_event, strict=True)) | {0: 0}
        gaps = np.diff([at[day] for day in out.days])
        assert len(out.days) > 2
        assert gaps.min() >= POLICY.threshold
        assert all(day % 7 == 0 or day in (91, 182, 365) for day in out.days), "no day is chosen for its event"
        steps = np.diff([0, *curve.n_event])
        true_days = {day for day, step in zip(curve.days, steps, strict=True) if step}
        assert len(set(out.days) & true_days) <= len(out.days) - 1
        assert len(out.days) <= 24 + 3 + 1
        last = max(day for day, n in zip(curve.days, curve.n_risk, strict=True) if n >= POLICY.threshold)
        assert max(out.days) <= last, "no tail where few remain"
        assert all(n is None or n >= POLICY.threshold for n in out.n_risk)


def test_below_eighty_people_there_is_a_small_table_and_no_curve():
    generator = np.random.default_rng(3)
    about = {"study": "s", "strand": "care_packages", "title": "A title", "question": "A question?"}
    (out,) = release(StudyResult(**about, curves=(random_curve(generator, 79),)), POLICY).curves
    assert not out.drawn
    assert set(out.days) <= {91, 182, 365}
    (none,) = release(StudyResult(**about, curves=(random_curve(generator, 9),)), POLICY).curves
    assert (none.days, none.people, none.hidden != "") == ((), None, True)


def test_a_falling_curve_starts_at_one():
    generator = np.random.default_rng(5)
    curve = random_curve(generator, 300)
    falls = {
        name: tuple(1 - x for x in getattr(curve, old))
        for name, old in (("value", "value"), ("lower", "upper"), ("upper", "lower"))
    }
    from dataclasses import replace

    about = {"study": "s", "strand": "care_packages", "title": "A title", "question": "A question?"}
    (out,) = release(StudyResult(**about, curves=(replace(curve, analysis="kaplan_meier", **falls),)), POLICY).curves
    assert (out.days[0], out.value[0]) == (0, 1.0)
    assert list(out.value) == sorted(out.value, reverse=True)
    assert all(low <= v <= high for low, v, high in zip(out.lower, out.value, out.upper, strict=True))
