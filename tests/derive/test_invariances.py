"""What must not matter does not: row order, a file sent twice, a row split in two, the calendar, pseudonyms."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ot_eval.derive.ascof import ascof_2a

DATES = ("start_date", "end_date", "birth_date", "death_date")
FILE_DATES = ("stated_start", "stated_end", "period_start", "period_end", "data_end")
ENOUGH = 20  # people followed, so that the comparisons compare something


def same(left, right):
    for name in ("followed", "left_out", "changes", "members"):
        pd.testing.assert_frame_equal(getattr(left, name), getattr(right, name), obj=name)
    assert left.flow == right.flow


def shifted(table, columns, days):
    for name in columns:
        place = table.column_names.index(name)
        moved = pc.add(table.column(name).cast(pa.int32()), pa.scalar(days, pa.int32())).cast(pa.date32())
        table = table.set_column(place, name, moved)
    return table


def shift_own(own, days):
    moved = {"contacts": ("date",), "providers": ("coaching_start",)}
    return {name: shifted(table, moved[name], days) for name, table in own.items()}


def test_there_is_something_to_compare(answers):
    assert len(answers.followed) > ENOUGH
    assert set(answers.followed["event"]) == {"increase", "death", "care_home", "none"}
    assert answers.members["in_denominator"].sum() > ENOUGH
    assert len(set(answers.changes["kind"])) > len(set(answers.followed["event"]))


def test_row_order_does_not_matter(council, answers, make):
    order = np.random.default_rng(1).permutation(council.rows.num_rows)
    mixed = make.Council(council.rows.take(order), council.files, council.own)
    same(answers, make.answers(make.tables(mixed)))


def test_a_file_sent_twice_does_not_matter(council, answers, make):
    """The sixth file comes again after the sixth, as a council might send it; later files move up by one."""
    number = council.rows.column("file_no")
    later = pc.add(number, pc.greater(number, 6).cast(pa.int64()))
    rows = council.rows.set_column(council.rows.column_names.index("file_no"), "file_no", later)
    again = rows.filter(pc.equal(number, 6))
    again = again.set_column(again.column_names.index("file_no"), "file_no", pa.array([7] * again.num_rows, pa.int64()))
    files = council.files
    moved = pc.add(files.column("file_no"), pc.greater(files.column("file_no"), 6).cast(pa.int64()))
    twice = files.filter(pc.equal(files.column("file_no"), 6))
    twice = twice.set_column(0, "file_no", pa.array([7], pa.int64()))
    files = pa.concat_tables([files.set_column(0, "file_no", moved), twice])
    copied = make.Council(pa.concat_tables([rows, again]), files, council.own)
    same(answers, make.answers(make.tables(copied)))


def split(rows, files, components):
    """Split every row of some components that is long enough in two that follow each other.

    A file that ends before the second half begins still shows one open row, as it would have.
    """
    frame = rows.to_pandas()
    closes = dict(zip(files.column("file_no").to_pylist(), files.column("period_end").to_pylist(), strict=True))
    service = frame["event_type"].eq("service") & frame["service_component"].isin(components)
    middle = frame["start_date"].map(lambda d: d + dt.timedelta(days=9) if d is not None else None)
    known_end = pd.to_datetime(frame["end_date"])
    late = pd.to_datetime(frame["file_no"].map(closes)) > pd.to_datetime(middle) + pd.Timedelta(days=1)
    long = known_end.isna() | (known_end > pd.to_datetime(middle) + pd.Timedelta(days=1))
    cut = service & late & long & frame["start_date"].notna()
    first, second = frame[cut].copy(), frame[cut].copy()
    first["end_date"] = middle[cut]
    second["start_date"] = middle[cut].map(lambda d: d + dt.timedelta(days=1))
    whole = pd.concat([frame[~cut], first, second], ignore_index=True)
    return pa.Table.from_pandas(whole, schema=rows.schema, preserve_index=False), int(cut.sum())


HOME_CARE, REABLEMENT = "home support or domiciliary care", "reablement"


def test_a_row_split_in_two_does_not_matter_in_a_re_cut_record(clean, make):
    before = make.follow(clean)
    rows, n_cut = split(clean.rows, clean.files, [REABLEMENT, HOME_CARE])
    assert n_cut > ENOUGH
    after = make.follow(make.Council(rows, clean.files, clean.own))
    columns = [c for c in before.frame.columns if c != "baseline_cost"]  # both halves carry the newest price
    pd.testing.assert_frame_equal(before.frame[columns], after.frame[columns])
    pd.testing.assert_frame_equal(before.left_out, after.left_out)


def test_reablement_split_in_two_does_not_matter_to_2a(clean, make):
    """Only reablement: a home-care row that begins anew is what follows reablement, by rule 12."""
    before = ascof_2a(make.tables(clean), make.protocol).members
    rows, _ = split(clean.rows, clean.files, [REABLEMENT])
    after = ascof_2a(make.tables(make.Council(rows, clean.files, clean.own)), make.protocol).members
    assert after["n_rows"].sum() > before["n_rows"].sum() + ENOUGH
    columns = [c for c in before.columns if c != "n_rows"]
    pd.testing.assert_frame_equal(before[columns], after[columns])


def test_a_calendar_shifted_by_weeks_leaves_people_and_increases_alone(recut, make):
    """Hours know no 1 April: a re-cut record says the same in any week of the year."""
    days = 7 * 5
    before = make.follow(recut).frame
    council = make.Council(
        shifted(recut.rows, DATES, days), shifted(recut.files, FILE_DATES, days), shift_own(recut.own, days)
    )
    after = make.follow(council).frame
    assert (after["time_zero"] - before["time_zero"] == pd.Timedelta(days=days)).all()
    columns = [c for c in before.columns if c != "time_zero"]
    pd.testing.assert_frame_equal(before[columns], after[columns])


def test_a_calendar_shifted_by_28_years_leaves_everything_alone(council, answers, make):
    """28 years are whole weeks, leap years and first Aprils."""
    days = (dt.date(2052, 4, 1) - dt.date(2024, 4, 1)).days
    assert days % 7 == 0
    moved = make.Council(
        shifted(council.rows, DATES, days), shifted(council.files, FILE_DATES, days), shift_own(council.own, days)
    )
    after = make.answers(make.tables(moved))
    for name in ("followed", "changes", "members"):
        old, new = getattr(answers, name), getattr(after, name)
        dates = [c for c in old.columns if pd.api.types.is_datetime64_any_dtype(old[c]) or old[c].map(_is_date).any()]
        rest = [c for c in old.columns if c not in dates]
        pd.testing.assert_frame_equal(old[rest], new[rest], obj=name)
        for column in dates:
            gap = (pd.to_datetime(new[column]) - pd.to_datetime(old[column])).dropna()
            assert (gap == pd.Timedelta(days=days)).all(), f"{name}.{column}"


def _is_date(value):
    return isinstance(value, dt.date)


def test_pseudonyms_do_not_matter(council, answers, make):
    """Other pseudonyms, in the opposite order, give the same people with the same answers."""
    people = sorted(set(council.rows.column("person_id").to_pylist()))
    names = {p: f"z{len(people) - n:05d}" for n, p in enumerate(people)}

    def renamed(table):
        if "person_id" not in table.column_names:
            return table
        new = pa.array([names.get(p, p) for p in table.column("person_id").to_pylist()], pa.string())
        return table.set_column(table.column_names.index("person_id"), "person_id", new)

    other = make.Council(renamed(council.rows), council.files, {n: renamed(t) for n, t in council.own.items()})
    after = make.answers(make.tables(other))
    keys = {
        "followed": ["person_id"],
        "left_out": ["person_id"],
        "changes": ["person_id", "change_date"],
        "members": ["person_id", "episode_no"],
    }
    for name, key in keys.items():
        old = getattr(answers, name).assign(person_id=lambda d: d["person_id"].map(names)).sort_values(key)
        new = getattr(after, name).sort_values(key)
        pd.testing.assert_frame_equal(old.reset_index(drop=True), new.reset_index(drop=True), obj=name)
    assert answers.flow == after.flow
    ties = ["time_zero", "exit_day", "age", "baseline_hours"]
    if not answers.followed.duplicated(ties).any():
        columns = [c for c in answers.followed.columns if c != "person_id"]
        pd.testing.assert_frame_equal(answers.followed[columns], after.followed[columns])
