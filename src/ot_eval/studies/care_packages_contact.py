"""Increases before and after contact with an occupational therapist, as contact happens in time.

Unadjusted, adjusted for the protocol's covariates among people about whom they are known, and last the comparison
of people ever and never seen, labelled as biased. A model that the data cannot carry is refused by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.protocol import Protocol
from ot_eval.base.results import Check, Estimate
from ot_eval.models import checks, cox, evalue, rates
from ot_eval.models.about import About
from ot_eval.studies.attempt import of_kind, refusal
from ot_eval.studies.care_packages_lead import ADJUSTED, UNADJUSTED, contact_time, contact_time_unadjusted

INCREASE = "increase"
LEFT_OUT_PERCENT = 10
"""With more people than this left out for want of a covariate, a complete-case comparison is doubtful."""
Found = tuple[Estimate | Check, ...]
CONTACT = "OT contact"
CONTACT_WORDS = ("not yet", "from the day after")


def contact_rates(people: pd.DataFrame, about: About, _protocol: Protocol) -> tuple[Estimate, ...]:
    """Increases for every 100 person-years before and after first contact: counted as time passes, never ever/never."""
    if not people["ot_day"].notna().any():
        return ()
    rows = cox.split_exposure(people, name=CONTACT, words=CONTACT_WORDS)
    return rates.person_time_rates(rows, cause=INCREASE, by=CONTACT, about=replace(about, outcome=INCREASE))


def contact_models(people: pd.DataFrame, protocol: Protocol) -> tuple[tuple[Estimate, ...], tuple[Check, ...]]:
    """Compare rates of increase before and after contact with an occupational therapist, as contact happens in time.

    Unadjusted, then adjusted for the protocol's covariates; the latter's assumptions are checked. Average time by
    contact stands beside it, and before it where the ratio was not steady or could not be tested. The naive comparison
    of people ever and never seen comes last and is labelled biased.
    """
    about = About(population="all", outcome=INCREASE, level=protocol.level, study=protocol.study)
    if not people["ot_day"].notna().any():
        return (), (_no_contact(),)
    placed = people.dropna(subset=["provider_id"]) if protocol.cluster == "provider_id" else people
    known = complete(placed, protocol)
    rows = cox.split_exposure(placed, name=CONTACT, words=CONTACT_WORDS)
    full = cox.split_exposure(known, name=CONTACT, words=CONTACT_WORDS)
    covariates = usable(known, protocol)
    steps: tuple[tuple[str, Callable[[], Found]], ...] = (
        ("cox_unadjusted", lambda: _model(rows, (CONTACT,), about, protocol)),
        ("cox", lambda: _model(full, (CONTACT, *covariates), about, protocol)),
        (UNADJUSTED, lambda: contact_time_unadjusted(placed, CONTACT, protocol)),
        (ADJUSTED, lambda: contact_time(known, covariates, CONTACT, protocol)),
        *_subgroups(full, (CONTACT, *covariates), about, protocol),
        ("ever_never", lambda: cox.ever_never(people, cause=INCREASE, about=about)),
    )
    found: list[Estimate] = []
    said = [_left_out(len(people) - len(known), len(people))] if len(known) < len(people) else []
    for analysis, fit in steps:
        try:
            new = fit()
        except AnalysisRefused as why:
            said.append(refusal(analysis, "all", why))
            continue
        found += [replace(e, analysis=analysis) for e in of_kind(Estimate, new)]
        said += of_kind(Check, new)
    steady = False
    if any(e.analysis == "cox" for e in found):
        fitted = cox.fit(full, _request((CONTACT, *covariates), protocol))
        check = checks.proportional_hazards(fitted, about, term=CONTACT)
        steady = check.passed
        said += [what_leads(check, any(e.analysis == ADJUSTED for e in found)), checks.influence(fitted)]
        found += _unrecorded(found, float((people["event"] == INCREASE).mean()))
        said += [
            checks.functional_form(full, _request((CONTACT, *covariates), protocol), c)
            for c in _numbers(full, covariates)
        ]
    return tuple(found if steady else _time_first(found)), tuple(said)


def _unrecorded(found: list[Estimate], share: float) -> list[Estimate]:
    """Return how strong an unrecorded difference between people would have to be to explain the adjusted ratio away."""
    ratios = [e for e in found if e.analysis == "cox" and e.term.startswith(f"{CONTACT}:")]
    return [each for ratio in ratios for each in evalue.e_values(ratio, share_with_event=share)]


def _numbers(people: pd.DataFrame, covariates: tuple[str, ...]) -> tuple[str, ...]:
    """Return the covariates that enter as numbers of more than two values; bands need no check of their form."""
    return tuple(c for c in covariates if pd.api.types.is_numeric_dtype(people[c]) and people[c].nunique() > 2)  # noqa: PLR2004


def what_leads(steady: Check, other: bool) -> Check:
    """Return the check of proportional hazards with what follows from it: a ratio leads only where it was steady.

    `other` says whether average time could be compared instead.
    """
    if steady.passed:
        return steady
    follows = (
        "So this report leads with average time instead. The ratio stands in the full report."
        if other
        else "Average time could not be compared either, so this report leads with no comparison."
    )
    return replace(steady, sentence=f"{steady.sentence} {follows}")


def _time_first(found: list[Estimate]) -> list[Estimate]:
    """Return the estimates with average time before the ratios, which then only follow."""
    return sorted(found, key=lambda e: e.analysis not in (ADJUSTED, UNADJUSTED))


def _subgroups(
    rows: pd.DataFrame, adjusted: tuple[str, ...], about: About, protocol: Protocol
) -> Iterator[tuple[str, Callable[[], Found]]]:
    """Yield the adjusted comparison within each level of each planned subgroup; only the contact's line is kept."""
    for column in protocol.subgroups:
        for level in sorted(rows[column].dropna().astype(str).unique()):
            part = rows[rows[column].astype(str) == level].reset_index(drop=True)
            terms = tuple(t for t in adjusted if t != column and part[t].nunique() > 1)
            yield "cox_subgroup", partial(_within, part, terms, f"{column}: {level}", about, protocol)


def _within(
    part: pd.DataFrame, terms: tuple[str, ...], name: str, about: About, protocol: Protocol
) -> tuple[Estimate, ...]:
    if CONTACT not in terms:
        raise AnalysisRefused(
            f"subgroup {name}: everybody, or nobody, had contact",
            expected="people before and after contact in each subgroup",
            fix="leave this subgroup out of the protocol",
        )
    lines = _model(part, (CONTACT, *(t for t in terms if t != CONTACT)), about, protocol)
    # Subgroups are read for a pattern; a test in each would find something by chance alone.
    return tuple(replace(e, term=f"{e.term}, {name}", p=None) for e in lines if e.term.startswith(f"{CONTACT}:"))


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


def _no_contact() -> Check:
    return Check(
        analysis="cox",
        name="no contacts",
        passed=False,
        sentence="The data name no contact with an occupational therapist, so nothing can be said about contact.",
        detail="Give a contacts table, or keep Event Description in the Client Level Data files.",
    )
