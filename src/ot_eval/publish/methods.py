"""A paragraph of methods for each analysis that was actually run, written from the protocol as used."""

from __future__ import annotations

from ot_eval.base.protocol import Increase, Protocol
from ot_eval.outputs.labels import VARIABLES, label
from ot_eval.outputs.released import Released
from ot_eval.outputs.wording import listed


def methods(protocol: Protocol, released: tuple[Released, ...]) -> tuple[str, ...]:
    """Return the methods in the order a reader needs them."""
    analyses = {e.analysis for r in released for e in r.estimates} | {c.analysis for r in released for c in r.curves}
    lines = ["This is a study of records that a council and its services keep anyway."]
    if any(r.strand == "care_packages" for r in released):
        lines = [
            "This is a cohort study: people are followed in records that a council and its services keep anyway.",
            *(_people(protocol), _increase(protocol.increase), _follow_up(protocol)),
        ]
    if "cumulative_incidence" in analyses:
        lines.append(
            "The share of people with each outcome by a given day comes from the Aalen–Johansen estimator. It treats "
            "death and a move to a care home as events that end the chance of an increase."
        )
    if "restricted_mean" in analyses:
        lines.append(
            "Average time without an increase is the area under the curve up to a chosen day (restricted mean time)."
        )
    if "cox" in analyses:
        used = _listed(tuple(label(c, VARIABLES).lower() for c in protocol.covariates), "nothing else")
        lines.append(
            "Rates of increase were compared with a cause-specific Cox model. Occupational therapy contact counts only "
            f"from the day after it happened. The model also takes account of {used}."
        )
    if "timing_strategies" in analyses:
        lines.append(
            "The trial of when to be seen was emulated from the first day of reablement. Each person counts under "
            "every strategy that their course so far agrees with, leaves it when they depart from it, and is "
            "weighted by a pooled logistic model of the day of first contact. Intervals are from "
            f"{protocol.timing.bootstrap_draws} draws of the bootstrap, with that model fitted anew in each."
        )
    if "value_use" in analyses:
        lines.append(
            "Hours and costs allow for people lost from sight: the use of each day among people seen, times the chance "
            "of being alive (Lin; equal to the estimator of Bang and Tsiatis by day). Nothing is used after death. "
            f"Ranges are from {protocol.value.bootstrap_draws:,} draws of providers within each group."
        )
    if "contact_time" in analyses:
        weighed = " Weights make the two groups alike in the same things." if protocol.covariates else ""
        lines.append(
            "Average time without any of the outcomes was compared between people with and without contact by day "
            f"{max(protocol.increase.set_up_days, 1)}.{weighed} It leads where no ratio was steady."
        )
    return tuple(lines)


def _listed(items: tuple[str, ...], none: str) -> str:
    return listed(items) if items else none


def _people(protocol: Protocol) -> str:
    p = protocol.population
    where = {"home": "at home", "care_home": "in a care home", "any": "at home or in a care home"}[p.setting]
    return (
        f"We followed people aged {p.minimum_age} or over from the day their first reablement episode {where} ended. "
        f"Rows of reablement no more than {p.join_gap_days} days apart are one episode. Someone with long-term support "
        f"in the {p.existing_look_back_days} days before reablement is an existing client."
    )


def _increase(rule: Increase) -> str:
    unit = "hours a week" if rule.unit == "hours_per_week" else "pounds a week"
    rise = f"at least {rule.minimum_rise:g} {unit}, and of at least {rule.minimum_rise_percent:g}%"
    return (
        f"An increase is a rise of {rise}, above the package on day {rule.set_up_days}, "
        f"on each of {rule.minimum_duration_days} days in a row. Changes up to day "
        f"{rule.set_up_days} are setting up. A gap in home care of up to {rule.gap_bridged_days} days is bridged."
    )


def _follow_up(protocol: Protocol) -> str:
    words = {"death": "death", "care_home": "a move to a care home"}
    ends = _listed(tuple(words[e] for e in protocol.follow_up.competing_events), "")
    tail = f" {ends[:1].upper() + ends[1:]} end the chance of an increase." if ends else ""
    return (
        "People are followed until the data end, their home care ends or they leave; nothing is assumed about what "
        f"happens to them afterwards.{tail}"
    )
