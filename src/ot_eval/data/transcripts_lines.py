"""Lines of a transcript into what each speaker said: Teams in both its styles, and labels typed by hand.

The style is read off the whole document. Nothing is guessed: a document without a style is refused, and every line that
is not taken over is counted by its reason.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

MOST_LABEL_WORDS = 4
LEAST_TIMES = 2
"""A label that is no word for a role must stand this often before it counts as a speaker."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CLOCK = r"\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?"
_TEAMS = re.compile(rf"^(?P<speaker>\S.{{0,78}}?)(?:\s{{2,}}|\t)(?P<clock>{_CLOCK})$")
_SPAN = re.compile(r"^\d+:\d+:\d+[.,]\d+\s*-->\s*\d+:\d+:\d+[.,]\d+$")
_LABEL = re.compile(
    rf"^(?:[\[(]?{_CLOCK}[\])]?\s+)?(?P<stars>[*_]{{0,3}})(?P<speaker>[^\s:*_\t][^:*\t]{{0,38}}?)"
    rf"\s*(?:[\[(]{_CLOCK}[\])])?\s*(?:(?P=stars)\s*[:\t]|:\s*(?P=stars))\s*(?P<text>.*)$"
)
_SYSTEM = re.compile(r"(?i)^.{0,80}\b(?:started|stopped) transcription\b\.?$")
_CLOCK_ONLY = re.compile(rf"^[\[(]?{_CLOCK}[\])]?$")
_ENDS_A_LABEL = _words("said says asked told and but so because that was is like")

INTERVIEWER = _words(
    "interviewer int int1 int2 i iv q question researcher moderator facilitator interviewer1 interviewer2"
)
PARTICIPANT = _words("participant respondent interviewee iee resp p r a answer su pt part service-user")
OTHER = _words(
    "carer daughter son wife husband partner spouse sister brother mother father friend neighbour niece "
    "nephew family relative granddaughter grandson ot therapist nurse interpreter advocate other unknown"
)
_NUMBERED = re.compile(r"^(participant|respondent|interviewee|interviewer|resp|int|su|pt|p|r|i)[ _.-]?\d{1,4}$")
_WHOLE = {"service user": "participant", "support worker": "other", "care worker": "other", "home carer": "other"}


def role_of(label: str) -> str | None:
    """Return the role that a speaker's label names, or None where it names none.

    Examples
    --------
    >>> role_of("Interviewer 2"), role_of("P04"), role_of("Daughter"), role_of("Margaret")
    ('interviewer', 'participant', 'other', None)
    """
    word = " ".join(label.casefold().split()).strip(".")
    if word in _WHOLE:
        return _WHOLE[word]
    numbered = _NUMBERED.fullmatch(word)
    base = numbered[1] if numbered else word
    for role, words in (("interviewer", INTERVIEWER), ("participant", PARTICIPANT), ("other", OTHER)):
        if base in words:
            return role
    return None


@dataclass(slots=True)
class Said:
    """What one speaker said in one go, as written."""

    speaker: str
    text: str


@dataclass(slots=True)
class Heard:
    """A transcript as read: who said what, how it was written, and what was left out, counted by reason."""

    said: list[Said] = field(default_factory=list)
    style: str = ""
    lost: Counter[str] = field(default_factory=Counter)

    def joined(self, glue: str) -> Heard:
        """Return the same with entries of one speaker in a row made one, and empty ones counted."""
        whole = Heard(style=self.style, lost=Counter(self.lost))
        for entry in self.said:
            text = entry.text.strip()
            if not text:
                whole.lost["entries of a speaker without words"] += 1
            elif whole.said and whole.said[-1].speaker == entry.speaker:
                whole.said[-1].text += glue + text
            else:
                whole.said.append(Said(entry.speaker, text))
        return whole


def hear(lines: Iterable[str]) -> Heard | None:
    """Return what was said, or None where the lines show no speakers.

    Parameters
    ----------
    lines : the document, line by line
    """
    kept = [line.replace("\u00a0", " ").replace("\u200b", "").rstrip() for line in lines]
    if sum(bool(_SPAN.match(line.strip())) for line in kept) >= 1:
        return _teams_spans(kept)
    n_clock = sum(bool(_TEAMS.match(line.strip())) for line in kept)
    labels = _labels(kept)
    n_label = sum(_label_of(line, labels) is not None for line in kept)
    if n_clock and n_clock >= n_label:
        return _teams_clocks(kept)
    return _labelled(kept, labels) if n_label else None


def _teams_spans(lines: Sequence[str]) -> Heard:
    """Read the older style of Teams: a span of time, the speaker, the words."""
    heard = Heard(style="Microsoft Teams, with spans of time")
    awaiting = False
    for line in lines:
        text = line.strip()
        if _SPAN.match(text):
            awaiting = True
        elif awaiting and text:
            heard.said.append(Said(text, ""))
            awaiting = False
        else:
            _goes_on(heard, text, " ")
    return heard.joined(" ")


def _teams_clocks(lines: Sequence[str]) -> Heard:
    """Read the newer style of Teams: the speaker and the clock on one line, the words below."""
    heard = Heard(style="Microsoft Teams, with clocks")
    for line in lines:
        found = _TEAMS.match(line.strip())
        if found:
            heard.said.append(Said(found["speaker"].strip(), ""))
        else:
            _goes_on(heard, line.strip(), " ")
    return heard.joined(" ")


def _labelled(lines: Sequence[str], labels: frozenset[str]) -> Heard:
    heard = Heard(style="speakers' labels")
    for line in lines:
        text = line.strip()
        found = _label_of(text, labels)
        if found:
            heard.said.append(Said(*found))
        elif heard.said and text.startswith("#"):
            heard.lost["headings"] += 1
        else:
            if (candidate := _LABEL.match(text)) and _may_be_a_label(candidate["speaker"]):
                heard.lost["lines that begin like a speaker's label, kept as words of the turn before"] += bool(
                    heard.said
                )
            _goes_on(heard, text, "\n")
    return heard.joined("\n")


def _goes_on(heard: Heard, text: str, glue: str) -> None:
    if not text:
        return
    if _SYSTEM.match(text):
        heard.lost["lines in which Teams says that it started or stopped"] += 1
    elif _CLOCK_ONLY.match(text):
        heard.lost["lines that are only a time"] += 1
    elif not heard.said:
        heard.lost["lines before the first speaker"] += 1
    else:
        last = heard.said[-1]
        last.text = f"{last.text}{glue}{text}" if last.text else text


def _labels(lines: Sequence[str]) -> frozenset[str]:
    """Return the labels that count as speakers: words for a role, and what stands as a label at least twice."""
    counts = Counter(label for line in lines for label in _candidates(line.strip()))
    return frozenset(label for label, n in counts.items() if n >= LEAST_TIMES or role_of(label))


def _candidates(line: str) -> Iterator[str]:
    found = _LABEL.match(line)
    if found and _may_be_a_label(found["speaker"]):
        yield found["speaker"].strip()


def _may_be_a_label(label: str) -> bool:
    words = label.split()
    if role_of(label):
        return True
    return bool(
        0 < len(words) <= MOST_LABEL_WORDS
        and (label[0].isupper() or role_of(label))
        and words[-1].casefold() not in _ENDS_A_LABEL
        and not any(c in label for c in '.,;!?…"“”')
    )


def _label_of(line: str, labels: frozenset[str]) -> tuple[str, str] | None:
    found = _LABEL.match(line.strip())
    if found and found["speaker"].strip() in labels:
        return found["speaker"].strip(), found["text"]
    return None
