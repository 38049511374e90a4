"""Small studies for the tests: a folder, a protocol, and Client Level Data written row by row."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import ibis
import pyarrow as pa
import pytest

from ot_eval.base.protocol import Protocol
from ot_eval.base.study import StudyFolder
from ot_eval.data.cld_headers import FIELDS, UNREAD
from ot_eval.data.cld_read import ROW_COLUMNS

HEADERS = [*(f.headers[0] for f in FIELDS), *UNREAD]
NAMES = {f.headers[0]: f.name for f in FIELDS}
TYPES = {"int64": pa.int64(), "string": pa.string(), "date": pa.date32(), "float64": pa.float64()}
USUAL = {
    "la_code": "511",
    "stated_start": "01/01/2025",
    "stated_end": "31/03/2025",
    "nhs_number": "",
    "la_person_id": "P1",
    "client_type": "Service User",
    "event_type": "Service",
    "start_date": "10/01/2025",
    "end_date": "",
    "birth_date": "01/02/1940",
    "service_type": "Long Term Support: Community",
    "service_component": "Home Support",
    "cost_frequency": "Hourly",
    "unit_cost": "20.00",
    "planned_units": "10.00",
    "First Name": "Ann",
    "Last Name": "Secret",
    "Postcode": "ZZ1 1ZZ",
}


def event(**changes: str) -> dict[str, str]:
    """Return one CLD row as the usual home-care line with some fields changed."""
    return {**USUAL, **changes}


def ended_events(*months: str, per_month: int = 3, stated: tuple[str, str] = ("01/01/2025", "31/03/2025")) -> list:
    """Return ended requests, assessments and services, so that the given months (MM/YYYY) are complete."""
    rows = []
    for month in months:
        for i in range(per_month):
            for kind in ("Request", "Assessment", "Service"):
                day = f"{i + 1:02d}/{month}"
                rows.append(
                    event(
                        la_person_id=f"F{month[:2]}{kind[0]}{i}",
                        event_type=kind,
                        start_date=day,
                        end_date=day,
                        service_type="Short Term Support: Ongoing Low Level" if kind == "Service" else "",
                        service_component="Equipment" if kind == "Service" else "",
                        stated_start=stated[0],
                        stated_end=stated[1],
                        outcome="Provision of service",
                        planned_units="",
                    )
                )
    return rows


def as_csv(rows: list[dict[str, str]], headers: list[str] = HEADERS, rename: Callable[[str], str] = str) -> str:
    """Return rows as CSV text; `rename` changes the style of the headers."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([rename(h) for h in headers])
    for row in rows:
        writer.writerow([row.get(NAMES.get(h, h), row.get(h, "")) for h in headers])
    return text.getvalue()


def row_table(rows: list[dict]) -> pa.Table:
    """Return `cld_rows` (Arrow) from rows with some of its columns."""
    columns = {name: pa.array([row.get(name) for row in rows], TYPES[kind]) for name, kind in ROW_COLUMNS.items()}
    return pa.table(columns)


@pytest.fixture
def cld():
    """Give the tests the builders above."""

    class Builders:
        event = staticmethod(event)
        ended_events = staticmethod(ended_events)
        as_csv = staticmethod(as_csv)
        row_table = staticmethod(row_table)
        headers = HEADERS

    return Builders


@pytest.fixture
def folder(tmp_path: Path) -> StudyFolder:
    """Return an empty study folder."""
    made = StudyFolder(data=tmp_path / "data", work=tmp_path / "work", reports=tmp_path / "reports")
    made.cld.mkdir(parents=True)
    return made


@pytest.fixture
def protocol() -> Protocol:
    """Return a protocol with every default."""
    return Protocol(study="test", title="A test", question="What happens after reablement?")


@pytest.fixture
def duckdb_connection():
    """Return an empty DuckDB."""
    connection = ibis.duckdb.connect()
    yield connection
    connection.disconnect()
