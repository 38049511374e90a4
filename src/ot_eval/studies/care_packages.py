"""Time from the end of reablement to a larger home-care package, and what occupational therapy contact goes with.

People are followed from day 7 after reablement. A larger package competes with death and a care-home move. Contact
with an occupational therapist counts from the day after it happens. New and existing clients are reported apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.protocol import Protocol
from ot_eval.base.results import Check, Curve, Estimate, StudyResult
from ot_eval.derive.assemble import StudyTables
from ot_eval.derive.follow_up import follow_up
from ot_eval.models import checks, competing, cox, describe, rates, restricted_mean, survival
from ot_eval.models.about import About
from ot_eval.studies.workspace import Prepared, Workspace

STRAND = "care_packages"
TITLE = "Time to a larger home-care package after reablement"
INCREASE = "increase"
FEWEST_PEOPLE = 10
"""Below this many people nothing may be published about them, so nothing is computed."""
SHOWN = {"all clients": "all", "new clients": "new", "existing clients": "existing"}
DESCRIBED = ("age", "age_band", "sex", "dementia", "has_unpaid_carer", "hospital_route", "baseline_hours")
LEFT_OUT_PERCENT = 10
"""With more people than this left out for want of a covariate, a complete-case comparison is doubtful."""
BANDS = {
    "age_band": ("18-64", "65-74", "75-84", "85+"),
    "baseline_band": ("under 7", "7 to under 14", "14 to under 21", "21+"),
    "client": ("new", "existing"),
}
CONTACT = "OT contact"
CONTACT_WORDS = ("not yet", "from the day after")


def prepare(tables: StudyTables, protocol: Protocol) -> Prepared:
    """Derive who is followed, from when, until when and why follow-up ended."""
    followed = follow_up(tables, protocol)
    flow = tuple(replace(step, population=SHOWN.get(step.population, step.population)) for step in followed.flow)
    return Prepared(frames={"follow_up": followed.frame}, flow=flow, facts=followed.facts)


def refuse(prepared: Prepared) -> None:
    """Refuse to analyse fewer than `FEWEST_PEOPLE` people, or people among whom nobody had an increase."""
    followed = prepared.frames["follow_up"]
    people, increases = len(followed), int((followed["event"] == INCREASE).sum())
    if people < FEWEST_PEOPLE:
        raise AnalysisRefused(
            f"care_packages: {'nobody' if people == 0 else f'fewer than {FEWEST_PEOPLE} people'} can be followed",
            expected=f"at least {FEWEST_PEOPLE} people with an ended reablement episode and a package on the last "
            "set-up day",
            fix="flow.csv in the work folder says who was left out and why; give more quarters or widen population",
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
    estimates: list[Estimate] = []
    curves: list[Curve] = []
    refused: list[Check] = []
    for population, rows in populations(people, protocol):
        about = About(population=population, outcome="", level=protocol.level, study=protocol.study)
        for part in (who, incidence, event_free, time_without, contact_rates):
            try:
                found = part(rows, about, protocol)
            except AnalysisRefused as why:
                refused.append(_refusal(part.__name__, population, why))
                continue
            estimates += [f for f in found if isinstance(f, Estimate)]
            curves += [f for f in found if isinstance(f, Curve)]
    models, model_checks = contact_models(people, protocol)
    return StudyResult(
        study=protocol.study,
        strand=STRAND,
        title=TITLE,
        question=protocol.question,
        estimates=tuple(replace(e, study=protocol.study) for e in (*estimates, *models)),
        curves=tuple(curves),
        flow=workspace.flow,
        checks=(*model_checks, *refused),
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


def who(people: pd.DataFrame, about: About, _protocol: Protocol) -> tuple[Estimate, ...]:
    """Describe the people followed on the day follow-up began (Table 1)."""
    columns = (*DESCRIBED, *(("imd_quintile",) if people["imd_quintile"].notna().any() else ()))
    seen = people["ot_day"].notna() & (people["ot_day"] <= 0)
    table = people.assign(ot_by_time_zero=seen.map({True: "yes", False: "no"}))
    return describe.table_one(table, columns=(*columns, "ot_by_time_zero"), about=about)


def incidence(people: pd.DataFrame, about: About, protocol: Protocol) -> tuple[Estimate | Curve, ...]:
    """Share with each event by day (Aalen-Johansen), with the dates of increases as early and as late as possible."""
    found: list[Estimate | Curve] = []
    for cause in (INCREASE, *protocol.follow_up.competing_events):
        if (people["event"] == cause).any():
            curves = competing.cumulative_incidence(people, cause=cause, about=replace(about, outcome=cause))
            found += [replace(c, group=about.population) for c in curves]
            found += _read_off(curves[0], protocol.follow_up.horizons_days, "cumulative_incidence")
    unsure = people["increase_earliest"].notna() & (people["increase_earliest"] < people["increase_latest"])
    if unsure.any():
        for column, words in (("increase_earliest", "as early"), ("increase_latest", "as late")):
            day = people[column].fillna(people["exit_day"]).astype("int64")
            moved = people.assign(exit_day=people["exit_day"].mask(unsure, day))
            curve = competing.cumulative_incidence(moved, cause=INCREASE, about=replace(about, outcome=INCREASE))[0]
            found += [
                replace(e, method=f"{e.method}; uncertain dates {words} as they can be")
                for e in _read_off(curve, protocol.follow_up.horizons_days, f"sensitivity_{column}")
            ]
    return tuple(found)


def event_free(people: pd.DataFrame, about: About, protocol: Protocol) -> tuple[Estimate | Curve, ...]:
    """Share with none of the events by day: the one question for which Kaplan-Meier is right here."""
    curve = survival.kaplan_meier(people, about=replace(about, outcome="any event"))[0]
    shown = replace(curve, analysis="kaplan_meier", group=about.population)
    return shown, *_read_off(curve, protocol.follow_up.horizons_days, "kaplan_meier")


def time_without(people: pd.DataFrame, about: About, protocol: Protocol) -> tuple[Estimate, ...]:
    """Average days with none of the events, and average days lost to an increase, up to each day people reach."""
    found: list[Estimate] = []
    for horizon in protocol.follow_up.horizons_days:
        if int(people["exit_day"].max()) < horizon:
            continue
        whole = restricted_mean.restricted_mean(people, horizon=horizon, about=replace(about, outcome="any event"))
        lost = restricted_mean.time_lost(
            people, cause=INCREASE, horizon=horizon, about=replace(about, outcome=INCREASE)
        )
        found += [replace(e, term=f"day {horizon}") for e in (*whole, *lost)]
    return tuple(found)


def contact_rates(people: pd.DataFrame, about: About, _protocol: Protocol) -> tuple[Estimate, ...]:
    """Increases for every 100 person-years before and after first contact: counted as time passes, never ever/never."""
    if not people["ot_day"].notna().any():
        return ()
    rows = cox.split_exposure(people, name=CONTACT, words=CONTACT_WORDS)
    return rates.person_time_rates(rows, cause=INCREASE, by=CONTACT, about=replace(about, outcome=INCREASE))


def contact_models(people: pd.DataFrame, protocol: Protocol) -> tuple[tuple[Estimate, ...], tuple[Check, ...]]:
    """Compare rates of increase before and after contact with an occupational therapist, as contact happens in time.

    Unadjusted, then adjusted for the protocol's covariates; the latter's assumptions are checked. The naive comparison
    of people ever and never seen comes last and is labelled biased.
    """
    about = About(population="all", outcome=INCREASE, level=protocol.level, study=protocol.study)
    if not people["ot_day"].notna().any():
        return (), (_no_contact(),)
    placed = people.dropna(subset=["provider_id"]) if protocol.cluster == "provider_id" else people
    known = complete(placed, protocol)
    rows = cox.split_exposure(placed, name=CONTACT, words=CONTACT_WORDS)
    full = cox.split_exposure(known, name=CONTACT, words=CONTACT_WORDS)
    adjusted = (CONTACT, *usable(known, protocol))
    steps: tuple[tuple[str, Callable[[], tuple[Estimate, ...]]], ...] = (
        ("cox_unadjusted", lambda: _model(rows, (CONTACT,), about, protocol)),
        ("cox", lambda: _model(full, adjusted, about, protocol)),
        ("ever_never", lambda: cox.ever_never(people, cause=INCREASE, about=about)),
    )
    found: list[Estimate] = []
    said = [_left_out(len(people) - len(known), len(people))] if len(known) < len(people) else []
    for analysis, fit in steps:
        try:
            found += [replace(e, analysis=analysis) for e in fit()]
        except AnalysisRefused as why:
            said.append(_refusal(analysis, "all", why))
    if any(e.analysis == "cox" for e in found):
        fitted = cox.fit(full, _request(adjusted, protocol))
        said += [checks.proportional_hazards(fitted, about), checks.influence(fitted)]
    return tuple(found), tuple(said)


def complete(people: pd.DataFrame, protocol: Protocol) -> pd.DataFrame:
    """Return the people whose covariates are all known: the adjusted comparison is of complete cases."""
    known = (people[list(protocol.covariates)].astype("object") != "unknown").all(axis=1)
    known &= people[list(protocol.covariates)].notna().all(axis=1)
    return people[known].reset_index(drop=True)


def usable(people: pd.DataFrame, protocol: Protocol) -> tuple[str, ...]:
    """Return the protocol's covariates that vary among the people; one that does not has nothing to say."""
    return tuple(c for c in protocol.covariates if people[c].nunique() > 1)


