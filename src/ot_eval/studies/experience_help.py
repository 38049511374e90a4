"""Help for reading, never a finding: `ot-eval interviews explore`, and the coders' list of `ot-eval interviews agree`.

Both write private workbooks beside the study's work. Nothing of it goes into the report.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ot_eval.base.errors import AnalysisRefused, RequestError
from ot_eval.base.protocol import Protocol
from ot_eval.base.protocol_file import load, study_folder
from ot_eval.base.study import write_private
from ot_eval.coding import matrix_sheet
from ot_eval.coding.agreement import Agreement
from ot_eval.coding.concordance import concordance
from ot_eval.coding.keywords import Passage, collocations, keyness
from ot_eval.coding.matrix_sheet import Column, Page
from ot_eval.coding.rank_passages import rank
from ot_eval.coding.scoring import Number
from ot_eval.coding.segments import CodedSegment, Turn
from ot_eval.coding.theme_counts import Participant, together
from ot_eval.coding.topics import topics
from ot_eval.studies.experience_agreement import compare
from ot_eval.studies.experience_data import main_coder, participant_rows, participants
from ot_eval.studies.interviews_coding import NO, Desk, open_folder
from ot_eval.studies.interviews_desk import FOLDER

TOPICS = 8
MOST_ROWS = 200
PROMPT = "A prompt for a reader, made by counting words. It is no theme and no finding."
Row = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What help is made from. `spoken` are the participants' turns, `who` the participant's label by interview."""

    protocol: Protocol
    desk: Desk
    people: tuple[Participant, ...]
    who: dict[str, str]
    spoken: tuple[Turn, ...]
    mine: tuple[CodedSegment, ...]
    coder: str

    @property
    def passages(self) -> list[Passage]:
        """The participant and words of each turn."""
        return [(self.who[t.interview_id], t.text) for t in self.spoken]


@dataclass(frozen=True, slots=True, kw_only=True)
class Help:
    """Where the workbook is, and what was refused and why."""

    path: Path
    refused: dict[str, str]


def explore(protocol_file: Path, *, word: str = "", code: str = "") -> Help:
    """Write a workbook of prompts.

    Parameters
    ----------
    protocol_file : the study's protocol
    word : for a concordance; a * at its end stands for any ending
    code : for words that stand out in its passages, and for turns to look at next
    """
    folder, reading = _reading(protocol_file)
    parts: dict[str, Callable[[], Page]] = {
        "Side by side": lambda: _pairs(reading),
        "Topics": lambda: _topics(reading),
        "Codes together": lambda: _together(reading),
    }
    if word:
        parts["Concordance"] = lambda: _places(reading, word)
    if code:
        named = reading.desk.book.parse(code)
        if named is None:
            raise RequestError(
                "--code names no code of the codebook", expected="its name or label", fix="see the codebook"
            )
        parts["Words of the code"] = lambda: _keys(reading, named)
        parts["Look here next"] = lambda: _next(reading, named)
    pages, refused = [], {}
    for name, part in parts.items():
        try:
            pages.append(part())
        except AnalysisRefused as why:
            refused[name] = f"{why.found}; {why.expected}"
    body = matrix_sheet.workbook(pages, (("about", PROMPT),))
    return Help(path=write_private(folder / "explore.xlsx", body), refused=refused)


def write_agreement(protocol_file: Path) -> tuple[Path, Agreement]:
    """Write agreement code by code and every disagreement with its words, for coders to talk about.

    Raises
    ------
    RequestError
        The approach is reflexive.
    AnalysisRefused
        No interview was finished by two coders.
    """
    folder, reading = _reading(protocol_file)
    if reading.protocol.experience.approach == "reflexive":
        raise RequestError(
            "the protocol declares a reflexive approach",
            expected="framework or codebook, where coders' agreement says something",
            fix="read the passages together instead; or change experience.approach, and say why",
        )
    desk, book = reading.desk, reading.desk.book
    got = compare(desk.turns, desk.coded, desk.coders, book, reading.protocol)
    texts = {t.segment_id: t.text for t in desk.turns}
    rows: list[Row] = [
        (d.contact_id, book.of(d.code).label, ", ".join(d.said_yes), ", ".join(d.said_no), texts[d.contact_id])
        for d in sorted(got.disagreements, key=lambda d: (d.contact_id, d.code))
    ]
    by_code: list[Row] = [
        (
            book.of(c.code).label,
            "" if c.table is None else "{}, {}, {}, {}".format(*c.table),
            f"{c.prevalence:.3f}",
            *(_said(n) for n in (c.percent, c.alpha, c.ac1, c.kappa)),
            c.remark.replace("contacts", "turns"),
        )
        for c in got.by_code
    ]
    pages = (
        _page("Disagreements", ("turn", "code", "said yes", "said no", "words"), (14, 30, 14, 14, 100), rows),
        _page(
            "By code",
            (
                "code",
                "both, first only, second only, neither",
                "share of turns",
                "percent",
                "alpha",
                "AC1",
                "kappa",
                "remark",
            ),
            (34, 26, 10, 22, 22, 22, 22, 60),
            by_code,
        ),
    )
    about = (("about", "Talk about the disagreements first. They show where the codebook says too little."),)
    return write_private(folder / "agreement.xlsx", matrix_sheet.workbook(pages, about)), got


