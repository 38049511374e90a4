"""The timing strand in plain words: what would happen if everybody were seen sooner, and how far to trust it."""

from __future__ import annotations

import re

from ot_eval.outputs import figure_timing, numbers, wording
from ot_eval.outputs.figures import Figure
from ot_eval.outputs.released import Released, ReleasedEstimate
from ot_eval.outputs.story import KeyFigure, Story, included

NOW = "as things are"
DIFFERENCE, FREE = "timing_difference", "timing_weeks"
OUTCOMES = "a larger package, a care-home move or death"
THOUSAND, YEAR, WEEK, MOST_CARDS = 1000, 52, 7, 3
_PAIR = re.compile(r"^(.*) v (.*), by week (\d+)$")
IF = "if what we measured captures why some are seen sooner"
UNKNOWN = (
    "Nobody was given a day of contact by lot. What decides who is seen when, and is not written down, can mislead.",
    "A larger package is not always bad news. It can mean that a need was found and met.",
)
BIASED = "biased_ever_never"


def story(released: Released) -> Story:
    """Return the manager's account of the timing strand."""
    pairs = shown(released)
    now = [p for p in pairs if p[1] == NOW]
    lead = now[0] if now else (pairs[0] if pairs else None)
    drawn = figure_timing.curve(released)
    return Story(
        strand=released.strand,
        title=released.title,
        question=released.question,
        answer=_answer(lead),
        answer_more=_best(now),
        key_figures=tuple(_card(released, p) for p in now[:MOST_CARDS]),
        timeline=drawn,
        timeline_sentences=_stops(released) if drawn else (),
        pictures=tuple(f for f in (figure_timing.strategies(released),) if f is not None),
        sure=_sure(released, lead),
        means=_means(lead),
        unknown=tuple(dict.fromkeys((*UNKNOWN, *(c.sentence for c in released.checks if not c.passed)))),
        included=included(released),
        terms=("reablement", "package", "increase", "target trial", "disclosure control"),
    )


Pair = tuple[str, str, int, ReleasedEstimate]


def shown(released: Released) -> list[Pair]:
    """Return (strategy, held against, weeks, difference) of each difference shown at the last horizon shown."""
    rows = [
        (m[1], m[2], int(m[3]), e)
        for e in released.find(DIFFERENCE)
        if (m := _PAIR.match(e.term)) and e.value is not None and e.lower is not None and e.upper is not None
    ]
    last = max((weeks for _, _, weeks, _ in rows), default=0)
    return [r for r in rows if r[2] == last and not r[0].startswith("none")]


def _seen(strategy: str) -> str:
    return f"been seen by an OT {strategy}" if not strategy.startswith("within") else f"seen an OT {strategy}"


def _when(weeks: int) -> str:
    return "within a year" if weeks == YEAR else f"within {weeks} weeks"


def _per_1000(number: float | int | None) -> int:
    return abs(round(THOUSAND * float(number or 0)))


def _answer(lead: Pair | None) -> str:
    """Return the manager's sentence; no direction where the range includes no difference."""
    if lead is None:
        return "Too few people were seen as any strategy asks to say what would happen if everybody were."
    strategy, _, weeks, e = lead
    start = f"If all 1,000 people starting reablement had {_seen(strategy)}, "
    need = f"would have needed a larger package {_when(weeks)}"
    low, high = sorted((_per_1000(e.lower), _per_1000(e.upper)))
    if (e.lower or 0) <= 0 <= (e.upper or 0):
        fewer, more = _per_1000(e.lower), _per_1000(e.upper)
        return f"{start}anywhere from {fewer} fewer to {more} more {need}, {IF}. So we cannot tell which."
    way = "fewer" if (e.upper or 0) < 0 else "more"
    return f"{start}about {_per_1000(e.value)} {way} (from {low} to {high} {way}) {need}, {IF}."


def _best(now: list[Pair]) -> str:
    """Say which strategy has the lowest estimate, and whether it is clearly lower than things as they are."""
    if not now:
        return ""
    best = min(now, key=lambda p: float(p[3].value or 0))
    clear = [p for p in now if (p[3].upper or 0) < 0]
    if not clear:
        return "No strategy was clearly better, or clearly worse, than the way people are seen now." if not any(
            (p[3].lower or 0) > 0 for p in now
        ) else "No strategy was clearly better than the way people are seen now."  # fmt: skip
    names = wording.listed(tuple(f"“{p[0]}”" for p in clear))
    return f"Clearly fewer than now: {names}. The lowest estimate is for “{best[0]}”."


def _card(released: Released, pair: Pair) -> KeyFigure:
    strategy, against, weeks, e = pair
    size = wording.difference_in_100(e.value or 0, e.lower or 0, e.upper or 0)
    gained = released.one(FREE, term=f"{strategy} v {against}, by week {weeks}")
    more = ""
    if gained is not None and gained.value is not None and gained.lower is not None and gained.upper is not None:
        more = f" Average time before {OUTCOMES}: "
        more += f"{wording.longer_or_shorter(gained.value, gained.lower, gained.upper)}."
    return KeyFigure(
        heading=f"Everybody seen {strategy}", sentence=f"Larger packages {_when(weeks)}, against now: {size}.{more}"
    )


def _stops(released: Released) -> tuple[str, ...]:
    every = figure_timing.weeks(released)
    kept = [(k, e) for k, e in every if e.value is not None]
    low = min(kept, key=lambda p: float(p[1].value or 0))
    others = [(k, e) for k, e in kept if k != low[0]]
    apart = all((low[1].upper or 1) < (e.lower or 0) for _, e in others)
    said = [
        f"The lowest estimate is for a first contact in week {low[0]} of reablement."
        if apart
        else f"The lowest estimate is for week {low[0]}, but the ranges overlap: no week is clearly best."
    ]
    if len(kept) < len(every):
        said.append("In the shaded weeks too few people were first seen for the data to say anything.")
    return tuple(said)


def _sure(released: Released, lead: Pair | None) -> tuple[str, ...]:
    said = []
    if lead is not None:
        e = lead[3]
        said.append(f"Each range is a {numbers.level(e.level)} interval. It shows how far chance alone could move a "
                    "number, not what was never recorded.")  # fmt: skip
    for name in ("simpler methods", "a confounder that nobody recorded", "how strong it would have to be"):
        said += [c.sentence for c in released.checks if c.name == name and c.passed]
    rows = [e for e in released.find(BIASED) if e.value is not None and "contact does nothing" in e.term]
    if rows:
        about = round(100 * float(rows[0].value or 1))
        said.append(
            "Comparing people ever seen with people never seen would mislead: on these people it shows "
            f"{about} where 100 would be right, though contact does nothing at all."
        )
    return tuple(said)


def _means(lead: Pair | None) -> tuple[str, ...]:
    if lead is None:
        return ("Record the day of every first contact. With more people the question can be answered.",)
    low, high = lead[3].lower or 0, lead[3].upper or 0
    if low <= 0 <= high:
        return ("Nothing here is a reason to see people sooner or later than now. More people would narrow the range.",)
    if high < 0:
        return (
            "The pattern fits the idea that seeing people sooner prevents larger packages. It is the best reason short "
            "of a trial to try it in one team and count.",
        )
    return ("More larger packages went with being seen sooner. Needs may be found sooner. It is no reason to wait.",)


def report_figures(released: Released) -> tuple[Figure, ...]:
    """Return the figures of the full report; the name of each begins with that of its analysis."""
    found = (figure_timing.strategies(released), figure_timing.curve(released))
    return tuple(f for f in found if f is not None)
