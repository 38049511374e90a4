"""Whose progress is studied, and their scores: from the study's tables to frames an analysis starts from.

A person enters with the first reablement episode that meets the protocol, if an instrument was scored for them and the
first assessment lies near the start of that episode. Scores that break their instrument's rules stop the study, unless
the protocol says to set them aside; then they are left out and the flow counts who is lost by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from ot_eval.base.errors import DataError
from ot_eval.base.protocol import Protocol
from ot_eval.base.results import FlowStep
from ot_eval.data.schema import TIMEPOINTS
from ot_eval.derive.assemble import StudyTables
from ot_eval.derive.cohort import DAYS_A_YEAR, EPISODE_RULES
from ot_eval.derive.index_people import contacts_of, index_people, own_table
from ot_eval.measures import (
    ascot,
    assessments,
    eq5d_dsu,
    eq5d_profile,
    registry,
    scales,
    scoring,
    user_instrument,
)
from ot_eval.measures.instrument import Instrument
from ot_eval.studies.workspace import Prepared

SCORES_ORDER = ("person_id", "instrument", "timepoint", "date", "item")
GOALS_ORDER = ("person_id", "goal_id", "timepoint")
EVERYONE = "all"
FIVE_LEVELS = "eq5d5l"
PEOPLE_COLUMNS = [
    "person_id",
    "start_date",
    "end_date",
    "provider_id",
    "route",
    "age",
    "age_band",
    "sex",
    "dementia",
    "death_date",
]
SCORE_RULES = (
    ("is_scored", "an instrument was scored for them"),
    ("is_sound", "at least one assessment follows its instrument's rules"),
    ("is_near_start", "the first assessment lies near the start of reablement"),
)


def prepare(tables: StudyTables, protocol: Protocol) -> Prepared:
    """Score every instrument of the people studied, and count who is left out by which rule.

    Raises
    ------
    DataError
        There is neither a `scores` nor a `goals` table, or assessments break rules and the protocol says to refuse.
    RequestError
        An instrument is not known, or one of the user's own files is wrong.
    """
    scores, goals = own_table(tables, "scores", SCORES_ORDER), own_table(tables, "goals", GOALS_ORDER)
    if scores is None and goals is None:
        raise DataError(
            "progress: there is neither a scores nor a goals table",
            expected="scores.csv (item by item) or goals.csv in the data folder",
            fix="add one; `ot-eval init` writes an empty template of each",
        )
    people = index_people(tables, protocol)
    given = {"scores": _of(scores, people), "goals": _of(goals, people)}
    used = _instruments(given, tables, protocol)
    sound = _sound(given, used, protocol)
    scored = {i.name: scoring.score(sound[i.table], i) for i in used}
    rows = scales.scale_rows(used)
    if protocol.progress.dsu_table and FIVE_LEVELS in scored:
        table = eq5d_dsu.read_table(tables.folder / protocol.progress.dsu_table, n_levels=5)
        scored[FIVE_LEVELS] = with_mapped_index(scored[FIVE_LEVELS], people, table)
        rows = pd.concat([rows, scales.score_rows(FIVE_LEVELS, "EQ-5D-5L", eq5d_dsu.mapped_score(table))])
    answered = _answered(people, given, scored, protocol)
    flow, kept = _flow(answered)
    contacts, source = contacts_of(tables, protocol)
    frames = {
        "people": people.loc[people["person_id"].isin(kept), PEOPLE_COLUMNS].reset_index(drop=True),
        "scales": rows.reset_index(drop=True),
        "thresholds": scales.threshold_rows(used),
        **{
            f"scored_{name}": rows[rows["person_id"].isin(kept)].reset_index(drop=True) for name, rows in scored.items()
        },
    }
    if contacts is not None:
        frames["contacts"] = contacts[contacts["person_id"].isin(kept)].reset_index(drop=True)
    aside = "yes" if any(len(sound[name]) < len(given[name]) for name in given) else "no"
    facts = {**tables.facts, "ot_source": source, "set_aside": aside, "instruments": ", ".join(i.title for i in used)}
    return Prepared(frames=frames, flow=flow, facts=facts)


def with_mapped_index(scored: pd.DataFrame, people: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Add the NICE DSU index: each profile mapped at the person's age on the day, and their sex; else empty."""
    known = people.set_index("person_id")
    on_the_day = pd.to_datetime(scored["date"]) - pd.to_datetime(scored["person_id"].map(known["end_date"]))
    years = scored["person_id"].map(known["age"]) + on_the_day.dt.days / DAYS_A_YEAR
    band, sex = eq5d_dsu.age_band(years), scored["person_id"].map(known["sex"])
    mapped = eq5d_dsu.mapped_index(eq5d_profile.profile(scored), band, sex, table)
    return scored.assign(**{eq5d_dsu.SCORE: mapped})


