"""Phrase rules: what a note names, whether it counts, and the words that say so."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from ot_eval.base import located_yaml
from ot_eval.base.errors import InternalFault, RequestError
from ot_eval.coding.codebook import Codebook
from ot_eval.coding.patterns import Patterns, Span, compile_phrases, flat, words_of
from ot_eval.coding.scope import Scope, Standing
from ot_eval.coding.text import Reader, Sentence, Speller

WITHIN = 12
"""Words that may lie between a thing and its act where a code's rule does not say."""
BLOCKING: frozenset[Standing] = frozenset({"negated", "by_worker", "history", "planned", "goal"})
"""What keeps a find from counting, unless the code's rule allows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """One find: the code, the words of the note (offsets, end exclusive), where it stands, and whether it counts.

    It counts when the work was done, provided, ordered, agreed or referred at this contact.
    """

    code: str
    start: int
    end: int
    standing: Standing
    counts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The compiled phrases of one code. `objects`: its things are objects; `lines`: phrases and things as written."""

    code: str
    phrases: Patterns
    things: Patterns
    acts: Patterns
    but_not: Patterns
    within: int
    across: int
    blocked_by: frozenset[Standing]
    yields_to: tuple[str, ...]
    objects: bool
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReadNote:
    """A note read once: sentences, the stems of their words, and where each word stands."""

    sentences: tuple[Sentence, ...]
    stems: list[list[str]]
    standings: list[list[Standing]]

    def at(self, sentence: int, span: Span) -> list[Standing]:
        """Return where the words of a span stand."""
        return self.standings[sentence][span.first : span.last + 1]

    def words(self) -> list[tuple[str, Standing]]:
        """Return every stem with its standing."""
        return [pair for s, t in zip(self.stems, self.standings, strict=True) for pair in zip(s, t, strict=True)]


@dataclass(frozen=True, slots=True)
class Rules:
    """The phrase rules of one codebook; `rules_for` makes them."""

    reader: Reader
    scope: Scope
    by_code: tuple[Rule, ...]

    def read(self, note: str) -> ReadNote:
        """Read a note: sentences, stems, standings."""
        sentences = self.reader.sentences(note)
        return ReadNote(sentences, [[w.stem for w in s] for s in sentences], self.scope.standings(sentences))

    def finds(self, read: ReadNote) -> tuple[Mention, ...]:
        """Return every find in a note, those that do not count included, by code and place."""
        found: set[Mention] = set()
        for i in range(len(read.sentences)):
            by_phrase = {rule.code: _by_phrase(rule, read, i) for rule in self.by_code}
            by_thing = {rule.code: _by_thing(rule, read, i) for rule in self.by_code}
            taken = {m.code for part in (by_phrase, by_thing) for ms in part.values() for m in ms if m.counts}
            for rule in self.by_code:
                found.update(by_thing[rule.code])
                if not taken.intersection(rule.yields_to):
                    found.update(by_phrase[rule.code])
        return tuple(sorted(found, key=lambda m: (m.code, m.start, m.end)))

    def things(self, read: ReadNote) -> set[str]:
        """Return the codes of whose things the note names one that stands as done, with or without an act."""
        return {
            rule.code
            for rule in self.by_code
            for i, stems in enumerate(read.stems)
            for span in rule.things.spans(stems)
            if not rule.blocked_by.intersection(read.at(i, span)) and not _hidden(span, rule.but_not.spans(stems))
        }

    def mentions(self, note: str) -> tuple[Mention, ...]:
        """Return every find in a note (`finds` of `read`)."""
        return self.finds(self.read(note))

    def codes(self, note: str) -> tuple[str, ...]:
        """Return the codes that a note expresses, by the rules alone.

        Examples
        --------
        >>> from ot_eval.coding.codebook import default_path, load
        >>> rules = rules_for(load(default_path()))
        >>> rules.codes("Grab rails ordered. Commode declined.")
        ('D2',)
        """
        return tuple(sorted({m.code for m in self.mentions(note) if m.counts}))


