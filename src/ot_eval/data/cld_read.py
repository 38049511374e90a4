"""Read a council's Client Level Data: every file in `data/cld`, any order, into one set of rows with pseudonyms.

What leaves this module holds no NHS number, name, postcode, practice, local id or linked carer. Birth dates stay in
memory for ages; derived tables on disk must leave them out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from ot_eval.base.protocol import Reading
from ot_eval.base.provenance import sha256
from ot_eval.data.cld_checks import HEADER, check_files
from ot_eval.data.cld_files import CldFile, Counts, count_values, date_files, file_table, unmapped
from ot_eval.data.cld_history import merge_history
from ot_eval.data.cld_parquet import parts
from ot_eval.data.cld_source import TABLE, AllFiles, open_files
from ot_eval.data.cld_values import LISTS, ValueMap
from ot_eval.data.engine import Engine
from ot_eval.data.persons import SEPARATOR, Persons, link
from ot_eval.data.problems import ProblemList

CLD_SUFFIXES = (".csv", ".parquet", ".xlsx")

ROW_COLUMNS: dict[str, str] = {
    "file_no": "int64",
    "file_name": "string",
    "person_id": "string",
    "la_code": "string",
    "client_type": "string",
    "event_type": "string",
    "start_date": "date",
    "end_date": "date",
    "outcome": "string",
    "route": "string",
    "assessment_type": "string",
    "service_type": "string",
    "service_component": "string",
    "delivery_mechanism": "string",
    "provider_id": "string",
    "review_reason": "string",
    "unit_cost": "float64",
    "cost_frequency": "string",
    "planned_units": "float64",
    "description": "string",
    "birth_date": "date",
    "death_date": "date",
    "sex": "string",
    "ethnicity": "string",
    "primary_support_reason": "string",
    "dementia": "string",
    "has_unpaid_carer": "string",
}
"""`cld_rows`: one row for each distinct row of each file; files are numbered from the oldest, 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cld:
    """A council's history as read: `cld_rows`, `cld_files`, `cld_events`, and who is who."""

    rows: ir.Table
    files: ir.Table
    events: ir.Table
    file_list: tuple[CldFile, ...]
    persons: Persons
    counts: Counts
    facts: dict[str, str] = field(default_factory=dict)


def cld_paths(folder: Path) -> list[Path]:
    """Return the files in `data/cld`, by name; hidden and office lock files are not among them."""
    if not folder.is_dir():
        return []
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in CLD_SUFFIXES and p.name[0] not in ".~")


def read_cld(
    engine: Engine, paths: list[Path], values: ValueMap, reading: Reading, key: bytes, problems: ProblemList
) -> Cld | None:
    """Read all files, or return None where something had to be refused; `problems` then says what, for all files."""
    files = open_files(engine, _distinct(paths, problems), problems)
    if files is None:
        return None
    counts = count_values(files)
    check_files(files, problems, unmapped(counts, values))
    dated = date_files(files, counts, values, reading, problems)
    persons = _persons(files, dated, key, problems)
    if any(c.severity == "refused" and c.table == TABLE for c in problems.counts):
        return None
    file_rows = engine.put("cld_files", file_table(dated))
    rows = _rows(engine, files, dated, _maps(engine, counts, values), persons)
    return Cld(
        rows=rows,
        files=file_rows,
        events=engine.keep("cld_events", [merge_history(rows, file_rows)]),
        file_list=tuple(dated),
        persons=persons,
        counts=counts,
        facts=_facts(dated, values),
    )


def _distinct(paths: list[Path], problems: ProblemList) -> list[Path]:
    """Leave out a file that is the same, byte for byte, as one before it."""
    seen: set[str] = set()
    kept: list[Path] = []
    for path in paths:
        fingerprint = sha256(path) if path.is_file() else path.name
        if fingerprint in seen:
            problems.add(path.name, "same file twice", "noted", table=TABLE, note="It was read once.")
        else:
            seen.add(fingerprint)
            kept.append(path)
    return kept


def _order_table(engine: Engine, dated: list[CldFile]) -> ir.Table:
    """Return file_key, file_no and file_name: what joins a row to its place in time."""
    keys, numbers, names = zip(*((f.key, f.file_no, f.source.name) for f in dated), strict=True)
    arrow = pa.table({"key": pa.array(keys, pa.int64()), "file_no": pa.array(numbers, pa.int64()), "file_name": names})
    return engine.put("cld_order", arrow)