def _reading(protocol_file: Path) -> tuple[Path, Reading]:
    protocol = load(protocol_file)
    folder = study_folder(protocol_file, protocol)
    desk = open_folder(folder, protocol.study)
    coder = main_coder(desk, protocol)
    people = participants(participant_rows(folder.data / FOLDER, desk))
    reading = Reading(
        protocol=protocol,
        desk=desk,
        people=people,
        who={i: p.label for p in people for i in p.interviews},
        spoken=tuple(t for t in desk.turns if t.speaker_role != "interviewer"),
        mine=tuple(c for c in desk.coded if c.coder == coder),
        coder=coder,
    )
    return folder.work / FOLDER, reading


def _page(title: str, heads: Row, widths: tuple[int, ...], rows: Sequence[Row]) -> Page:
    columns = tuple(Column(name=h, title=h, width=w) for h, w in zip(heads, widths, strict=True))
    return Page(title=title, columns=columns, rows={str(n): row for n, row in enumerate(rows, 1)})


def _said(n: Number) -> str:
    if n.value is None:
        return n.undefined.replace("contact", "turn")
    span = "" if n.lower is None or n.upper is None else f" ({n.lower:.2f} to {n.upper:.2f})"
    return f"{n.value:.3f}{span}"


def _pairs(r: Reading) -> Page:
    rows = [
        (f"{p.first} {p.second}", str(p.times), str(p.people), f"{p.ratio:.1f}")
        for p in collocations(r.passages)[:MOST_ROWS]
    ]
    return _page("Side by side", ("words", "times", "participants", "likelihood ratio"), (30, 10, 12, 16), rows)


def _topics(r: Reading) -> Page:
    rows = [
        (
            ", ".join(t.words),
            f"{100 * t.stability:.0f}%",
            str(t.people),
            ", ".join(r.spoken[k].segment_id for k in t.turns),
        )
        for t in topics(r.passages, TOPICS, seed=r.protocol.seed)
    ]
    heads = ("words that come together", "of them back from other starts", "participants", "turns that show it best")
    return _page("Topics", heads, (70, 18, 12, 30), rows)


def _together(r: Reading) -> Page:
    book = r.desk.book
    pairs = sorted(together(r.people, r.mine).items(), key=lambda x: (-x[1], x[0]))
    rows = [(book.of(a).label, book.of(b).label, f"{n} of {len(r.people)}") for (a, b), n in pairs]
    return _page("Codes together", ("code", "with", "participants"), (34, 34, 14), rows)


def _places(r: Reading, word: str) -> Page:
    found = concordance(r.spoken, word)
    rows = [(r.who[p.interview_id], p.segment_id, p.before, p.word, p.after) for p in found]
    return _page("Concordance", ("participant", "turn", "before", "word", "after"), (12, 14, 50, 16, 50), rows)


def _keys(r: Reading, code: str) -> Page:
    inside = [(r.who[c.interview_id], c.text) for c in r.mine if c.code == code]
    turns = {c.segment_id for c in r.mine if c.code == code}
    outside = [(r.who[t.interview_id], t.text) for t in r.spoken if t.segment_id not in turns]
    rows = [
        (k.word, str(k.inside), str(k.outside), str(k.people), f"{k.g2:.1f}", f"{k.log_ratio:.2f}")
        for k in keyness(inside, outside)[:MOST_ROWS]
    ]
    heads = (
        "word",
        "in passages of the code",
        "elsewhere",
        "participants",
        "log-likelihood",
        "log2 of the ratio of rates",
    )
    return _page("Words of the code", heads, (20, 16, 12, 12, 14, 18), rows)


def _next(r: Reading, code: str) -> Page:
    done = {c.interview_id for c in r.desk.coders if c.coder == r.coder and c.finished != NO}
    turns = [t for t in r.spoken if t.interview_id in done]
    has = {c.segment_id for c in r.mine if c.code == code}
    got = rank(
        [t.text for t in turns],
        [t.segment_id in has for t in turns],
        [t.interview_id for t in turns],
        seed=r.protocol.seed,
    )
    judged = (
        "on interviews it had not seen",
        f"average precision {got.precision:.2f}, {got.by_chance:.2f} by chance",
        f"half of the coded turns stand in the first {100 * got.half_found_in:.0f}%",
    )
    rows: list[Row] = [judged]
    rows += [(r.who[turns[k].interview_id], turns[k].segment_id, turns[k].text) for k in got.order[:MOST_ROWS]]
    return _page("Look here next", ("participant", "turn", "words"), (26, 34, 100), rows)