def rules_for(book: Codebook) -> Rules:
    """Compile the shipped phrases for the codes of `book`, with the phrases that the codebook adds.

    A code that the shipped list does not know is found by the codebook's own phrases only.

    Raises
    ------
    RequestError
        A phrase of the codebook cannot be read.
    """
    words, listed = _shipped("words_ot.yaml"), _shipped("phrases_ot.yaml")
    sets: dict[str, list[str]] = listed["sets"]
    specs: dict[str, dict[str, Any]] = {c: listed["codes"].get(c, {}) for c in book.names}
    for code in book.codes:
        if code.phrases:
            specs[code.code] = {**specs[code.code], "phrases": [*specs[code.code].get("phrases", ()), *code.phrases]}
    lines = [line for spec in specs.values() for part in ("phrases", "things", "acts") for line in spec.get(part, ())]
    known = words_of(lines, sets) | set(words["done"]) | set(words["stops"])
    return Rules(
        Reader(words["abbreviations"], Speller(known, words["common"])),
        Scope.of(words),
        tuple(_compiled(code, spec, sets) for code, spec in specs.items()),
    )


@cache
def _shipped(name: str) -> dict[str, Any]:
    read = located_yaml.read((files("ot_eval.coding") / name).read_text(encoding="utf-8"))
    if read.faults or not isinstance(read.value, dict):
        raise InternalFault(
            f"{name}: the word list that comes with the toolkit cannot be read",
            expected="an installation as it was packed",
            fix="install ot_eval again",
        )
    return read.value


def _compiled(code: str, spec: dict[str, Any], sets: dict[str, list[str]]) -> Rule:
    try:
        phrases, things, acts, but_not = (
            compile_phrases(spec.get(p, ()), sets, stems=True) for p in ("phrases", "things", "acts", "but_not")
        )
    except RequestError as error:
        raise RequestError(f"code {code}: {error.found}", expected=error.expected, fix=error.fix) from None
    blocked = (BLOCKING - set(spec.get("allow", ()))) | set(spec.get("also_blocked_by", ()))
    return Rule(
        code=code,
        phrases=phrases,
        things=things,
        acts=acts,
        but_not=but_not,
        within=spec.get("within", WITHIN),
        across=spec.get("across", 0),
        blocked_by=frozenset(blocked),
        yields_to=tuple(spec.get("yields_to", ())),
        objects=spec.get("objects", False),
        lines=tuple(flat([*spec.get("phrases", ()), *spec.get("things", ())], sets)),
    )


def _hidden(span: Span, hidden: list[Span]) -> bool:
    return any(span.overlaps(h) for h in hidden)


def _by_phrase(rule: Rule, note: ReadNote, i: int) -> list[Mention]:
    hidden = rule.but_not.spans(note.stems[i])
    spans = rule.phrases.spans(note.stems[i])
    return [_mention(rule, note, i, span, []) for span in spans if not _hidden(span, hidden)]


def _by_thing(rule: Rule, note: ReadNote, i: int) -> list[Mention]:
    hidden = rule.but_not.spans(note.stems[i])
    found = []
    for thing in rule.things.spans(note.stems[i]):
        if _hidden(thing, hidden):
            continue
        act = _best_act(rule, note, i, thing)
        named = rule.objects and rule.blocked_by.intersection(note.at(i, thing))  # "commode declined" has no act
        if act is not None or named:
            found.append(_mention(rule, note, i, thing, act or []))
    return found


def _mention(rule: Rule, note: ReadNote, i: int, span: Span, act: list[Standing]) -> Mention:
    standing: Standing = next((s for s in [*note.at(i, span), *act] if s in rule.blocked_by), "done")
    sentence = note.sentences[i]
    return Mention(
        code=rule.code,
        start=sentence[span.first].start,
        end=sentence[span.last].end,
        standing=standing,
        counts=standing == "done",
    )


def _best_act(rule: Rule, note: ReadNote, i: int, thing: Span) -> list[Standing] | None:
    """Return the standings of the act that goes with `thing`: one that counts if there is one, else the nearest."""
    best: tuple[bool, int, list[Standing]] | None = None
    for j in range(i, min(i + rule.across, len(note.stems) - 1) + 1):
        shift = sum(len(s) for s in note.stems[i:j])
        for act in rule.acts.spans(note.stems[j]):
            gap = thing.distance(Span(act.first + shift, act.last + shift))
            if gap > rule.within or (i == j and act.overlaps(thing)):
                continue
            mine = note.at(j, act)
            here = (bool(rule.blocked_by.intersection(mine)), gap, mine)
            best = here if best is None or here[:2] < best[:2] else best
    return None if best is None else best[2]
