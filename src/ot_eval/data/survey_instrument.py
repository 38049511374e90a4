"""Instruments as text: one folder each, XLSForm source as CSV, read and checked once.

`survey.csv`, `choices.csv` and `settings.csv` are the three sheets of an XLSForm. `maps.csv` says which table of the
study folder an answer goes to. The first lines of `README.md` say purpose, population, licence and version.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ot_eval.base.errors import RequestError, nearest
from ot_eval.base.shipped import shipped
from ot_eval.data.survey_logic import BadCondition, Condition, both, parse, questions_of

ABOUT = ("Purpose", "Population", "Filled in by", "One form for each", "Licence", "Version", "Status", "Source")
KINDS = ("text", "integer", "decimal", "date", "select_one", "select_multiple")
SEPARATORS = ";|\n"
"""Characters that exports use between answers, so no label may hold them."""
_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}\.\d{1,2}")
"""Not ten digits in a row, as ODK proposes: those may be a valid NHS number, which no page may hold."""
_FACT = re.compile(r"(?m)^- \*\*(?P<name>[^:*]+):\*\* (?P<text>.+)$")
_RANGE = re.compile(r"^\. >= (?P<low>-?[\d.]+) and \. <= (?P<high>-?[\d.]+)$")
_NAME = re.compile(r"^[A-Za-z](?:_?[A-Za-z0-9])*$")  # also a REDCap variable: no two underscores in a row


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to choose: its name, its label, and the label in other languages (language, text)."""

    name: str
    label: str
    translations: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question. `repeat` is the group asked once per line, or empty; `relevant` includes that of its groups."""

    name: str
    kind: str
    label: str
    hint: str = ""
    required: bool = False
    relevant: Condition | None = None
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[Choice, ...] = ()
    list_name: str = ""
    group: str = ""
    repeat: str = ""
    translations: tuple[tuple[str, str], ...] = ()

    @property
    def multiple(self) -> bool:
        """Whether several choices may be made."""
        return self.kind == "select_multiple"


@dataclass(frozen=True, slots=True)
class Mapping:
    """One column of one table. `each` is form, answer, `answer <prefix>`, or the name of a repeat."""

    table: str
    each: str
    column: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One instrument. `rows` are the lines of survey.csv as written, for the forms that are built from them."""

    name: str
    title: str
    version: str
    about: dict[str, str]
    questions: tuple[Question, ...]
    groups: dict[str, str]
    maps: tuple[Mapping, ...]
    rows: tuple[dict[str, str], ...]
    choice_rows: tuple[dict[str, str], ...]

    def question(self, name: str) -> Question:
        """Return the question called `name`."""
        return next(q for q in self.questions if q.name == name)

    @property
    def repeats(self) -> tuple[str, ...]:
        """Groups asked once per line, in order."""
        return tuple(dict.fromkeys(q.repeat for q in self.questions if q.repeat))

    @property
    def key(self) -> tuple[str, ...]:
        """Questions that together say which form this is; empty where a person may have several on a day."""
        return tuple(re.findall(r"`(\w+)`", self.about["One form for each"]))


def load(folder: Path) -> Instrument:
    """Read the instrument in `folder`.

    Raises
    ------
    RequestError
        A file is missing, or the source breaks a rule; the message names the file and the line.
    """
    rows, choice_rows = _sheet(folder, "survey.csv"), _sheet(folder, "choices.csv")
    settings = _sheet(folder, "settings.csv")[0]
    about = _about(folder)
    if about["Version"] != settings["version"]:
        raise _wrong(folder, "README.md", 0, "another version than settings.csv")
    if not _VERSION.fullmatch(settings["version"]):
        raise _wrong(folder, "settings.csv", 2, "a version is a day and a number, such as 2026-11-24.1")
    choices = _choices(folder, choice_rows)
    questions, groups = _questions(folder, rows, choices)
    maps = tuple(Mapping(r["table"], r["each"], r["column"], r["from"]) for r in _sheet(folder, "maps.csv", empty=True))
    made = Instrument(
        name=settings["form_id"],
        title=settings["form_title"],
        version=settings["version"],
        about=about,
        questions=questions,
        groups=groups,
        maps=maps,
        rows=tuple(rows),
        choice_rows=tuple(choice_rows),
    )
    _check(folder, made)
    return made


def load_all(folder: Path | None = None) -> dict[str, Instrument]:
    """Return every instrument below `folder` (by default those that come with the toolkit), by name."""
    root = folder if folder is not None else shipped("surveys")
    found = [load(path.parent) for path in sorted(root.glob("*/survey.csv"))]
    if not found:
        raise RequestError(
            f"there is no instrument in {root.name}",
            expected="folders with survey.csv, choices.csv, settings.csv, maps.csv and README.md",
            fix="give the folder that holds the instruments",
        )
    return {i.name: i for i in found}


def load_with_own(own: Path) -> dict[str, Instrument]:
    """Return the instruments that come with the toolkit, those that a study has in its folder `own` in their place."""
    known = load_all()
    return known | load_all(own) if own.is_dir() else known


def pick(known: dict[str, Instrument], name: str) -> Instrument:
    """Return one instrument by name, or refuse with the nearest name."""
    if name not in known:
        raise RequestError(
            f"there is no instrument '{name}'.{nearest(name, known)}",
            expected=f"one of {', '.join(known)}",
            fix="see `ot-eval surveys list`",
        )
    return known[name]


def _wrong(folder: Path, file: str, line: int, said: str) -> RequestError:
    place = f"surveys/{folder.name}/{file}" + (f", line {line}" if line else "")
    return RequestError(f"{place}: {said}", expected="the XLSForm source of an instrument", fix="correct the line")


