"""Identifiers with a form of their own: numbers with check digits, phones, postcodes, e-mail; written or spoken.

A number that fails its check digit is flagged all the same: it may be a true number misheard. Forms are from the NHS
Data Dictionary (NHS number, modulus 11), HMRC (National Insurance prefixes) and BS 7666 (postcodes).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from ot_eval.coding.deidentify_model import HIGH, LOW, MIDDLE, Flag, Kind
from ot_eval.coding.deidentify_words import word_set

NHS_DIGITS = 10
_CHECK_BASE = 11
LEAST_DIGITS = 6
"""A run of so many digits identifies somebody more often than not; shorter ones are counts, doses and house numbers."""
PHONE_DIGITS = range(9, 16)

_NUMERALS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
DIGIT_WORDS = {w: str(n) for n, w in enumerate(_NUMERALS)}
DIGIT_WORDS |= {"oh": "0", "o": "0", "nought": "0", "naught": "0"}
_TIMES = {"double": 2, "treble": 3, "triple": 3}
_WORD = "|".join([*DIGIT_WORDS, *_TIMES])
_BETWEEN = r"(?:\s*[,.…-]\s*|\s+(?:(?:er|erm|um|uh)\s*[,.…]?\s+)?|\s*[()]\s*|)"
_FIRST = rf"(?<![\w£$€.])\+?\(?(?:\d+|\b(?:{_WORD})\b)"
_MORE = rf"(?:{_BETWEEN}(?:\d+|\b(?:{_WORD})\b))+(?!\w)"
_RUN = re.compile(rf"(?i){_FIRST}{_MORE}|(?<![\w£$€.,])\+?\d{{{LEAST_DIGITS},}}(?!\w)")
_TOKEN = re.compile(rf"(?i)\d+|\b(?:{_WORD})\b")
_YEAR = re.compile(r"(?:19|20)\d\d")
_NOT_AFTER = re.compile(r"(?i)^\s*(?:pounds?|quid|p\b|percent|per cent|%|steps|miles|people|times)")
_AREAS = sorted(
    word_set(
        """
        AB AL B BA BB BD BH BL BN BR BS BT CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY E EC EH EN
        EX FK FY G GL GU GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE LL LN LS LU M ME MK
        ML N NE NG NN NP NR NW OL OX PA PE PH PL PO PR RG RH RM S SA SE SG SK SL SM SN SO SP SR SS ST SW SY TA
        TD TF TN TQ TR TS TW UB W WA WC WD WF WN WR WS WV YO ZE
        """
    )
)
_AREA = "|".join(sorted(_AREAS, key=len, reverse=True))
_TWO = "|".join(a for a in _AREAS if len(a) > 1)
_N = rf"(?:\d|\b(?:{'|'.join(DIGIT_WORDS)})\b)"
_SPELT = "|".join(r"[ ,.]?".join(area) for area in _AREAS)
_GAP = r"[\s,.-]{0,2}"
_LAST = "[ABD-HJLNP-UW-Z]"
_WRITTEN = rf"(?i)\b(?:{_AREA})\d[\dA-Z]?[\s-]{{0,2}}\d{_LAST}{{2}}\b"
_LETTERS = rf"\b(?:{_SPELT}){_GAP}\d{_GAP}[\dA-Z]?{_GAP}\d{_GAP}[A-Z]{_GAP}[A-Z]\b"
_OUTWARD = rf"(?:{_SPELT})[\s,-]{{0,3}}{_N}(?:[\s,-]{{0,3}}{_N})?(?:[\s,-]{{0,3}}[A-Z])?"
_SPOKEN = rf"(?i)\b{_OUTWARD}[\s,-]{{1,3}}{_N}[\s,-]{{0,3}}{_LAST}{_GAP}{_LAST}\b"
_AFTER_CUE = rf"(?i)\bpost\s?code\b(?:\s+\w+){{0,2}}?\s+((?:{_AREA})\d{{1,2}}[A-Z]?)\b"
_POSTCODES = (
    (re.compile(_WRITTEN), HIGH, "the form of a postcode"),
    (re.compile(_LETTERS), HIGH, "a postcode spelt out"),
    (re.compile(_SPOKEN), HIGH, "a postcode spoken"),
    (re.compile(rf"\b(?:{_TWO})\d{{1,2}}[A-Z]?\b"), MIDDLE, "the first half of a postcode"),
    (re.compile(_AFTER_CUE), HIGH, "after 'postcode'"),
)
_NOT_POSTCODE = word_set(
    """
    ST1 EX1
    """
)
_NINO_FIRST, _NINO_SECOND = "ABCEGHJ-PRSTW-Z", "ABCEGHJ-NPRSTW-Z"
_NINO_LETTERS = rf"(?!(?:BG|GB|KN|NK|NT|TN|ZZ))[{_NINO_FIRST}][\s,.-]{{0,2}}[{_NINO_SECOND}]"
_NINO = re.compile(rf"(?i)\b{_NINO_LETTERS}(?:[\s,.-]{{0,2}}{_N}){{6}}(?:[\s,.-]{{0,2}}[A-D])?\b")
_AT = r"(?i)\b[\w'-]+(?:\s+(?:dot|underscore|dash)\s+[\w'-]+)*\s+at\s+[\w-]+(?:\s+dot\s+[\w-]+)+\b"
_REFERENCE = (
    r"(?i)\b(?:reference|ref|case|client|patient|hospital|mosaic|liquidlogic|account|badge)\s*(?:number|num|no|id)?\b"
    r"\.?\s*(?:is|was|:|#)?\s*([A-Z]{0,4}[-/]?\d{3,}(?:[-/]\d+)*)\b"
)
_OTHERS: tuple[tuple[Kind, str, int, str], ...] = (
    ("email", r"(?i)[\w.+'-]+@[\w-]+(?:\.[\w-]+)+", HIGH, "the form of an e-mail address"),
    ("email", _AT, HIGH, "an e-mail address spoken"),
    ("web", r"(?i)\b(?:https?://|www\.)[^\s<>\"')]+", HIGH, "a web address"),
    ("web", r"(?<![\w@])@[A-Za-z]\w{2,}", HIGH, "a name in social media"),
    ("vehicle", r"(?i)\b[A-HJ-PR-Y]{2}\d{2}\s?[A-HJ-PR-Z]{3}\b", HIGH, "the form of a number plate"),
    ("vehicle", r"\b[A-HJ-NPR-TV-Y]\d{2,3}\s?[A-HJ-PR-Y]{3}\b", HIGH, "the form of an older number plate"),
    ("registration", r"(?i)\bOT\s?\d{5,6}\b", HIGH, "the form of an HCPC registration"),
    ("registration", _REFERENCE, HIGH, "after 'reference' or 'number'"),
)
_COMPILED = tuple((kind, re.compile(pattern), risk, why) for kind, pattern, risk, why in _OTHERS)


def nhs_valid(digits: str) -> bool:
    """Whether ten digits carry the NHS number's check digit (modulus 11, weights 10 to 2).

    Examples
    --------
    >>> nhs_valid("9434765919"), nhs_valid("9434765918")
    (True, False)
    """
    if len(digits) != NHS_DIGITS or not digits.isdecimal():
        return False
    rest = sum(int(d) * w for d, w in zip(digits, range(10, 1, -1), strict=False)) % _CHECK_BASE
    return (_CHECK_BASE - rest) % _CHECK_BASE == int(digits[-1])


def digits_of(text: str) -> str:
    """Return the digits that a run of figures and words says.

    Examples
    --------
    >>> digits_of("oh one one five, double four 96")
    '01154496'
    """
    out, times = [], 1
    for token in _TOKEN.findall(text):
        word = token.casefold()
        if word in _TIMES:
            times = _TIMES[word]
            continue
        digits = DIGIT_WORDS.get(word, word)
        out.append(digits[0] * (times - 1) + digits)
        times = 1
    return "".join(out)


def structured(text: str) -> Iterator[Flag]:
    """Yield every identifier with a form of its own in `text`."""
    for pattern, risk, why in _POSTCODES:
        for found in pattern.finditer(text):
            if found[0] not in _NOT_POSTCODE and _enough(found[0]):
                group = found.lastindex or 0
                yield Flag(found.start(group), found.end(group), "postcode", why, risk)
    for found in _NINO.finditer(text):
        yield Flag(found.start(), found.end(), "national_insurance", "the form of a National Insurance number", HIGH)
    for kind, pattern, risk, why in _COMPILED:
        for found in pattern.finditer(text):
            group = found.lastindex or 0
            yield Flag(found.start(group), found.end(group), kind, why, risk)
    yield from _numbers(text)


def _enough(text: str) -> bool:
    """Whether a spoken postcode is more than 'e one two a b': it needs letters that are no words of their own."""
    words = text.casefold().split()
    return not ({"a", "i"} & set(words[1:-2]) or (len(words) > 1 and words[0] in ("a", "i", "o")))


def _numbers(text: str) -> Iterator[Flag]:
    for found in _RUN.finditer(text):
        digits = digits_of(found[0])
        tokens = _TOKEN.findall(found[0])
        if len(digits) < LEAST_DIGITS or all(_YEAR.fullmatch(t) for t in tokens):
            continue
        if _counted(found[0], tokens) or _NOT_AFTER.match(text[found.end() :]):
            continue
        kind, why, risk = _kind(digits, found[0])
        yield Flag(found.start(), found.end(), kind, why, risk)


def _counted(text: str, tokens: list[str]) -> bool:
    """Whether a run is counting aloud ("one, two, three, four, five, six") or thousands (250,000)."""
    values = [int(DIGIT_WORDS.get(t.casefold(), t if t.isdecimal() else "-1")) for t in tokens]
    rising = len(values) > 1 and all(b - a == 1 for a, b in pairwise(values))
    return rising or bool(re.fullmatch(r"\d{1,3}(?:,\d{3})+", text.strip()))


def _kind(digits: str, text: str) -> tuple[Kind, str, int]:
    if nhs_valid(digits):
        return "nhs_number", "ten digits with the check digit of an NHS number", HIGH
    if (digits.startswith(("0", "44")) or text.startswith("+")) and len(digits) in PHONE_DIGITS:
        return "phone", "as many digits as a phone number", HIGH
    if len(digits) == NHS_DIGITS:
        return "nhs_number", "ten digits; the check digit of an NHS number does not fit: perhaps misheard", HIGH
    return "long_number", f"{len(digits)} digits", MIDDLE if len(digits) > LEAST_DIGITS else LOW
