"""QualCoder projects in: the SQLite file `data.qda` of a project folder, versions 8 to 17 of its layout."""

from __future__ import annotations

import html
from collections import Counter
from pathlib import Path

from ot_eval.base.errors import DataError
from ot_eval.data.containers import refusal
from ot_eval.data.databases import Database, opened
from ot_eval.data.refi_model import (
    QdaCase,
    QdaCode,
    QdaCoding,
    QdaMemo,
    QdaProject,
    QdaSource,
    Value,
    VariableType,
    refuse_project,
)
from ot_eval.data.refi_offsets import place, plain

_NEEDED = ("project", "source", "code_name", "code_cat", "code_text")
_NOT_TAKEN = {
    "code_image": "codings of pictures and PDF pages",
    "code_av": "codings of sound and film",
}


def read_qualcoder(path: Path) -> QdaProject:
    """Read a QualCoder project.

    Parameters
    ----------
    path : the project's folder (its name ends in .qda) or the file data.qda in it

    Raises
    ------
    DataError
        It is no QualCoder database, or a coding's words are not in its text.
    """
    file = path / "data.qda" if path.is_dir() else path
    lost: Counter[str] = Counter()
    with opened(file, "a QualCoder project (the folder, or data.qda in it)", _NEEDED) as database:
        codes = (*_categories(database), *_codes(database))
        texts = {int(i): (str(n), str(t)) for i, n, t in database.rows("source", ("id", "name", "fulltext")) if t}
        lost["sources without text (pictures, sound, film)"] += database.count("source") - len(texts)
        sources, codings = _coded(database, texts, file.name)
        for table, said in _NOT_TAKEN.items():
            lost[said] += database.count(table)
        memos = tuple(_memos(database))
        cases, variables = _cases(database, lost)
    project = QdaProject(
        name=path.stem if path.is_dir() else path.parent.stem,
        origin="QualCoder",
        codes=codes,
        sources=sources,
        codings=codings,
        memos=memos,
        cases=cases,
        variables=variables,
        lost=dict(sorted((+lost).items())),
    )
    return refuse_project(project, file.name)


def _plain(text: object) -> str:
    return html.unescape(str(text or "")).strip()


def _categories(database: Database) -> list[QdaCode]:
    rows = database.rows("code_cat", ("catid", "name", "memo", "supercatid"))
    return [
        QdaCode(
            id=f"category {i}",
            name=str(name),
            parent=f"category {above}" if above else "",
            codable=False,
            description=_plain(memo),
        )
        for i, name, memo, above in rows
    ]


def _codes(database: Database) -> list[QdaCode]:
    rows = database.rows("code_name", ("cid", "name", "memo", "catid", "color", "supercid"))
    return [
        QdaCode(
            id=f"code {i}",
            name=str(name),
            parent=f"code {above}" if above else f"category {category}" if category else "",
            colour=str(colour) if colour and str(colour).startswith("#") else "",
            description=_plain(memo),
        )
        for i, name, memo, category, colour, above in rows
    ]


def _coded(
    database: Database, texts: dict[int, tuple[str, str]], file: str
) -> tuple[tuple[QdaSource, ...], tuple[QdaCoding, ...]]:
    by_source: dict[int, list[tuple[object, ...]]] = {}
    columns = ("fid", "cid", "seltext", "pos0", "pos1", "owner", "date", "memo")
    for fid, *rest in database.rows("code_text", columns):
        by_source.setdefault(int(fid), []).append(tuple(rest))
    orphans = sum(len(rows) for fid, rows in by_source.items() if fid not in texts)
    if orphans:
        raise refusal(file, f"{orphans} codings are of a text that is not there", "a whole project", "repair it there")
    sources, codings = [], []
    wrong = []
    for fid, (name, raw) in texts.items():
        rows = by_source.get(fid, [])
        spans = [(int(str(r[2])), int(str(r[3]))) for r in rows]
        try:
            placed = place(raw, spans, [str(r[1] or "") for r in rows], file=f"text {fid}")
        except DataError as error:
            wrong.append(error.found)
            continue
        text = plain(raw)
        sources.append(
            QdaSource(id=f"source {fid}", name=name, text=text, counting=str(placed.counting) if rows else "no codings")
        )
        for row, span in zip(rows, placed.spans, strict=True):
            if span is None:
                wrong.append(f"text {fid}: a coding lies outside the text")
                continue
            codings.append(
                QdaCoding(
                    source=f"source {fid}",
                    start=span[0],
                    end=span[1],
                    quote=text[span[0] : span[1]],
                    code=f"code {row[0]}",
                    coder=str(row[4] or "not named"),
                    created=str(row[5] or "").replace(" ", "T"),
                    note=_plain(row[6]),
                )
            )
    if wrong:
        raise refusal(
            file, "\n          ".join(dict.fromkeys(wrong)), "codings on their words", "repair it in QualCoder"
        )
    return tuple(sources), tuple(codings)


def _memos(database: Database) -> list[QdaMemo]:
    found = []
    for i, name, text, author, at in (
        database.rows("journal", ("jid", "name", "jentry", "owner", "date")) if "journal" in database.tables else ()
    ):
        found.append(_memo(f"journal {i}", str(name), text, author, at, ""))
    for i, name, text, author, at in database.rows("source", ("id", "name", "memo", "owner", "date")):
        if text:
            found.append(_memo(f"memo {i}", f"Memo of {name}", text, author, at, f"source {i}"))
    rows = (
        database.rows("annotation", ("anid", "fid", "memo", "owner", "date")) if "annotation" in database.tables else ()
    )
    for i, fid, text, author, at in rows:
        found.append(_memo(f"annotation {i}", "Annotation", text, author, at, f"source {fid}"))
    return found


def _memo(key: str, name: str, text: object, author: object, at: object, about: str) -> QdaMemo:
    created = str(at or "").replace(" ", "T")
    return QdaMemo(id=key, name=name, text=_plain(text), author=str(author or ""), created=created, about=about)


def _cases(database: Database, lost: Counter[str]) -> tuple[tuple[QdaCase, ...], tuple[tuple[str, VariableType], ...]]:
    if not {"cases", "case_text", "attribute", "attribute_type"} <= database.tables:
        return (), ()
    types: dict[str, VariableType] = {
        str(name): "Float" if kind == "numeric" else "Text"
        for name, kind, whose in database.rows("attribute_type", ("name", "valuetype", "caseOrFile"))
        if whose == "case"
    }
    values: dict[int, list[tuple[str, Value]]] = {}
    for name, whose, value, of in database.rows("attribute", ("name", "attr_type", "value", "id")):
        if whose == "case" and str(name) in types:
            values.setdefault(int(of), []).append((str(name), _value(value, types[str(name)], lost)))
        else:
            lost["attributes of texts and of the journal"] += 1
    members: dict[int, list[str]] = {}
    for case, fid in database.rows("case_text", ("caseid", "fid")):
        members.setdefault(int(case), []).append(f"source {fid}")
    cases = tuple(
        QdaCase(
            id=f"case {i}",
            name=str(name),
            sources=tuple(dict.fromkeys(members.get(int(i), ()))),
            values=tuple(values.get(int(i), ())),
        )
        for i, name in database.rows("cases", ("caseid", "name"))
    )
    return cases, tuple(types.items())


def _value(value: object, kind: VariableType, lost: Counter[str]) -> Value:
    text = str(value or "").strip()
    if not text:
        return None
    if kind == "Text":
        return text
    try:
        return float(text)
    except ValueError:
        lost["values that are no numbers, of a numeric attribute"] += 1
        return None
