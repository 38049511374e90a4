"""The disclosure rule: named presets, each with its source, which a protocol may override by name.

A count is private until a `Policy` has rounded or hidden it. Every share is published as a rounded number of people
over a rounded number of people, so that a share never says more than the counts do.
"""

from __future__ import annotations

from dataclasses import dataclass

from ot_eval.base.errors import RequestError
from ot_eval.base.protocol import Disclosure

HIDDEN = "hidden to protect privacy"
"""One reason for every hidden count: a small count and its companion must look alike."""

SMALLEST_CURVE = 80
"""People below which no curve is drawn. Coarsening to steps of six events moved a Kaplan-Meier curve by 0.11 on average
(0.14 at worst) at 80 people and by 0.19 (0.30) at 30, in a measurement on simulated samples made for this toolkit."""

PRECISION = 4
"""Decimal places kept of a share or a ratio; finer digits would only carry the unrounded counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One rule for what may leave the building.

    Parameters
    ----------
    name : the preset it started from
    threshold : counts of people or events below this are hidden
    rounding : shown counts are rounded to the nearest multiple
    hide_zero : whether zero is hidden like any other small count
    source : where the preset comes from
    """

    name: str
    threshold: int
    rounding: int
    hide_zero: bool
    source: str
    smallest_curve: int = SMALLEST_CURVE

    @classmethod
    def of(cls, disclosure: Disclosure) -> Policy:
        """Return the policy that a protocol asks for.

        Raises
        ------
        RequestError
            when the rounding base could push a shown count below the threshold down to zero

        Examples
        --------
        >>> Policy.of(Disclosure(preset="opensafely")).threshold
        8
        >>> Policy.of(Disclosure(threshold=7)).rounding
        5
        """
        preset = PRESETS[disclosure.preset]
        policy = cls(
            name=preset.name,
            threshold=disclosure.threshold or preset.threshold,
            rounding=disclosure.rounding or preset.rounding,
            hide_zero=preset.hide_zero,
            source=preset.source,
        )
        if policy.rounded(policy.threshold) == 0:
            raise RequestError(
                f"disclosure: rounding to {policy.rounding} with a threshold of {policy.threshold}",
                expected="a rounding base of at most twice the threshold, so that no shown count rounds to zero",
                fix="lower disclosure.rounding or raise disclosure.threshold in the protocol",
            )
        return policy

    @property
    def changed(self) -> bool:
        """Whether the protocol moved the preset's numbers."""
        preset = PRESETS[self.name]
        return (self.threshold, self.rounding) != (preset.threshold, preset.rounding)

    def small(self, count: int) -> bool:
        """Return whether a count must be hidden.

        Examples
        --------
        >>> PRESETS["opensafely"].small(7), PRESETS["opensafely"].small(8), PRESETS["nhs_england"].small(0)
        (True, False, False)
        """
        return count < self.threshold and (count > 0 or self.hide_zero)

    def rounded(self, count: int) -> int:
        """Return the nearest multiple of the rounding base; halves go up (they exist only for even bases).

        Examples
        --------
        >>> [PRESETS["ot_eval"].rounded(n) for n in (10, 12, 13, 17, 18)]
        [10, 10, 15, 15, 20]
        """
        return (2 * count + self.rounding) // (2 * self.rounding) * self.rounding

    def shown(self, count: int) -> int | None:
        """Return the count as it may be published, or None."""
        return None if self.small(count) else self.rounded(count)

    def share(self, value: float, people: int) -> float:
        """Return a share as a rounded number of people over a rounded number of people, between 0 and 1.

        `people` is the *shown* number the share refers to.

        Examples
        --------
        >>> PRESETS["ot_eval"].share(0.3127, 400)
        0.3125
        """
        steps = max(1, people // self.rounding)
        return round(min(1.0, max(0.0, round(value * steps) / steps)), PRECISION)

    def sentences(self) -> tuple[str, ...]:
        """Return the rule in plain words, for the page and the manifest."""
        zero = "" if self.hide_zero else " (zero is shown)"
        lines = [
            f"Counts of people or events below {self.threshold} are hidden{zero}.",
            f"Other counts are rounded to the nearest {self.rounding}, and shares are worked out from rounded counts."
            if self.rounding > 1
            else "Other counts are not rounded.",
            "Where one hidden number could be worked out from the others in its table, a second one is hidden too.",
            f"No curve is drawn for fewer than {self.smallest_curve} people. Where one is drawn, at least "
            f"{self.threshold} events lie between any two of its points.",
        ]
        changed = " The protocol changed its numbers." if self.changed else ""
        return (*lines, f"The rule is called {self.name} ({self.source}).{changed}")


PRESETS: dict[str, Policy] = {
    p.name: p
    for p in (
        Policy(
            name="ot_eval",
            threshold=10,
            rounding=5,
            hide_zero=True,
            source="the toolkit's own default: the highest threshold and the commonest rounding of three published "
            "rules, those of OpenSAFELY, NHS England and ACRO",
        ),
        Policy(
            name="opensafely",
            threshold=8,
            rounding=5,
            hide_zero=True,
            source="OpenSAFELY documentation, statistical disclosure control, as read in August 2026: "
            "counts of 7 or less are hidden, the rest rounded to the nearest 5",
        ),
        Policy(
            name="nhs_england",
            threshold=8,
            rounding=5,
            hide_zero=False,
            source="the NHS England method for hospital data since 2018, as described in its publications: "
            "counts of 1 to 7 are hidden, the rest rounded to the nearest 5; the current wording was not checked",
        ),
        Policy(
            name="acro",
            threshold=10,
            rounding=5,
            hide_zero=True,
            source="the default settings of ACRO 1.0.2 (SACRO project): counts below 10 fail",
        ),
    )
}


def dominated(contributions: tuple[float, ...], *, largest: int = 2, share: float = 0.9, p_ratio: float = 0.1) -> bool:
    """Return whether a sum would give away its largest contributions (defaults: ACRO 1.0.2).

    Two rules, either of which is enough: the `largest` contributors hold more than `share` of the sum; or what is
    left after the two largest is less than `p_ratio` of the largest, so that the second can estimate the first.

    Examples
    --------
    >>> dominated((500.0, 450.0, 20.0, 10.0)), dominated((100.0,) * 12)
    (True, False)
    """
    ordered = sorted((abs(c) for c in contributions), reverse=True)
    total = sum(ordered)
    if total == 0:
        return False
    return sum(ordered[:largest]) > share * total or sum(ordered[2:]) < p_ratio * ordered[0]
