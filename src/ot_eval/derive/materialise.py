"""The one door from lazy tables to pandas, and the one place where a stage is computed and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ot_eval.data.engine import checkpointed

if TYPE_CHECKING:
    import pandas as pd
    from ibis.expr.types import Table


def frame(table: Table, order_by: tuple[str, ...]) -> pd.DataFrame:
    """Compute a table and return it as a pandas frame in a stated row order.

    Parameters
    ----------
    table : any lazy table
    order_by : columns that name a row, so that the order does not depend on the engine
    """
    result: pd.DataFrame = table.order_by(list(order_by)).to_pandas()
    return result.reset_index(drop=True)


def rows(table: Table) -> list[dict[str, Any]]:
    """Compute a small table and return its rows as dictionaries."""
    return list(table.to_pyarrow().to_pylist())


def kept(table: Table) -> Table:
    """Compute a stage once, keep it in the engine, and return a lazy table that reads the kept rows.

    The engine would otherwise compute a stage again for every later stage that names it.
    """
    backend = table.get_backend()
    return checkpointed(backend, table) if backend.name == "pyspark" else table.cache()
