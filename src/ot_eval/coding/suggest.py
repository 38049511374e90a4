"""Suggestions for people to accept or not, and the order in which coding teaches most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ot_eval.coding.codebook import Codebook
from ot_eval.coding.examples import examples_for
from ot_eval.coding.features import Array, Note, Reading, Vocabulary
from ot_eval.coding.learn import Coded, Model, Taught, teach, teachable
from ot_eval.coding.rules import Mention, Rules, rules_for
from ot_eval.coding.scope import SAID

QUOTE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """One code suggested for one contact. `because` quotes the note and is private.

    `probability` is the model's, None where a rule speaks alone.
    """

    contact_id: str
    code: str
    source: Literal["rule", "model"]
    probability: float | None
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """All suggestions for the contacts not yet coded, the order to code them in, and what could not be learned."""

    suggestions: tuple[Suggestion, ...]
    order: tuple[str, ...]
    taught: Taught
    n_coded: int


def propose(
    notes: Sequence[Note],
    coded: dict[str, tuple[str, ...]],
    book: Codebook,
    *,
    fewest: int,
    seed: int,
    n_order: int = 200,
) -> Proposal:
    """Suggest codes for every note that is not coded.

    Parameters
    ----------
    notes : all notes
    coded : reviewed codes by contact_id; an empty tuple means that nothing counts. Contacts marked "cannot tell" are
        left out by the caller
    book : the codebook
    fewest : contacts with a code that the model needs to suggest it
    seed : for the held-out people
    n_order : how many contacts to put in order

    Returns
    -------
    Proposal
        Codes that the model was not taught are suggested by the rules alone, and `taught.refused` says why.
    """
    reading, examples = read_with_examples(notes, book)
    at = np.array([i for i, n in enumerate(notes) if n.contact_id in coded], dtype=int)
    todo = np.array([i for i, n in enumerate(notes) if n.contact_id not in coded], dtype=int)
    labels = np.array([[c in coded[notes[i].contact_id] for c in book.names] for i in at], dtype=int)
    labels = labels.reshape(len(at), len(book.names))
    people = [notes[i].person_id for i in at]
    taught = teachable(labels, people, book.names, fewest)
    probabilities, least = None, 0.0
    if taught.codes:
        model = teach(reading, at, labels, seed, examples)
        probabilities, least = model.probabilities(reading, todo), model.suggested_from
    chosen = order(reading, todo, probabilities, n_order)
    return Proposal(
        suggestions=tuple(_suggestions(reading, todo, probabilities, least, taught)),
        order=tuple(notes[i].contact_id for i in chosen),
        taught=taught,
        n_coded=len(at),
    )


def read_with_examples(notes: Sequence[Note], book: Codebook) -> tuple[Reading, Coded]:
    """Read notes, and after them the example notes of the toolkit, with the example notes' codes."""
    examples = examples_for(book)
    reading = Reading([*notes, *examples.notes], rules_for(book), book)
    rows = np.arange(len(notes), len(reading.notes))
    return reading, Coded(rows=rows, labels=examples.labels, holds=examples.holds)


def order(reading: Reading, todo: NDArray[np.int_], probabilities: Array | None, n: int) -> list[int]:
    """Return the rows of `todo` to code first, most informative first.

    With a model: where its probabilities are nearest to even, each choice counted down for likeness to those before it.
    Without one: so that the codes found least so far come next. Notes chosen so are not a random sample: measure
    agreement and shares on the second coder's random sample instead.
    """
    if not len(todo) or n < 1:
        return []
    text = Vocabulary(reading, todo)(reading, todo)
    lengths = np.sqrt(np.asarray(text.multiply(text).sum(1)).ravel())
    worth = _uncertainty(probabilities) if probabilities is not None else np.ones(len(todo))
    found, seen = reading.found[todo], np.zeros(len(reading.names))
    likeness = np.zeros(len(todo))
    left = np.ones(len(todo), dtype=bool)
    chosen: list[int] = []
    for _ in range(min(n, len(todo))):
        rarity = (found / (1 + seen)).sum(1) if probabilities is None else 0.0
        value = np.where(left, (worth + rarity) * (1 - likeness), -1.0)
        best = int(value.argmax())
        chosen.append(int(todo[best]))
        left[best] = False
        seen += found[best]
        cosine = np.asarray((text @ text[best].T).toarray()).ravel() / np.maximum(lengths * lengths[best], 1e-12)
        likeness = np.maximum(likeness, np.clip(cosine, 0, 1))
    return chosen


def _uncertainty(probabilities: Array) -> Array:
    p = np.clip(probabilities, 1e-9, 1 - 1e-9)
    return np.asarray(-(p * np.log2(p) + (1 - p) * np.log2(1 - p)).sum(1))


def _suggestions(
    reading: Reading, todo: NDArray[np.int_], probabilities: Array | None, least: float, taught: Taught
) -> list[Suggestion]:
    out = []
    for row, i in enumerate(todo):
        for k, code in enumerate(reading.names):
            learned = probabilities is not None and code in taught.codes
            p = float(probabilities[row, k]) if learned and probabilities is not None else None
            if (p is not None and p >= least) or (p is None and reading.found[i, k]):
                out.append(
                    Suggestion(
                        contact_id=reading.notes[i].contact_id,
                        code=code,
                        source="rule" if p is None else "model",
                        probability=p,
                        because=because(reading.raw[i], reading.mentions[i], code),
                    )
                )
    return out


def because(note: str, mentions: Sequence[Mention], code: str) -> str:
    """Return the words of the note that speak for `code`, and those that were set aside with the reason.

    Examples
    --------
    >>> from ot_eval.coding.codebook import default_path, load
    >>> rules = rules_for(load(default_path()))
    >>> text = "Commode declined. Trolley ordered."
    >>> because(text, rules.mentions(text), "D1")
    '“Trolley”; set aside: “Commode” (declined or not needed)'
    """
    mine = [m for m in mentions if m.code == code]
    spoken = [f"“{note[m.start : m.end][:QUOTE]}”" for m in mine if m.counts]
    aside = [f"“{note[m.start : m.end][:QUOTE]}” ({SAID[m.standing]})" for m in mine if not m.counts]
    parts = [", ".join(dict.fromkeys(spoken)) or "learned from notes coded so far"]
    return "; set aside: ".join([*parts, *([", ".join(dict.fromkeys(aside))] if aside else [])])


__all__ = ["Model", "Note", "Proposal", "Rules", "Suggestion", "because", "order", "propose"]
