"""How good the suggestions are, and how well coders agree: what `ot-eval code suggest` and `code agreement` report."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.study import write_private
from ot_eval.coding import contacts, sheets
from ot_eval.coding.agreement import Agreement, CodeAgreement, Coded
from ot_eval.coding.agreement import agreement as compare
from ot_eval.coding.scoring import CalibrationBin, Number, People, Scores, calibration, held_out, macro_gain, score
from ot_eval.coding.suggest import Proposal, read_with_examples
from ot_eval.studies.coding_desk import Desk, open_desk, propose_for

FEWEST_PEOPLE = 10
"""Two rounds of holding out one person in five leave at least six people to learn from."""
MEASURES = ("percent", "positive", "kappa", "alpha", "ac1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Suggestions against what people coded: the rules, and the model on people it had not seen."""

    rules: Scores
    model: Scores
    gain: Number
    bins: tuple[CalibrationBin, ...]
    brier: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestReport:
    """What was suggested, how good suggestions are (or why that cannot be said), and where it is all written."""

    proposal: Proposal
    judged: Judged | None
    why_not_judged: str
    listed: Path
    scores: Path | None


def suggest(protocol_file: Path) -> SuggestReport:
    """Suggest codes for every contact not coded yet, and judge suggestions on those that are.

    Returns
    -------
    The list of suggestions is a workbook in the private coding folder; scores are a CSV beside it. Contacts coded in
    the suggested order are no random sample, so scores on them need not hold for all contacts.
    """
    desk = open_desk(protocol_file)
    proposal = propose_for(desk, len(desk.table))
    note = dict(zip(desk.table["contact_id"], desk.table["note"], strict=True))
    rows = [
        (s.contact_id, s.code, desk.book.label(s.code), s.source, _share(s.probability), s.because, note[s.contact_id])
        for s in proposal.suggestions
    ]
    heads = ("contact_id", "code", "label", "by", "probability", "because", "note")
    listed = write_private(desk.place("suggestions.xlsx"), sheets.list_workbook("Suggestions", heads, rows))
    try:
        judged, why = judge(desk), ""
    except AnalysisRefused as refused:
        return SuggestReport(proposal=proposal, judged=None, why_not_judged=refused.found, listed=listed, scores=None)
    scores = write_private(desk.place("suggestion-scores.csv"), _csv(_score_rows(judged)))
    return SuggestReport(proposal=proposal, judged=judged, why_not_judged=why, listed=listed, scores=scores)


def judge(desk: Desk) -> Judged:
    """Judge the rules, and the model on held-out people, against the reviewed coding.

    Raises
    ------
    AnalysisRefused
        Too few people or codes are coded.
    """
    chosen, _ = contacts.reviewed(desk.records)
    coded = {k: r.counted for k, r in chosen.items()}
    notes = [n for n in desk.notes if coded.get(n.contact_id) is not None]
    people = sorted({n.person_id for n in notes})
    if len(people) < FEWEST_PEOPLE:
        raise AnalysisRefused(
            f"suggestions cannot be judged yet: contacts of {len(people)} people are coded",
            expected=f"contacts of at least {FEWEST_PEOPLE} people",
            fix="code more contacts",
        )
    reading, examples = read_with_examples(notes, desk.book)
    truth = np.array([[c in (coded[n.contact_id] or ()) for c in desk.book.names] for n in notes]).astype(int)
    probability, said = held_out(reading, np.arange(len(notes)), truth, desk.protocol.seed, examples)
    found = reading.found[: len(notes)].astype(int)
    resampled = People([n.person_id for n in notes], desk.protocol.seed, desk.protocol.level)
    bins, brier = calibration(truth, probability)
    return Judged(
        rules=score(truth, found, resampled, desk.book.names),
        model=score(truth, said, resampled, desk.book.names),
        gain=macro_gain(truth, said, found, resampled),
        bins=bins,
        brier=brier,
    )


def _score_rows(judged: Judged) -> Iterable[tuple[str, ...]]:
    yield ("by", "code", "coded", "suggested", "right", "measure", "value", "lower", "upper", "why undefined")
    for name, scores in (("rules", judged.rules), ("model", judged.model)):
        for c in scores.by_code:
            for measure in ("precision", "recall", "f1"):
                counts = (str(c.n_true), str(c.n_suggested), str(c.n_right))
                yield (name, c.code, *counts, measure, *_number(getattr(c, measure)))
        for measure in ("macro_f1", "micro_f1"):
            yield (name, "all", "", "", "", measure, *_number(getattr(scores, measure)))
    yield ("model less rules", "all", "", "", "", "macro_f1", *_number(judged.gain))
    for b in judged.bins:
        label = f"probability {b.low:g} to {b.high:g}"
        yield ("model", label, "", str(b.n), "", "mean probability", _share(b.predicted), "", "", "")
        yield ("model", label, "", str(b.n), "", "share right", _share(b.right), "", "", "")
    yield ("model", "all", "", "", "", "brier", _share(judged.brier), "", "", "")


def measure_agreement(protocol_file: Path) -> tuple[Agreement, Path, Path]:
    """Compare the coders of main and second sheets.

    Returns
    -------
    The result, its table (CSV), and the workbook that lists the disagreements, both private.

    Raises
    ------
    AnalysisRefused
        No contact was coded by two people.
    """
    desk = open_desk(protocol_file)
    person = dict(zip(desk.table["contact_id"], desk.table["person_id"], strict=True))
    note = dict(zip(desk.table["contact_id"], desk.table["note"], strict=True))
    coded = [
        Coded(contact_id=r.contact_id, person_id=person.get(r.contact_id, r.contact_id), coder=r.coder, codes=r.counted)
        for r in desk.records
        if r.sheet != "agreed"
    ]
    got = compare(coded, desk.book.names, level=desk.protocol.level, seed=desk.protocol.seed)
    rows = [
        (
            d.contact_id,
            d.code,
            desk.book.label(d.code),
            ", ".join(d.said_yes),
            ", ".join(d.said_no),
            note.get(d.contact_id, ""),
        )
        for d in got.disagreements
    ]
    heads = ("contact_id", "code", "label", "said yes", "said no", "note")
    listed = write_private(desk.place("disagreements.xlsx"), sheets.list_workbook("Disagreements", heads, rows))
    return got, write_private(desk.place("agreement.csv"), _csv(_agreement_rows(got.by_code))), listed


def _agreement_rows(by_code: Iterable[CodeAgreement]) -> Iterable[tuple[str, ...]]:
    counts = ("both", "first only", "second only", "neither")
    yield (
        "code",
        "contacts",
        "people",
        "prevalence",
        *counts,
        "measure",
        "value",
        "lower",
        "upper",
        "why undefined",
        "remark",
    )
    for c in by_code:
        table = tuple(str(n) for n in c.table) if c.table else ("", "", "", "")
        for measure in MEASURES:
            number = _number(getattr(c, measure))
            yield (c.code, str(c.n_contacts), str(c.n_people), _share(c.prevalence), *table, measure, *number, c.remark)


def _number(number: Number) -> tuple[str, str, str, str]:
    return _share(number.value), _share(number.lower), _share(number.upper), number.undefined


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _csv(rows: Iterable[tuple[str, ...]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return "\ufeff" + text.getvalue()
