"""Dates that may identify a person, written in figures or spoken, and ages over 89."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ot_eval.coding.deidentify_model import HIGH, LOW, MIDDLE, Flag

_MONTHS = (
    "january|february|march|april|may|june|july|august|september|october|november|december|"
    "jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec"
)
_UNITS = "one|two|three|four|five|six|seven|eight|nine"
_TEENS = "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_ORDINAL_UNITS = "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth"
_ORDINALS = (
    f"{_ORDINAL_UNITS}|tenth|eleventh|twelfth|thirteenth|fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|"
    f"nineteenth|twentieth|thirtieth|(?:twenty|thirty)[\\s-]+(?:{_ORDINAL_UNITS})"
)
_DAY = rf"(?:\d{{1,2}}(?:\s?(?:st|nd|rd|th))?|{_ORDINALS})"
_BELOW_100 = rf"(?:(?:oh|o)[\s-]+(?:{_UNITS})|(?:{_TENS})(?:[\s-]+(?:{_UNITS}))?|{_TEENS}|hundred)"
_YEAR = (
    rf"(?:(?:18|19|20)\d\d|'\d\d|(?:nineteen|twenty|eighteen)[\s-]+{_BELOW_100}"
    rf"|two\s+thousand(?:\s+(?:and\s+)?(?:{_UNITS}|{_TEENS}|(?:{_TENS})(?:[\s-]+(?:{_UNITS}))?))?)"
)
_YEAR_ALONE = (
    rf"(?:(?:18|19|20)\d\d|(?:nineteen|eighteen)[\s-]+{_BELOW_100}|twenty[\s-]+(?:oh[\s-]+(?:{_UNITS})|{_TEENS}))"
)
_PATTERNS: tuple[tuple[re.Pattern[str], str, int], ...] = tuple(
    (re.compile(rf"(?i)(?<![\w/.-]){pattern}(?![\w/-])"), why, risk)
    for pattern, why, risk in (
        (r"\d{1,2}\s?[/.-]\s?\d{1,2}\s?[/.-]\s?(?:19|20)?\d\d", "a date in figures", HIGH),
        (r"(?:19|20)\d\d-\d\d-\d\d", "a date in figures", HIGH),
        (rf"(?:the\s+)?{_DAY}\s+(?:of\s+)?(?:{_MONTHS})\b\.?(?:,?\s+(?:in\s+)?{_YEAR})?", "a day and a month", HIGH),
        (rf"(?:{_MONTHS})\b\.?,?\s+(?:the\s+)?{_DAY}(?:,?\s+(?:in\s+)?{_YEAR})?", "a month and a day", HIGH),
        (rf"(?:{_MONTHS})\b\.?,?\s+(?:of\s+)?{_YEAR}", "a month and a year", HIGH),
        (
            r"(?:the\s+)?(?:\d{1,2}|" + f"{_ORDINALS}|{_UNITS}|{_TEENS}" + r")\s*,?\s+(?:of\s+)?(?:the\s+)?"
            rf"(?:{_ORDINALS}|(?:oh\s+)?(?:{_UNITS})|{_TEENS})\s*,?\s+(?:of\s+)?(?:nineteen[\s-]+|twenty[\s-]+)?{_BELOW_100}",
            "a date spoken in numbers",
            HIGH,
        ),
        (_YEAR_ALONE, "a year", LOW),
    )
)  # fmt: skip
_BORN = re.compile(rf"(?i)\bborn\s+(?:\w+\s+){{0,3}}?({_YEAR})(?!\w)")

_NINETIES = rf"(?:9\d|1[01]\d|ninety(?:[\s-]+(?:{_UNITS}))?|(?:a|one)\s+hundred(?:\s+and\s+(?:{_UNITS}|{_TEENS}))?)"
_MEASURES = r"(?!\s*(?:%|per ?cent|pounds|degrees|percent|kilos|kg|metres|miles|minutes))"
_AGES = (
    re.compile(
        rf"(?i)\b(?:i'?m|i’m|i am|she'?s|he'?s|she’s|he’s|is|was|aged?|turn(?:ed|s|ing)?|be|nearly|almost|age of)\s+"
        rf"(?:nearly\s+|almost\s+|only\s+|just\s+|now\s+)*({_NINETIES}){_MEASURES}(?![\w/:.]\w)\b"
    ),
    re.compile(rf"(?i)\b({_NINETIES})[\s-]+(?:years?[\s-]+old|year[\s-]old|years of age)\b"),
    re.compile(rf"(?i)\b({_NINETIES})(?:st|nd|rd|th)\s+birthday\b"),
    re.compile(
        r"(?i)\b((?:9\d|1[01]\d)(?:st|nd|rd|th)|ninetieth|(?:one\s+)?hundredth|ninety[\s-]+(?:"
        + _ORDINAL_UNITS
        + r"))\s+birthday\b"
    ),
)


def dates(text: str) -> Iterator[Flag]:
    """Yield dates, years and ages over 89 in `text`.

    A month alone, a weekday and a time of day are left: they say when care came, not who somebody is.

    Examples
    --------
    >>> text = "born on the twelfth of march nineteen forty-one, came in March at half past ten"
    >>> [text[f.start:f.end] for f in dates(text) if f.risk == 3]
    ['the twelfth of march nineteen forty-one', 'march nineteen forty-one']
    """
    for pattern, why, risk in _PATTERNS:
        for found in pattern.finditer(text):
            yield Flag(found.start(), found.end(), "date", why, risk)
    for found in _BORN.finditer(text):
        yield Flag(found.start(1), found.end(1), "date", "a year of birth", HIGH)
    for pattern in _AGES:
        for found in pattern.finditer(text):
            yield Flag(found.start(1), found.end(1), "age", "an age over 89", MIDDLE)
