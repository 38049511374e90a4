"""One frame an outcome: everyone allocated, the arm of their provider, what was seen; and the flow that led to them.

Everyone counts where their provider was allocated. People belong to the provider of their package on the last set-up
day, carers to their employer on the day coaching began, whatever happened afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pandas as pd

from ot_eval.base.errors import AnalysisRefused, InternalFault
from ot_eval.base.protocol import Protocol
from ot_eval.base.results import FlowStep
from ot_eval.derive.assemble import StudyTables
from ot_eval.derive.cohort import ALL
from ot_eval.derive.follow_up import follow_up
from ot_eval.derive.index_people import index_people, own_table
from ot_eval.derive.materialise import frame
from ot_eval.studies import coaching_carers, coaching_service
from ot_eval.studies.coaching_clients import client_rows
from ot_eval.studies.coaching_design import COACHED, USUAL, groups_of, read_providers, with_arm
from ot_eval.studies.coaching_outcomes import OUTCOMES, Outcome
from ot_eval.studies.workspace import Prepared

EVERYONE = "all"
REFUSED = "refused"
SURVEYED = ("skills_in_use", "job_satisfaction")


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What every outcome is made from: the tables, the providers, the people followed and the carers in post."""

    tables: StudyTables
    protocol: Protocol
    providers: pd.DataFrame
    people: pd.DataFrame
    followed: tuple[FlowStep, ...]
    packages: pd.DataFrame
    carers: pd.DataFrame | None

    @property
    def starts(self) -> pd.Timestamp:
        """Return the first day that counts."""
        plan = self.protocol.trial
        return pd.Timestamp(str(plan.starts_on)) if plan.starts_on else self.providers["coaching_start"].min()


def prepare(tables: StudyTables, protocol: Protocol) -> Prepared:
    """Lay out each planned outcome; one whose table is not there, or that does not fit the design, is refused by name.

    Raises
    ------
    DataError, RequestError
        As in `coaching_design.read_providers`.
    """
    material = _material(tables, protocol)
    frames: dict[str, pd.DataFrame] = {"providers": material.providers, "people": material.people}
    if material.carers is not None:
        frames["carers"] = material.carers
    refused = []
    for key in protocol.trial.outcomes:
        try:
            frames[f"outcome_{key}"] = _rows(OUTCOMES[key], material)
        except AnalysisRefused as why:
            refused.append({"outcome": key, "found": why.found, "expected": why.expected, "fix": why.fix})
    frames[REFUSED] = pd.DataFrame(refused, columns=["outcome", "found", "expected", "fix"])
    flow = _flow(material, frames)
    return Prepared(frames=frames, flow=flow, facts=_facts(material))


def _material(tables: StudyTables, protocol: Protocol) -> Material:
    providers = read_providers(tables, protocol)
    followed = follow_up(tables, protocol)
    known = index_people(tables, protocol).set_index("person_id")
    rows = followed.frame.assign(death_date=lambda f: f["person_id"].map(known["death_date"]))
    rows["time_zero"] = pd.to_datetime(rows["time_zero"])
    own = own_table(tables, "carers", ("carer_id",))
    people = _allocated(rows, providers, protocol, tables)
    care = tables.packages.filter(tables.packages["service"] == "home_care")
    columns = ("person_id", "start_date", "end_date", "provider_id", "hours_per_week")
    packages = frame(care.select(*columns), ("person_id", "start_date"))
    steps = tuple(replace(s, population=EVERYONE) for s in followed.flow if s.population == ALL)
    made = Material(
        tables=tables, protocol=protocol, providers=providers, people=people, followed=steps, packages=packages,
        carers=None,
    )  # fmt: skip
    if own is None:
        return made
    carers = coaching_carers.in_post(own, providers, made.starts)
    return replace(made, carers=carers)


def _allocated(rows: pd.DataFrame, providers: pd.DataFrame, protocol: Protocol, tables: StudyTables) -> pd.DataFrame:
    """Return people of the trial's providers with their arm; `counts` is false for those before the first day."""
    trial = protocol.trial
    if trial.design == "partially_nested":
        people = _one_by_one(rows, tables)
    else:
        people = with_arm(rows, providers, trial, day="time_zero")
    first = pd.Timestamp(str(trial.starts_on)) if trial.starts_on else None
    begins = trial.design in ("parallel", "partially_nested") and first is not None
    return people.assign(counts=people["time_zero"] >= first if begins else True)


def _one_by_one(rows: pd.DataFrame, tables: StudyTables) -> pd.DataFrame:
    """Return people with the arm and the coach that `episodes` names; in usual care there is no coach."""
    episodes = own_table(tables, "episodes", ("episode_id",))
    if episodes is None or not {"arm", "coach_id"} <= set(episodes.columns):
        raise AnalysisRefused(
            "episodes: no arm and coach_id, which the design partially_nested needs",
            expected="episodes.csv with arm and, in the coached arm, coach_id",
            fix="add the columns, or name the design in which whole providers were allocated",
        )
    known = episodes.dropna(subset=["arm"]).drop_duplicates("person_id").set_index("person_id")
    out = rows[rows["person_id"].isin(known.index)].copy()
    out["arm"] = (out["person_id"].map(known["arm"]) == "coached").astype(int)
    letters = {c: f"Coach {k + 1}" for k, c in enumerate(sorted(known["coach_id"].dropna().unique()))}
    out["provider"] = out["person_id"].map(known["coach_id"]).map(letters)
    return out.assign(period=0, stratum=None)


