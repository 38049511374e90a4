"""Addresses, rooms, wards and institutions, written or spoken."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ot_eval.coding.deidentify_model import HIGH, LOW, MIDDLE, Flag, Kind
from ot_eval.coding.deidentify_words import FUNCTION, word_set

_NUMBER = (
    r"(?:\d{1,4}[a-z]?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|"
    r"seventeen|eighteen|nineteen|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)"
    r"(?:[\s-]+(?:one|two|three|four|five|six|seven|eight|nine))?|a\s+hundred(?:\s+and\s+\w+)?)"
)
_SURE = "street|road|avenue|crescent|lane|terrace|boulevard"
_ALSO_WORDS = (
    "drive|close|way|place|court|gardens|garden|hill|view|walk|park|rise|row|square|green|mews|grove|parade|st|rd|ave|"
    "gate|bank|croft|fold|wharf|quay|mount|vale|heights|villas|cottages"
)
_NAME = r"[^\W\d_][\w'’-]*"
_NUMBERED = re.compile(
    rf"(?i)\b(?:flat\s+\w{{1,4}},?\s+)?(?:number\s+)?{_NUMBER},?\s+((?:{_NAME}\s+){{1,3}}?)(?:{_SURE}|{_ALSO_WORDS})\b"
)
_CAPITAL_STREET = re.compile(rf"\b((?:[A-Z][\w'’-]+\s+){{1,3}})(?i:{_SURE}|{_ALSO_WORDS})\b")
_PLAIN_STREET = re.compile(rf"(?i)\b((?:{_NAME}\s+){{1,2}})(?:{_SURE})\b")
_FLAT = re.compile(rf"(?i)\b(?:flat|apartment|unit)\s+(?:number\s+)?(?:{_NUMBER}|[a-z])\b")
_COUNTED = r"(?!\s+(?:times|hours|minutes|days|weeks|people|o'clock))"
_ROOM = re.compile(rf"(?i)\b(?:ward|room|bay|bed)\s+(?:number\s+)?(?:{_NUMBER}|[A-Z]\d*)\b{_COUNTED}")
_KINDS = (
    "hospital|infirmary|ward|surgery|hospice|clinic|practice|medical centre|health centre|care home|nursing home|"
    "residential home|lodge|house|court|manor|grange|school|college|academy|church|chapel|mosque|temple|gurdwara|"
    "synagogue|community centre|day centre|university|estate|sheltered housing|extra care|pharmacy|homecare"
)
_CAPITAL_PLACE = re.compile(rf"\b((?:(?:St\.?|[A-Z][\w'’-]+)\s+(?:of\s+|the\s+)?){{1,4}})(?i:{_KINDS})\b")
_PLAIN_KINDS = (
    "hospital|infirmary|ward|surgery|hospice|lodge|manor|grange|care home|nursing home|medical centre|health centre"
)
_PLAIN_PLACE = re.compile(rf"(?i)\b((?:{_NAME}\s+){{1,2}})(?:{_PLAIN_KINDS})\b")
_CAPITALS: tuple[tuple[re.Pattern[str], Kind, str], ...] = (
    (_CAPITAL_STREET, "address", "a street"),
    (_CAPITAL_PLACE, "place", "a named institution"),
)
_PLAIN: tuple[tuple[re.Pattern[str], Kind, str], ...] = (
    (_PLAIN_STREET, "address", "a street"),
    (_PLAIN_PLACE, "place", "a named institution"),
)
_GENERIC = word_set(
    """
     main side back busy high front long same other next local general cottage community day care nursing home
     hospital old nearest private mental psychiatric stroke respite rehab rehabilitation medical surgical
     geriatric orthopaedic elderly whole first second third different another quiet new big small steep bumpy
     wet icy open middle across down up along city town country royal residential dental eye doctor's doctors
     gp gps vet's brain hip knee heart hand foot cataract eye bowel stomach major minor emergency acute
     admissions assessment day-case public bypass cobbled rough slow fast nice lovely good bad best worst
     university children's women's maternity private teaching field their our his her isolation respiratory
     cardiac renal having had need needed after before during cross crossing walking bus toll ring slip service
     memory one-way dead-end narrow
     """
)


def places(text: str) -> Iterator[Flag]:
    """Yield addresses, wards, rooms and institutions in `text`.

    "the main road", "my local hospital" and "a long way" are left: they name no place.

    Examples
    --------
    >>> text = "from the hospital to forty-two mill lane, off the main road, near Grace ward"
    >>> sorted({text[f.start:f.end] for f in places(text)})
    ['Grace ward', 'forty-two mill lane']
    """
    for found in _NUMBERED.finditer(text):
        words = found[1].casefold().split()
        if not set(words) & (FUNCTION | _GENERIC):
            yield Flag(found.start(), found.end(), "address", "a number and a street", HIGH)
    for pattern, kind, why in _CAPITALS:
        for found in pattern.finditer(text):
            start = found.start() + _leading(found[1])
            if start < found.start() + len(found[1]):
                yield Flag(start, found.end(), kind, why, MIDDLE)
    for pattern, kind, why in _PLAIN:
        for found in pattern.finditer(text):
            start = found.start() + _leading(found[1])
            if start < found.start() + len(found[1]) and found[1].split()[-1].casefold() not in FUNCTION | _GENERIC:
                yield Flag(start, found.end(), kind, why, MIDDLE)
    yield from (Flag(f.start(), f.end(), "address", "a flat", MIDDLE) for f in _FLAT.finditer(text))
    yield from (Flag(f.start(), f.end(), "place", "a ward, room or bed", LOW) for f in _ROOM.finditer(text))


def _leading(words: str) -> int:
    """Return how many characters of "The Old Mill " are words that name nothing, at its beginning."""
    at = 0
    for word in re.findall(r"\S+\s*", words):
        if word.strip().casefold() not in FUNCTION | _GENERIC:
            return at
        at += len(word)
    return len(words)
