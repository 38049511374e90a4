"""Time from the end of reablement to a larger home-care package, and what occupational therapy contact goes with.

People are followed from day 7 after reablement. A larger package competes with death and a care-home move. Contact
with an occupational therapist counts from the day after it happens. New and existing clients are reported apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.protocol import Protocol
from ot_eval.base.results import Check, Curve, Estimate, StudyResult
from ot_eval.derive import materialise
from ot_eval.derive.assemble import StudyTables
from ot_eval.derive.cld_words import HOME_SUPPORT
from ot_eval.derive.follow_up import follow_up
from ot_eval.derive.recording import recording_style
from ot_eval.models.about import About
from ot_eval.studies.attempt import attempt, of_kind
from ot_eval.studies.care_packages_contact import contact_models, contact_rates
from ot_eval.studies.care_packages_time import event_free, incidence, time_without, uncertain_dates, who
from ot_eval.studies.workspace import Prepared, Workspace

STRAND = "care_packages"
TITLE = "Time to a larger home-care package after reablement"
INCREASE = "increase"
FEWEST_PEOPLE = 10
"""Below this many people nothing may be published about them, so nothing is computed."""
SHOWN = {"all clients": "all", "new clients": "new", "existing clients": "existing"}
BANDS = {
    "age_band": ("18-64", "65-74", "75-84", "85+"),
    "baseline_band": ("under 7", "7 to under 14", "14 to under 21", "21+"),
    "client": ("new", "existing"),
}
PARTS = (who, incidence, uncertain_dates, event_free, time_without, contact_rates)
"""The analyses of one population, in the order of the report."""


def prepare(tables: StudyTables, protocol: Protocol) -> Prepared:
    """Derive who is followed, from when, until when and why follow-up ended."""
    followed = follow_up(tables, protocol)
    flow = tuple(replace(step, population=SHOWN.get(step.population, step.population)) for step in followed.flow)
    facts = {**followed.facts, **recorded_how(tables, protocol)}
    return Prepared(frames={"follow_up": followed.frame}, flow=flow, facts=facts)


def recorded_how(tables: StudyTables, protocol: Protocol) -> dict[str, str]:
    """Say how changes of home support are recorded, council by council; nothing without Client Level Data."""
    if tables.cld is None:
        return {}
    found = materialise.rows(recording_style(tables.cld.rows, tables.cld.events, protocol.reading))
    home = {row["la_code"]: row["style"] for row in found if row["service_component"] == HOME_SUPPORT}
    if not home:
        return {}
    return {"recording_style": "; ".join(f"council {code}: {style}" for code, style in sorted(home.items()))}


def refuse(prepared: Prepared) -> None:
    """Refuse to analyse fewer than `FEWEST_PEOPLE` people, or people among whom nobody had an increase."""
    followed = prepared.frames["follow_up"]
    people, increases = len(followed), int((followed["event"] == INCREASE).sum())
    if people < FEWEST_PEOPLE:
        raise AnalysisRefused(
            f"care_packages: {'nobody' if people == 0 else f'fewer than {FEWEST_PEOPLE} people'} can be followed",
            expected=f"at least {FEWEST_PEOPLE} people with an ended reablement episode and a package on the last "
            "set-up day",
            fix="flow_care_packages.csv in work/ says who was left out; give more quarters, or widen the population",
        )
    if increases == 0:
        raise AnalysisRefused(
            "care_packages: nobody followed had an increase, so there is nothing to estimate",
            expected="at least one increase as the protocol defines it",
            fix="check that package hours are in the data (`ot-eval check`), or give a longer follow-up",
        )


def analyse(workspace: Workspace) -> StudyResult:
    """Run every analysis the protocol names; one that the data cannot carry is refused by name, not left out."""
    protocol, people = workspace.protocol, in_order(workspace.frame("follow_up"))
    found: list[Estimate | Curve | Check] = []
    for population, rows in populations(people, protocol):
        about = About(population=population, outcome="", level=protocol.level, study=protocol.study)
        for part in PARTS:
            found += attempt(part, rows, about, protocol, of=population)
    models, model_checks = contact_models(people, protocol)
    return StudyResult(
        study=protocol.study,
        strand=STRAND,
        title=TITLE,
        question=protocol.question,
        estimates=tuple(replace(e, study=protocol.study) for e in (*of_kind(Estimate, found), *models)),
        curves=of_kind(Curve, found),
        flow=workspace.flow,
        checks=(*model_checks, *of_kind(Check, found)),
        deviations=workspace.deviations,
        notes=definitions(protocol),
        facts=workspace.facts,
    )


def in_order(people: pd.DataFrame) -> pd.DataFrame:
    """Return the people with bands in their order, so that the first band is what the others are compared with."""
    return people.assign(
        **{name: pd.Categorical(people[name], categories=[*levels, "unknown"]) for name, levels in BANDS.items()}
    )


def populations(people: pd.DataFrame, protocol: Protocol) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield everyone, then new and existing clients apart; one kind alone is not repeated as everyone."""
    kinds = [k for k in protocol.population.clients if (people["client"] == k).any()]
    if len(kinds) > 1:
        yield "all", people
    for kind in kinds:
        yield kind, people[people["client"] == kind].reset_index(drop=True)


def definitions(protocol: Protocol) -> tuple[str, ...]:
    """Say in words what counted, from the protocol as used."""
    rule, unit = protocol.increase, "hours a week" if protocol.increase.unit == "hours_per_week" else "£ a week"
    rise = f"{rule.minimum_rise:g} {unit} and {rule.minimum_rise_percent:g}%"
    return (
        f"An increase is the first rise of at least {rise} above the package on day {rule.set_up_days} after "
        f"reablement, kept on each of {rule.minimum_duration_days} days in a row. Gaps of up to "
        f"{rule.gap_bridged_days} days do not end follow-up.",
        "Contact with an occupational therapist counts from the day after the first contact, never before.",
        "People without a therapist's contact and people before their first contact are compared with people after it.",
    )
