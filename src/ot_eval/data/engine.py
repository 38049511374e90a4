"""Where tables live while a study runs: DuckDB in this process, or Spark. The same expressions run on both."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import count
from pathlib import Path
from typing import Any, Literal

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from ot_eval.base.errors import RequestError
from ot_eval.base.protocol import Engine as EngineSettings
from ot_eval.base.study import private_dir

PACKED = "packed"
FILE_KEY = "file_key"
ROW_NO = "row_no"
_NUMBERS = count(1)
SPARK_OPTIONS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.session.timeZone": "UTC",
}
"""Set unless the protocol says otherwise: no web page, no progress bars among our own, dates that no zone can move."""


@dataclass(frozen=True, slots=True)
class Engine:
    """An Ibis connection, and the few things that DuckDB and Spark do differently."""

    connection: Any
    name: Literal["duckdb", "spark"]

    def put(self, name: str, table: pa.Table) -> ir.Table:
        """Hand an Arrow table to the engine under a name, and return it as a lazy table."""
        if self.name == "duckdb":
            return self.connection.create_table(name, table, database=(PACKED, "main"), overwrite=True)
        self.connection._session.createDataFrame(table).createOrReplaceTempView(name)
        return self.connection.table(name)

    def keep(self, name: str, parts: Sequence[ir.Table]) -> ir.Table:
        """Compute the rows of all `parts` once, keep them compressed in memory, and return them as one lazy table.

        Part by part, so that memory is bounded by the largest part; Spark keeps them on its executors.
        """
        if self.name == "spark":
            return checkpointed(self.connection, ibis.union(parts[0], *parts[1:]) if len(parts) > 1 else parts[0])
        where = (PACKED, "main")
        table = self.connection.create_table(name, parts[0], database=where, overwrite=True)
        for part in parts[1:]:
            self.connection.insert(name, part, database=where)
        return table

    def view(self, name: str, table: ir.Table) -> ir.Table:
        """Give a lazy table a name, so that the queries built on it stay short; nothing is computed."""
        if self.name == "duckdb":
            return self.connection.create_view(name, table, overwrite=True)
        self.connection._session.sql(ibis.to_sql(table, dialect="pyspark")).createOrReplaceTempView(name)
        return self.connection.table(name)

    def drop(self, name: str) -> None:
        """Forget a table that `put` made, and free its memory."""
        if self.name == "duckdb":
            self.connection.drop_table(name, database=(PACKED, "main"), force=True)
        else:
            self.connection._session.catalog.dropTempView(name)

    def scan(self, name: str, paths: Mapping[int, Path]) -> ir.Table:
        """Return Parquet files of the same columns as one lazy table.

        `file_key` is the file's key in `paths`, `row_no` the number of each row in its file (the first row is 1).
        """
        if self.name == "duckdb":
            files = [str(path) for path in paths.values()]
            table = self.connection.read_parquet(files, table_name=name, file_row_number=True, filename=True)
            file = table.filename.re_extract(r"([^/\\]+)$", 1)  # how the folder is written depends on the system
            key = ibis.cases(*((file == path.name, ibis.literal(k, "int32")) for k, path in paths.items()))
            table = table.mutate(**{FILE_KEY: key.cast("int64"), ROW_NO: table.file_row_number + 1})
            return table.drop("filename", "file_row_number")
        frames = [
            self.connection._session.read.parquet(str(path)).selectExpr(
                "*", f"CAST({key} AS BIGINT) AS {FILE_KEY}", f"_metadata.row_index + 1 AS {ROW_NO}"
            )
            for key, path in paths.items()
        ]
        reduce(lambda whole, part: whole.unionByName(part), frames).createOrReplaceTempView(name)
        return self.connection.table(name)


def connect(settings: EngineSettings, spill: Path) -> Engine:
    """Start the engine the protocol names.

    Parameters
    ----------
    settings : the protocol's `engine` section
    spill : private folder for what does not fit into memory (DuckDB makes it on need and empties it)

    Raises
    ------
    RequestError
        Spark is asked for and is not installed.
    """
    if settings.name == "duckdb":
        with contextlib.suppress(OSError):  # a data folder that cannot be written to: then nothing can spill
            private_dir(spill)
        connection = ibis.duckdb.connect(memory_limit=settings.memory, temp_directory=str(spill))
        connection.raw_sql(f"ATTACH ':memory:' AS {PACKED} (COMPRESS)")
        connection.raw_sql("SET preserve_insertion_order = false")
        connection.raw_sql("SET enable_progress_bar = false")
        weakref.finalize(connection, _remove_if_empty, spill)
        return Engine(connection, "duckdb")
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise RequestError(
            "the protocol asks for Spark, which is not installed",
            expected="the spark extra and Java 17",
            fix="run `pip install 'ot_eval[spark]'`, or set engine.name to duckdb in the protocol",
        ) from error
    builder = SparkSession.builder.appName("ot_eval").master(settings.master)
    for key, value in {**SPARK_OPTIONS, **settings.options}.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return Engine(ibis.pyspark.connect(session), "spark")


def checkpointed(spark: Any, table: ir.Table) -> ir.Table:
    """Compute a table on Spark once and return its rows without the plan behind them.

    Spark's own cache keeps the whole plan, and the plans of a dozen stages grow beyond any memory.
    """
    name = f"kept_{next(_NUMBERS)}"
    rows = spark._session.sql(spark.compile(table)).localCheckpoint(eager=True)
    rows.createOrReplaceTempView(name)
    return spark.table(name)


def _remove_if_empty(folder: Path) -> None:
    """Leave no trace of a spill folder; DuckDB has emptied it."""
    with contextlib.suppress(OSError):
        folder.rmdir()
