"""Dates: both readings (Arrow for text files, Ibis for Parquet) give the same answer."""

from datetime import date

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ot_eval.data.dates import date_value, looks_month_first, read_dates

CASES = {
    "2024-02-29": date(2024, 2, 29),
    "29/02/2024": date(2024, 2, 29),
    "29/02/2024 00:00": date(2024, 2, 29),
    "2024-02-29 00:00:00": date(2024, 2, 29),
    "2024-02-29T13:45:10": date(2024, 2, 29),
    "2024-02-29 13:45:10.123": date(2024, 2, 29),
    " 1/3/2024 ": date(2024, 3, 1),
    "01-03-2024": date(2024, 3, 1),
    "01.03.2024": date(2024, 3, 1),
    "30/02/2024": None,
    "29/02/2023": None,
    "2023-02-29": None,
    "13/13/2024": None,
    "02/29/2024": None,
    "01/03/24": None,
    "2024": None,
    "2024-03": None,
    "01/03/2024 (approx)": None,
    "unknown": None,
    "0000-00-00": None,
    "": None,
}


def test_arrow_reads_each_style_and_refuses_the_rest():
    reading = read_dates(pa.array(list(CASES)))
    assert dict(zip(CASES, reading.dates.to_pylist(), strict=True)) == CASES
    bad = dict(zip(CASES, reading.bad.to_pylist(), strict=True))
    assert {text for text, is_bad in bad.items() if is_bad} == {t for t, d in CASES.items() if d is None and t.strip()}


def test_ibis_reads_the_same_as_arrow(duckdb_connection):
    table = duckdb_connection.create_table("d", pa.table({"text": list(CASES)}))
    read = table.select("text", read=date_value(table.text)).to_pyarrow().to_pylist()
    assert {r["text"]: r["read"] for r in read} == CASES


@given(st.lists(st.dates(date(1900, 1, 1), date(2100, 12, 31)), min_size=1), st.sampled_from(["%Y-%m-%d", "%d/%m/%Y"]))
def test_every_real_day_is_read_back(days, style):
    texts = pa.array([day.strftime(style) for day in days])
    assert read_dates(texts).dates.to_pylist() == days


def test_style_and_month_first_are_told():
    reading = read_dates(pa.array(["02/13/2024", "13/02/2024", "01/02/2024", "2024-01-01"]))
    assert (reading.iso, reading.day_first, reading.month_first, reading.provably_day_first) == (1, 3, 1, 1)
    assert reading.style == "ISO and day first"


def test_typed_columns_pass_through(duckdb_connection):
    when = pa.array([date(2024, 5, 1), None], pa.date32())
    assert read_dates(when).dates.to_pylist() == [date(2024, 5, 1), None]
    assert read_dates(when.cast(pa.timestamp("us"))).dates.to_pylist() == [date(2024, 5, 1), None]
    table = duckdb_connection.create_table("typed", pa.table({"d": when, "t": when.cast(pa.timestamp("us"))}))
    rows = table.select(d=date_value(table.d), t=date_value(table.t)).to_pyarrow().to_pylist()
    assert rows[0] == {"d": date(2024, 5, 1), "t": date(2024, 5, 1)}


@pytest.mark.parametrize(
    ("text", "is_month_first"), [("12/31/2024", True), ("31/12/2024", False), ("2024-12-31", False)]
)
def test_month_first_is_seen_lazily(duckdb_connection, text, is_month_first):
    table = duckdb_connection.create_table("m", pa.table({"t": [text]}))
    assert table.select(x=looks_month_first(table.t)).to_pyarrow()["x"].to_pylist() == [is_month_first]
