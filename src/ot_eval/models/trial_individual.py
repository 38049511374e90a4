"""Tests that take participants for the unit: refused when a provider is declared, with what they would have got wrong.

Without a cluster column they go to pingouin or scipy with every argument stated. They belong to individually randomised
comparisons and to tables that already have one row a provider.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd
import pingouin as pg

from ot_eval.base.errors import AnalysisRefused
from ot_eval.models.trial_data import Columns, need, numbers

Test = Literal["t", "mann_whitney", "chi_squared", "covariance"]
RATES: dict[str, str] = {
    "t": "21.6 % (ICC 0.05) to 31.9 % (ICC 0.10)",
    "mann_whitney": "21.6 % (ICC 0.05) to 31.3 % (ICC 0.10)",
    "chi_squared": "19.7 % (ICC 0.05) to 37.1 % (ICC 0.10)",
    "covariance": "21.9 % (ICC 0.05) to 33.1 % (ICC 0.10)",
    "mixed_anova": "21.8 % (ICC 0.05) to 32.2 % (ICC 0.10)",
}
"""True null hypotheses rejected at a nominal 5 %, eight providers of 30 (chi-squared: with unequal sizes as well)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndividualTest:
    """A test of participants: statistic and two-sided p; `value` is coached minus usual care where it has a meaning."""

    test: str
    statistic: float
    p: float
    value: float | None


def refuse_individual(test: str, cluster: str | None) -> None:
    """Refuse a test of participants (`t`, `mann_whitney`, ...) where a cluster column is declared."""
    if cluster is not None:
        raise AnalysisRefused(
            f"{test}: a test of participants, and they belong to providers (column {cluster!r})",
            expected=f"a test that knows providers: this one rejects {RATES[test]} of true null hypotheses, not 5 %",
            fix="use trial_summary.cluster_difference, or the method that trial_methods names for the design",
        )


def individual_test(frame: pd.DataFrame, columns: Columns, test: Test, *, cluster: str | None) -> IndividualTest:
    """Return a test of participants; `cluster` must be stated, and None said aloud, because a name is refused.

    Parameters
    ----------
    frame : one row a participant, or one row a provider
    columns : outcome, arm and covariates
    test : t (Student, equal variance), mann_whitney, chi_squared (without correction), covariance (analysis of)
    cluster : the column of providers, which is refused; None only where participants were allocated one by one
    """
    refuse_individual(test, cluster)
    need((columns.outcome, columns.arm, *columns.covariates), frame)
    y, arm = numbers(frame, columns.outcome), numbers(frame, columns.arm)
    one, other = y[arm == 1], y[arm == 0]
    value = float(one.mean() - other.mean())
    if test == "t":
        row = pg.ttest(one, other, paired=False, alternative="two-sided", correction=False).iloc[0]
        return IndividualTest(test=test, statistic=float(row["T"]), p=float(row["p_val"]), value=value)
    if test == "mann_whitney":
        row = pg.mwu(one, other, alternative="two-sided").iloc[0]
        return IndividualTest(test=test, statistic=float(row["U_val"]), p=float(row["p_val"]), value=None)
    table = pd.DataFrame({"y": y, "arm": arm, **{c: numbers(frame, c) for c in columns.covariates}})
    if test == "chi_squared":
        row = pg.chi2_independence(table, x="arm", y="y", correction=False)[2].iloc[0]
        return IndividualTest(test=test, statistic=float(row["chi2"]), p=float(row["pval"]), value=value)
    row = pg.ancova(data=table, dv="y", between="arm", covar=list(columns.covariates)).iloc[0]
    return IndividualTest(test=test, statistic=float(row["F"]), p=float(row["p_unc"]), value=None)