def _of(table: pd.DataFrame | None, people: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of people who had reablement; a table not given has no rows."""
    if table is None:
        return pd.DataFrame(columns=["person_id", "goal_id", "timepoint", "date", "instrument", "item", "value"])
    return table[table["person_id"].isin(people["person_id"])].reset_index(drop=True)


def _instruments(given: Mapping[str, pd.DataFrame], tables: StudyTables, protocol: Protocol) -> tuple[Instrument, ...]:
    """Return the instruments that were used, in the order of the registry."""
    plan = protocol.progress
    extra = [user_instrument.read(tables.folder / name) for name in plan.own_instruments]
    if plan.ascot_weights:
        extra.append(ascot.ascot(ascot.read_weights(tables.folder / plan.ascot_weights)))
    known = registry.instruments(plan.value_sets, tuple(extra))
    named = {registry.find(name, known).name for name in sorted(given["scores"]["instrument"].unique())}
    rated = {i.name for i in known.values() if i.table == "goals" and len(assessments.rows_of(given["goals"], i))}
    return tuple(i for i in known.values() if i.name in named | rated)


def _sound(
    given: Mapping[str, pd.DataFrame], used: Iterable[Instrument], protocol: Protocol
) -> dict[str, pd.DataFrame]:
    """Return the tables with every assessment sound: refuse where one is not, or set it aside, as the protocol says."""
    sound, used = dict(given), tuple(used)
    if protocol.progress.faulty_assessments == "refuse":
        for table, rows in sound.items():
            found = [assessments.faults(rows, i) for i in used if i.table == table]
            found += [assessments.mixed_versions(rows, used)] if table == "scores" else []
            if any(len(f) for f in found):
                scoring.refuse(pd.concat([f for f in found if len(f)]), table)
        return sound
    sound["scores"] = assessments.without(sound["scores"], assessments.mixed_versions(sound["scores"], used))
    for instrument in used:
        for _ in range(2):  # rules across items and dates are looked at once every item is sound
            faulty = assessments.faults(sound[instrument.table], instrument)
            sound[instrument.table] = assessments.without(sound[instrument.table], faulty)
    return sound


def _answered(
    people: pd.DataFrame, given: Mapping[str, pd.DataFrame], scored: Mapping[str, pd.DataFrame], protocol: Protocol
) -> pd.DataFrame:
    """Add the answers to the rules about scores: one boolean a rule, one row a person."""
    seen = pd.concat([given["scores"]["person_id"], given["goals"]["person_id"]])
    days = pd.concat([rows[["person_id", "timepoint", "date"]] for rows in scored.values()])
    first = days[days["timepoint"] == TIMEPOINTS[0]].groupby("person_id")["date"].min()
    after = (people["person_id"].map(first) - pd.to_datetime(people["start_date"])).dt.days
    plan = protocol.progress
    return people.assign(
        is_scored=people["person_id"].isin(seen),
        is_sound=people["person_id"].isin(days["person_id"]),
        is_near_start=after.between(-plan.baseline_before_days, plan.baseline_after_days),
    )


def _flow(answered: pd.DataFrame) -> tuple[tuple[FlowStep, ...], pd.Series]:
    """Count people rule by rule and return those who meet them all."""
    rules = [*((r.column, r.label) for r in EPISODE_RULES), *SCORE_RULES]
    left = pd.Series(True, index=answered.index)
    n = len(answered)
    steps = [
        FlowStep(population=EVERYONE, rule="all", label="people with reablement in the data", n_left=n, n_removed=0)
    ]
    for column, label in rules:
        left &= answered[column].astype(bool)
        remain = int(left.sum())
        name = column.removeprefix("is_")
        steps.append(FlowStep(population=EVERYONE, rule=name, label=label, n_left=remain, n_removed=n - remain))
        n = remain
    return tuple(steps), answered.loc[left, "person_id"]


def covariates(people: pd.DataFrame, wanted: tuple[str, ...]) -> pd.DataFrame:
    """Return the covariates known at the start as numbers, by person; what is not recorded is empty."""
    yes_no = {"yes": 1.0, "no": 0.0}
    known = {
        "age_band": ("age", people["age"]),
        "sex": ("female", people["sex"].map({"female": 1.0, "male": 0.0})),
        "dementia": ("dementia", people["dementia"].map(yes_no)),
        "hospital_route": ("from hospital", people["route"].map({"hospital": 1.0, "community": 0.0})),
    }
    chosen = dict(known[name] for name in wanted if name in known)
    return pd.DataFrame(chosen, index=people.index)
