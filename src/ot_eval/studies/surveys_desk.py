"""The surveys desk: forms out of the instruments, and filled forms into the study folder.

A study table gets the rows that the instrument maps to it; what is there already is never changed unasked. Every
answer, mapped or not, is kept in work/<study>/surveys/, free text in a file of its own.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ot_eval.base.errors import DataError, RequestError
from ot_eval.base.protocol_file import load, study_folder
from ot_eval.base.study import StudyFolder, write_private
from ot_eval.data.formats import SUFFIXES, encoding_of
from ot_eval.data.problems import MEANING, SHOWN, Problems, plain_cell
from ot_eval.data.schema import Table, table
from ot_eval.data.survey_instrument import Instrument, load_all, load_with_own, pick
from ot_eval.data.survey_read import Keep, SurveyRead, read_exports
from ot_eval.data.survey_tables import Row, long_rows, study_rows, text_rows
from ot_eval.publish.survey_build import build
from ot_eval.studies.skills_data import OWN_FOLDER

MEANS = {
    "changed question": "every question in the instrument's own words",
    "two columns for one question": "one column for each question, or one for each of its choices",
    "question not in the export": "the questions that say whose form it is, and when",
    "answer not in the instrument": "answers that the instrument offers, by name or label",
    "answer can be read in two ways": "choices that can be told apart",
    "joined and split answers differ": "the same choices in the joined column and in those of each choice",
    "duplicate respondent": "one form for each respondent and time",
    "line without a form": "lines of a group beside the form they belong to",
    "repeat group not in the export": "every sheet or file of the export",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """What became of an export.

    Attributes
    ----------
    read : the forms and what was found in them
    tables : for each table of the study, its file and the rows that were added, replaced, and there already
    answers : the private list of every answer
    texts : the private list of free text, or None where nobody wrote any
    n_texts : how many pieces of free text there are
    """

    read: SurveyRead
    tables: dict[str, tuple[Path, int, int, int]]
    answers: Path
    texts: Path | None
    n_texts: int


def instruments(folder: Path | None = None) -> tuple[Instrument, ...]:
    """Return the instruments of a folder, by default those that come with the toolkit."""
    return tuple(load_all(folder).values())


def build_forms(names: Sequence[str], to: Path, folder: Path | None = None) -> list[Path]:
    """Write the forms of the named instruments (of all where none is named) below `to`; return the files."""
    known = load_all(folder)
    return build([pick(known, n) for n in names] if names else known.values(), to)


def read_into_study(
    protocol_file: Path,
    files: Sequence[Path],
    *,
    instrument: str = "",
    folder: Path | None = None,
    columns: Path | None = None,
    keep: Keep = "none",
) -> Filed:
    """Read exports of one instrument into the study whose protocol lies at `protocol_file`.

    Parameters
    ----------
    files : the export
    instrument : its name; by default it is recognised
    folder : where the instruments lie; by default those that come with the toolkit, and the study's own copies in
        `surveys` beside its data folder instead of theirs
    columns : a CSV file with the columns heading and question: headings matched by hand
    keep : of two different forms for one respondent and time, none (refused) or the latest; the same for rows that are
        in the study already

    Raises
    ------
    DataError
        Something must be put right; all of it is counted, and listed in the private work folder. Nothing was written.
    """
    study = study_folder(protocol_file, load(protocol_file))
    known = load_all(folder) if folder else load_with_own(study.data.parent / OWN_FOLDER)
    if instrument:
        known = {instrument: pick(known, instrument)}
    read = read_exports(files, known, renamed=_renamed(columns), keep=keep)
    place = study.work / "surveys"
    listed = read.problems.write(place)
    if read.problems.refused:
        raise _refused(read.problems, f"{study.work.name}/surveys/{listed.name}")
    merged = {name: _merge(study, table(name), rows, keep) for name, rows in study_rows(read).items()}
    written = {}
    for name, (path, heads, rows, counts) in merged.items():
        _write_input(path, _csv(heads, rows))
        written[name] = (path, *counts)
    place_of_texts = place / f"{read.instrument.name}_text.csv"
    texts = text_rows(read)
    return Filed(
        read=read,
        tables=written,
        answers=write_private(place / f"{read.instrument.name}.csv", _listed(long_rows(read))),
        texts=write_private(place_of_texts, _with_earlier(place_of_texts, texts)) if texts else None,
        n_texts=len(texts),
    )


def _renamed(columns: Path | None) -> dict[str, str]:
    if columns is None:
        return {}
    if not columns.is_file():
        raise RequestError(
            f"there is no file {columns.name}", expected="a CSV file with heading and question", fix="check the path"
        )
    with columns.open(encoding=encoding_of(columns), newline="") as stream:
        rows = list(csv.DictReader(stream))
    if not rows or not {"heading", "question"} <= set(rows[0]):
        raise RequestError(
            f"{columns.name} lacks the columns heading and question",
            expected="one row for each heading of the export that a person matched",
            fix="write the heading as it stands in the export, and the question's name",
        )
    return {row["heading"]: row["question"] for row in rows}


def _refused(problems: Problems, where: str) -> DataError:
    found = problems.refused
    parts = [f"{c.file}{f' {c.column}' if c.column else ''}: {c.rule} ({c.count})" for c in found[:SHOWN]]
    more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    hints = " ".join(dict.fromkeys(c.note for c in found[:SHOWN] if c.note))
    means = {**MEANING, **MEANS}
    return DataError(
        f"the export broke {len(found)} rule(s), and nothing was read: {'; '.join(parts)}{more}",
        expected="; ".join(dict.fromkeys(means.get(c.rule, c.rule) for c in found[:SHOWN])),
        fix=f"correct the rows listed in {where} (private), then read again.{f' {hints}' if hints else ''}",
    )


def _place(study: StudyFolder, declared: Table) -> Path:
    """Return the CSV file of a table, existing or new; refuse where the study keeps it in another format."""
    stems = (declared.name, *declared.aliases)
    here = [study.data / f"{stem}{suffix}" for stem in stems for suffix in SUFFIXES]
    found = [path for path in here if path.exists()]
    if len(found) > 1 or (found and found[0].suffix != ".csv"):
        raise RequestError(
            f"the table {declared.name} is in {', '.join(p.name for p in found)}",
            expected="one CSV file, to which rows can be added",
            fix=f"save the table as {declared.name}.csv and move the other file away",
        )
    return found[0] if found else study.data / f"{declared.name}.csv"


def _merge(
    study: StudyFolder, declared: Table, rows: list[Row], keep: Keep
) -> tuple[Path, list[str], list[Row], tuple[int, int, int]]:
    """Return a table's file, its columns and rows with the new ones, and how many were added, replaced, there already.

    Rows belong together by the table's key; of `carer_survey` by carer, wave and item, for several answers to one item
    are one answer to one question.
    """
    path = _place(study, declared)
    heads, old = _existing(path)
    heads = heads + [c.name for c in declared.columns if c.name not in heads]
    unit = tuple(k for k in declared.key if k != "value")
    new: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        plain = {k: plain_cell(v) for k, v in row.items()}
        group = new.setdefault(tuple(plain[k] for k in unit), [])
        if plain not in group:
            group.append(plain)
    before: dict[tuple[str, ...], list[Row]] = {}
    for row in old:
        before.setdefault(tuple(row.get(k, "").strip() for k in unit), []).append(row)
    changed = [key for key, group in new.items() if key in before and not _same(before[key], group)]
    if changed and keep == "none":
        raise DataError(
            f"{path.name}: {len(changed)} answers are there already, and differ from the export",
            expected="the answers that were read before",
            fix="if the export is right, read it with --keep latest; otherwise correct the export",
        )
    added = {key: group for key, group in new.items() if key not in before}
    kept = [row for key, group in before.items() if key not in set(changed) for row in group]
    result = (
        kept
        + [row for key in changed for row in _replaced(before[key], new[key])]
        + [row for group in added.values() for row in group]
    )
    counts = (
        sum(map(len, added.values())),
        sum(len(new[key]) for key in changed),
        sum(len(group) for key, group in new.items() if key in before and key not in changed),
    )
    return path, heads, result, counts


def _same(before: list[Row], now: list[Row]) -> bool:
    """Return whether rows say the same; a date does not count, nor a cell that the form does not ask for."""
    asked = [k for k in now[0] if k != "date" and any(row[k] for row in now)]

    def told(rows: list[Row]) -> set[tuple[str, ...]]:
        return {tuple(row.get(k, "").strip() for k in asked) for row in rows}

    return told(before) == told(now)


def _replaced(before: list[Row], now: list[Row]) -> list[Row]:
    """Return the new rows; where one row takes the place of one, what the form does not ask for stays."""
    if len(before) == len(now) == 1:
        return [{**before[0], **{k: v for k, v in now[0].items() if v}}]
    return now


def _existing(path: Path) -> tuple[list[str], list[Row]]:
    if not path.exists():
        return [], []
    with path.open(encoding=encoding_of(path), newline="") as stream:
        reader = csv.DictReader(stream)
        rows = [{k: v or "" for k, v in row.items() if k is not None} for row in reader]
        return list(reader.fieldnames or []), rows


def _csv(heads: list[str], rows: list[Row]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows([row.get(h, "") for h in heads] for row in rows)
    return "\ufeff" + text.getvalue()


def _with_earlier(path: Path, texts: list[Row]) -> str:
    """Return the texts with those of forms that were read before: coders work on all of them."""
    heads, before = _existing(path)
    now = {row["form"] for row in texts}
    kept = [row for row in before if row["form"] not in now]
    plain = [{k: plain_cell(v) for k, v in row.items()} for row in texts]
    return _csv(heads or list(texts[0]), [*kept, *plain])


def _listed(rows: list[Row]) -> str:
    heads = list(rows[0]) if rows else ["form"]
    return _csv(heads, [{k: plain_cell(v) for k, v in row.items()} for row in rows])


def _write_input(path: Path, body: str) -> None:
    """Write an input of the study; the data folder keeps the rights its owner gave it."""
    mode = path.parent.stat().st_mode & 0o777
    write_private(path, body)
    path.parent.chmod(mode)
