"""Three header styles, two releases of wording, one vocabulary."""

import csv
from importlib.resources import files

import openpyxl
import pytest

from ot_eval.data.cld_headers import FIELDS, UNREAD, bare, match_headers
from ot_eval.data.cld_values import INVALID, LISTS, RELEASE_1_ONLY, ValueMap, folded, shipped
from ot_eval.data.problems import ProblemList

SPEC = [*(f.headers[0] for f in FIELDS), *UNREAD]
RELEASE_2 = [h[:1] + h[1:].lower() for h in SPEC]
UNDERSCORES = [h.replace(" ", "_") for h in SPEC]
NATIONAL = [f"{h.replace(' ', '_')}_{'Cleaned' if i % 2 else 'Raw'}" for i, h in enumerate(SPEC)]


@pytest.mark.parametrize(
    ("names", "style"),
    [
        (SPEC, "spaces"),
        (RELEASE_2, "spaces"),
        (UNDERSCORES, "underscores"),
        (NATIONAL, "national"),
        (SPEC[::-1], "spaces"),
    ],
)
def test_every_style_finds_every_field(names, style):
    match = match_headers(names)
    assert set(match.columns) == {f.name for f in FIELDS}
    assert (match.missing, match.absent, match.unknown, match.repeated, match.style) == ((), (), (), (), style)


def test_fifty_fields_of_the_specification_are_known():
    assert len({bare(h) for h in SPEC}) == 50


def test_the_cleaned_column_of_a_national_extract_wins():
    match = match_headers([*SPEC, "Event_Outcome_Cleaned"])
    assert match.columns["outcome"] == "Event_Outcome_Cleaned"
    assert match.repeated == ()


def test_missing_essential_fields_come_with_the_nearest_name():
    names = [h for h in SPEC if h != "Service Component"] + ["Service Compnent", "Shoe size"]
    match = match_headers(names)
    assert match.missing == (("Service Component", "Did you mean 'Service Compnent'?"),)
    assert match.unknown == ("Service Compnent", "Shoe size")


def test_a_field_given_twice_is_told():
    assert match_headers([*SPEC, "Event_Type"]).repeated == ("Event Type",)


def test_the_shipped_map_is_sound():
    path = files("ot_eval.data") / "reference" / "cld_values.csv"
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    assert {r["variable"] for r in rows} == set(LISTS)
    assert {r["release"] for r in rows} == {"1", "2", "both"}
    assert {r["status"] for r in rows} <= {"verified", "partly", "inferred", "recalled", "unverified"}
    assert all(r["source"] for r in rows)
    keys = [(r["variable"], folded(r["given"])) for r in rows]
    assert len(keys) == len(set(keys))
    values = {(r.variable, r.value) for r in shipped()}
    given = {(r.variable, r.given): r.value for r in shipped()}
    # Every word of the vocabulary maps to itself, except what Release 2 has no word for.
    assert all(given.get((v, word)) == word for v, word in values if word != RELEASE_1_ONLY)


@pytest.mark.parametrize(
    ("variable", "given", "value"),
    [
        ("event_type", "REFERRAL", "request"),
        ("client_type", " Carer ", "unpaid carer"),
        ("client_type", "service user", "service user"),
        ("service_type", "SHORT TERM SUPPORT: ST-MAX", "short term support: st-max"),
        ("service_type", "Short Term Support: ST–Max", "short term support: st-max"),
        ("service_component", "Home  Support ", "home support or domiciliary care"),
        ("outcome", "No change in package", "continuation of support or services"),
        ("outcome", "Provision of service", "continuation of support or services"),
        ("outcome", "NFA- Other", "nfa: other"),
        ("outcome", "Progress to financial assessment", RELEASE_1_ONLY),
        ("outcome", "Ended - local code 7", INVALID),
        ("route", "Discharge from Hospital", "discharge from hospital"),
        ("delivery_mechanism", "Framework 2022", INVALID),
        ("review_reason", "Planned - annual", INVALID),
        ("ethnicity", "White", INVALID),
        ("cost_frequency", "Per Session", "per session"),
        ("sex", "FEMALE", "female"),
        ("dementia", "NULL", None),
        ("dementia", " ", None),
        ("dementia", None, None),
    ],
)
def test_values(variable, given, value):
    assert ValueMap.of().value(variable, given) == value


def test_the_release_is_told_by_words_that_only_one_has():
    values = ValueMap.of()
    assert values.release_of({"outcome": {"No change in package": 3, "Admitted to hospital": 9}}) == "release 1"
    assert values.release_of({"outcome": {"Continuation of support or services": 3}}) == "release 2"
    assert values.release_of({"outcome": {"Admitted to hospital": 9}}) == "unknown"
    assert values.release_of({"client_type": {"Carer": 1, "Unpaid carer": 1}}) == "both"


def write_mapping(path, rows):
    if path.suffix == ".csv":
        with path.open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows(rows)
    else:
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        book.save(path)


@pytest.mark.parametrize("name", ["cld_mapping.csv", "cld_mapping.xlsx"])
def test_a_council_adds_its_own_wordings(tmp_path, name):
    rows = [
        ("Variable", "Release 2 value", "Comparison"),
        ("Event Outcome", "NFA: Support ended as planned", "Ended - local code 7"),
        ("Delivery_Mechanism", "CASSR commissioned support", "Framework 2022"),
        ("Shoe size", "9", "nine"),
        ("Event Outcome", "", "blank target"),
    ]
    write_mapping(tmp_path / name, rows)
    problems = ProblemList()
    values = ValueMap.of(tmp_path, problems)
    assert values.value("outcome", "ended - LOCAL code 7") == "nfa: support ended as planned"
    assert values.value("delivery_mechanism", "Framework 2022") == "cassr commissioned support"
    assert values.value("outcome", "No change in package") == "continuation of support or services"
    assert values.from_council == 2
    assert [(c.rule, c.count) for c in problems.counts] == [("mapping for a field that is not read", 1)]


def test_a_mapping_without_its_columns_is_refused(tmp_path):
    write_mapping(tmp_path / "cld_mapping.csv", [("Variable", "Comparison"), ("a", "b")])
    problems = ProblemList()
    ValueMap.of(tmp_path, problems)
    assert [(c.rule, c.column, c.severity) for c in problems.counts] == [
        ("missing column", "Release 2 value", "refused")
    ]
