"""Read specifications written as Markdown tables, and derive from them.

A specification draws the rows of Client Level Data as a small table and the answer beside it. Cases of one page that
share files and protocol are derived together: the people of one case must not change the answers of another.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import ibis
import pyarrow as pa
import pytest
import yaml

from ot_eval.base.protocol import Protocol
from ot_eval.data.cld_files import FILE_SCHEMA
from ot_eval.data.cld_history import merge_history
from ot_eval.data.cld_read import ROW_COLUMNS
from ot_eval.derive.assemble import assemble_tables
from ot_eval.derive.from_cld import Cld

PAGES = Path(__file__).parents[2] / "docs" / "rules"
LONG, SHORT = "long term support: ", "short term support: "
WHAT = {
    "reablement": (SHORT + "st-max", "reablement"),
    "reablement in care home": (SHORT + "st-max", "short term residential care"),
    "home care": (LONG + "community", "home support or domiciliary care"),
    "day support": (LONG + "community", "day support"),
    "direct payment": (LONG + "community", "direct payment"),
    "nursing": (LONG + "nursing care", "long term nursing care"),
    "residential": (LONG + "residential care", "long term residential care"),
    "prison": (LONG + "prison", "other long term support"),
    "low level": (SHORT + "ongoing low level", "other short term support"),
    "equipment": (SHORT + "ongoing low level", "equipment"),
    "other short term": (SHORT + "other short term", "other short term support"),
    "short stay": (SHORT + "other short term", "short term residential care"),
    "short-term home support": (SHORT + "other short term", "home support or domiciliary care"),
    "carer service": ("unpaid carer support: direct to unpaid carer", "unpaid carer universal services"),
}
OUTCOMES = {
    "to reablement": "progress to reablement/st-max",
    "to assessment": "progress to assessment, review or reassessment",
    "not mapped": "release 1 specification only: not mapped",
    "to services": "progress to support planning or services",
    "continues": "continuation of support or services",
    "hospital": "admitted to hospital",
    "moved": "nfa: responsibility moved to another local authority",
    "nhs": "nfa: referral to nhs services or nhs funded social care",
    "self-funded": "nfa: self-funded client or under 12wk disregard",
    "information": "nfa: information and advice or signposting",
    "other council service": "nfa: referral to other service within the local authority",
    "declined": "nfa: support declined",
    "deceased": "nfa: deceased",
    "as planned": "nfa: support ended as planned",
    "other reason": "nfa: support ended for other reason",
    "no services": "nfa: no services offered for other reason",
    "other": "nfa: other",
    "invalid": "invalid and not mapped",
}
SEQUELS = {**OUTCOMES, **{short: service for short, (service, _) in WHAT.items()}}
SEQUELS |= {
    "community": LONG + "community",
    "low level": SHORT + "ongoing low level",
    "care home": "residential or nursing",
}
ONE_FILE = [{"file": "1", "period start": "2022-04-01", "period end": "2025-03-31"}]
ANSWERS = ("2A", "follow-up", "changes", "style")
PROTOCOL = {"study": "spec", "title": "Specification", "question": "Does the rule hold?"}
OWN_COLUMNS = {
    "contacts": ("date", "staff_role", "minutes"),
    "providers": ("coaching_start",),
}


@dataclass(frozen=True)
class Case:
    """One case of a page: its tables by label, each a list of rows (column: text)."""

    page: str
    title: str
    protocol: dict[str, object]
    tables: dict[str, list[dict[str, str]]] = field(hash=False)

    def person(self, who: str) -> str:
        return f"{self.page}/{self.title}/{who}"


def _merge(base: dict[str, object], over: dict[str, object]) -> dict[str, object]:
    merged = dict(base)
    for key, value in over.items():
        known = merged.get(key)
        merged[key] = _merge(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return merged


def read_table(lines: list[str]) -> list[dict[str, str]]:
    cells = [[c.strip() for c in line.strip().strip("|").split("|")] for line in lines]
    head, body = cells[0], cells[2:]
    assert all(len(row) == len(head) for row in body), f"a row of {lines[0]} is not as long as its head"
    return [dict(zip(head, row, strict=True)) for row in body]


def read_page(path: Path) -> list[Case]:
    """Return the cases of a page: every `## ` heading with its `**label**` tables; those above the first are shared."""
    parts = re.split(r"^## ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    shared_protocol, shared = _read_part(parts[0])
    cases = []
    for part in parts[1:]:
        title, _, body = part.partition("\n")
        protocol, tables = _read_part(body)
        cases.append(Case(path.stem, title.strip(), _merge(shared_protocol, protocol), {**shared, **tables}))
    return cases


def _read_part(text: str) -> tuple[dict[str, object], dict[str, list[dict[str, str]]]]:
    protocol: dict[str, object] = {}
    for found in re.findall(r"^Protocol: `(.*)`$", text, flags=re.MULTILINE):
        protocol = _merge(protocol, yaml.safe_load(found))
    tables = {}
    for label, table in re.findall(r"^\*\*([^*]+)\*\*\n\n((?:\|.*\n?)+)", text, flags=re.MULTILINE):
        tables[label] = read_table(table.strip().splitlines())
    return protocol, tables


def day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def number(text: str) -> float | None:
    return float(text) if text else None


def cld_row(case: Case, row: dict[str, str]) -> dict[str, object]:
    get = lambda name: row.get(name, "")  # noqa: E731
    event = get("event") or "service"
    service, component = WHAT[get("what")] if event == "service" else (None, None)
    outcome = get("outcome")
    return {
        "file_no": int(get("file") or 1),
        "file_name": f"file {get('file') or 1}",
        "person_id": case.person(get("who") or "A"),
        "la_code": get("council") or "x1",
        "client_type": get("client") or "service user",
        "event_type": event,
        "start_date": day(get("start")),
        "end_date": day(get("end")),
        "outcome": OUTCOMES[outcome] if outcome else None,
        "route": {"hospital": "discharge from hospital", "community": "community or other route"}.get(get("route")),
        "assessment_type": "short term assessment" if event == "assessment" else None,
        "service_type": service,
        "service_component": component,
        "provider_id": get("provider") or None,
        "review_reason": "planned" if event == "review" else None,
        "unit_cost": number(get("price")),
        "cost_frequency": get("per") or ("hourly" if get("units") else None),
        "planned_units": number(get("units")),
        "description": get("text") or None,
        "birth_date": day(get("born")) or date(1940, 1, 1),
        "death_date": day(get("died")),
        "sex": "female",
        "dementia": get("dementia") or "no",
        "has_unpaid_carer": get("carer") or "no",
    }


def file_row(row: dict[str, str]) -> dict[str, object]:
    number, start, end = int(row["file"]), day(row["period start"]), day(row["period end"])
    known = {"stated_start": start, "stated_end": end, "period_start": start, "period_end": end, "data_end": end}
    return {"file_no": number, "file_name": f"file {number}", "n_rows": 0, **known}


def arrow(rows: list[dict[str, object]], kinds: dict[str, str]) -> pa.Table:
    types = {"string": pa.string(), "date": pa.date32(), "float64": pa.float64(), "int64": pa.int64()}
    return pa.table({name: pa.array([r.get(name) for r in rows], types[kind]) for name, kind in kinds.items()})


def own_tables(cases: list[Case]) -> dict[str, pa.Table]:
    tables: dict[str, pa.Table] = {}
    contacts = [(c, row) for c in cases for row in c.tables.get("contacts", [])]
    if contacts:
        rows = [
            {
                "contact_id": str(n),
                "person_id": c.person(r.get("who") or "A"),
                "date": day(r["date"]),
                "staff_role": r["role"],
                "minutes": number(r["minutes"]),
            }
            for n, (c, r) in enumerate(contacts)
        ]
        kinds = {
            "contact_id": "string",
            "person_id": "string",
            "date": "date",
            "staff_role": "string",
            "minutes": "float64",
        }
        tables["contacts"] = arrow(rows, kinds)
    providers = {r["provider"]: r for c in cases for r in c.tables.get("providers", [])}
    if providers:
        rows = [{"provider_id": p, "coaching_start": day(r["coaching start"])} for p, r in providers.items()]
        tables["providers"] = arrow(rows, {"provider_id": "string", "coaching_start": "date"})
    return tables


def build(cases: list[Case], *, connection=None, rows=None):
    """Return the study tables and the protocol of cases that share files and protocol.

    `rows` (a list of canonical rows) replaces the rows drawn in the cases.
    """
    connection = connection or ibis.duckdb.connect()
    protocol = Protocol.model_validate({**PROTOCOL, **cases[0].protocol})
    files = [file_row(r) for r in cases[0].tables.get("files", ONE_FILE)]
    drawn = [cld_row(c, r) for c in cases for r in c.tables["rows"]] if rows is None else rows
    schema = pa.table({f.name: pa.array([r.get(f.name) for r in files], f.type) for f in FILE_SCHEMA})
    cld_rows = connection.create_table("cld_rows", arrow(drawn, ROW_COLUMNS), overwrite=True)
    cld_files = connection.create_table("cld_files", schema, overwrite=True)
    cld = Cld(rows=cld_rows, events=merge_history(cld_rows, cld_files), files=cld_files)
    own = {name: connection.create_table(name, t, overwrite=True) for name, t in own_tables(cases).items()}
    return assemble_tables(own, cld, protocol), protocol


def pages() -> list[Path]:
    return sorted(p for p in PAGES.glob("*.md") if p.name != "README.md")


def all_cases() -> list[Case]:
    return [case for page in pages() for case in read_page(page)]


@pytest.fixture(scope="session")
def tools():
    """Hand the readers to the tests: this folder is no package."""
    from types import SimpleNamespace

    return SimpleNamespace(build=build, cld_row=cld_row, Case=Case, cases=all_cases(), sequels=SEQUELS, pages=pages())


def pytest_generate_tests(metafunc):
    if "answer" in metafunc.fixturenames:
        pairs = [(case, label) for case in all_cases() for label in ANSWERS if label in case.tables]
        metafunc.parametrize(("case", "answer"), pairs, ids=[f"{c.page}: {c.title}: {label}" for c, label in pairs])
