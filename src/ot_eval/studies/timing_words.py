"""The target trial beside its emulation, line by line, and what counted, from the protocol as used."""

from __future__ import annotations

from ot_eval.outputs import labels
from ot_eval.outputs.wording import listed
from ot_eval.studies.timing_desk import WEEK, Desk, strategies_of


def comparison(desk: Desk) -> tuple[str, ...]:
    """Return one line a part of the trial: what a trial would do, and what was done here.

    Each reads "Target trial, part: what the trial would do. Here: what was done."
    """
    plan, protocol = desk.protocol.timing, desk.protocol
    named = listed(tuple(f"“{s.name}”" for s in strategies_of(protocol)))
    measured = listed(tuple(labels.label(t, labels.VARIABLES).lower() for t in desk.terms)) if desk.terms else "nothing"
    weeks = listed(tuple(str(h // WEEK) for h in desk.reached))
    events = listed(tuple({"death": "death", "care_home": "a move to a care home"}[e]
                          for e in protocol.follow_up.competing_events))  # fmt: skip
    lines = (
        ("who", f"people aged {protocol.population.minimum_age} or over who start reablement",
         "the same, as recorded on the first day; nothing that happened later left anybody out"),
        ("strategies", f"{named}; sooner and later within these days as often as now",
         "the same, read from the day of each person’s first contact"),
        ("assignment", "by lot",
         f"not by lot; people are made alike by weights in {measured}"),
        ("time zero", "the first day of reablement, when the lot is drawn",
         "the first day of reablement, for everybody and every strategy"),
        ("grace", f"up to {max(plan.within_days)} days to arrange the contact",
         "the same; until a strategy’s days are over a person counts in every strategy they still agree with"),
        ("outcome", f"a larger home-care package after reablement; {events} end the chance of one",
         "the same, by the rule of this protocol"),
        ("follow-up", f"to week {weeks}",
         "the same, or until the data end, whichever is first; leaving sooner is taken not to depend on need"),
        ("question", "what would happen if everybody kept to the strategy",
         "the same, if what was recorded captures why some are seen sooner"),
        ("analysis", "compare the groups as drawn",
         "clones, censored when they depart from the strategy, weighted by a pooled logistic model of first contact; "
         f"{plan.bootstrap_draws} draws of the bootstrap"),
    )  # fmt: skip
    return tuple(f"Target trial, {part}: {aim}. Here: {done}." for part, aim, done in lines)


def definitions(desk: Desk) -> tuple[str, ...]:
    """Say in words what counted."""
    plan, rule = desk.protocol.timing, desk.protocol.increase
    said = (
        "Days are counted from the first day of reablement. Contact counts from the day after it, and a contact on the "
        "first day as one on the day after.",
        f"A larger package is the study’s increase: above the package on day {rule.set_up_days} after reablement. "
        "Somebody who left without home care has none then, so a package begun later is a larger one.",
        f"“Only after reablement” is no contact while reablement lasts, and contact within "
        f"{plan.after_reablement_days} days of its end." if plan.after_reablement_days else "",
        "“As things are” is what happened to everybody, whenever they were seen.",
        "In the simpler methods a group with few larger packages is joined to the commonest group.",
        "What is not recorded about a person (unknown) is taken as a group of its own.",
        f"The largest {100 * (1 - plan.truncate):.2g}% of a strategy’s weights are cut." if plan.truncate < 1 else "",
        "Shares are of everybody, as if all had kept to the strategy. Who did keep to it is a table of its own.",
    )  # fmt: skip
    return tuple(s for s in said if s)
