"""Bring the study's own tables and Client Level Data together: a table of the study's own wins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import ibis
from ibis.expr.types import Table

from ot_eval.base.errors import DataError
from ot_eval.base.protocol import Protocol
from ot_eval.data.read import StudyInputs
from ot_eval.data.schema import table
from ot_eval.derive import from_cld, packages, people, prices
from ot_eval.derive.cld_words import HOME_SUPPORT
from ot_eval.derive.from_cld import Cld
from ot_eval.derive.materialise import kept, rows
from ot_eval.derive.recording import recording_style

OWN = "the study's own file"
CLD = "Client Level Data"
BOTH = f"{OWN}, completed from {CLD}"
NONE = "not given"
_IBIS = {"date": "date", "number": "float64", "integer": "int64"}
"""Kinds of a declared column that are not text, as the engine's types."""
NEEDED = ("episodes", "packages")
STAND_ALONE = ("skills",)
"""Strands about workers: they need neither episodes nor packages of home care."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyTables:
    """The tables every analysis starts from, lazy, and where each came from.

    `own` holds every table of the study's own as it was given (scores, goals, unit costs, ...); `folder` is where the
    study's inputs lie, and `inputs` what was read from there.
    `facts` are short named strings (the source of each table, the last day of the data); they hold no counts of people.
    """

    people: Table
    episodes: Table
    packages: Table
    events: Table
    data_end: date
    contacts: Table | None = None
    providers: Table | None = None
    cld: Cld | None = None
    own: Mapping[str, Table] = field(default_factory=dict)
    folder: Path = Path()
    inputs: StudyInputs | None = None
    facts: dict[str, str] = field(default_factory=dict)


def _people(own: Mapping[str, Table], cld: Cld | None) -> tuple[Table, str]:
    if cld is None and "people" not in own:
        ids = own["episodes"].select("person_id").distinct()
        return people.from_own(ids), NONE
    if cld is None:
        return people.from_own(own["people"]), OWN
    implied = people.from_cld(cld.rows)
    if "events" in own and rows(own["events"].aggregate(n=(own["events"]["kind"] == "death").sum()))[0]["n"]:
        implied = implied.mutate(death_date=ibis.null("date"))  # the study's own deaths are all there are
    if "people" not in own:
        return implied, CLD
    return people.own_over_cld(people.from_own(own["people"]), implied), BOTH


def _packages(
    own: Mapping[str, Table], cld: Cld | None, protocol: Protocol
) -> tuple[Table, Table | None, dict[str, str]]:
    """Return the packages in use, those CLD implies, and how each council records changes of home care."""
    implied, facts = None, {}
    if cld is not None:
        style = kept(recording_style(cld.rows, cld.events, protocol.reading))
        implied = kept(packages.from_cld(cld, style, protocol.increase.gap_bridged_days))
        found = rows(style.filter(style["service_component"] == HOME_SUPPORT).select("la_code", "style"))
        words = sorted(f"council {row['la_code']}: {row['style']}" for row in found)
        facts = {"recording_style": "; ".join(words)} if words else {}
    used = packages.from_own(own["packages"]) if "packages" in own or implied is None else implied
    return kept(prices.with_real_cost(used, protocol.increase.price_uplift)), implied, facts


def _events(own: Mapping[str, Table], implied: Table | None) -> tuple[Table, str]:
    """Join own and implied events: a kind of event that the study's own file has is taken from it alone."""
    if "events" not in own:
        return (_no_events(own["episodes"]), NONE) if implied is None else (implied, CLD)
    table = own["events"]
    if "provider_id" not in table.columns:
        table = table.mutate(provider_id=ibis.null("string"))
    table = table.select(*from_cld.EVENT_COLUMNS)
    if implied is None:
        return table, OWN
    kinds = table.select("kind").distinct()
    return ibis.union(table, implied.anti_join(kinds, "kind")), BOTH


def _no_events(like: Table) -> Table:
    """Return a table of events without rows, on the engine that holds `like`."""
    none = like.filter(ibis.literal(False)).select("person_id")
    return none.mutate(date=ibis.null("date"), kind=ibis.null("string"), provider_id=ibis.null("string"))


def _own_care_homes(table: Table) -> Table:
    """Return each start of residential or nursing care in the study's own `packages` as a `care_home_admission`."""
    found = table.filter(table["service"].isin(("residential", "nursing")))
    return found.select(
        "person_id", "provider_id", date=found["start_date"], kind=ibis.literal("care_home_admission")
    ).select(*from_cld.EVENT_COLUMNS)


def _days(own: Mapping[str, Table], dated: Mapping[str, tuple[str, ...]]) -> list[date]:
    """Return the last day of each dated column that has any."""
    return [
        value
        for name, columns in dated.items()
        if name in own
        for column in columns
        if column in own[name].columns
        for value in rows(own[name].aggregate(last=own[name][column].max()))[0].values()
        if value is not None
    ]


