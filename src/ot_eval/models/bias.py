"""How wrong could it be: what an unrecorded difference, of a strength that is said, would do to a ratio.

A factor that nobody wrote down (say frailty) is more common among people who were seen soon, and raises the chance of
the event. Its prevalence in both groups and its own risk ratio say by how much the ratio is off, exactly, where the
factor acts alike in both groups. Sources: Schlesselman (1978), Am J Epidemiol 108:3; Lash, Fox & Fink (2009);
VanderWeele & Ding (2017) for E-values.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ot_eval.base.errors import AnalysisRefused, RequestError
from ot_eval.base.results import Check, Estimate
from ot_eval.models.about import About, Quantity, estimate
from ot_eval.models.evalue import e_value
from ot_eval.models.spells import Floats
from ot_eval.models.weighting import exposure_model

NONE = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Confounder:
    """An unrecorded yes-or-no factor: how common it is in two groups, and its risk ratio for the event."""

    name: str
    exposed: float
    other: float
    ratio: float

    def __post_init__(self) -> None:
        if not (0 <= self.exposed <= 1 and 0 <= self.other <= 1 and self.ratio > 0):
            raise RequestError(
                f"bias analysis: {self.name}: prevalence {self.exposed:g} and {self.other:g}, ratio {self.ratio:g}",
                expected="prevalences between 0 and 1, and a risk ratio above 0",
                fix="correct the confounder's strength",
            )

    @property
    def factor(self) -> float:
        """The number by which the observed ratio is too large.

        Examples
        --------
        >>> round(Confounder(name="frail", exposed=0.6, other=0.3, ratio=3.0).factor, 4)
        1.375
        """
        return (self.exposed * (self.ratio - 1) + 1) / (self.other * (self.ratio - 1) + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """A risk ratio on the log scale: estimate, standard error, and the critical value of its interval."""

    log: float
    se: float
    critical: float

    @property
    def ends(self) -> tuple[float, float, float]:
        """Ratio, lower and upper end."""
        low, high = self.log - self.critical * self.se, self.log + self.critical * self.se
        return float(np.exp(self.log)), float(np.exp(low)), float(np.exp(high))


def corrected(ratio: Ratio, confounder: Confounder) -> Ratio:
    """Return the ratio as it would be had the confounder, of exactly this strength, been adjusted for."""
    return Ratio(log=ratio.log - float(np.log(confounder.factor)), se=ratio.se, critical=ratio.critical)


def probabilistic(
    ratio: Ratio, low: Confounder, high: Confounder, rng: np.random.Generator, draws: int = 10_000
) -> tuple[float, float, float]:
    """Return the corrected ratio (median, 2.5 and 97.5 per cent) when the strength is known only to lie in a range.

    Parameters
    ----------
    ratio : the observed ratio
    low, high : ends of the range; each of the three numbers is drawn evenly between its ends
    rng, draws : source and number of the draws; chance error of the ratio is drawn as well
    """

    def between(a: float, b: float) -> Floats:
        drawn: Floats = rng.uniform(min(a, b), max(a, b), draws)
        return drawn

    exposed, other = between(low.exposed, high.exposed), between(low.other, high.other)
    strength = between(low.ratio, high.ratio)
    factor = (exposed * (strength - 1) + 1) / (other * (strength - 1) + 1)
    found = np.exp(rng.normal(ratio.log, ratio.se, draws)) / factor
    middle, lower, upper = np.quantile(found, [0.5, 0.025, 0.975])
    return float(middle), float(lower), float(upper)


def tipping_ratio(ratio: Ratio, exposed: float, other: float) -> float | None:
    """Return how strong a confounder of these prevalences must be for the interval to take in no difference.

    None where no strength does it: the confounder is not unequal enough, or unequal the wrong way.

    Examples
    --------
    >>> round(tipping_ratio(Ratio(log=0.6, se=0.1, critical=1.96), 0.6, 0.3), 2)
    4.3
    """
    _, low, high = ratio.ends
    if low <= NONE <= high:
        return NONE
    target = low if low > NONE else high
    # exposed (R - 1) + 1 = target (other (R - 1) + 1)
    slope = exposed - target * other
    needed = 1 + (target - 1) / slope if slope else np.inf
    return float(needed) if np.isfinite(needed) and needed > 0 else None


def could_explain(ratio: Ratio, confounders: tuple[Confounder, ...]) -> Check:
    """Say whether an unrecorded factor as strong as one of those named would do away with the result.

    Parameters
    ----------
    ratio : the observed ratio
    confounders : yardsticks, for example each recorded factor as it stands in these data
    """
    _, low, high = ratio.ends
    apart = not low <= NONE <= high
    enough = [c for c in confounders if apart and _crosses(ratio, c)]
    names = ", ".join(c.name for c in enough)
    if not apart:
        sentence = "The range already includes no difference, so nothing needs explaining away."
    elif enough:
        sentence = f"Something unrecorded that matters as much as {names} could alone explain this result."
    else:
        sentence = "Nothing unrecorded that matters only as much as any one recorded thing could explain this result."
    said = "; ".join(
        f"{c.name}: {c.exposed:.2f} and {c.other:.2f}, ratio {c.ratio:.2f}, corrected "
        "{:.2f} ({:.2f} to {:.2f})".format(*corrected(ratio, c).ends)
        for c in confounders
    )
    return Check(
        analysis="bias",
        name="a confounder that nobody recorded",
        passed=not enough,
        sentence=sentence,
        detail=f"bias factor of Schlesselman (prevalence in both groups, risk ratio): {said or 'none named'}",
    )


def _crosses(ratio: Ratio, confounder: Confounder) -> bool:
    """Whether the corrected interval takes in no difference, or lies wholly on the other side of it."""
    low = ratio.ends[1]
    _, new_low, new_high = corrected(ratio, confounder).ends
    return new_low <= NONE if low > NONE else new_high >= NONE


def e_values_of(ratio: Ratio, about: About, term: str, counts: dict[str, int | None]) -> tuple[Estimate, ...]:
    """Return the E-value of a risk ratio and of the end of its interval nearest to no difference."""
    value, low, high = ratio.ends
    nearest = NONE if low <= NONE <= high else (low if value > NONE else high)
    numbers = {"E-value": e_value(value), "E-value of the interval": e_value(nearest)}
    return tuple(
        Estimate(
            analysis="e_value",
            population=about.population,
            outcome=about.outcome,
            study=about.study,
            term=term,
            measure=measure,
            unit="ratio",
            value=number,
            method="VanderWeele & Ding, from the risk ratio of the two strategies",
            **counts,
        )
        for measure, number in numbers.items()
    )


def negative_control(
    frame: pd.DataFrame, *, outcome: str, exposure: str, terms: tuple[str, ...], about: About
) -> Estimate:
    """Return the adjusted odds ratio of something the exposure cannot have caused; away from 1 something is unrecorded.

    Parameters
    ----------
    frame : one row a person
    outcome : column of two groups, settled before the exposure (or out of its reach)
    exposure : column of two groups, the second the exposed
    terms : what the main analysis adjusts for

    Raises
    ------
    AnalysisRefused
        as `weighting.exposure_model`.
    """
    used = tuple(t for t in terms if frame[t].nunique() > 1)
    model = exposure_model(frame, exposure=outcome, terms=(exposure, *used))
    at = [i for i, name in enumerate(model.names) if name.startswith(f"{exposure}:")]
    if len(at) != 1:
        raise AnalysisRefused(
            f"negative control: {exposure} has {len(at) + 1} groups",
            expected="an exposure of two groups",
            fix="compare two groups",
        )
    number = Quantity(
        term=f"{outcome}, {model.names[at[0]]}",
        measure="odds ratio",
        unit="ratio",
        value=float(np.exp(model.coefficient[at[0]])),
        se=float(model.se[at[0]]),
        ratio=True,
        test=False,
    )
    method = "logistic regression, adjusted as the main analysis; the exposure cannot act on this outcome"
    return estimate(about, "negative_control", number, method=method, n=len(frame), n_event=int(model.exposed.sum()))
