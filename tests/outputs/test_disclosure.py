"""The gate: what it hides, what it rounds, and that a hidden cell never stands alone."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ot_eval.base.errors import InternalFault, RequestError
from ot_eval.base.protocol import Disclosure
from ot_eval.base.results import Estimate, FlowStep, StudyResult
from ot_eval.outputs.audit import least_values, published_sums
from ot_eval.outputs.disclosure import release
from ot_eval.outputs.ledger import ledger, reopened
from ot_eval.outputs.policy import HIDDEN, PRESETS, Policy
from ot_eval.outputs.released import Released, ReleasedEstimate

POLICY = PRESETS["ot_eval"]


def row(term, count, n, population="all", measure="people", unit="people"):
    return Estimate(
        analysis="table_one", population=population, outcome="", term=term, measure=measure, unit=unit, value=count, n=n
    )


def result(*estimates, **parts):
    about = {"study": "s", "strand": "care_packages", "title": "A title", "question": "A question?"}
    return StudyResult(**about, estimates=estimates, **parts)


def table(population, counts):
    """Rows of one variable: a count and a percentage a level."""
    n = sum(counts.values())
    rows = []
    for level, count in counts.items():
        rows.append(row(f"v: {level}", count, n, population))
        share = 100 * count / n if n else 0.0
        rows.append(row(f"v: {level}", share, n, population, measure="share of people", unit="percent"))
    return rows


def shown(released, population, level, unit="people"):
    (found,) = [
        e for e in released.estimates if e.population == population and e.term == f"v: {level}" and e.unit == unit
    ]
    return found.value


def test_nothing_but_the_gate_makes_a_released_value(released):
    parts = {name: getattr(released, name) for name in Released.__slots__ if name != "seal"}
    with pytest.raises(InternalFault, match="outside the disclosure gate"):
        Released(**parts, seal=object())


def test_a_small_count_and_its_companion_are_hidden_and_look_alike():
    out = release(result(*table("all", {"a": 3, "b": 40, "c": 200})), POLICY)
    hidden = [e for e in out.estimates if e.hidden and e.unit == "people"]
    assert [e.term for e in hidden] == ["v: a", "v: b"]
    assert {e.hidden for e in hidden} == {HIDDEN}
    assert shown(out, "all", "c") == 200
    assert shown(out, "all", "a or b") == 45, "the two together say what the reader may know"
    assert shown(out, "all", "a or b", "percent") == pytest.approx(100 * 45 / 245, abs=0.05)


def test_percentages_come_from_rounded_counts_over_rounded_people():
    out = release(result(*table("all", {"a": 52, "b": 121})), POLICY)
    assert shown(out, "all", "a", "percent") == pytest.approx(100 * 50 / 175, abs=0.05)


def test_a_weighted_percentage_is_rounded_as_a_share():
    count = row("v: a", 52, 173)
    weighted = row("v: a", 33.3, 173, measure="share of people", unit="percent")
    out = release(result(count, weighted, row("v: b", 121, 173)), POLICY)
    assert shown(out, "all", "a", "percent") == pytest.approx(100 * 60 / 175, abs=0.05)


def test_everyone_is_the_sum_of_the_shown_groups():
    new, old = {"a": 52, "b": 121}, {"a": 33, "b": 66}
    both = {level: new[level] + old[level] for level in new}
    out = release(result(*table("all", both), *table("new", new), *table("existing", old)), POLICY)
    assert shown(out, "all", "a") == 50 + 35
    assert shown(out, "all", "b") == 120 + 65
    (people,) = {e.n for e in out.estimates if e.population == "all"}
    assert people == 175 + 100, "and so is the number of people"


def test_everyone_is_hidden_where_a_group_is():
    new, old = {"a": 4, "b": 121, "c": 50}, {"a": 90, "b": 66, "c": 80}
    both = {level: new[level] + old[level] for level in new}
    out = release(result(*table("all", both), *table("new", new), *table("existing", old)), POLICY)
    assert [shown(out, p, "a") for p in ("all", "new", "existing")] == [None, None, 90]


def test_people_in_no_level_are_one_more_hidden_cell():
    counts = {"yes": 40, "no": 205}
    rows = [replace(e, n=250) for e in table("all", counts)]  # 5 people are in neither level
    out = release(result(*rows), POLICY)
    assert shown(out, "all", "yes") is None, "else 250 less 205 less 40 gives the 5 away"
    assert shown(out, "all", "no") == 205


@pytest.mark.parametrize(
    ("measure", "unit", "n", "n_event", "reason"),
    [
        ("hazard ratio", "ratio", 400, 9, "fewer than 10 events"),
        ("mean", "years", 9, None, "fewer than 10 people"),
        ("median", "years", 19, None, "fewer than 20 people"),
        ("lower quartile", "years", 39, None, "fewer than 40 people"),
        ("maximum", "years", 400, None, "the lowest and highest values each describe one person"),
        ("sum", "£", 400, None, "a sum could give away its largest contribution"),
        ("mean", "years", None, None, "the number of people behind it is not stated"),
        ("share of people", "probability", 400, 395, HIDDEN),
    ],
)
def test_an_estimate_with_little_behind_it_is_hidden_with_the_reason(measure, unit, n, n_event, reason):
    value = 0.98 if unit == "probability" else 1.2
    e = Estimate(
        analysis="a",
        population="all",
        outcome="o",
        term="t",
        measure=measure,
        unit=unit,
        value=value,
        n=n,
        n_event=n_event,
    )
    (out,) = release(result(e), POLICY).estimates
    assert (out.value, out.hidden, out.se, out.lower, out.p) == (None, reason, None, None, None)


def test_a_model_that_is_nearly_its_data_is_hidden():
    about = {"analysis": "cox", "population": "all", "outcome": "o", "measure": "hazard ratio", "unit": "ratio"}
    rows = [Estimate(**about, term=f"t{i}", value=1.2, n=300, n_event=21) for i in range(12)]
    out = release(result(*rows), POLICY).estimates
    assert {e.hidden for e in out} == {"fewer than 10 degrees of freedom are left"}
    out = release(result(*rows[:11]), POLICY).estimates
    assert {e.hidden for e in out} == {""}


def test_whatever_acro_suppresses_is_hidden_here_too():
    """Oracle: cross-tables that ACRO 1.0.2 suppressed, cell by cell (`acro_crosstab.json` says how)."""
    oracle = json.loads(Path(__file__).with_name("acro_crosstab.json").read_text())
    cells = 0
    for made in oracle["tables"]:
        out = release(result(*(e for p, counts in made["counts"].items() for e in table(p, counts))), POLICY)
        for population, level in made["suppressed"]:
            assert shown(out, population, level) is None
            cells += 1
    assert cells > 20


@given(st.integers(0, 5000), st.integers(0, 60))
def test_two_releases_never_give_back_a_difference(larger, left_out):
    """The same people with and without a few: the two published numbers leave the few open to several values."""
    base, fewer = POLICY.shown(larger), POLICY.shown(max(0, larger - left_out))

    def may_be(seen):
        small = range(POLICY.threshold)
        return small if seen is None else [n for n in range(seen - 5, seen + 6) if POLICY.shown(n) == seen]

    fits = {a - b for a in may_be(base) for b in may_be(fewer) if a >= b}
    assert min(larger, left_out) in fits
    assert len(fits) >= least_values(POLICY)


def test_a_number_hidden_in_one_release_and_shown_in_another_is_found():
    counts = {"a": 8, "b": 40, "c": 200}
    strict, loose = (
        ledger([release(result(*table("all", counts)), Policy.of(Disclosure(threshold=t)))]) for t in (10, 7)
    )
    found = {(r.key[3], r.before, r.now) for r in reopened(strict, loose)}
    assert found == {("v: a | people", None, 10), ("v: b | people", None, 40)}
    assert reopened(strict, strict) == ()


def test_a_standard_error_beside_a_standard_deviation_is_not_published():
    base = {"analysis": "table_one", "population": "all", "outcome": "", "term": "age", "unit": "years", "n": 412}
    mean = Estimate(**base, measure="mean", value=81.234, se=0.461)
    (out,) = release(result(mean), POLICY).estimates
    assert (out.value, out.se, out.n) == (81.2, None, 410)


def test_what_a_step_removed_is_the_difference_of_the_shown_numbers():
    counts = (1143, 1097, 1094, 12, 4)
    steps = tuple(
        FlowStep(population="all", rule=f"r{i}", label=f"rule {i}", n_left=left, n_removed=0)
        for i, left in enumerate(counts)
    )
    flow = release(result(flow=steps), POLICY).flow
    assert [s.n_left for s in flow] == [1145, 1095, 1095, 10, None]
    assert [s.n_removed for s in flow] == [0, 50, 0, 1085, None]


def test_a_count_of_people_that_is_no_whole_number_is_a_fault():
    with pytest.raises(InternalFault, match="not a whole number"):
        release(result(row("v: a", 12.5, 40)), POLICY)


def test_a_rule_too_weak_to_hold_is_refused():
    new, old = {"a": 4, "b": 121}, {"a": 90, "b": 66}
    events = [
        Estimate(
            analysis="x",
            population=p,
            outcome="o",
            term="t",
            measure="hazard ratio",
            unit="ratio",
            value=1.0,
            n=500,
            n_event=d,
        )
        for p, d in (("all", 44), ("new", 4), ("existing", 40))
    ]
    assert release(result(*events), POLICY)
    with pytest.raises(RequestError, match="1 hidden counts could be worked out"):
        release(result(*events, *table("new", new), *table("existing", old)), Policy.of(Disclosure(rounding=1)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("3 people had no end date.", "Fewer than 10 people had no end date."),
        ("We left out 31 people who moved.", "We left out about 30 people who moved."),
        ("There were 1,233 events.", "There were about 1,235 events."),
        ("About 14 in 100 people had one.", "About 14 in 100 people had one."),
        ("It lasted 28 days in a row.", "It lasted 28 days in a row."),
        ("The data end on 2026-03-31.", "The data end on 2026-03-31."),
        ("17 older people, of 412 clients, died.", "About 15 older people, of about 410 clients, died."),
    ],
)
def test_counts_inside_sentences_are_rounded(text, said):
    assert release(result(notes=(text,)), POLICY).notes == (said,)


@pytest.mark.parametrize(
    ("planted", "kind"),
    [
        ("NHS 943 476 5919", "an NHS number"),
        ("at SW1A 1AA", "a postcode"),
        ("person 3fa85f6457174562b3fc", "a pseudonym or key"),
        ("mail jane@example.org", "an e-mail address"),
    ],
)
@pytest.mark.parametrize(
    "place", ["title", "question", "notes", "facts", "flow", "term", "method", "checks", "deviations"]
)
def test_an_identifier_anywhere_stops_the_release_and_is_not_repeated(example, planted, kind, place):
    whole = example.study_result()
    step, check, e = whole.flow[0], whole.checks[0], whole.estimates[-1]
    changed = {
        "title": {"title": planted},
        "question": {"question": planted},
        "notes": {"notes": (planted,)},
        "facts": {"facts": {"data_end": planted}},
        "flow": {"flow": (replace(step, label=planted),)},
        "term": {"estimates": (replace(e, term=planted),)},
        "method": {"estimates": (replace(e, method=planted),)},
        "checks": {"checks": (replace(check, detail=planted),)},
        "deviations": {"deviations": (replace(whole.deviations[0], used=planted),)},
    }[place]
    with pytest.raises(InternalFault, match=kind) as caught:
        release(replace(whole, **changed), POLICY)
    assert planted not in str(caught.value)


@pytest.mark.parametrize("text", ["sha256 9434765919ab", "0.9434765919", "locked 2026-04-01", "rows 12 345 6789"])
def test_what_only_looks_a_little_like_an_identifier_is_let_through(text):
    assert release(result(notes=(text,)), POLICY).notes == (text,)


def test_the_same_input_gives_the_same_released_value(example):
    one, other = (release(example.study_result(), POLICY) for _ in range(2))
    assert one == other
    assert repr(one.estimates) == repr(other.estimates)


LEVELS = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 60), min_size=2, max_size=6)


@settings(max_examples=60, deadline=None)
@given(st.lists(LEVELS, min_size=2, max_size=3), st.sampled_from(sorted(PRESETS)))
def test_no_hidden_cell_stands_alone_or_can_be_worked_out(groups, preset):
    policy = PRESETS[preset]
    levels = sorted({level for group in groups for level in group})
    by_group = {f"g{i}": {level: group.get(level, 0) for level in levels} for i, group in enumerate(groups)}
    everyone = {level: sum(group[level] for group in by_group.values()) for level in levels}
    tables = {"all": everyone, **by_group}
    if not all(sum(counts.values()) for counts in tables.values()):
        return
    out = release(result(*(e for p, counts in tables.items() for e in table(p, counts))), policy)
    truth = {("count", "table_one", "", f"v: {level}", p): n for p, c in tables.items() for level, n in c.items()}
    for population, counts in by_group.items():
        hidden = [level for level in levels if shown(out, population, level) is None]
        assert all(level in hidden for level in levels if policy.small(counts[level]))
        if hidden and len(hidden) < len(levels) and not policy.small(sum(counts.values())):
            assert len(hidden) > 1
            assert sum(counts[level] for level in hidden) >= policy.threshold
    for cell, (low, high) in published_sums(out.estimates, policy).ranges().items():
        assert low <= truth[cell] <= high, "the attacker's equations are true"
        assert high - low + 1 >= policy.rounding, "and do not pin a hidden count down"


def test_released_estimates_have_the_columns_of_the_results(released):
    columns = {name for name in asdict(released.estimates[0]) if name != "hidden"}
    assert columns == {name for name in ReleasedEstimate.__slots__ if name != "hidden"}


@pytest.fixture
def stays():
    """Return a mean with an exact number in the text of its method."""
    return Estimate(
        analysis="stays",
        population="all",
        outcome="",
        term="nights",
        measure="mean",
        unit="days",
        value=21.0,
        lower=18.0,
        upper=24.0,
        level=0.95,
        n=87,
        method="leave-one-out, t, 86 degrees of freedom",
    )


def test_degrees_of_freedom_do_not_give_the_number_of_people_away(stays):
    result = StudyResult(study="s", strand="in_reach", title="T", question="Q", estimates=(stays,))
    assert release(result, PRESETS["ot_eval"]).estimates[0].method.endswith("about 85 degrees of freedom")
    few = replace(result, estimates=(replace(stays, method="score test; 3 degrees of freedom"),))
    assert release(few, PRESETS["ot_eval"]).estimates[0].method == "score test; 3 degrees of freedom"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("20 imputations; 536 scores missing", "20 imputations; about 535 scores missing"),
        ("20 imputations; 3 scores missing", "20 imputations; fewer than 10 scores missing"),
        ("Kaplan-Meier; weights worth 1159 people", "Kaplan-Meier; weights worth about 1,160 people"),
    ],
)
def test_a_method_gives_no_exact_count_of_people_away(given, said, stays):
    assert release(result(replace(stays, method=given)), PRESETS["ot_eval"]).estimates[0].method == said
