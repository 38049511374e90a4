"""Every case of every page in docs/rules: derive from its rows, and compare with the answer beside them."""

from __future__ import annotations

import json
from functools import cache

import pandas as pd
import pytest

from ot_eval.derive.ascof import ascof_2a
from ot_eval.derive.changes import package_changes
from ot_eval.derive.follow_up import follow_up
from ot_eval.derive.recording import recording_style


def text(value) -> str:
    """Return a value as a specification writes it."""
    if value is None or value is pd.NaT or (isinstance(value, float) and pd.isna(value)):
        return ""
    if hasattr(value, "date") and callable(value.date):
        return value.date().isoformat()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)


@pytest.fixture(scope="session")
def derived(tools):
    """Return, for a case, what was derived from it together with the cases that share its files and protocol."""

    def group(case) -> str:
        return json.dumps([case.page, case.protocol, case.tables.get("files")], sort_keys=True, default=str)

    @cache
    def results(key: str):
        cases = [c for c in tools.cases if group(c) == key]
        tables, protocol = tools.build(cases)
        wanted = {label for c in cases for label in c.tables}
        found = {}
        if "2A" in wanted:
            found["2A"] = ascof_2a(tables, protocol).members
        if "follow-up" in wanted:
            result = follow_up(tables, protocol)
            found["follow-up"] = pd.concat([result.frame, result.left_out.rename(columns={"rule": "left out"})])
        if "changes" in wanted:
            found["changes"] = package_changes(tables, protocol).to_pandas()
        if "style" in wanted:
            found["style"] = recording_style(tables.cld.rows, tables.cld.events, protocol.reading).to_pandas()
        return found

    return lambda case: results(group(case))


NAMES = {
    "2A": {
        "start": "start_date",
        "end": "end_date",
        "rows": "n_rows",
        "counts": "in_denominator",
        "success": "in_numerator",
        "left out": "left_out",
    },
    "follow-up": {
        "zero": "time_zero",
        "day": "exit_day",
        "ended by": "end_reason",
        "hours": "baseline_hours",
        "earliest": "increase_earliest",
        "latest": "increase_latest",
        "provider": "provider_id",
        "carer": "has_unpaid_carer",
        "hospital": "hospital_route",
        "OT": "ot_day",
        "coached": "coached_day",
    },
    "changes": {"date": "change_date", "earliest": "change_earliest", "latest": "change_latest"},
    "style": {
        "council": "la_code",
        "component": "service_component",
        "overwritten": "units_overwritten",
        "recut": "units_recut",
    },
}
SORT = {"2A": "start_date", "follow-up": "person_id", "changes": "change_date", "style": "service_component"}


def test_the_answer_beside_the_rows(case, answer, derived, tools):
    expected, found = case.tables[answer], derived(case)[answer]
    columns = [c for c in expected[0] if c != "who"]
    if answer != "style":
        people = sorted({r.get("who") or "A" for r in expected})
        found = found[found["person_id"].isin([case.person(w) for w in people])]
        found = found.assign(who=found["person_id"].str.split("/").str[-1])
    else:
        people, found = ["A"], found[found["la_code"].isin([r["council"] for r in expected])].assign(who="A")
    names = NAMES[answer]
    for who in people:
        rows = found[found["who"] == who].sort_values(SORT[answer])
        got = [{c: text(row[names.get(c, c)]) for c in columns} for _, row in rows.iterrows()]
        want = [{c: r[c] for c in columns} for r in expected if (r.get("who") or "A") == who]
        if answer == "2A":
            want = [
                {**r, **({"sequel": tools.sequels.get(r["sequel"], r["sequel"])} if "sequel" in r else {})}
                for r in want
            ]
        assert got == want


def test_every_rule_of_2a_and_every_decoy_has_a_case(tools):
    everything = " ".join(page.read_text(encoding="utf-8") for page in tools.pages)
    for rule in range(7, 27):
        assert f"Rule {rule}" in everything, f"rule {rule} has no case"
    decoys = (
        "price uplift",
        "re-cut at review",
        "provider switch",
        "April reset",
        "spike",
        "suspension",
        "across files",
    )
    decoys += ("double-handed", "weekly cost", "single file", "before the first file")
    for decoy in decoys:
        assert decoy.lower() in everything.lower(), f"no case for: {decoy}"