def _rows(outcome: Outcome, m: Material) -> pd.DataFrame:
    """Return one row a unit: `provider arm outcome`, and `start exposure period stratum` or days where they apply."""
    _refuse_design(outcome, m.protocol)
    made: dict[str, Callable[[], pd.DataFrame]] = {
        "client": lambda: client_rows(outcome, m.tables, m.protocol, m.people, m.packages),
        "carer": lambda: coaching_carers.carer_rows(outcome, m.tables, m.protocol, coaching_carers.need(m.carers)),
        "service": lambda: coaching_service.service_rows(outcome, m),
    }
    rows = made[outcome.level]()
    if rows["provider"].nunique() < 2:  # noqa: PLR2004
        raise AnalysisRefused(
            f"{outcome.key}: fewer than two providers have anybody with this outcome",
            expected="providers of both arms",
            fix="check that ids of providers are written alike in all tables",
        )
    return rows.reset_index(drop=True)


def _refuse_design(outcome: Outcome, protocol: Protocol) -> None:
    """Refuse an outcome for which no analysis of the design has a measured error rate."""
    design = protocol.trial.design
    people_only = design in ("stepped_wedge", "before_after")
    if (people_only and (outcome.kind != "mean" or outcome.level != "client")) or (
        design == "partially_nested" and (outcome.kind != "mean" or outcome.level != "client")
    ):
        raise AnalysisRefused(
            f"{outcome.key} in the design {design}",
            expected="in this design: package_change, goals_met, eq5d or mbarthel, for which valid analyses are known",
            fix="take it out of trial.outcomes, or describe it by provider",
        )


def _facts(m: Material) -> dict[str, str]:
    group = groups_of(m.providers, m.providers, m.protocol.trial.design)
    first = m.providers["coaching_start"].groupby(group).min().dropna()
    starts = [f"{name} {pd.Timestamp(when):%Y-%m-%d}" for name, when in first.items()]
    trial = m.protocol.trial
    how = "allocated at random" if trial.randomised else "not allocated at random"
    return {
        **m.tables.facts,
        "design": trial.design.replace("_", " "),
        "allocation": f"providers {how}" if trial.design != "partially_nested" else f"people {how}",
        "coaching_starts": "; ".join(starts) or "not given",
    }


def _flow(m: Material, frames: dict[str, pd.DataFrame]) -> tuple[FlowStep, ...]:
    """Return the steps from everyone in the data to those analysed in each arm, every sum asserted."""
    steps, n = list(m.followed), m.followed[-1].n_left
    for rule, label, left in (
        ("of_the_trial", "had a provider of the trial", len(m.people)),
        ("from_the_first_day", "ended reablement from the day that counts", int(m.people["counts"].sum())),
    ):
        steps.append(FlowStep(population=EVERYONE, rule=rule, label=label, n_left=left, n_removed=n - left))
        n = left
    first = next((k for k in m.protocol.trial.outcomes if f"outcome_{k}" in frames), None)
    units = m.people[m.people["counts"]]
    steps += _arms(units, frames.get(f"outcome_{first}"), OUTCOMES[first] if first else None)
    allocated = sum(s.n_left for s in steps if s.rule == "allocated")
    if allocated != n:
        raise InternalFault(
            "coaching: the people allocated in each arm do not add up to all",
            expected="coached and usual care add up",
            fix="report this: a person was counted in both arms or in none",
        )
    return (*steps, *_carers(m, frames))


def _carers(m: Material, frames: dict[str, pd.DataFrame]) -> list[FlowStep]:
    """Return, arm by arm, carers in post when coaching began, still in post on the outcome day, and answering then."""
    if m.carers is None:
        return []
    day = m.starts + pd.Timedelta(days=m.protocol.trial.outcome_days)
    asked = next((frames[f"outcome_{k}"] for k in SURVEYED if f"outcome_{k}" in frames), None)
    steps = []
    for arm, name in ((1, COACHED), (0, USUAL)):
        own = m.carers[m.carers["arm"] == arm]
        still = own[own["leave_date"].isna() | (own["leave_date"] > day)]
        boxes = [("in_post", "carers in post when coaching began", len(own)),
                 ("still_in_post", "carers still in post on the outcome day", len(still))]  # fmt: skip
        if asked is not None:
            known = asked[asked["outcome"].notna()]["carer_id"]
            boxes.append(
                ("answered", "carers of these who answered the survey", int(still["carer_id"].isin(known).sum()))
            )
        n = len(own)
        for rule, label, left in boxes:
            steps.append(
                FlowStep(population=f"carers, {name}", rule=rule, label=label, n_left=left, n_removed=n - left)
            )
            n = left
    return steps


def _arms(people: pd.DataFrame, rows: pd.DataFrame | None, outcome: Outcome | None) -> list[FlowStep]:
    """Return, arm by arm, people allocated, reached by the outcome day, with the outcome possible, and analysed."""
    steps = []
    for arm, name in ((1, COACHED), (0, USUAL)):
        n = int((people["arm"] == arm).sum())
        steps.append(FlowStep(population=name, rule="allocated", label="allocated", n_left=n, n_removed=0))
        if rows is None or outcome is None or outcome.level != "client":
            continue
        own = rows[rows["arm"] == arm]
        for rule, label, left in (
            ("outcome_due", "followed to the outcome day, alive and not in a care home", len(own)),
            (
                "analysed",
                "have the primary outcome",
                len(own) if outcome.kind == "time" else int(own["outcome"].notna().sum()),
            ),
        ):
            steps.append(FlowStep(population=name, rule=rule, label=label, n_left=left, n_removed=n - left))
            n = left
    return steps
