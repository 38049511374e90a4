"""A filled review sheet, read and put to work: decisions into a pseudonymised interview and its key."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from openpyxl import Workbook, load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.worksheet import Worksheet

from ot_eval.base.errors import DataError
from ot_eval.coding.deidentify_apply import Moved, Namer, Replacement, bracketed, left_over, possessive
from ot_eval.coding.deidentify_model import SAID
from ot_eval.coding.deidentify_sheet import (
    ABOUT,
    FLAGS,
    HEADINGS,
    KEEP,
    MISSED,
    MISSED_HEADINGS,
    REPLACE,
    REVIEWER,
    Row,
    fingerprint,
    rows_of,
)
from ot_eval.coding.segments import Turn

MOST_LISTED = 20


@dataclass(frozen=True, slots=True)
class Decided:
    """What a person decided: (decision, replacement) by the row's key; what was missed; who reviewed."""

    interview_id: str
    by_key: dict[str, tuple[str, str]]
    missed: tuple[tuple[str, str], ...]
    reviewer: str
    transcript: str


@dataclass(frozen=True, slots=True)
class Deidentified:
    """An interview without names, and what was done. `key` pairs originals with replacements: keep it apart.

    `moved` leads from offsets in each turn as spoken to offsets in the turn as it is now, by turn number.
    """

    turns: tuple[Turn, ...]
    key: tuple[tuple[str, str, str], ...]
    moved: dict[int, Moved]
    reviewer: str
    replaced: dict[str, int]
    kept: int
    left_over: int


def read_review(path: Path) -> Decided:
    """Read a review workbook.

    Raises
    ------
    DataError
        It is no review workbook, or a page or column is missing.
    """
    try:
        workbook = load_workbook(path, data_only=False, keep_links=False)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError):
        raise _refusal(path.name, ["this is not an Excel workbook that can be read"]) from None
    missing = [f"page {p} is missing" for p in (FLAGS, MISSED, ABOUT) if p not in workbook.sheetnames]
    if missing:
        raise _refusal(path.name, missing)
    about = {row[0]: row[1] for row in _cells(workbook, ABOUT, (1, 2), first=1)}
    flags, places = workbook[FLAGS], _columns(workbook, FLAGS, HEADINGS, path.name)
    _columns(workbook, MISSED, MISSED_HEADINGS, path.name)
    wanted = tuple(places[h] for h in ("key", "decision", "replacement"))
    rows = list(_cells(workbook, FLAGS, wanted)) if isinstance(flags, Worksheet) else []
    twice = sum(n > 1 for n in Counter(key for key, *_ in rows if key).values())
    if twice:
        raise _refusal(path.name, [f"page {FLAGS}: {twice} rows stand twice"])
    return Decided(
        interview_id=about.get("interview", ""),
        by_key={key: (decision.casefold(), text) for key, decision, text in rows if key},
        missed=tuple((a, b) for a, b in _cells(workbook, MISSED, (1, 2)) if a or b),
        reviewer=about.get(REVIEWER, ""),
        transcript=about.get("transcript", ""),
    )


def undone(decided: Decided, turns: Sequence[Turn], rows: Sequence[Row]) -> list[str]:
    """Return what still keeps an interview from being written out; nothing where all is decided."""
    found = []
    if decided.transcript != fingerprint(turns):
        found.append("the transcript has changed since the sheet was made")
    if not decided.reviewer:
        found.append(f"page {ABOUT}: '{REVIEWER}' is empty")
    known = {r.key for r in rows}
    gone, strange = known - decided.by_key.keys(), decided.by_key.keys() - known
    if gone or strange:
        found.append(f"page {FLAGS}: {len(gone)} rows are gone and {len(strange)} are not ours (or the roster changed)")
    answers = Counter(decision for key, (decision, _) in decided.by_key.items() if key in known)
    if answers.pop("", 0):
        blank = sum(not d for k, (d, _) in decided.by_key.items() if k in known)
        found.append(f"page {FLAGS}: {blank} rows have no decision")
    other = sum(n for answer, n in answers.items() if answer not in (REPLACE, KEEP))
    if other:
        found.append(f"page {FLAGS}: {other} decisions are neither {REPLACE} nor {KEEP}")
    bare = sum(d == REPLACE and not t.strip(" []") for k, (d, t) in decided.by_key.items() if k in known)
    if bare:
        found.append(f"page {FLAGS}: {bare} rows to replace have no replacement")
    half = sum(not a for a, _ in decided.missed)
    if half:
        found.append(f"page {MISSED}: {half} rows have a replacement and no words")
    lost = sum(not any(_found(words, t.text) for t in turns) for words, _ in decided.missed if words)
    if lost:
        found.append(f"page {MISSED}: the words of {lost} rows stand in no turn")
    return found