def _last_day(own: Mapping[str, Table], cld: Cld | None) -> date:
    """Return the last day the data cover: the newest CLD file's, else the last date in the study's own tables.

    Answers to surveys count only where nothing else is dated: they may come after the last package that is known.
    """
    if cld is not None:
        newest = rows(cld.files.filter(cld.files["file_no"] == cld.files["file_no"].max()).select("data_end"))
        ends = [row["data_end"] for row in newest if row["data_end"] is not None]
    else:
        dated = {"packages": ("start_date", "end_date"), "episodes": ("start_date", "end_date"), "events": ("date",)}
        ends = _days(own, dated) or _days(own, {"carer_survey": ("date",)})
    if not ends:
        raise DataError(
            "no day is found up to which the data are complete",
            expected="a newest CLD file with a complete month, or dated packages, episodes or events",
            fix="check that the newest file is whole; see `ot-eval check`",
        )
    last: date = max(ends)
    return last


def _with_needed(own: Mapping[str, Table], cld: Cld | None, strands: Sequence[str]) -> Mapping[str, Table]:
    """Return own tables with `NEEDED` among them: empty ones where only strands of `STAND_ALONE` are to be run."""
    missing = [name for name in NEEDED if name not in own and cld is None]
    if missing and (not own or any(strand not in STAND_ALONE for strand in strands)):
        raise DataError(
            f"the study has no table {' and no table '.join(missing)}",
            expected="CLD files in data/cld/, or the tables episodes and packages",
            fix="add the files to the data folder; `ot-eval init` writes empty templates",
        )
    return {**own, **{name: _empty(name, next(iter(own.values()))) for name in missing}}


def _empty(name: str, like: Table) -> Table:
    """Return a declared table without rows, on the engine that holds `like`."""
    columns: dict[str, ibis.Value] = {c.name: ibis.null(_IBIS.get(c.kind, "string")) for c in table(name).columns}
    return like.filter(ibis.literal(False)).select(**columns)


def assemble_tables(
    own: Mapping[str, Table], cld: Cld | None, protocol: Protocol, strands: Sequence[str] | None = None
) -> StudyTables:
    """Bring own tables and CLD together.

    Parameters
    ----------
    own : the study's own tables by name, as declared in `data.schema`
    cld : the canonical CLD tables, or None
    protocol : the study's protocol
    strands : what is to be run; by default the protocol's strands

    Raises
    ------
    DataError
        when neither CLD nor tables of the study's own give episodes and packages, and a strand needs them
    """
    given = own
    own = _with_needed(own, cld, protocol.strands if strands is None else strands)
    known, people_from = _people(own, cld)
    known = kept(known)
    used, implied_packages, style = _packages(own, cld, protocol)
    implied = None
    if cld is not None and implied_packages is not None:
        implied = from_cld.events_from_cld(cld, known, implied_packages, protocol)
    events, events_from = _events(own, implied)
    if "packages" in own:
        events = ibis.union(events, _own_care_homes(used))
    if "episodes" in own or cld is None:
        episodes = from_cld.own_episodes(own["episodes"])
    else:
        episodes = kept(from_cld.episodes_from_cld(cld, people.deaths(known, events), protocol))
    end = _last_day(own, cld)
    facts = {
        "people_from": people_from,
        "episodes_from": _source("episodes", given, cld),
        "packages_from": _source("packages", given, cld),
        "events_from": events_from,
        "contacts_from": OWN if "contacts" in own else NONE,
        "providers_from": OWN if "providers" in own else NONE,
        "data_end": end.isoformat(),
        **style,
    }
    return StudyTables(
        people=known,
        episodes=episodes,
        packages=used,
        events=kept(events),
        data_end=end,
        contacts=own.get("contacts"),
        providers=own.get("providers"),
        cld=cld,
        own=given,
        facts=facts,
    )


def _source(name: str, given: Mapping[str, Table], cld: Cld | None) -> str:
    return OWN if name in given else NONE if cld is None else CLD


def assemble(inputs: StudyInputs, protocol: Protocol, strands: Sequence[str] | None = None) -> StudyTables:
    """Return the tables every analysis starts from.

    Parameters
    ----------
    inputs : result of `data.read.read_study`
    protocol : the study's protocol
    strands : what is to be run; by default the protocol's strands

    Raises
    ------
    DataError
        when neither CLD nor tables of the study's own give episodes and packages, and a strand needs them
    """
    cld = None
    if inputs.cld_rows is not None and inputs.cld_events is not None and inputs.cld_files is not None:
        cld = Cld(rows=inputs.cld_rows, events=inputs.cld_events, files=inputs.cld_files)
    return replace(assemble_tables(inputs.tables, cld, protocol, strands), folder=inputs.folder, inputs=inputs)
