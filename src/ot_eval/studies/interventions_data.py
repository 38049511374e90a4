"""What was delivered, to whom and when: contacts placed in time, with the codes that may be analysed.

Codes that people reviewed count: from the table contact_codes, and for other contacts from the column codes of the
study's own contacts. Suggestions that nobody reviewed count only where the protocol says so, and the report says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from ot_eval.base.errors import DataError
from ot_eval.base.protocol import Protocol
from ot_eval.base.results import FlowStep
from ot_eval.coding import codebook, contacts
from ot_eval.coding.codebook import CANNOT_TELL, NO_CODE, Codebook
from ot_eval.coding.contacts import CodedContact
from ot_eval.coding.features import Note
from ot_eval.coding.suggest import propose
from ot_eval.derive import cohort, dose
from ot_eval.derive.assemble import StudyTables
from ot_eval.derive.cohort import EPISODE_RULES
from ot_eval.derive.index_people import index_people, own_table
from ot_eval.derive.materialise import frame, kept
from ot_eval.studies.workspace import Prepared

EVERYONE = "all"
WEEKS = 6
"""Reablement lasts up to six weeks; later weeks hold too few people to show."""
REVIEWED, SUGGESTED, UNCODED = "reviewed", "suggested", "not coded"
PEOPLE_COLUMNS = ["person_id", "start_date", "end_date", "provider_id", "route", "age", "age_band", "sex", "dementia"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """Which codes each contact has, where they come from, and how many contacts wait for people to settle them.

    `answers` has contact_id, source and answer (codes, not_ot, cannot_tell); `pairs` is (contact_id, code).
    """

    answers: pd.DataFrame
    pairs: tuple[tuple[str, str], ...]
    unsettled: int
    book: Codebook


def prepare(tables: StudyTables, protocol: Protocol) -> Prepared:
    """Place every contact of the people studied in time, and count what was coded on it.

    Raises
    ------
    DataError
        There is no table of contacts, or its column codes holds codes that the codebook lacks.
    """
    if tables.contacts is None:
        raise DataError(
            "interventions: there is no table of contacts",
            expected="contacts.csv (or ot_contacts.csv) in the data folder",
            fix="export the contacts of the team; data/templates/contacts.csv shows the columns",
        )
    candidates = cohort.candidates(tables.episodes, tables.people, protocol, tables.data_end)
    people = kept(dose.studied(candidates))
    placed = kept(dose.placed(tables.contacts, people, protocol))
    codes = codes_of(tables, protocol)
    coded = kept(dose.with_parts(placed, dose.code_rows(codes.pairs)))
    everyone = index_people(tables, protocol)
    flow, who = _flow(everyone, frame(placed, ("contact_id",)))
    first = frame(dose.first_contact(placed, protocol.exposure.staff_roles), ("person_id",))
    frames = {
        "people": _about(who, tables.data_end),
        "contacts": _without_ids(frame(placed, ("contact_id",)), codes.answers),
        "first_contact": first,
        **_doses(coded),
        "codebook": pd.DataFrame([{"code": c.code, "label": c.label, "family": c.family} for c in codes.book.codes]),
        "families": pd.DataFrame(list(codes.book.families.items()), columns=["family", "label"]),
    }
    return Prepared(frames=frames, flow=flow, facts={**tables.facts, **_facts(codes, protocol)})


def codes_of(tables: StudyTables, protocol: Protocol) -> Codes:
    """Return the codes that may be analysed."""
    own = protocol.coding.codebook
    book = codebook.load(tables.folder / own if own else codebook.default_path())
    records, conflicts = _reviewed(tables, book)
    chosen, open_ones = contacts.reviewed(records)
    answers = {c: (REVIEWED, r.codes) for c, r in chosen.items()}
    notes = frame(tables.contacts, ("contact_id",)) if tables.contacts is not None else pd.DataFrame()
    in_conflict = {c.contact_id for c in (*conflicts, *open_ones)}
    if protocol.coding.unreviewed_suggestions:
        answers |= {c: (SUGGESTED, said) for c, said in _suggested(notes, answers, book, protocol).items()}
    rows = [(c, source, said[0] if said[0] in NO_CODE else "codes") for c, (source, said) in answers.items()]
    return Codes(
        answers=pd.DataFrame(rows, columns=["contact_id", "source", "answer"]),
        pairs=tuple((c, k) for c, (_, said) in answers.items() for k in said if k not in NO_CODE),
        unsettled=len(in_conflict - set(chosen)),
        book=book,
    )


def _reviewed(tables: StudyTables, book: Codebook) -> tuple[tuple[CodedContact, ...], tuple[contacts.Conflict, ...]]:
    """Return the records of contact_codes, and of the contacts' own column for contacts that contact_codes lacks."""
    table = own_table(tables, "contact_codes", ("contact_id", "coder", "sheet"))
    rows = [] if table is None else [{str(k): str(v) for k, v in row.items()} for row in table.to_dict("records")]
    records, conflicts = contacts.from_rows(rows, book, "contact_codes")
    if tables.contacts is None or "codes" not in tables.contacts.columns:
        return records, conflicts
    mine = frame(tables.contacts.filter(tables.contacts["codes"].notnull()), ("contact_id",))
    known = {row["contact_id"] for row in rows}
    own = [
        {"contact_id": c, "coder": "", "sheet": "main", "codes": codes, "codebook_version": book.version}
        for c, codes in zip(mine["contact_id"], mine["codes"], strict=True)
        if c not in known and codes.strip()
    ]
    more, wrong = contacts.from_rows(own, book, "contacts")
    if wrong:
        raise DataError(
            f"contacts column codes: {len(wrong)} contacts have codes that cannot be read ({wrong[0].rule})",
            expected=f"codes of codebook {book.name} {book.version}, separated by ;",
            fix="correct the column, or name your codebook under coding.codebook in the protocol",
        )
    return (*records, *more), conflicts


