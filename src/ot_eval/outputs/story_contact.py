"""What goes with contact with an occupational therapist, in plain words, from the comparison that may lead.

A ratio of rates leads only where it was tested and found steady over follow-up. Elsewhere average time leads: how much
longer people seen by the start of follow-up went before any of the outcomes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ot_eval.base.results import Number
from ot_eval.outputs import figures, numbers, wording
from ot_eval.outputs.released import Released, ReleasedEstimate
from ot_eval.outputs.story import KeyFigure
from ot_eval.outputs.wording import Certainty

CONTACT = ("ot contact", "ot:")
"""How the term of the time-varying contact begins; the ever/never comparison is another analysis and never used."""
STEADY = "proportional hazards"
"""Name of the check without which no ratio leads."""
TIME, DIFFERENCE = "contact_time", "difference in restricted mean time"
OUTCOMES = "a larger package, a care-home move or death"
_DAYS = re.compile(r"by day (\d+) v .*to day (\d+)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The comparison that leads: a ratio of rates, or (`time`) a difference in average days."""

    estimate: ReleasedEstimate
    time: bool
    value: Number
    lower: Number
    upper: Number

    @property
    def certainty(self) -> Certainty:
        """How the interval lies against no difference."""
        judge = wording.certainty_of_days if self.time else wording.certainty
        return judge(self.lower, self.upper)

    @property
    def better(self) -> bool:
        """Whether fewer increases, or more time without, went with contact."""
        return self.value > 0 if self.time else self.value < 1

    @property
    def days(self) -> tuple[str, str]:
        """By when people had been seen, and until when time counts, in words."""
        start, end = _DAYS.search(self.estimate.term).groups()  # type: ignore[union-attr]
        return f"day {start}", numbers.period(int(end))


def comparison(released: Released) -> Comparison | None:
    """Return the comparison that leads: the adjusted ratio where it was steady, else average time; None = neither."""
    steady = any(c.name == STEADY and c.passed for c in released.checks)
    rows = released.find("cox", outcome="increase", unit="ratio") if steady else released.find(TIME)
    wanted = [e for e in rows if e.term.lower().startswith(CONTACT) and (steady or e.measure == DIFFERENCE)]
    shown = [e for e in wanted if e.value is not None and e.lower is not None and e.upper is not None]
    if len(shown) != 1 or not (steady or _DAYS.search(shown[0].term)):
        return None
    e = shown[0]
    return Comparison(estimate=e, time=not steady, value=e.value or 0, lower=e.lower or 0, upper=e.upper or 0)


def answer(found: Comparison | None) -> str:
    """Return the second answer of the page: what goes with contact with an occupational therapist."""
    if found is None:
        return "Too few people or events stand behind the comparison by occupational therapy to publish it."
    if found.time:
        return _time_answer(found)
    way = "fewer" if found.better else "more"
    return {
        Certainty.CLEAR: f"After contact with an occupational therapist there were {way} increases than without it.",
        Certainty.BORDERLINE: f"There may be {way} increases after contact with an occupational therapist.",
        Certainty.UNCLEAR: "Whether contact with an occupational therapist makes a difference is not clear.",
        Certainty.LITTLE: "There were about as many increases after contact with an occupational therapist as without.",
    }[found.certainty]


def _time_answer(found: Comparison) -> str:
    by, _ = found.days
    size = wording.longer_or_shorter(found.value, found.lower, found.upper, ranged=False)
    seen = f"People seen by an occupational therapist by {by}"
    return {
        Certainty.CLEAR: f"{seen} went {size}, on average, before {OUTCOMES}.",
        Certainty.BORDERLINE: f"{seen} may have gone {size}, on average, before {OUTCOMES}.",
        Certainty.UNCLEAR: "Whether people seen by an occupational therapist go longer without a larger package is "
        "not clear.",
        Certainty.LITTLE: f"{seen} went about as long, on average, before {OUTCOMES}, as people not seen.",
    }[found.certainty]


def card(found: Comparison | None) -> tuple[KeyFigure, ...]:
    """Return the card: one sentence with the range, and the range drawn."""
    if found is None:
        return ()
    if found.time:
        by, until = found.days
        title = f"Seen by an occupational therapist by {by}"
        size = wording.longer_or_shorter(found.value, found.lower, found.upper)
        sentence = f"Average time before {OUTCOMES}, over {until}: {size}."
        ends = ("shorter", "longer")
        drawn = figures.time_strip(found.estimate, "contact", title, ends)
        return (KeyFigure(heading=title, sentence=sentence, figure=drawn),)
    title = "After seeing an occupational therapist"
    sentence = wording.expected_100(found.estimate, "increases", "without contact", "after contact")
    ends = ("fewer increases", "more increases")
    return (KeyFigure(heading=title, sentence=sentence, figure=figures.strip(found.estimate, "contact", title, ends)),)


def sure(found: Comparison) -> str:
    """Say how sure the comparison is."""
    said = wording.CERTAINTY[found.certainty]
    return f"For contact with an occupational therapist: {said[:1].lower()}{said[1:]}"


def advice(found: Comparison) -> str:
    """Return what to do about occupational therapy contact, which may be nothing different."""
    if found.certainty in (Certainty.UNCLEAR, Certainty.LITTLE):
        return "Occupational therapy: nothing here is a reason to offer more or less. For now, change nothing."
    if found.better:
        return (
            "Occupational therapy: the pattern fits the idea that contact delays increases, but does not prove it. "
            "Keep the offer in place. Ask for a fair comparison before changing it."
        )
    worse = "people seen early had less time before an outcome" if found.time else "more increases followed contact"
    return (
        f"Occupational therapy: {worse}. Therapists may see the people whose needs are growing. "
        "This is no reason to offer less."
    )
