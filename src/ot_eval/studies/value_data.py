"""What the value strand works from: people after reablement, what they used each day, their EQ-5D, and the prices."""

from __future__ import annotations

import pandas as pd

from ot_eval.base.errors import DataError
from ot_eval.base.protocol import Protocol
from ot_eval.base.results import FlowStep
from ot_eval.derive.assemble import StudyTables
from ot_eval.derive.cohort import ALL
from ot_eval.derive.follow_up import follow_up
from ot_eval.derive.index_people import index_people, own_table
from ot_eval.derive.materialise import frame
from ot_eval.derive.use_of_services import HOME_CARE, ServicesUsed, use_of_services
from ot_eval.measures import eq5d_value_sets, registry, scoring
from ot_eval.studies.coaching_design import read_providers, with_arm
from ot_eval.studies.value_prices import priced, priced_items
from ot_eval.studies.workspace import Prepared

EQ5D = {3: "eq5d3l", 5: "eq5d5l"}
SCORES_ORDER = ("person_id", "instrument", "timepoint", "date", "item")
RULES = (
    ("is_allocated", "their home-care provider was allocated to coaching or to usual care"),
    ("is_counted", "reablement ended on or after the day from which people count"),
    ("has_hours", "every package of home care in the time studied has its hours"),
)


def prepare(tables: StudyTables, protocol: Protocol) -> Prepared:
    """Derive people, daily use, EQ-5D and prices; refuse prices that are missing, all named at once.

    Raises
    ------
    DataError, RequestError
        As in `coaching_design.read_providers` and `value_prices.priced`.
    """
    followed = follow_up(tables, protocol)
    people = _seen(followed.frame, tables, protocol)
    flow = [s for s in followed.flow if s.population == ALL]
    compared = _has_arms(tables)
    if compared:
        people, flow = _allocated(people, flow, tables, protocol)
    used = use_of_services(tables, people, protocol.value.horizon_days)
    people, flow = _kept(people, flow, ~people["person_id"].isin(used.without_hours), RULES[2])
    spells = used.spells[used.spells["person_id"].isin(people["person_id"])].reset_index(drop=True)
    if not (spells["service"] == HOME_CARE).any():
        raise DataError(
            "value: no hours of home care are recorded after reablement",
            expected="packages with hours_per_week",
            fix="give packages.csv with hours, or Client Level Data with planned units in hours",
        )
    frames = {"people": people, "spells": spells, "prices": _prices(tables, protocol, used)}
    index = _index_values(tables, people, protocol)
    if index is not None:
        frames["index"] = index
    facts = {**tables.facts, "perspective": protocol.value.perspective.replace("_", " ")}
    if protocol.value.price_year:
        facts["price_year"] = protocol.value.price_year
    about = eq5d_value_sets.value_set(protocol.value.value_set)
    facts["value_set"] = f"{about.name}: {about.about}; {about.source}"
    return Prepared(frames=frames, flow=tuple(flow), facts=facts)


def _has_arms(tables: StudyTables) -> bool:
    given = own_table(tables, "providers", ("provider_id",))
    return given is not None and "arm" in given and bool(given["arm"].notna().any())


def _seen(rows: pd.DataFrame, tables: StudyTables, protocol: Protocol) -> pd.DataFrame:
    """Return the people with `exit_day` (death, move, end of the data, horizon) and `died`.

    A larger package ends the other strands' follow-up; here it does not: hours after it are what is asked about.
    """
    known = index_people(tables, protocol).set_index("person_id")["death_date"]
    events = tables.events.filter(tables.events["kind"] == "moved_away").select("person_id", "date")
    moved = frame(events, ("person_id", "date")).drop_duplicates("person_id").set_index("person_id")["date"]
    zero = pd.to_datetime(rows["time_zero"])

    def since(dates: pd.Series) -> pd.Series:
        return (pd.to_datetime(rows["person_id"].map(dates)) - zero).dt.days

    death, gone = since(known), since(moved)
    end = (pd.Timestamp(tables.data_end) - zero).dt.days + 1
    last = pd.concat([death, gone, end], axis="columns").min(axis="columns").clip(upper=protocol.value.horizon_days)
    died = death.notna() & (death <= last)
    kept = ["person_id", "time_zero", "provider_id", "client", "age_band", "sex", "dementia"]
    return rows[kept].assign(time_zero=zero, exit_day=last.astype("int64"), died=died, death_day=death.where(died))


def _allocated(
    people: pd.DataFrame, flow: list[FlowStep], tables: StudyTables, protocol: Protocol
) -> tuple[pd.DataFrame, list[FlowStep]]:
    if protocol.trial.design != "parallel":
        raise DataError(
            f"value: arms are compared in a parallel design; the protocol has {protocol.trial.design}",
            expected="trial.design: parallel",
            fix="take value out of strands, or report the coaching strand alone",
        )
    providers = read_providers(tables, protocol)
    people, flow = _kept(people, flow, people["provider_id"].isin(providers["provider_id"]), RULES[0])
    people = with_arm(people, providers, protocol.trial, day="time_zero")
    starts = protocol.trial.starts_on
    counts = people["time_zero"] >= pd.Timestamp(str(starts)) if starts else people["time_zero"].notna()
    return _kept(people, flow, counts, RULES[1])


def _kept(
    people: pd.DataFrame, flow: list[FlowStep], met: pd.Series, rule: tuple[str, str]
) -> tuple[pd.DataFrame, list[FlowStep]]:
    left = int(met.sum())
    step = FlowStep(population=ALL, rule=rule[0], label=rule[1], n_left=left, n_removed=len(people) - left)
    return people[met].reset_index(drop=True), [*flow, step]


def _prices(tables: StudyTables, protocol: Protocol, used: ServicesUsed) -> pd.DataFrame:
    own = own_table(tables, "unit_costs", ("item",))
    found = priced(own, priced_items(protocol, contacts=used.contacts), protocol)
    columns = ["item", "value", "unit", "price_year", "source"]
    return pd.DataFrame([{c: getattr(p, c) for c in columns} for p in found], columns=columns)


def _index_values(tables: StudyTables, people: pd.DataFrame, protocol: Protocol) -> pd.DataFrame | None:
    """Return person_id, timepoint and one column a value set of the questionnaire; None where none was answered."""
    about = eq5d_value_sets.value_set(protocol.value.value_set)
    scores = own_table(tables, "scores", SCORES_ORDER)
    name = EQ5D[about.n_levels]
    if scores is None or not (scores["instrument"] == name).any():
        return None
    sets = tuple(v.name for v in eq5d_value_sets.VALUE_SETS.values() if v.n_levels == about.n_levels)
    rows = scores[scores["person_id"].isin(people["person_id"])].reset_index(drop=True)
    scored = scoring.score(rows, registry.instruments(sets)[name])
    return scored[["person_id", "timepoint", *(f"index_{s}" for s in sets)]].reset_index(drop=True)
