"""The interventions strand on an invented service whose every figure is known, through to what may be published."""

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ot_eval.base.errors import AnalysisRefused, DataError, RequestError
from ot_eval.base.protocol import Protocol
from ot_eval.base.results import from_json
from ot_eval.derive.assemble import assemble_tables
from ot_eval.outputs import tidier_table
from ot_eval.outputs.disclosure import release
from ot_eval.outputs.policy import Policy
from ot_eval.publish.blocks import blocks
from ot_eval.publish.stories import story_of
from ot_eval.studies import interventions
from ot_eval.studies.interventions_desk import BY_PERSON, BY_PROVIDER, NO_INTERVAL
from ot_eval.studies.workspace import Workspace

N = 100
START = dt.date(2025, 3, 3)
LAST = dt.date(2025, 12, 31)
OT, RSW = "occupational_therapist", "reablement_support_worker"
NOTES = {"D1;D2": "Commode and grab rails ordered.", "C1": "Washing and dressing practice.", "": "Left voicemail."}


def plan(**coding):
    return Protocol(
        study="known",
        title="Interventions whose figures are known",
        question="What was done in reablement?",
        strands=("interventions",),
        coding=coding,
    )


def contact(n, person, day, role, minutes, codes):
    return {
        "contact_id": f"c{n:04d}",
        "person_id": f"P{person:03d}",
        "date": START + dt.timedelta(days=day),
        "staff_role": role,
        "minutes": float(minutes),
        "mode": "home_visit",
        "note": NOTES[codes],
        "codes": codes or "not_ot",
    }


def contacts(reviewed=True):
    """60 of 100 people see an OT (40 on day 2, 20 on day 10) for D1;D2, 60 minutes; 80 get C1 twice from a worker."""
    rows = [(p, 2 if p < 40 else 10, OT, 60, "D1;D2") for p in range(60)]
    for p in range(20, 100):
        rows += [(p, 1, RSW, 30, "C1"), (p, 45, RSW, 30, "C1")]  # the second after reablement
    rows += [(p, 3, OT, 20, "") for p in range(20)]
    rows += [(p, 4, OT, 0, "D1;D2") for p in range(90, 100)]  # attempts
    made = [contact(n, *row) for n, row in enumerate(rows)]
    return pd.DataFrame(made) if reviewed else pd.DataFrame(made).drop(columns="codes")