def _left_out(missing: int, people: int) -> Check:
    share = 100 * missing / people
    return Check(
        analysis="cox",
        name="complete cases",
        passed=share <= LEFT_OUT_PERCENT,
        sentence=f"The adjusted comparison leaves out {_about(share)} of people, about whom something is not recorded.",
        detail=f"complete-case analysis; doubtful above {LEFT_OUT_PERCENT}%",
    )


def _about(percent: float) -> str:
    return "fewer than 1%" if percent < 1 else f"about {percent:.0f}%"


def _request(terms: tuple[str, ...], protocol: Protocol) -> cox.CoxModel:
    cluster = protocol.cluster if protocol.cluster != "none" else None
    return cox.CoxModel(cause=INCREASE, terms=terms, cluster=cluster)


def _model(rows: pd.DataFrame, terms: tuple[str, ...], about: About, protocol: Protocol) -> tuple[Estimate, ...]:
    return cox.hazard_ratios(cox.fit(rows, _request(terms, protocol)), about)


def _read_off(curve: Curve, horizons: tuple[int, ...], analysis: str) -> list[Estimate]:
    """Return the curve's value on each horizon that follow-up reaches."""
    found = []
    for day in horizons:
        if day not in curve.days:
            continue
        at = curve.days.index(day)
        found.append(
            Estimate(
                analysis=analysis,
                population=curve.population,
                outcome=curve.outcome,
                term=f"day {day}",
                measure="share of people",
                unit="probability",
                value=curve.value[at],
                lower=curve.lower[at] if curve.lower else None,
                upper=curve.upper[at] if curve.upper else None,
                level=curve.level if curve.lower else None,
                n=max(curve.n_risk),
                n_event=curve.n_event[at],
                method=curve.method,
            )
        )
    return found


def _refusal(analysis: str, population: str, why: AnalysisRefused) -> Check:
    return Check(
        analysis=analysis,
        name=f"refused for {population}",
        passed=False,
        sentence="There is too little in the data for one of the planned analyses, so it is not shown.",
        detail=f"{why.found}. Expected: {why.expected}. To fix: {why.fix}.",
    )


def _no_contact() -> Check:
    return Check(
        analysis="cox",
        name="no contacts",
        passed=False,
        sentence="The data name no contact with an occupational therapist, so nothing can be said about contact.",
        detail="Give a contacts table, or keep Event Description in the Client Level Data files.",
    )


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
