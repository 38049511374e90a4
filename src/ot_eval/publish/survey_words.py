"""The parts of an instrument in plain words: when a question is asked, how it is answered, where the answer goes."""

from __future__ import annotations

from ot_eval.data.survey_instrument import Instrument, Question
from ot_eval.data.survey_logic import Compare, Condition, Join
from ot_eval.data.survey_tables import free_text

_TYPES = {
    "text": "text",
    "integer": "whole number",
    "decimal": "number",
    "date": "date",
    "select_one": "one answer",
    "select_multiple": "all that apply",
}


def condition_words(condition: Condition, instrument: Instrument) -> str:
    """Return a condition as the end of the sentence "only if ...".

    Examples
    --------
    >>> from ot_eval.data.survey_instrument import load_all
    >>> skills = load_all()["enabling_skills"]
    >>> condition_words(skills.question("k01_use").relevant, skills)
    'you did not answer “I have not done this” to “K01 How well can you do this?”'
    """
    if isinstance(condition, Join):
        if condition.kind == "not":
            return f"it is not so that {condition_words(condition.parts[0], instrument)}"
        # "not empty" says nothing on paper beside what the same question's answer must be.
        told = [p for p in condition.parts if not (isinstance(p, Compare) and not p.choice)] or list(condition.parts)
        return f" {condition.kind} ".join(condition_words(p, instrument) for p in told)
    q = instrument.question(condition.question)
    if not condition.choice:
        return f"you {'did not answer' if condition.kind == '=' else 'answered'} “{q.label}”"
    label = next(c.label for c in q.choices if c.name == condition.choice)
    verb = {"=": "answered", "!=": "did not answer", "selected": "ticked"}[condition.kind]
    return f"you {verb} “{label}” to “{q.label}”"


def answer_words(q: Question) -> str:
    """Return how a question is answered: its type, its range."""
    words = _TYPES[q.kind]
    if q.minimum is not None and q.maximum is not None:
        words += f" from {q.minimum:g} to {q.maximum:g}"
    return words + (", must be given" if q.required else "")


def destination(instrument: Instrument, q: Question) -> str:
    """Return where an answer goes: a column, rows of a table, or the private work folder."""
    if free_text(q) and not any(m.source == q.name for m in instrument.maps):
        return "kept apart, private"
    columns = [f"{m.table}.{m.column}" for m in instrument.maps if m.source == q.name]
    if columns:
        return ", ".join(dict.fromkeys(columns))
    for m in instrument.maps:
        prefix = m.each.removeprefix("answer").strip()
        if m.each.startswith("answer") and not q.repeat and q.name.startswith(prefix):
            return f"a row of {m.table}"
    return "private work folder"