def _suggested(
    notes: pd.DataFrame, answers: dict[str, tuple[str, tuple[str, ...]]], book: Codebook, protocol: Protocol
) -> dict[str, tuple[str, ...]]:
    """Return suggestions for contacts with a note and no review; a note without any has none of our codes."""
    noted = notes[notes["note"].fillna("").str.strip() != ""]
    unclear = {c for c, (_, said) in answers.items() if said == (CANNOT_TELL,)}
    read = [
        Note(contact_id=r["contact_id"], person_id=r["person_id"], note=r["note"], staff_role=r["staff_role"] or "")
        for r in noted.to_dict("records")
        if r["contact_id"] not in unclear
    ]
    coded = {c: tuple(k for k in said if k not in NO_CODE) for c, (_, said) in answers.items()}
    got = propose(
        read,
        {n.contact_id: coded[n.contact_id] for n in read if n.contact_id in coded},
        book,
        fewest=protocol.coding.fewest_examples,
        seed=protocol.seed,
        n_order=0,
    )
    found: dict[str, tuple[str, ...]] = {n.contact_id: ("not_ot",) for n in read if n.contact_id not in coded}
    for s in got.suggestions:
        found[s.contact_id] = (*(k for k in found[s.contact_id] if k not in NO_CODE), s.code)
    return found


def _flow(everyone: pd.DataFrame, placed: pd.DataFrame) -> tuple[tuple[FlowStep, ...], pd.DataFrame]:
    """Count people rule by rule, and return those studied."""
    left = pd.Series(True, index=everyone.index)
    n = len(everyone)
    label = "people with reablement in the data"
    steps = [FlowStep(population=EVERYONE, rule="all", label=label, n_left=n, n_removed=0)]
    for rule in EPISODE_RULES:
        left &= everyone[rule.column].astype(bool)
        remain = int(left.sum())
        steps.append(
            FlowStep(population=EVERYONE, rule=rule.name, label=rule.label, n_left=remain, n_removed=n - remain)
        )
        n = remain
    who = everyone[left]
    return tuple(steps), who.assign(has_contact=who["person_id"].isin(placed["person_id"]))


def _about(who: pd.DataFrame, data_end: date) -> pd.DataFrame:
    """Return people with `seen_for`, how many days after the start the data reach, and `weeks`, how many they began."""
    start, end = pd.to_datetime(who["start_date"]), pd.to_datetime(who["end_date"])
    return (
        who[PEOPLE_COLUMNS]
        .assign(seen_for=(pd.Timestamp(data_end) - start).dt.days, weeks=(end - start).dt.days // dose.DAYS_A_WEEK + 1)
        .reset_index(drop=True)
    )


def _without_ids(placed: pd.DataFrame, answers: pd.DataFrame) -> pd.DataFrame:
    """Return contacts with the source and kind of their coding; the contact's own id stays behind."""
    joined = placed.merge(answers, on="contact_id", how="left")
    joined["source"] = joined["source"].fillna(UNCODED)
    joined["answer"] = joined["answer"].fillna(UNCODED)
    return joined.drop(columns="contact_id")


def _doses(coded: Any) -> dict[str, pd.DataFrame]:
    return {
        "by_person": frame(dose.amounts(coded, ("person_id", "code")), ("person_id", "code")),
        "by_role": frame(dose.amounts(coded, ("person_id", "code", "staff_role")), ("person_id", "code", "staff_role")),
        "by_phase": frame(dose.amounts(coded, ("person_id", "code", "phase")), ("person_id", "code", "phase")),
        "together": frame(dose.together(coded), ("code", "other", "person_id")),
        "weekly": frame(dose.weekly(coded, WEEKS), ("code", "week", "person_id")),
    }


def _facts(codes: Codes, protocol: Protocol) -> dict[str, str]:
    sources = set(codes.answers["source"])
    said = {
        frozenset(): "no contact is coded",
        frozenset({REVIEWED}): "codes that people reviewed",
        frozenset({SUGGESTED}): "suggestions of the program that nobody reviewed",
        frozenset({REVIEWED, SUGGESTED}): "codes that people reviewed, and suggestions of the program that nobody "
        "reviewed",
    }
    found = {
        "codes": said[frozenset(sources)],
        "codebook": f"{codes.book.name} version {codes.book.version} ({codes.book.status})",
        "minutes_split": dose.SPLIT_RULE,
        "early": f"within {protocol.coding.early_days} days of the start of reablement",
    }
    if codes.unsettled:
        found["unsettled"] = "some contacts are coded in two ways and wait to be settled; they are left out"
    return found
