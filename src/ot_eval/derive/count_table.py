"""The count table of survival models as one lazy aggregation: DuckDB or Spark counts, people stay where they are.

The columns are those of `ot_eval.models.counts`: ``day``, ``what`` ("entered", "none" or a kind of event), the
covariates and ``n``. It is private like every derived table; the disclosure check comes before anything leaves.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from ot_eval.base.errors import RequestError, nearest

ENTERED = "entered"


def count_table(rows: ir.Table, by: tuple[str, ...]) -> ir.Table:
    """Return how many come and go on each day, by kind and pattern of `by`, as an expression.

    Parameters
    ----------
    rows : one row a person or a spell: ``entry_day``, ``exit_day``, ``event`` and the covariates
    by : covariates to keep

    Raises
    ------
    RequestError
        a column is absent.
    """
    absent = [c for c in ("entry_day", "exit_day", "event", *by) if c not in rows.columns]
    if absent:
        raise RequestError(
            f"count table: no column {absent[0]!r}.{nearest(absent[0], rows.columns)}",
            expected="entry_day, exit_day, event and the covariates",
            fix="name the columns as the table has them",
        )
    keys = ["day", "what", *by]
    came = rows.select(day=rows["entry_day"].cast("int64"), what=ibis.literal(ENTERED), **{c: rows[c] for c in by})
    went = rows.select(
        day=rows["exit_day"].cast("int64"), what=rows["event"].cast("string"), **{c: rows[c] for c in by}
    )
    return came.union(went).group_by(keys).aggregate(n=lambda t: t.count()).order_by(keys)
