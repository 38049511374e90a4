"""Text through the same gate: counts inside sentences are rounded; anything like an identifier stops the release."""

from __future__ import annotations

import re

from ot_eval.base.errors import InternalFault
from ot_eval.outputs.policy import Policy

COUNTED = (
    "people person clients client users persons individuals residents men women carers patients participants "
    "deaths death events event episodes episode increases increase contacts contact rows row packages package moves"
)
"""Words that make the number before them a count of people or of what happened to them."""

COUNTED_IN_METHODS = f"{COUNTED} scores outcomes answers stays"
"""In a line's method these are counted too; in a sentence "3 outcomes" may be kinds of outcome."""

# A number, up to two words, and a counted thing; not a part of a longer number, and not the base of "14 in 100 people".
_NUMBER = r"(?<![\d.,£/-])(?<!\bin )(?<!every )(\d{1,3}(?:,\d{3})+|\d+)(?![\d.,%-]*\d)"


def _counts_of(words: str) -> re.Pattern[str]:
    thing = rf"(\s+(?:(?!in\b)[a-z-]+\s+){{0,2}}?(?:{'|'.join(words.split())})\b)"
    return re.compile(_NUMBER + thing, re.IGNORECASE)


_COUNT, _COUNT_IN_METHOD = _counts_of(COUNTED), _counts_of(COUNTED_IN_METHODS)
_TEN_DIGITS = re.compile(r"(?<![0-9A-Za-z.])(\d{3})[ -]?(\d{3})[ -]?(\d{4})(?![0-9A-Za-z])")
_POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s?\d[ABD-HJLNP-UW-Z]{2}\b")
_LONG_CODE = re.compile(r"\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{16,}\b", re.IGNORECASE)
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[a-z]{2,}", re.IGNORECASE)

_NHS_DIGITS = 10
_NHS_MODULUS = 11


def nhs_number(digits: str) -> bool:
    """Return whether ten digits carry a valid NHS number check digit (modulus 11, NHS Data Dictionary).

    Examples
    --------
    >>> nhs_number("9434765919"), nhs_number("9434765918")
    (True, False)
    """
    weighted = sum(int(d) * (_NHS_DIGITS - i) for i, d in enumerate(digits[:9]))
    check = (_NHS_MODULUS - weighted % _NHS_MODULUS) % _NHS_MODULUS
    return check == int(digits[9])


def refuse_identifiers(text: str, place: str) -> None:
    """Refuse text that holds something like an NHS number, a postcode, a pseudonym or an e-mail address.

    Raises
    ------
    InternalFault
        with the place and the kind, never the text itself
    """
    kinds = {
        "an NHS number": any(nhs_number("".join(m.groups())) for m in _TEN_DIGITS.finditer(text)),
        "a postcode": bool(_POSTCODE.search(text)),
        "a pseudonym or key": bool(_LONG_CODE.search(text)),
        "an e-mail address": bool(_EMAIL.search(text)),
    }
    for kind, found in kinds.items():
        if found:
            raise InternalFault(
                f"results: {place} holds something that looks like {kind}",
                expected="text about groups of people only",
                fix="take it out of the protocol or the analysis; it was not published",
            )


def rounded_text(text: str, policy: Policy, counts: re.Pattern[str] = _COUNT) -> str:
    """Return the text with every count of people or events rounded, or said to be small; `counts` finds them.

    Examples
    --------
    >>> from ot_eval.outputs.policy import PRESETS
    >>> rounded_text("3 people had no end date; 1,234 people had one.", PRESETS["ot_eval"])
    'Fewer than 10 people had no end date; about 1,235 people had one.'
    """

    def said(match: re.Match[str]) -> str:
        count = int(match[1].replace(",", ""))
        if count < policy.threshold:
            return (
                f"{count}{match[2]}"
                if count == 0 and not policy.hide_zero
                else f"fewer than {policy.threshold}{match[2]}"
            )
        shown = f"{policy.rounded(count):,}{match[2]}"
        return shown if _is_approximate(text, match.start()) else f"about {shown}"

    def sentence(match: re.Match[str]) -> str:
        before = text[: match.start()].rstrip()
        words = said(match)
        return words[0].upper() + words[1:] if not before or before[-1] in ".!?" else words

    return counts.sub(sentence, text)


def _is_approximate(text: str, start: int) -> bool:
    return text[:start].rstrip().lower().endswith(("about", "around", "roughly", "fewer than", "at least"))


_FREEDOM = re.compile(r"(?<![\d.])(\d+(?:\.\d+)?) degrees of freedom")


def coarse_method(method: str, policy: Policy) -> str:
    """Return a method's text with its counts rounded, and its degrees of freedom: n - 1 of them would give n away.

    Examples
    --------
    >>> from ot_eval.outputs.policy import PRESETS
    >>> coarse_method("leave-one-out, t, 86 degrees of freedom", PRESETS["ot_eval"])
    'leave-one-out, t, about 85 degrees of freedom'
    >>> coarse_method("score test; 3 degrees of freedom", PRESETS["ot_eval"])
    'score test; 3 degrees of freedom'
    >>> coarse_method("20 imputations; 536 scores missing; weights worth 3 people", PRESETS["ot_eval"])
    '20 imputations; about 535 scores missing; weights worth fewer than 10 people'
    """

    def said(match: re.Match[str]) -> str:
        number = float(match[1])
        if number < policy.threshold:
            return match[0]
        return f"about {policy.rounded(round(number)):,} degrees of freedom"

    return _FREEDOM.sub(said, rounded_text(method, policy, _COUNT_IN_METHOD))


def clean(text: str, place: str, policy: Policy) -> str:
    """Return text as it may be published."""
    refuse_identifiers(text, place)
    return rounded_text(text, policy)