def deidentified(turns: Sequence[Turn], roster: dict[str, str], decided: Decided) -> Deidentified:
    """Return the interview with every confirmed identifier replaced.

    Raises
    ------
    DataError
        Something is not decided, or the sheet is of another transcript; all of it at once.
    """
    rows = rows_of(turns, roster)
    open_ones = undone(decided, turns, rows)
    if open_ones:
        raise _refusal(f"review of {turns[0].interview_id}", open_ones)
    by_turn: dict[int, list[Replacement]] = {t.turn: [] for t in turns}
    key: dict[tuple[str, str], str] = {}
    count: Counter[str] = Counter()
    for row in rows:
        decision, text = decided.by_key[row.key]
        for place in row.places if decision == REPLACE else ():
            new = bracketed(text) + possessive(place.words)
            by_turn[place.turn].append(Replacement(place.flag.start, place.flag.end, new))
            key[place.words, bracketed(text)] = SAID[row.kind]
            count[SAID[row.kind]] += 1
    namer = Namer(roster)
    for words, text in decided.missed:
        new = bracketed(text or namer.name(words, "name"))
        key[words, new] = "added by the reviewer"
        for turn in turns:
            for start, end in _found(words, turn.text):
                by_turn[turn.turn] = _without(by_turn[turn.turn], start, end)
                by_turn[turn.turn].append(Replacement(start, end, new))
                count["added by the reviewer"] += 1
    moved = {t.turn: Moved(t.text, by_turn[t.turn]) for t in turns}
    done = tuple(replace(t, text=moved[t.turn].text) for t in turns)
    kept = sum(len(r.places) for r in rows if decided.by_key[r.key][0] == KEEP)
    return Deidentified(
        turns=done,
        key=tuple((original, new, kind) for (original, new), kind in sorted(key.items())),
        moved=moved,
        reviewer=decided.reviewer,
        replaced=dict(sorted(count.items())),
        kept=kept,
        left_over=left_over([t.text for t in done], [original for original, _ in key]),
    )


def _without(made: Sequence[Replacement], start: int, end: int) -> list[Replacement]:
    """Return replacements less those inside what the reviewer added; one that only cuts into it is refused."""
    if any(r.start < end and start < r.end and not (start <= r.start and r.end <= end) for r in made):
        raise _refusal("review", [f"page {MISSED}: words that are added cut into words that are replaced already"])
    return [r for r in made if not (start <= r.start and r.end <= end)]


def _found(words: str, text: str) -> list[tuple[int, int]]:
    pattern = r"\s+".join(map(re.escape, words.split()))
    return [m.span() for m in re.finditer(rf"(?<!\w){pattern}(?!\w)", text, re.IGNORECASE)]


def _cells(workbook: Workbook, page: str, columns: Sequence[int], first: int = 2) -> Iterator[tuple[str, ...]]:
    sheet = workbook[page]
    if isinstance(sheet, Worksheet):
        for row in sheet.iter_rows(min_row=first):
            texts = tuple("" if row[k - 1].value is None else str(row[k - 1].value).strip() for k in columns)
            if any(texts):
                yield texts


def _columns(workbook: Workbook, page: str, headings: Sequence[str], file: str) -> dict[str, int]:
    sheet = workbook[page]
    first = next(sheet.iter_rows(max_row=1)) if isinstance(sheet, Worksheet) else ()
    names = ["" if c.value is None else str(c.value).strip() for c in first]
    missing = [f"page {page}: column '{h}' is missing" for h in headings if h not in names]
    if missing:
        raise _refusal(file, missing)
    return {h: names.index(h) + 1 for h in headings}


def _refusal(file: str, wrong: Sequence[str]) -> DataError:
    return DataError(
        f"{file}: " + "\n          ".join(wrong[:MOST_LISTED]),
        expected=f"the review workbook as it was made, every row decided, with initials beside '{REVIEWER}'",
        fix="finish the review in Excel; if the transcript or roster changed, make the sheet again with "
        "`ot-eval interviews deidentify sheet`",
    )
