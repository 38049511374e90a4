"""How much of the time at risk a council's files cannot show, where it overwrites its rows (rule 23)."""

from __future__ import annotations

import ibis
from ibis.expr.types import Table

from ot_eval.derive import days
from ot_eval.derive.materialise import rows

OVERWRITING = ("overwritten", "mixed")


def unseen_share(followed: Table, files: Table) -> float | None:
    """Return the share of days at risk on which a rise in an overwritten row would leave no trace.

    A rise before the first file after set-up is taken for the baseline, and one after the last file but one cannot be
    confirmed. Were rises spread evenly over the time at risk, this would be the share of them that stays hidden; rises
    come sooner than that, so it is the least that is missed.

    Parameters
    ----------
    followed : one row a person with `seven` (last set-up day) and `left` (last day at risk), day numbers
    files : `cld_files`

    Returns
    -------
    A number between 0 and 1; None where nobody is at risk or no file has a period.
    """
    ends = files.filter(files["period_end"].notnull())
    ends = ends.select(closed=days.number(ends["period_end"])).distinct()
    known = [row["closed"] for row in rows(ends.order_by("closed"))]
    if not known:
        return None
    first = ibis.literal(days.FAR, "int64")
    for closed in reversed(known):
        first = (followed["seven"] <= closed).ifelse(closed, first)
    last = known[-2] if len(known) > 1 else known[0]
    seen_from = ibis.least(first, followed["left"])
    seen_to = ibis.greatest(ibis.least(followed["left"], last), seen_from)
    counts = followed.aggregate(at_risk=(followed["left"] - followed["seven"]).sum(), seen=(seen_to - seen_from).sum())
    total = rows(counts)[0]
    return 1 - total["seen"] / total["at_risk"] if total["at_risk"] else None
