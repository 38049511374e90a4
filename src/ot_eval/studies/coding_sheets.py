"""Coding sheets out to coders and back: what `ot-eval code sheet` and `ot-eval code read` do."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ot_eval.base.errors import RequestError
from ot_eval.base.study import write_private
from ot_eval.coding import contacts, sheets
from ot_eval.coding.contacts import CodedContact, Sheet
from ot_eval.coding.sample import stratified
from ot_eval.coding.sheets_read import read_sheet
from ot_eval.coding.suggest import Suggestion
from ot_eval.studies.coding_desk import CODES_FILE, Desk, open_desk, propose_for

MOST_ROWS = 100
"""Contacts on one sheet: about two hours of coding."""


def make_sheet(protocol_file: Path, *, coder: str, kind: Sheet = "main", most: int = MOST_ROWS) -> Path:
    """Write a coding workbook and return where.

    Parameters
    ----------
    protocol_file : the study's protocol
    coder : who will fill it in
    kind : main = contacts not coded yet, the most informative first, with suggestions; second = a random stratified
        sample of what the first coder has, without suggestions or codes; agreed = what two coders see differently
    most : contacts on the sheet

    Raises
    ------
    RequestError
        There is nothing to code, or the second coder is the first.
    """
    desk = open_desk(protocol_file)
    if not coder.strip():
        raise RequestError("no coder is named", expected="initials or a name", fix="say who codes: --coder KM")
    if kind == "second":
        rows = _second_rows(desk, coder, most)
    else:
        rows = _main_rows(desk, most) if kind == "main" else _agreed_rows(desk, most)
    if not rows:
        raise RequestError(
            f"there is no contact for the {kind} sheet",
            expected={"main": "contacts not coded yet", "second": "contacts", "agreed": "disagreements"}[kind],
            fix="every contact is coded, or the sheets given out have not been read: `ot-eval code read`",
        )
    book = sheets.coding_sheet(rows, desk.book, coder=coder, sheet=kind, study=desk.protocol.study)
    name = re.sub(r"[^A-Za-z0-9]+", "-", coder).strip("-").lower() or "coder"
    return write_private(desk.place(f"{kind}-{name}.xlsx"), book)


def _row(desk: Desk, contact_id: str, suggested: str = "", why: str = "") -> sheets.SheetRow:
    r = desk.table[desk.table["contact_id"] == contact_id].iloc[0]
    return sheets.SheetRow(
        contact_id=contact_id,
        date=r["date"],
        who=r["staff_role"].replace("_", " "),
        how=r["mode"].replace("_", " "),
        minutes=r["minutes"],
        note=r["note"],
        suggested=suggested,
        why=why,
    )


def _main_rows(desk: Desk, most: int) -> list[sheets.SheetRow]:
    proposal = propose_for(desk, most)
    by_contact: dict[str, list[Suggestion]] = {}
    for s in proposal.suggestions:
        by_contact.setdefault(s.contact_id, []).append(s)
    return [
        _row(
            desk,
            c,
            "\n".join(f"{s.code} {desk.book.label(s.code)}" for s in by_contact.get(c, ())),
            "\n".join(f"{s.code}: {s.because}" for s in by_contact.get(c, ())),
        )
        for c in proposal.order[:most]
    ]


def _second_rows(desk: Desk, coder: str, most: int) -> list[sheets.SheetRow]:
    main = [r for r in desk.records if r.sheet == "main"]
    if any(r.coder == coder for r in main):
        raise RequestError(
            f"{coder} has filled a main sheet",
            expected="a second coder who has not coded these contacts",
            fix="name another coder",
        )
    first = {r.contact_id: r.codes[0][0] for r in main}
    pool = desk.table[desk.table["contact_id"].isin(first)] if main else desk.table
    ids = list(pool["contact_id"])
    strata = [(role, first.get(c, "")) for c, role in zip(ids, pool["staff_role"], strict=True)]
    share = desk.protocol.coding.second_coder_share
    return [_row(desk, c) for c in stratified(ids, strata, share, desk.protocol.seed)[:most]]


def _agreed_rows(desk: Desk, most: int) -> list[sheets.SheetRow]:
    settled = {r.contact_id for r in desk.records if r.sheet == "agreed"}
    by_contact: dict[str, dict[str, str]] = {}
    for r in desk.records:
        if r.sheet != "agreed" and r.contact_id not in settled:
            by_contact.setdefault(r.contact_id, {})[r.coder] = "; ".join(desk.book.label(c) for c in r.codes)
    open_ones = {c: said for c, said in by_contact.items() if len(set(said.values())) > 1}
    known = set(desk.table["contact_id"])
    return [
        _row(desk, c, "\n".join(f"{who}: {said}" for who, said in sorted(open_ones[c].items())))
        for c in sorted(open_ones)
        if c in known
    ][:most]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadReport:
    """What reading sheets did: codings now kept, rows still blank, conflicts by rule, and where they are listed."""

    kept: int
    added: int
    blank: int
    conflicts: dict[str, int]
    listed: Path | None


def read_sheets(protocol_file: Path, files: Sequence[Path], *, replace_old: bool = False) -> ReadReport:
    """Read filled workbooks into data/contact_codes.csv and list every conflict.

    Parameters
    ----------
    protocol_file : the study's protocol
    files : filled workbooks
    replace_old : a coder's later coding takes the place of an earlier one

    Raises
    ------
    RequestError
        A workbook cannot be read; nothing is changed then.
    """
    desk = open_desk(protocol_file)
    notes = dict(zip(desk.table["contact_id"], desk.table["note"], strict=True))
    read = [read_sheet(path, desk.book, notes) for path in files]
    new = [item for one in read for item in one.coded]
    merged, clashes = contacts.merge(desk.records, new, replace_old=replace_old)
    _, open_ones = contacts.reviewed(merged)
    found = [*desk.conflicts, *(c for one in read for c in one.conflicts), *clashes, *open_ones]
    _write_codes(desk.folder.data / CODES_FILE, merged, desk)
    remarks = {k: v for one in read for k, v in one.remarks.items()}
    listed = None
    if found:
        rows = [
            (c.file, "" if c.row is None else str(c.row), c.contact_id, c.rule, c.detail, remarks.get(c.contact_id, ""))
            for c in found
        ]
        heads = ("file", "row", "contact_id", "rule", "what", "remark")
        listed = write_private(desk.place("conflicts.xlsx"), sheets.list_workbook("Conflicts", heads, rows))
    return ReadReport(
        kept=len(merged),
        added=len(set(merged) - set(desk.records)),
        blank=sum(one.blank for one in read),
        conflicts=dict(sorted(Counter(c.rule for c in found).items())),
        listed=listed,
    )


def _write_codes(path: Path, records: Sequence[CodedContact], desk: Desk) -> None:
    """Write the records; those in conflict with the codebook stay as they were written."""
    text = io.StringIO()
    writer = csv.DictWriter(text, contacts.COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(contacts.as_row(r) for r in records)
    kept = {(r.contact_id, r.coder, r.sheet) for r in records}
    for row in _rows_as_written(path):
        in_conflict = any(c.contact_id == row["contact_id"] for c in desk.conflicts)
        if in_conflict and (row["contact_id"], row["coder"], row["sheet"]) not in kept:
            writer.writerow(row)
    rights = path.parent.stat().st_mode
    write_private(path, "\ufeff" + text.getvalue())
    path.parent.chmod(rights & 0o7777)  # the user's folder keeps the rights the user gave it


def _rows_as_written(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return [{k: row.get(k, "") for k in contacts.COLUMNS} for row in csv.DictReader(stream)]
