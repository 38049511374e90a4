"""The same derivation on Spark: identical rows."""

from __future__ import annotations

import pandas as pd
import pyarrow.parquet as pq
import pytest

from ot_eval.base.protocol import Engine
from ot_eval.data.cld_history import merge_history
from ot_eval.data.engine import connect
from ot_eval.derive.assemble import assemble_tables
from ot_eval.derive.from_cld import Cld

pytestmark = pytest.mark.spark
OPTIONS = {"spark.sql.shuffle.partitions": "2", "spark.driver.memory": "2g", "spark.log.level": "ERROR"}
MERGED = ("cld_rows", "cld_files")


@pytest.mark.filterwarnings("ignore")  # Spark's own, about its own internals
def test_spark_gives_the_same_rows_as_duckdb(council, answers, make, tmp_path):
    given = {"cld_rows": council.rows, "cld_files": council.files, **council.own}
    for name, table in given.items():
        pq.write_table(table, tmp_path / f"{name}.parquet")
    spark = connect(Engine(name="spark", master="local[2]", options=OPTIONS), tmp_path).connection
    tables = {name: spark.read_parquet(tmp_path / f"{name}.parquet", table_name=name) for name in given}
    rows, files = (tables[name] for name in MERGED)
    cld = Cld(rows=rows, events=merge_history(rows, files), files=files)
    own = {name: tables[name] for name in council.own}
    there = make.answers(assemble_tables(own, cld, make.protocol))
    for name in ("followed", "left_out", "changes", "members"):
        here = getattr(answers, name)
        assert len(here) > 0
        pd.testing.assert_frame_equal(here, getattr(there, name), check_dtype=False, obj=name)
    assert answers.flow == there.flow
