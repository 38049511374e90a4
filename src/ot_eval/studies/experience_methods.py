"""How far the coding can be relied on: agreement of coders, saturation of codes, the codebook, and what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from statistics import median
from typing import Any

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.results import Check, WordTable
from ot_eval.coding.coefficients import NONE_TWICE, SAME
from ot_eval.coding.framework_matrix import Written
from ot_eval.coding.quotes import LONGEST_SHARE, largest_share
from ot_eval.coding.saturation import Rule, Saturation, saturation
from ot_eval.coding.scoring import Number
from ot_eval.coding.segments import CodedSegment, Turn
from ot_eval.coding.theme_counts import NOT_KNOWN, Participant
from ot_eval.studies.experience_agreement import compare
from ot_eval.studies.experience_desk import ExperienceDesk
from ot_eval.studies.workspace import Prepared

FEW = 6
"""Interviews below which the report says that they are few."""
SATURATION_HEAD = (
    "Interviews",
    "Different codes heard",
    "In random orders, middle",
    "In random orders, 95 in 100",
    "New in the run",
)
UNDEFINED = {SAME: "all turns alike", NONE_TWICE: "no turn coded twice"}


def desk_of_frames(prepared: Prepared) -> tuple[Any, ...]:
    """Return the main coder's segments, what analysts wrote, turns and participants, from frames not yet laid down."""
    frames: dict[str, Any] = dict(prepared.frames)
    coder = prepared.facts["main_coder"]
    mine = tuple(CodedSegment(**r) for r in frames["coded"].to_dict("records") if r["coder"] == coder)
    written = {
        (r["page"], r["row"], r["column"]): Written(r["value"], r["author"], r["changed_on"])
        for r in frames["written"].to_dict("records")
    }
    turns = tuple(Turn(**r) for r in frames["turns"].to_dict("records"))
    people = tuple(
        Participant(r["label"], tuple(r["interviews"].split("|")), bool(r["consent"]))
        for r in frames["participants"].to_dict("records")
    )
    return mine, written, turns, people


def standing(desk: ExperienceDesk) -> Iterator[Check]:
    """Say what the findings are worth, and what is missing."""
    said = {
        "few interviews": (
            len(desk.interviews) < FEW,
            "The interviews are few. They show that something can be so, not how often it is so, and themes that "
            "nobody spoke of may still matter to others.",
        ),
        "not all interviews coded": (
            len(desk.coded_interviews) < len(desk.interviews),
            "Some interviews are not coded to the end. Who spoke of what is at least as shown.",
        ),
        "asked or not": (
            NOT_KNOWN in desk.states().values(),
            "For some topics nobody noted whether they were asked. There, silence says nothing.",
        ),
        "one voice heard much": (
            largest_share(desk.quotes()) > LONGEST_SHARE,
            "More than a quarter of the quotes come from one interview.",
        ),
        "no quotes": (not desk.quotes(), "No quotes were chosen for print, so the themes stand without evidence."),
        "no negative cases": (
            bool(desk.quotes()) and all(q.stand == "for" for q in desk.quotes()),
            "No quote speaks against a theme. Negative cases were not found, or not looked for.",
        ),
    }
    for name, (true, sentence) in said.items():
        if true:
            yield Check(analysis="themes", name=name, passed=False, sentence=sentence)


def facts(desk: ExperienceDesk) -> dict[str, str]:
    """Return short facts for the tables of reporting standards."""
    words = Counter(dict.fromkeys(desk.interviews, 0))
    for t in desk.turns:
        words[t.interview_id] += len(t.text.split())
    sources = sorted({c.source for c in desk.coders})
    again = sum(len(p.interviews) > 1 for p in desk.participants)
    asked = sum(bool(desk.book.of(c).topics) for c in desk.book.names)
    return {
        "approach": desk.protocol.experience.approach,
        "sample": f"{len(desk.participants)} interviewed, in {len(desk.interviews)} interviews",
        "repeat_interviews": f"{again} interviewed more than once" if again else "none",
        "length": f"median of {round(median(words.values())):,} words an interview",
        "coders": f"{len({c.coder for c in desk.coders})} coded; two finished {len(desk.finished_by_two)} interviews",
        "coding_software": ", ".join(sources),
        "derivation": f"{asked} codes follow topics of the guide, {len(desk.book.names) - asked} do not",
        "new_codes": new_codes(desk),
        "quotes": f"{len(desk.quotes())} quotes, each with its speaker's number" if desk.quotes() else "",
    }


def saturation_of(desk: ExperienceDesk) -> Saturation:
    """Return how codes came up interview by interview, by the protocol's rule."""
    plan = desk.protocol.experience
    rule = Rule(base=plan.base_size, run=plan.run_length, at_most=plan.new_at_most_percent / 100)
    of: dict[str, set[str]] = {i: set() for i in desk.coded_interviews}
    for c in desk.mine:
        if c.interview_id in of:
            of[c.interview_id].add(c.code)
    codes = [frozenset(s) for s in of.values()]
    return saturation(codes, rule, orders=plan.random_orders, seed=desk.protocol.seed)