def _sheet(folder: Path, name: str, *, empty: bool = False) -> list[dict[str, str]]:
    path = folder / name
    if not path.is_file():
        raise _wrong(folder, name, 0, "the file is missing")
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = [{k: (v or "").strip() for k, v in row.items() if k} for row in csv.DictReader(stream)]
    if not rows and not empty:
        raise _wrong(folder, name, 0, "the file has no rows")
    return rows


def _about(folder: Path) -> dict[str, str]:
    path = folder / "README.md"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    about = {m["name"]: m["text"].strip() for m in _FACT.finditer(text)}
    if missing := [name for name in ABOUT if name not in about]:
        raise _wrong(folder, "README.md", 0, f"does not say {', '.join(missing)}")
    return about


def _other_languages(row: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((k.removeprefix("label::"), v) for k, v in row.items() if k.startswith("label::") and v)


def _choices(folder: Path, rows: list[dict[str, str]]) -> dict[str, tuple[Choice, ...]]:
    lists: dict[str, list[Choice]] = {}
    for line, row in enumerate(rows, start=2):
        if not row["name"] or not row["label"] or any(c in row["label"] for c in SEPARATORS):
            raise _wrong(folder, "choices.csv", line, "a choice needs a name, and a label without ; or |")
        lists.setdefault(row["list_name"], []).append(Choice(row["name"], row["label"], _other_languages(row)))
    for name, found in lists.items():
        if len({c.name.lower() for c in found}) < len(found) or len({c.label.casefold() for c in found}) < len(found):
            raise _wrong(folder, "choices.csv", 0, f"the list {name} holds a name or a label twice")
    return {name: tuple(found) for name, found in lists.items()}


def _questions(
    folder: Path, rows: list[dict[str, str]], choices: dict[str, tuple[Choice, ...]]
) -> tuple[tuple[Question, ...], dict[str, str]]:
    questions: list[Question] = []
    groups: dict[str, str] = {}
    open_groups: list[tuple[str, str, Condition | None]] = []  # (group or repeat, name, condition)
    for line, row in enumerate(rows, start=2):
        kind = row["type"].partition(" ")[0]
        try:
            relevant = parse(row.get("relevant", ""))
        except BadCondition:
            raise _wrong(folder, "survey.csv", line, "a condition that is not understood") from None
        if kind in ("begin_group", "begin_repeat"):
            groups[row["name"]] = row["label"]
            open_groups.append((kind.removeprefix("begin_"), row["name"], relevant))
        elif kind in ("end_group", "end_repeat"):
            if not open_groups or open_groups.pop()[0] != kind.removeprefix("end_"):
                raise _wrong(folder, "survey.csv", line, f"{kind} closes nothing")
        elif kind in KINDS:
            questions.append(_question(folder, line, row, choices, open_groups, relevant))
        elif kind != "note":
            raise _wrong(folder, "survey.csv", line, f"the type '{kind}' is not one that all forms can show")
    if open_groups:
        raise _wrong(folder, "survey.csv", 0, f"the group {open_groups[-1][1]} is never closed")
    return tuple(questions), groups


def _question(
    folder: Path,
    line: int,
    row: dict[str, str],
    choices: dict[str, tuple[Choice, ...]],
    open_groups: list[tuple[str, str, Condition | None]],
    relevant: Condition | None,
) -> Question:
    kind, _, list_name = row["type"].partition(" ")
    for _, _, outer in open_groups:
        relevant = both(outer, relevant)
    found = choices.get(list_name, ())
    if kind.startswith("select") and not found:
        raise _wrong(folder, "survey.csv", line, f"the list '{list_name}' is not in choices.csv")
    low, high = _limits(folder, line, row.get("constraint", ""))
    return Question(
        name=row["name"],
        kind=kind,
        label=row["label"],
        hint=row.get("hint", ""),
        required=row.get("required") == "yes",
        relevant=relevant,
        minimum=low,
        maximum=high,
        choices=found,
        list_name=list_name,
        group=next((n for k, n, _ in reversed(open_groups) if k == "group"), ""),
        repeat=next((n for k, n, _ in reversed(open_groups) if k == "repeat"), ""),
        translations=_other_languages(row),
    )


def _limits(folder: Path, line: int, constraint: str) -> tuple[float | None, float | None]:
    if not constraint:
        return None, None
    found = _RANGE.match(constraint)
    if found is None:
        raise _wrong(folder, "survey.csv", line, "a constraint is written '. >= 0 and . <= 10'")
    return float(found["low"]), float(found["high"])


def _check(folder: Path, made: Instrument) -> None:
    """Refuse what an export could not bring back: names or labels given twice, conditions on what is not there."""
    for said in _faults(made):
        raise _wrong(folder, "survey.csv", 0, said)


def _faults(made: Instrument) -> Iterator[str]:
    names = {q.name: q for q in made.questions}
    for what, values in (("name", [q.name for q in made.questions]), ("label", [q.label for q in made.questions])):
        folded = [v.casefold() for v in values]
        yield from (f"the {what} '{v}' stands twice" for v in values if folded.count(v.casefold()) > 1)
    for q in made.questions:
        if not _NAME.match(q.name) or any(c in q.label for c in SEPARATORS):
            yield f"{q.name}: a name is letters, digits and single underscores; a label has no ; or |"
        for test in questions_of(q.relevant):
            asked = names.get(test.question)
            if asked is None or (test.choice and test.choice not in [c.name for c in asked.choices]):
                yield f"{q.name}: its condition names a question or a choice that is not there"
    yield from (f"README.md: {name} is not a question" for name in made.key if name not in names)
    for m in made.maps:
        source_is_question = not (m.source.startswith(("text ", "{")))
        if source_is_question and m.source not in names:
            yield f"maps.csv: {m.source} is not a question"
