"""One aggregation in DuckDB gives the table that pandas counts row by row."""

import ibis
import numpy as np
import pandas as pd
import pytest

from ot_eval.base.errors import RequestError
from ot_eval.derive.count_table import count_table
from ot_eval.models.counts import export_counts


def people(n=500):
    rng = np.random.default_rng(2)
    entry = rng.integers(0, 9, n)
    return pd.DataFrame({
        "entry_day": entry, "exit_day": entry + rng.integers(1, 50, n), "event": rng.choice(["increase", "none"], n),
        "sex": rng.choice(["f", "m"], n), "age_band": rng.choice(["65-74", "75+"], n),
    })  # fmt: skip


def test_duckdb_counts_as_pandas_does():
    frame, by = people(), ("sex", "age_band")
    found = count_table(ibis.memtable(frame), by).execute()
    wanted = export_counts(frame, by=by, check=len)
    pd.testing.assert_frame_equal(
        found.sort_values(["day", "what", *by]).reset_index(drop=True), wanted, check_dtype=False
    )
    assert found["n"].sum() == 2 * len(frame)


def test_an_absent_covariate_is_named():
    with pytest.raises(RequestError, match="Did you mean 'sex'"):
        count_table(ibis.memtable(people()), ("sexx",))