def new_codes(desk: ExperienceDesk) -> str:
    """Say in plain words whether new codes still came up; nothing where that cannot be told or is not asked."""
    if desk.protocol.experience.approach == "reflexive":
        return ""
    try:
        s = saturation_of(desk)
    except AnalysisRefused:
        return ""
    if s.reached is None:
        return "New codes still came up in the last interviews, so more interviews would probably bring more."
    return f"After {s.reached} interviews hardly any new code came up. That is no proof that enough was asked."


def saturation_of_codes(desk: ExperienceDesk) -> Iterator[WordTable]:
    """Give different codes heard after each interview, new codes in each run, and the same in random orders."""
    s = saturation_of(desk)
    shares = {last: (new, share) for last, new, share in s.shares}
    rows = []
    for n, (heard, low, mid, high) in enumerate(zip(s.heard, s.low, s.middle, s.high, strict=True), 1):
        run = f"{shares[n][0]} of {s.n_base} ({100 * shares[n][1]:.0f}%)" if n in shares else ""
        rows.append((str(n), str(heard), f"{mid:.0f}", f"{low:.0f} to {high:.0f}", run))
    plan = desk.protocol.experience
    at_most = f"{plan.new_at_most_percent:g}%"
    if s.reached is None:
        said = f"No run had as few as {at_most} new codes: more interviews would probably bring new ones."
    else:
        enough = f"{s.reached} interviews ({s.reached}+{plan.run_length})"
        said = f"The first run with at most {at_most} new codes came after {enough}."
    by = "" if s.reached_by is None else f", typically after {s.reached_by:.0f} interviews"
    yield WordTable(
        analysis="saturation",
        name="saturation",
        caption="Do new codes still come up?",
        head=(
            "Interviews",
            "Different codes heard",
            "In random orders, middle",
            "In random orders, 95 in 100",
            "New in the run",
        ),
        rows=tuple(rows),
        note=f"{said} In {100 * s.reached_in:.0f}% of random orders some run had as few{by}. {s.only_once} codes were "
        f"heard in one interview only. Base {plan.base_size}, run {plan.run_length} (Guest, Namey and Chen 2020); "
        f"interviews in the order of their numbers; codebook version {desk.book.version}. This is saturation of codes, "
        "not of "
        "meaning, and no proof of enough.",
    )


def agreement_of_coders(desk: ExperienceDesk) -> Iterator[WordTable]:
    """Give, code by code, where coders agree and differ, then the coefficients with intervals by interview."""
    got = compare(desk.turns, desk.coded, desk.coders, desk.book, desk.protocol)
    rows = []
    for one in got.by_code:
        counts = "" if one.table is None else "{}, {}, {}, {}".format(*one.table)
        numbers = (_said(n) for n in (one.percent, one.alpha, one.ac1, one.kappa))
        share = f"{100 * one.prevalence:.1f}%"
        rows.append((desk.book.of(one.code).label, counts, share, *numbers, "rare" if one.remark else ""))
    yield WordTable(
        analysis="agreement",
        name="agreement",
        caption="Do coders agree?",
        head=(
            "Code",
            "Turns: both, first only, second only, neither",
            "Share of turns",
            "Percent agreement",
            "Krippendorff’s alpha",
            "Gwet’s AC1",
            "Cohen’s kappa",
            "Remark",
        ),
        rows=tuple(rows),
        note=f"{len(desk.finished_by_two)} interviews, {got.n_contacts:,} turns, {len(got.disagreements)} differ: "
        "`ot-eval interviews agree` lists them for the coders. Intervals come from resampling interviews. Where a code "
        "is rare, alpha and kappa can be low though coders nearly always agree. Agreement helps to sharpen the "
        "codebook; it does not make a finding true.",
    )


def _said(n: Number) -> str:
    if n.value is None:
        return UNDEFINED.get(n.undefined, "undefined")
    span = "" if n.lower is None or n.upper is None else f" ({n.lower:.2f} to {n.upper:.2f})"
    return f"{n.value:.2f}{span}"


def codebook(desk: ExperienceDesk) -> Iterator[WordTable]:
    """Give the codebook as used."""
    rows = []
    for theme in desk.book.all():
        depth = len(desk.book.path(theme.code)) - 1
        counts = "; ".join([*(f"counts: {x}" for x in theme.include), *(f"not: {x}" for x in theme.exclude)])
        topics = ", ".join(desk.book.topics[t] for t in theme.topics)
        rows.append((f"{'– ' * depth}{theme.label}", theme.definition, counts, topics))
    yield WordTable(
        analysis="codebook",
        name="codebook",
        caption=f"The codebook: {desk.book.name}, version {desk.book.version} ({desk.book.status})",
        head=("Code", "What it is", "Examples", "Asked by"),
        rows=tuple(rows),
        spoken=("What it is", "Examples"),
    )
