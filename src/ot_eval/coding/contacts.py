"""Coded contacts: what people decided, merged by stated rules, with every conflict listed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ot_eval.base.errors import RequestError
from ot_eval.coding.codebook import CANNOT_TELL, NO_CODE, NOT_OT, Codebook
from ot_eval.coding.migrate import as_numbers, migrated

Sheet = Literal["main", "second", "agreed"]
SHEETS: tuple[Sheet, ...] = ("main", "second", "agreed")
COLUMNS = ("contact_id", "coder", "sheet", "codes", "codebook_version")
"""The columns of data/contact_codes.csv."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodedContact:
    """One contact as one person coded it on one sheet. `codes` holds codes, or one answer that is not a code."""

    contact_id: str
    coder: str
    sheet: Sheet
    codes: tuple[str, ...]
    version: str

    @property
    def counted(self) -> tuple[str, ...] | None:
        """The codes; empty where nothing counts; None where the note does not say."""
        if self.codes == (CANNOT_TELL,):
            return None
        return () if self.codes == (NOT_OT,) else self.codes


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Something that people must settle. `detail` names codes, coders and rows; it never quotes a note."""

    file: str
    row: int | None
    contact_id: str
    rule: str
    detail: str


def in_order(codes: Iterable[str], book: Codebook) -> tuple[str, ...]:
    """Return codes once each, in the codebook's order."""
    return tuple(c for c in (*book.names, *NO_CODE) if c in set(codes))


def as_row(record: CodedContact) -> dict[str, str]:
    """Return a record as a row of data/contact_codes.csv."""
    return {
        "contact_id": record.contact_id,
        "coder": record.coder,
        "sheet": record.sheet,
        "codes": ";".join(record.codes),
        "codebook_version": record.version,
    }


def from_rows(
    rows: Iterable[Mapping[str, str]], book: Codebook, file: str
) -> tuple[tuple[CodedContact, ...], tuple[Conflict, ...]]:
    """Read rows of data/contact_codes.csv, brought up to the codebook in use.

    Returns
    -------
    The records that stand, and the conflicts: a code that is not in the codebook, or one whose migration sends the
    contact back to the coders. A record with a conflict is not among the first.

    Raises
    ------
    RequestError
        A record was coded with a later version of the codebook.
    """
    records: list[CodedContact] = []
    conflicts: list[Conflict] = []
    for n, row in enumerate(rows, start=2):
        refuse_later(row["codebook_version"], book, file)
        written = tuple(part.strip() for part in row["codes"].split(";") if part.strip())
        codes, again = migrated(written, row["codebook_version"], book.migrations)
        unknown = [c for c in codes if c not in book.names and c not in NO_CODE]
        mixed = len(codes) > 1 and bool(set(codes) & set(NO_CODE))
        rule, detail = "", ""
        if unknown:
            rule, detail = "unknown code", book.unknown(unknown[0])
        elif again:
            rule, detail = "code again", f"codebook {book.version} changed a code of version {row['codebook_version']}"
        elif mixed or not codes:
            rule, detail = ("codes and no code", "both were chosen") if mixed else ("blank", "no codes")
        if rule:
            conflicts.append(Conflict(file=file, row=n, contact_id=row["contact_id"], rule=rule, detail=detail))
            continue
        records.append(
            CodedContact(
                contact_id=row["contact_id"],
                coder=row["coder"],
                sheet=_sheet(row["sheet"]),
                codes=in_order(codes, book),
                version=book.version,
            )
        )
    return tuple(records), tuple(conflicts)


def _sheet(text: str) -> Sheet:
    return next(s for s in SHEETS if s == text)


def refuse_later(version: str, book: Codebook, file: str) -> None:
    """Refuse a coding made with a later version of the codebook than the one in use."""
    if as_numbers(version) > as_numbers(book.version):
        raise RequestError(
            f"{file}: coded with codebook version {version}; the codebook in use is version {book.version}",
            expected="the codebook that was coded with, or a later one",
            fix="name the newer codebook under coding.codebook in the protocol",
        )


def merge(
    kept: Sequence[CodedContact], new: Sequence[tuple[CodedContact, str, int]], *, replace_old: bool
) -> tuple[tuple[CodedContact, ...], tuple[Conflict, ...]]:
    """Add newly read codings to those kept from before.

    Parameters
    ----------
    kept : records of data/contact_codes.csv
    new : records read from workbooks, each with its file and row
    replace_old : a coder's later coding of the same contact takes the place of the earlier one

    Returns
    -------
    All records, and the conflicts. Where one coder coded one contact in two ways in the workbooks read now, neither is
    taken. Where it differs from what was read before, the earlier one stays unless `replace_old`.
    """
    before = {_key(r): r for r in kept}
    grouped: dict[tuple[str, str, str], list[tuple[CodedContact, str, int]]] = {}
    for item in new:
        grouped.setdefault(_key(item[0]), []).append(item)
    conflicts: list[Conflict] = []
    for key, items in grouped.items():
        first, file, row = items[0]
        ways = sorted({";".join(r.codes) for r, _, _ in items})
        if len(ways) > 1:
            where = ", ".join(f"{f} row {n}" for _, f, n in items)
            detail = f"{first.coder} coded it as {' and as '.join(ways)} ({where})"
            conflicts.append(_conflict(first, file, row, "two codings by one coder", detail))
        elif key in before and before[key].codes != first.codes and not replace_old:
            detail = (
                f"{first.coder} coded it as {';'.join(before[key].codes)} before and as {ways[0]} now; kept the first"
            )
            conflicts.append(_conflict(first, file, row, "changed since it was read", detail))
        else:
            before[key] = first
    return tuple(before[k] for k in sorted(before)), tuple(conflicts)


def _key(record: CodedContact) -> tuple[str, str, str]:
    return (record.contact_id, record.coder, record.sheet)


def _conflict(record: CodedContact, file: str, row: int, rule: str, detail: str) -> Conflict:
    return Conflict(file=file, row=row, contact_id=record.contact_id, rule=rule, detail=detail)


def reviewed(records: Sequence[CodedContact]) -> tuple[dict[str, CodedContact], tuple[Conflict, ...]]:
    """Return the coding of each contact that the analysis reads.

    What both agreed on wins over the first coder's sheet; a second coder's sheet only measures agreement and is read
    where there is nothing else. Where two people filled the same kind of sheet in different ways the contact has no
    coding, and a conflict says so.
    """
    by_contact: dict[str, list[CodedContact]] = {}
    for record in records:
        by_contact.setdefault(record.contact_id, []).append(record)
    chosen: dict[str, CodedContact] = {}
    conflicts: list[Conflict] = []
    for contact, all_of in by_contact.items():
        sheet = next(s for s in ("agreed", "main", "second") if any(r.sheet == s for r in all_of))
        mine = [r for r in all_of if r.sheet == sheet]
        if len({r.codes for r in mine}) > 1:
            said = "; ".join(f"{r.coder}: {';'.join(r.codes)}" for r in mine)
            conflicts.append(_conflict(mine[0], "contact_codes.csv", 0, f"two {sheet} codings differ", said))
        else:
            chosen[contact] = mine[0]
    return chosen, tuple(replace(c, row=None) for c in conflicts)
