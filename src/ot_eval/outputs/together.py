"""What the strands of one report say together: where they agree, where they do not, and what did not work.

A joint display sets side by side what each strand says about the same question. Two findings are compared only where
both are a comparison with an interval; descriptions stand beside them and confirm nothing. Where an interval includes
no difference, no direction is said, and a strand that cannot tell neither confirms nor denies another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ot_eval.outputs import numbers, wording
from ot_eval.outputs.released import Released, ReleasedEstimate
from ot_eval.outputs.table import Group, Row, Table
from ot_eval.outputs.together_signals import READERS, TOPICS, Signal, Way

NAMES = {
    "care_packages": "care packages",
    "coaching": "coached providers",
    "data_quality": "data quality",
    "experience": "what people said",
    "in_reach": "reablement beds",
    "interventions": "what therapists did",
    "progress": "progress",
    "skills": "carers’ skills",
    "timing": "when therapy begins",
    "value": "what it costs",
}
TWO = 2
REFUSED = "refused"
"""How the name of a check begins that stands for an analysis which was planned and could not be done."""
CAUTION = (
    "The parts look at different people in different ways. Where they agree, it is more likely to be true. "
    "It is not proof."
)
ALONE = "No two parts of this report compare the same thing. So none of them backs or denies another."


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """The section of the manager's page that joins the strands.

    `display` is the joint display; None where no strand speaks to a shared question.
    """

    agree: tuple[str, ...]
    differ: tuple[str, ...]
    one_sided: tuple[str, ...]
    not_worked: tuple[str, ...]
    display: Table | None
    caution: str

    def sentences(self) -> tuple[str, ...]:
        """Return every sentence, for checks of its words."""
        rows = self.display.rows if self.display else ()
        return (*self.agree, *self.differ, *self.one_sided, *self.not_worked, self.caution, *(r.cells[0] for r in rows))

    @property
    def parts(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The lists that hold anything, under their headings."""
        every = (
            ("Where the parts agree", self.agree),
            ("Where they do not agree", self.differ),
            ("Where one part, or none, can tell", self.one_sided),
            ("What did not work, or could not be shown", self.not_worked),
        )
        return tuple((heading, lines) for heading, lines in every if lines)


def together(released: tuple[Released, ...]) -> Together | None:
    """Return what the strands say together; None where the report has one strand."""
    if len(released) < TWO:
        return None
    found = [s for r in released for read in READERS.get(r.strand, ()) if (s := read(r)) is not None]
    by_topic = {topic: [s for s in found if s.topic == topic] for topic in TOPICS}
    verdicts = [_verdict(topic, signals) for topic, signals in by_topic.items()]
    said = {kind: tuple(text for k, text in verdicts if k == kind) for kind in ("agree", "differ", "one_sided")}
    compared = any(said.values())
    return Together(
        **said,
        not_worked=(*_not_worked(found), *_refused(released)),
        display=_display(by_topic),
        caution=CAUTION if compared else ALONE,
    )


def name_of(strand: str) -> str:
    """Return what a strand is called inside a sentence."""
    return NAMES.get(strand, strand.replace("_", " "))


def _verdict(topic: str, signals: Sequence[Signal]) -> tuple[str, str]:
    """Return what kind of joint finding the comparisons of one topic make, and its sentence; empty where none."""
    groups = {way: [name_of(s.strand) for s in signals if s.way is way] for way in Way if way is not Way.DESCRIBES}
    better, worse, little, unclear = (groups[w] for w in (Way.BETTER, Way.WORSE, Way.LITTLE, Way.UNCLEAR))
    if sum(map(len, groups.values())) < TWO:
        return "", ""
    if better and worse:
        text = f"the parts disagree. {_names(better)} {_point(better)} to better, {_inner(worse)} to worse. "
        kind, text = "differ", f"{text}Quote neither without the other, and ask why."
    elif better or worse:
        kind, text = _one_way(better or worse, "better" if better else "worse", little, unclear)
    elif little and unclear:
        kind, text = "one_sided", f"{_inner(little)} found little or no difference. {_names(unclear)} cannot tell."
    elif little:
        kind, text = "agree", f"{_inner(little)} each found little or no difference."
    else:
        kind, text = "one_sided", f"neither {' nor '.join(unclear)} can tell, so this report does not settle it."
    return kind, f"{TOPICS[topic]}. {text[:1].upper()}{text[1:]}"


def _one_way(clear: list[str], direction: str, little: list[str], unclear: list[str]) -> tuple[str, str]:
    """Return the joint finding where every clear comparison points the same way."""
    said = f"{_inner(clear)} {_point(clear)} to {direction}"
    if little:
        return "differ", f"{said}. But {_inner(little)} found little or no difference."
    if unclear and len(clear) == 1:
        return "one_sided", f"only {said}. {_names(unclear)} cannot tell. That neither backs nor denies it."
    rest = f" {_names(unclear)} cannot tell." if unclear else ""
    return "agree", f"{_inner(clear)} {'both' if len(clear) == TWO else 'all'} point to {direction}.{rest}"


def _inner(names: list[str]) -> str:
    return wording.listed(tuple(names))


def _names(names: list[str]) -> str:
    text = _inner(names)
    return text[:1].upper() + text[1:]


def _point(names: list[str]) -> str:
    return "points" if len(names) == 1 else "point"


def _not_worked(found: Sequence[Signal]) -> tuple[str, ...]:
    """Repeat each finding that is not in favour, in the words of its own strand."""
    order = (Way.WORSE, Way.LITTLE, Way.UNCLEAR)
    return tuple(dict.fromkeys(s.sentence for way in order for s in found if s.way is way))


def _refused(released: tuple[Released, ...]) -> tuple[str, ...]:
    """Say how many planned analyses each strand could not do; no number of people is told."""
    said = []
    for r in released:
        n = sum(1 for c in r.checks if c.name.startswith(REFUSED) and not c.passed)
        if n:
            many = "one planned analysis was" if n == 1 else f"{n} planned analyses were"
            said.append(f"In {name_of(r.strand)}, {many} not possible with these data. The full report names them.")
    return tuple(said)


def _display(by_topic: dict[str, list[Signal]]) -> Table | None:
    groups = tuple(
        Group(heading=TOPICS[topic], rows=tuple(_row(s) for s in signals))
        for topic, signals in by_topic.items()
        if signals
    )
    if not groups:
        return None
    head = ("Part of the report", "What it says", "Number", "Likely range")
    return Table(name="together-table", caption="What each part says, side by side", head=head, groups=groups)


def _row(s: Signal) -> Row:
    name = name_of(s.strand)
    return Row(header=name[:1].upper() + name[1:], cells=(s.sentence, *_shown(s.estimate)))


def _shown(e: ReleasedEstimate) -> tuple[str, str]:
    """Return the number and its range; a ratio is said as so many where 100 would be expected."""
    if e.unit != "ratio":
        return numbers.value(e.value, e.unit), numbers.interval(e)
    about, low, high = (numbers.NONE_CELL if x is None else str(round(100 * x)) for x in (e.value, e.lower, e.upper))
    return f"{about} where 100 would be expected", f"{low} to {high}"