def _persons(files: AllFiles, dated: list[CldFile], key: bytes, problems: ProblemList) -> Persons:
    key_of = files.once.file_key
    number = (
        ibis.cases(*((key_of == f.key, ibis.literal(f.file_no, "int64")) for f in dated), else_=key_of)
        if dated
        else key_of
    )
    pairs = files.once.group_by("la_code", "la_person_id", "nhs_number").agg(
        first_file=number.min(),
        first_start=files.once.start_date.min(),
        birth_min=files.once.birth_date.min(),
        birth_max=files.once.birth_date.max(),
        n=files.once.count(),
    )
    persons = link(pairs.to_pyarrow(), key)
    _report_persons(persons, f"{len(files.sources)} files of data/cld", problems)
    return persons


def _report_persons(persons: Persons, where: str, problems: ProblemList) -> None:
    person, nhs, birth = HEADER["la_person_id"], HEADER["nhs_number"], HEADER["birth_date"]
    problems.add(where, "NHS number not usable", "noted", table=TABLE, column=nhs, count=persons.unusable_nhs)
    problems.add(where, "second local id of a person", "noted", table=TABLE, column=person, count=persons.n_joined)
    lists = (
        ("shared NHS number", "refused", nhs, persons.shared_nhs, "A placeholder number joins strangers: blank it."),
        ("two people with one id", "refused", person, persons.two_people, "Two NHS numbers and two dates of birth."),
        ("two dates of birth", "noted", birth, persons.two_births, ""),
    )
    for rule, severity, column, found, note in lists:
        problems.add(
            where,
            rule,
            "refused" if severity == "refused" else "noted",
            table=TABLE,
            column=column,
            count=len(found),
            note=note,
            rows=[(None, text) for text in found],
        )


def _maps(engine: Engine, counts: Counts, values: ValueMap) -> dict[str, ir.Table]:
    """Return for each list field a table of given values and what they mean."""
    words = [(name, word) for name in LISTS for word in sorted({w for found in counts for w in found[name]})]
    arrow = pa.table(
        {
            "list": pa.array([name for name, _ in words], pa.string()),
            "word": pa.array([word for _, word in words], pa.string()),
            "meaning": pa.array([values.value(name, word) for name, word in words], pa.string()),
        }
    )
    known = engine.put("cld_words", arrow)
    return {
        name: known.filter(known.list == name).select(**{f"word_{name}": known.word, f"meaning_{name}": known.meaning})
        for name in LISTS
    }


def _rows(
    engine: Engine, files: AllFiles, dated: list[CldFile], maps: dict[str, ir.Table], persons: Persons
) -> ir.Table:
    """Return `cld_rows`: list values mapped, local ids replaced by pseudonyms. Rows without a person are left out."""
    rows = files.once
    local = (
        rows.la_code.fill_null("") + SEPARATOR + rows.la_person_id if persons.several_councils else rows.la_person_id
    )
    nhs = ibis.literal(f"nhs{SEPARATOR}") + rows.nhs_number.re_replace(r"[\s-]", "")
    rows = rows.mutate(named_by=ibis.coalesce(local, nhs))
    people = engine.put("cld_people", persons.identities.rename_columns(["identity", "person_id"]))
    order = _order_table(engine, dated)
    joined = rows.inner_join(order, rows.file_key == order.key).inner_join(people, rows.named_by == people.identity)
    for name, table in maps.items():
        joined = joined.left_join(table, rows[name] == table[f"word_{name}"])
    columns = {
        name: joined[f"meaning_{name}" if name in maps else name].cast(kind) for name, kind in ROW_COLUMNS.items()
    }
    whole = joined.select("file_key", **columns)
    groups = parts((f.key, f.source.n_rows) for f in dated)
    return engine.keep("cld_rows", [whole.filter(whole.file_key.isin(keys)).drop("file_key") for keys in groups])


def _facts(files: list[CldFile], values: ValueMap) -> dict[str, str]:
    facts = {
        "cld_files": str(len(files)),
        "data_end": files[-1].period.end.isoformat(),
        "cld_from": min(f.period.start for f in files).isoformat(),
        "cld_releases": ", ".join(sorted({f.release for f in files})),
    }
    if values.from_council:
        facts["cld_mapping"] = f"{values.from_council} wording(s) from the council's own mapping file"
    return facts