def service(table, codes=None, providers=None):
    ids = [f"P{i:03d}" for i in range(N)]
    frames = {
        "people": pd.DataFrame({"person_id": ids, "sex": ["female", "male"] * (N // 2), "dementia": "no"}),
        "episodes": pd.DataFrame(
            {
                "episode_id": ids,
                "person_id": ids,
                "setting": "home",
                "start_date": START,
                "end_date": START + dt.timedelta(days=41),
                "route": ["hospital"] * 50 + ["community"] * 50,
                **({} if providers is None else {"provider_id": providers}),
            }
        ),
        "packages": pd.DataFrame(
            {"person_id": ["X"], "start_date": [LAST], "end_date": [LAST], "service": ["day"], "hours_per_week": [1.0]}
        ),
        "contacts": table,
    }
    if codes is not None:
        frames["contact_codes"] = codes
    return {name: memtable(frame) for name, frame in frames.items()}


def memtable(frame):
    kinds = {
        c: "date" if c.endswith("date") else "float64" if pd.api.types.is_numeric_dtype(frame[c]) else "string"
        for c in frame.columns
    }
    return ibis.memtable(frame, schema=kinds)


@pytest.fixture
def run(tmp_path):
    def go(table=None, protocol=None, codes=None, providers=None):
        protocol = protocol or plan()
        tables = assemble_tables(service(contacts() if table is None else table, codes, providers), None, protocol)
        prepared = interventions.prepare(replace(tables, folder=tmp_path), protocol)
        interventions.refuse(prepared)
        workspace = Workspace(root=tmp_path, strand="interventions", protocol=protocol)
        workspace.fill(prepared)
        return interventions.analyse(workspace)

    return go


def of(result, analysis, term, measure):
    found = [e for e in result.estimates if (e.analysis, e.term, e.measure) == (analysis, term, measure)]
    assert len(found) == 1, (analysis, term, measure, len(found))
    return found[0]


NEED_CODES = ("what_was_done", "families_of_work", "week_by_week")
D1 = "D1 Small equipment and assistive products"
C1 = "C1 Personal care activity practice"


def test_what_was_delivered_and_no_minute_counts_twice(run):
    got = run()
    people = of(got, "what_was_done", D1, "share of people")
    assert (people.value, people.n, people.n_event) == (60.0, 100, 60)
    assert people.lower < 60 < people.upper
    assert of(got, "what_was_done", D1, "contacts per person who had any").value == 1
    assert (
        of(got, "what_was_done", D1, "minutes per person who had any").value == 30
    )  # half of 60: D2 has the other half
    assert of(got, "what_was_done", C1, "minutes per person who had any").value == 60
    shares = [e.value for e in got.estimates if e.measure == "share of coded minutes"]
    assert sum(shares) == pytest.approx(100)
    practice = of(got, "families_of_work", "Practising daily activities", "share of coded minutes")
    assert practice.value == pytest.approx(100 * 4800 / (4800 + 3600))
    assert of(got, "families_of_work", "Equipment, home and technology", "share of people").value == 60


def test_nobody_who_had_any_had_less_than_one_contact(run):
    table = contacts()
    again = table[(table["codes"] == "D1;D2") & (table["person_id"] == "P000")].assign(contact_id="again")
    got = of(run(pd.concat([table, again])), "what_was_done", D1, "contacts per person who had any")
    assert got.value == pytest.approx(61 / 60)
    assert got.lower == 1  # by the t interval alone it would be 0.98
    assert got.upper > got.value


def test_when_and_by_whom(run):
    got = run()
    assert of(got, "how_soon", "within 3 days of the start", "share of people").value == 40
    assert of(got, "how_soon", "within 14 days of the start", "share of people").value == 60
    assert of(got, "how_soon", "first contact, days from the start", "median").value == 2
    ot = of(got, "by_whom", "occupational therapist", "contacts per person who had any")
    assert ot.value == pytest.approx(80 / 60)  # attempts do not count
    assert ot.n == 60
    assert of(got, "before_during_after", "after reablement", "share of people").value == 80
    late = f"{C1}: after reablement"
    assert of(got, "what_was_done_when", late, "share of people").value == 80
    assert of(got, "what_was_done_when", late, "minutes per person who had any").value == 30
    by_ot = f"{D1}: occupational therapist"
    assert of(got, "what_was_done_by_whom", by_ot, "share of people").value == 60
    assert of(got, "what_was_done_by_whom", by_ot, "minutes per person who had any").value == 30


def test_the_heat_map_and_what_goes_together(run):
    got = run()
    week = "share of people in reablement that week"
    assert of(got, "week_by_week", f"{D1}: week 1", week).value == 40
    assert of(got, "week_by_week", f"{D1}: week 2", week).value == 20
    assert of(got, "week_by_week", f"{D1}: week 3", week).value == 0
    assert len([e for e in got.estimates if e.analysis == "week_by_week"]) == 3 * 6
    (pair,) = [e for e in got.estimates if e.analysis == "done_together"]
    assert (pair.term, pair.value) == (f"{D1}, with D2 Minor adaptations", 60)


def test_case_mix_compares_early_with_later_or_none(run):
    got = run()
    early = "all, occupational therapy by day 7"
    rows = {(e.population, e.term): e.value for e in got.estimates if e.measure == "share of people"}
    assert rows[early, "route: hospital"] == 100
    assert rows["all, later or none", "route: hospital"] == pytest.approx(100 * 10 / 60)


def test_coverage_adds_up_and_says_what_is_missing(run):
    got = run()
    shares = {e.term: e.value for e in got.estimates if e.analysis == "contacts_coded"}
    assert shares == {
        "codes reviewed by people": pytest.approx(100 * 220 / 240),
        "not OT, or nothing that counts": pytest.approx(100 * 20 / 240),
    }
    assert got.checks == ()


def test_no_set_of_shares_tells_a_hidden_one(run):
    table = contacts()
    rare = table["contact_id"].isin(table.loc[table["codes"] == "D1;D2", "contact_id"].head(4))
    table.loc[rare, "codes"] = "E5"  # a family that 4 people had
    vague = table.index[table["codes"] == "not_ot"][:4]
    table.loc[vague, "codes"] = "cannot_tell"
    got = run(table)
    assert not [e for e in got.estimates if e.measure == "share of coded minutes"]
    kinds = {e.term: e.n for e in got.estimates if e.analysis == "contacts_coded"}
    assert "cannot tell from the note" not in kinds
    assert "other answers" in kinds
    assert not [e for e in got.estimates if e.analysis == "what_was_done_when" and e.term.startswith("E5")]


def test_reviewed_codes_of_the_table_win_over_the_column(run):
    table = contacts()
    mine = table[table["codes"] == "D1;D2"].head(60)
    codes = pd.DataFrame(
        {
            "contact_id": mine["contact_id"],
            "coder": "KM",
            "sheet": "main",
            "codes": "D1",
            "codebook_version": "1.0",
        }
    )
    got = run(codes=codes)
    assert of(got, "what_was_done", D1, "minutes per person who had any").value == 60
    assert not [e for e in got.estimates if e.term.startswith("D2")]


def test_contacts_coded_in_two_ways_are_left_out_and_said(run):
    table = contacts()
    one = table["contact_id"].iloc[0]
    codes = pd.DataFrame(
        {
            "contact_id": [one] * 2,
            "coder": ["KM", "PL"],
            "sheet": "main",
            "codes": ["D1", "A1"],
            "codebook_version": "1.0",
        }
    )
    got = run(codes=codes)
    assert of(got, "what_was_done", D1, "share of people").n_event == 59
    assert "codings not settled" in {c.name for c in got.checks}


def test_without_codes_dose_by_role_and_time_still_stand_and_the_rest_is_refused_by_name(run):
    got = run(contacts(reviewed=False))
    assert of(got, "by_whom", "occupational therapist", "share of people").value == 60
    refused = {c.analysis for c in got.checks if c.name.startswith("refused")}
    assert "what_was_done" in refused
    assert not [e for e in got.estimates if e.analysis in ("what_was_done", "families_of_work", "week_by_week")]
    assert of(got, "contacts_coded", "not coded", "share of contacts").value == 100


def test_suggestions_are_used_only_when_the_protocol_says_so_and_the_first_paragraph_says_it(run):
    got = run(contacts(reviewed=False), plan(unreviewed_suggestions=True))
    assert of(got, "what_was_done", D1, "share of people").value == 60  # the three notes are plain enough for the rules
    assert got.notes[0].startswith("What follows rests, in part or whole, on suggestions")
    story = story_of(release(got, Policy.of(plan().disclosure)))
    assert story.answer.startswith("This is a draft: it rests on suggestions of the program that nobody has reviewed.")
    reviewed = story_of(release(run(), Policy.of(plan().disclosure)))
    assert "draft" not in reviewed.answer


def test_reviewed_codes_are_never_overruled_by_suggestions(run):
    table = contacts()
    table.loc[table["codes"] == "C1", "codes"] = "E4"
    got = run(table, plan(unreviewed_suggestions=True))
    assert not [e for e in got.estimates if e.analysis == "what_was_done" and e.term.startswith("C1")]


def test_the_page_answers_what_was_done_when_and_by_whom(run):
    story = story_of(release(run(), Policy.of(plan().disclosure)))
    assert "Washing" not in " ".join(story.sentences())
    assert "80 in 100" in " ".join(story.sentences())
    assert "occupational therapist" in " ".join(story.sentences())
    assert story.timeline is not None
    assert "week 1" in story.timeline.alt


def test_tidier_has_twelve_items_and_invents_nothing(run):
    lines = [n for n in run().notes if n.startswith("TIDieR")]
    assert [line.split(",")[0] for line in lines] == [f"TIDieR {n}" for n in range(1, 13)]
    assert lines[1] == "TIDieR 2, why: author to complete."
    assert "personal care activity practice" in lines[3]
    assert "occupational therapist" in lines[4]
    assert "small equipment" in lines[2]
    assert "author to complete" in lines[8]


def test_the_full_report_shows_the_heat_map_and_the_tidier_table(run):
    released = release(run(), Policy.of(plan().disclosure))
    found = {b.name: b for b in blocks(released)}
    (table,) = found["tidier"].tables
    assert [row.header.split(".")[0] for row in table.rows] == [str(n) for n in range(1, 13)]
    assert table.rows[1].cells == ("author to complete",)
    assert tidier_table.others(released.notes)
    assert not [n for n in tidier_table.others(released.notes) if "TIDieR" in n]
    (figure,) = found["week-by-week"].figures
    assert figure.svg().startswith("<svg")
    assert figure.svg(narrow=True) != figure.svg()
    assert figure.png().startswith(b"\x89PNG")


def test_the_result_survives_the_gate_and_json_and_holds_no_id_or_note(run):
    got = run()
    text = got.to_json()
    assert from_json(text) == got
    assert "P000" not in text
    assert "voicemail" not in text
    released = release(got, Policy.of(plan().disclosure))
    assert [e for e in released.estimates if e.value is not None]
    assert not [e for e in released.estimates if any(c.isdigit() for c in e.method)]  # a method could give n away


TEN_TEAMS = [f"team{i // 10}" for i in range(N)]


def test_a_share_of_people_leaves_out_one_provider_at_a_time(run):
    # six of ten equal teams gave it to all, four to nobody: the interval is that of ten team means, t with 9
    got = of(run(providers=TEN_TEAMS), "what_was_done", D1, "share of people")
    half = 100 * stats.t.ppf(0.975, 9) * np.std([1] * 6 + [0] * 4, ddof=1) / np.sqrt(10)
    assert (got.value, got.n_cluster, got.method) == (60, 10, BY_PROVIDER)
    assert (got.lower, got.upper) == pytest.approx((60 - half, 60 + half))
    alone = of(run(), "what_was_done", D1, "share of people")
    assert got.upper - got.lower > 3 * (alone.upper - alone.lower)


def test_every_interval_allows_for_providers_where_there_are_enough(run):
    got = run(providers=TEN_TEAMS)
    with_interval = [e for e in got.estimates if e.lower is not None]
    assert {e.analysis for e in with_interval} >= {"contacts_coded", "what_was_done", "how_soon", "week_by_week"}
    assert {e.method for e in with_interval} == {BY_PROVIDER}
    assert any("leave out one provider of reablement at a time" in n for n in got.notes)


def test_people_of_few_providers_have_a_number_and_no_interval(run):
    table = contacts()
    table.loc[(table["codes"] == "C1") & table["person_id"].between("P020", "P039"), "codes"] = "E5"  # two teams
    got = run(table, providers=TEN_TEAMS)
    few = of(
        got, "what_was_done", "E5 Self-management and health-condition education", "minutes per person who had any"
    )
    assert (few.value, few.lower, few.upper, few.n, few.method) == (60, None, None, 20, NO_INTERVAL)
    assert of(got, "what_was_done", C1, "minutes per person who had any").method == BY_PROVIDER


def test_with_few_providers_the_report_is_about_these_and_says_so(run):
    got = run(providers=["one", "two"] * (N // 2))
    assert "few providers" in {c.name for c in got.checks}
    assert of(got, "what_was_done", D1, "share of people").n_cluster is None
    assert of(got, "by_whom", "occupational therapist", "contacts per person who had any").method == BY_PERSON
    assert any("people are taken as independent of each other" in n for n in got.notes)


def test_writing_every_contact_down_three_times_narrows_nothing(run):
    table = contacts()
    thrice = pd.concat([table.assign(contact_id=table["contact_id"] + f"-{i}") for i in range(3)])
    term = "codes reviewed by people"
    once, more = (of(run(t), "contacts_coded", term, "share of contacts") for t in (table, thrice))
    assert (more.value, more.lower, more.upper) == pytest.approx((once.value, once.lower, once.upper))


def test_the_order_of_rows_changes_no_interval(run):
    mixed = contacts().sample(frac=1, random_state=3)
    first, second = (run(t, providers=TEN_TEAMS) for t in (contacts(), mixed))
    ends = [{(e.analysis, e.population, e.term, e.measure): e.upper for e in r.estimates} for r in (first, second)]
    assert ends[0].keys() == ends[1].keys()
    assert all(ends[0][k] == pytest.approx(ends[1][k]) for k in ends[0])


def test_the_desk_keeps_no_note_and_no_contact_id(run, tmp_path):
    run()
    for path in (tmp_path / "derived" / "interventions").glob("*.parquet"):
        columns = set(pd.read_parquet(path).columns)
        assert not {"note", "contact_id"} & columns, path.name


def test_what_cannot_be_done_is_refused(run, tmp_path):
    tables = assemble_tables({k: v for k, v in service(contacts()).items() if k != "contacts"}, None, plan())
    with pytest.raises(DataError, match="there is no table of contacts"):
        interventions.prepare(tables, plan())
    table = contacts()
    table.loc[0, "codes"] = "Q9"
    with pytest.raises(DataError, match=r"contacts column codes: 1 contacts have codes that cannot be read"):
        run(table)
    with pytest.raises(AnalysisRefused, match="fewer than 10 people"):
        run(contacts().head(5))
    with pytest.raises(RequestError, match=r"codebook ours\.yaml: no such file"):
        run(protocol=plan(codebook="ours.yaml"))


def test_the_shipped_notebook_calls_this_strand():
    notebook = Path(__file__).parents[2] / "notebooks" / "interventions.ipynb"
    text = "".join("".join(c["source"]) for c in json.loads(notebook.read_text(encoding="utf-8"))["cells"])
    assert "interventions.analyse(workspace)" in text
