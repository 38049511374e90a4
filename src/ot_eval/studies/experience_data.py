"""What the experience strand starts from: interviews, codes and analysts' words, linked to the people in the records.

The link is `data/interviews/participants.csv`: its `person_id` is that of the study's other tables. Attributes are
banded and are left out where few people in the study share them. Outcomes are those of the same people.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from ot_eval.base.errors import DataError, RequestError
from ot_eval.base.protocol import Protocol
from ot_eval.base.study import StudyFolder
from ot_eval.coding import framework_matrix
from ot_eval.coding.segments import refuse as refuse_rows
from ot_eval.coding.theme_counts import Participant
from ot_eval.derive.assemble import StudyTables
from ot_eval.derive.follow_up import follow_up
from ot_eval.derive.index_people import contacts_of, index_people, own_table
from ot_eval.measures import assessments, registry, scoring
from ot_eval.outputs.policy import Policy
from ot_eval.studies.interviews_coding import Desk, open_folder
from ot_eval.studies.interviews_desk import FOLDER, PARTICIPANT_COLUMNS, PARTICIPANTS_FILE
from ot_eval.studies.workspace import Prepared

BARTHEL = ("mbi", "barthel20")
"""Instruments read for the change in everyday self-care, the first that the study has."""
NOT_LINKED, NOT_KNOWN = "not in the records", "not known"
GREW, DID_NOT = "grew", "did not grow"


def prepare(tables: StudyTables, protocol: Protocol) -> Prepared:
    """Read the interviews and what is known of the same people.

    Raises
    ------
    RequestError
        There are no interviews, or the main coder is not named.
    DataError
        A table of the interviews is not whole.
    """
    folder = StudyFolder(data=tables.folder, work=tables.folder, reports=tables.folder)
    desk = open_folder(folder, protocol.study)
    coder = main_coder(desk, protocol)
    rows = participant_rows(tables.folder / FOLDER, desk)
    people = participants(rows)
    known = _known(tables, rows, protocol)
    frames = {
        "participants": _participants(people, rows, known),
        "turns": pd.DataFrame([asdict(t) for t in desk.turns]),
        "coded": pd.DataFrame([asdict(c) for c in desk.coded]),
        "coders": pd.DataFrame([asdict(c) for c in desk.coders]),
        "codebook": pd.DataFrame({"json": [desk.book.model_dump_json()]}),
        "written": written_frame(tables.folder / FOLDER / framework_matrix.FILE),
    }
    facts = {**tables.facts, "main_coder": coder, "codebook": f"{desk.book.name} {desk.book.version}"}
    return Prepared(frames=frames, facts=facts)


def main_coder(desk: Desk, protocol: Protocol) -> str:
    """Return whose codes the findings rest on."""
    named, there = protocol.experience.main_coder, sorted({c.coder for c in desk.coded})
    if named in there or (len(there) == 1 and not named):
        return named or there[0]
    if not there:
        raise RequestError(
            "experience: nothing is coded",
            expected="codes in data/interviews/coded_segments.csv",
            fix="`ot-eval interviews code sheet` writes a sheet to code in",
        )
    raise RequestError(
        f"experience: {len(there)} people coded, and main_coder is {'none of them' if named else 'empty'}",
        expected="one of those who coded",
        fix="write experience: main_coder: with the name that stands in coders.csv",
    )


def participant_rows(folder: Path, desk: Desk) -> list[dict[str, str]]:
    """Return the rows of `participants.csv`, in the order of the interviews, or refuse a table that is not whole."""
    path = folder / PARTICIPANTS_FILE
    if not path.is_file():
        raise RequestError(
            f"the study has no {FOLDER}/{PARTICIPANTS_FILE}",
            expected=f"a table with the columns {', '.join(PARTICIPANT_COLUMNS)}",
            fix="`ot-eval interviews deidentify apply` writes it",
        )
    reader = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline=""))
    refuse_rows(
        [f"column {c} is missing" for c in PARTICIPANT_COLUMNS if c not in (reader.fieldnames or ())], path.name
    )
    rows = {r["interview_id"]: {c: (r[c] or "").strip() for c in PARTICIPANT_COLUMNS} for r in reader}
    missing = [i for i in desk.documents if i not in rows]
    wrong = [f"{len(missing)} interviews have no row"] if missing else []
    wrong += (
        ["consent_quotes is neither yes nor no"] if {r["consent_quotes"] for r in rows.values()} - {"yes", "no"} else []
    )
    refuse_rows(wrong, path.name)
    return [rows[i] for i in desk.documents]


def participants(rows: list[dict[str, str]]) -> tuple[Participant, ...]:
    """Return everybody interviewed, labelled P01, P02, ... in the order of their first interview."""
    order = list(dict.fromkeys(r["person_id"] for r in rows))
    width = max(2, len(str(len(order))))
    return tuple(
        Participant(
            label=f"P{n:0{width}d}",
            interviews=tuple(r["interview_id"] for r in rows if r["person_id"] == person),
            consent=all(r["consent_quotes"] == "yes" for r in rows if r["person_id"] == person),
        )
        for n, person in enumerate(order, 1)
    )


def written_frame(path: Path) -> pd.DataFrame:
    """Return what analysts wrote, cell by cell; empty where they wrote nothing yet."""
    found = framework_matrix.from_csv(path.read_text(encoding="utf-8")) if path.is_file() else {}
    rows = [(*key, w.value, w.author, w.changed_on) for key, w in found.items()]
    return pd.DataFrame(rows, columns=list(framework_matrix.COLUMNS), dtype="str")


def _participants(
    people: tuple[Participant, ...], rows: list[dict[str, str]], known: dict[str, dict[str, str]]
) -> pd.DataFrame:
    """Return one row a participant: label, interviews, consent, banded attributes and outcomes; no id."""
    of_interview = {r["interview_id"]: r["person_id"] for r in rows}
    return pd.DataFrame(
        [
            {
                "label": p.label,
                "interviews": "|".join(p.interviews),
                "consent": p.consent,
                **known[of_interview[p.interviews[0]]],
            }
            for p in people
        ]
    )


def _known(tables: StudyTables, rows: list[dict[str, str]], protocol: Protocol) -> dict[str, dict[str, str]]:
    """Return what the records say of each person interviewed, by id as in `participants.csv`."""
    ids = list(dict.fromkeys(r["person_id"] for r in rows))
    if tables.inputs is None:
        raise DataError("experience: there are no inputs", expected="a study that was read", fix="use `ot-eval run`")
    names = dict(zip(ids, tables.inputs.pseudonyms_of(ids), strict=True))
    everyone = index_people(tables, protocol).set_index("person_id")
    shared = Counter(zip(everyone["age_band"], everyone["sex"], strict=True))
    fewest = Policy.of(protocol.disclosure).threshold
    change, package, contact = (
        _change(tables, set(names.values()), protocol),
        _package(tables, protocol),
        _contact(tables, everyone, protocol),
    )
    found = {}
    for raw, person in names.items():
        linked = person in everyone.index
        band, sex = (
            (everyone.loc[person, "age_band"], everyone.loc[person, "sex"]) if linked else (NOT_LINKED, NOT_LINKED)
        )
        points, days = change.get(person), contact.get(person)
        found[raw] = {
            "age_band": str(band),
            "sex": str(sex),
            "shared": "yes" if linked and shared[band, sex] >= fewest else "no",
            "change": "" if points is None else f"{points:+g}",
            "package": package.get(person, NOT_KNOWN),
            "ot_day": "" if days is None else str(days),
            "contacts_known": "yes" if linked and contact.get("") is not None else "no",
        }
    return found


def _change(tables: StudyTables, people: set[str], protocol: Protocol) -> dict[str, float]:
    """Return the change in the Barthel total from the first assessment to the end of reablement, by person."""
    scores = own_table(tables, "scores", ("person_id", "instrument", "timepoint", "date", "item"))
    if scores is None:
        return {}
    mine = scores[scores["person_id"].isin(people)]
    name = next((b for b in BARTHEL if (mine["instrument"] == b).any()), None)
    if name is None:
        return {}
    instrument = registry.find(name, registry.instruments())
    rows = mine[mine["instrument"] == name].reset_index(drop=True)
    if protocol.progress.faulty_assessments == "set_aside":
        for _ in range(2):  # rules across items and dates are looked at once every item is sound
            rows = assessments.without(rows, assessments.faults(rows, instrument))
    scored = scoring.score(rows, instrument)
    wide = scored.pivot(index="person_id", columns="timepoint", values="total")
    if not {"baseline", "end"} <= set(wide.columns):
        return {}
    return {str(k): float(v) for k, v in (wide["end"] - wide["baseline"]).dropna().items()}


def _package(tables: StudyTables, protocol: Protocol) -> dict[str, str]:
    """Return whether home care grew after reablement, by person followed."""
    frame = follow_up(tables, protocol).frame
    grew = frame["event"] == "increase"
    said = [
        f"{GREW}, day {day}" if g else f"{DID_NOT}, followed {day} days"
        for g, day in zip(grew, frame["exit_day"].round().astype(int), strict=True)
    ]
    return dict(zip(frame["person_id"], said, strict=True))


def _contact(tables: StudyTables, everyone: pd.DataFrame, protocol: Protocol) -> dict[str, int | None]:
    """Return the day of the first OT contact from the start of reablement; "" is a key where contacts are given."""
    rows, _ = contacts_of(tables, protocol)
    if rows is None:
        return {}
    start = pd.to_datetime(rows["person_id"].map(everyone["start_date"]))
    day = (pd.to_datetime(rows["date"]) - start).dt.days
    first = day[day >= 0].groupby(rows["person_id"]).min()
    return {"": 0, **{str(k): int(v) for k, v in first.items()}}
