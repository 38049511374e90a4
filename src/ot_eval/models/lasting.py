"""The fading weights of Fine and Gray: people with a competing event stay at risk until they would have been censored.

A person with a competing event on day s keeps, on day t, the weight G(t-) / G(s-), where G is the Kaplan-Meier estimate
of remaining uncensored and an end of follow-up counts after the events of its day. Source: Fine & Gray (1999).
"""

from __future__ import annotations

import numpy as np

from ot_eval.base.errors import AnalysisRefused
from ot_eval.models.day_table import day_table
from ot_eval.models.risk_rows import Lasting, RiskRows
from ot_eval.models.spells import Bools, Floats, Spells


def uncensored_before(spells: Spells) -> Floats:
    """Return G(t-), the estimated share still uncensored just before each day."""
    table = day_table(spells)
    left = table.at_risk - table.any_event
    hazard = np.divide(table.censored, left, out=np.zeros(table.n_days), where=left > 0)
    return np.concatenate([[1.0], np.cumprod(1 - hazard)[:-1]])


def lasting_of(spells: Spells, dead: Bools, rows: RiskRows) -> Lasting:
    """Return the weights of everybody whose follow-up ended with another event than the one of `dead`."""
    if spells.delayed:
        raise AnalysisRefused(
            f"follow_up: {int((spells.entry > 0).sum())} rows come under observation after time zero",
            expected="everybody followed from time zero, for a subdistribution model",
            fix="use a cause-specific Cox model or cumulative incidence, which allow late entry",
        )
    share = uncensored_before(spells)
    gone = (spells.event > 0) & ~dead
    scale = np.zeros(len(spells))
    scale[gone] = 1 / share[spells.exit[gone]]
    return Lasting(gone=gone, scale=scale, keep=share[rows.day])
