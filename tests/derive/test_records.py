"""What a council's record can show: its style, and the share of time in which a rise would leave no trace."""

from __future__ import annotations

import datetime as dt

import ibis
import pyarrow as pa
import pytest

from ot_eval.derive.days import day_of
from ot_eval.derive.unseen import unseen_share

CONNECTION = ibis.duckdb.connect()
QUARTERS = [dt.date(2024, 3, 31), dt.date(2024, 6, 30), dt.date(2024, 9, 30), dt.date(2024, 12, 31)]


def share(people, ends=QUARTERS):
    rows = {"seven": [day_of(a) for a, _ in people], "left": [day_of(b) for _, b in people]}
    kinds = {"seven": pa.int64(), "left": pa.int64()}
    followed = pa.table({k: pa.array(v, kinds[k]) for k, v in rows.items()})
    files = pa.table({"file_no": list(range(len(ends))), "period_end": pa.array(ends, pa.date32())})
    put = CONNECTION.create_table
    return unseen_share(put("followed", followed, overwrite=True), put("files", files, overwrite=True))


def test_time_before_the_first_file_and_after_the_last_but_one_is_unseen():
    """From 20 April to 10 December: unseen 71 days to 30 June and 71 days from 30 September, of 234."""
    assert share([(dt.date(2024, 4, 20), dt.date(2024, 12, 10))]) == pytest.approx((71 + 71) / 234)


def test_who_leaves_before_a_file_is_never_seen():
    assert share([(dt.date(2024, 4, 20), dt.date(2024, 6, 10))]) == 1
    assert share([(dt.date(2024, 11, 1), dt.date(2024, 12, 10))]) == 1


def test_a_person_from_file_to_file_is_always_seen():
    assert share([(dt.date(2024, 3, 31), dt.date(2024, 9, 30))]) == 0


def test_shares_are_of_all_days_together():
    both = [(dt.date(2024, 3, 31), dt.date(2024, 9, 30)), (dt.date(2024, 11, 1), dt.date(2024, 12, 10))]
    assert share(both) == pytest.approx(39 / (183 + 39))


def test_nobody_at_risk_and_no_period_have_no_share():
    assert share([]) is None
    assert share([(dt.date(2024, 4, 20), dt.date(2024, 6, 10))], [None]) is None


def test_the_style_of_a_council_is_found_and_stated(recut, overwritten, make):
    """Synthetic councils of both styles, with the usual dirt, are told apart; only one has unseen time."""
    told = {name: make.follow(council).facts for name, council in (("re-cut", recut), ("overwritten", overwritten))}
    assert {name: facts["recording_style"].split(": ")[1] for name, facts in told.items()} == {
        "re-cut": "re-cut",
        "overwritten": "overwritten",
    }
    assert "unseen_share" not in told["re-cut"]
    assert told["overwritten"]["unseen_share"].endswith("% of the time followed")
