"""A share of a whole with its interval.

Source: Wilson (1927) J Am Stat Assoc 22:209-212, from statsmodels; the same as R's ``prop.test(correct = FALSE)``.
"""

from __future__ import annotations

from statsmodels.stats.proportion import proportion_confint

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.results import Estimate
from ot_eval.models.about import About


def share(part: int, whole: int, *, analysis: str, term: str, measure: str, about: About) -> Estimate:
    """Return ``part`` of ``whole`` in percent, with Wilson's interval.

    Raises
    ------
    AnalysisRefused
        Nothing to take a share of.

    Examples
    --------
    >>> found = share(30, 40, analysis="a", term="t", measure="share", about=About(population="all", outcome=""))
    >>> found.value, round(found.lower, 2), round(found.upper, 2)
    (75.0, 59.81, 85.81)
    """
    if whole <= 0:
        raise AnalysisRefused(
            f"{analysis}: {term}: there is nothing to take a share of",
            expected="at least one in the denominator",
            fix="give more months of data",
        )
    lower, upper = proportion_confint(part, whole, alpha=1 - about.level, method="wilson")
    return Estimate(
        analysis=analysis,
        population=about.population,
        outcome=about.outcome,
        study=about.study,
        term=term,
        measure=measure,
        unit="percent",
        value=100 * part / whole,
        lower=100 * float(lower),
        upper=100 * float(upper),
        level=about.level,
        n=whole,
        n_event=part,
        method="share with Wilson's interval",
    )
