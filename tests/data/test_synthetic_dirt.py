"""Every fault that the dirty council promises is really in its files, and the clean one has none of them."""

import io

import pandas as pd
import pytest

from ot_eval.data.synthetic import write_study


def _read(path):
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252")
    frame = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
    frame.columns = [c.lower() for c in frame.columns]
    return frame


@pytest.fixture(scope="module")
def councils(tmp_path_factory):
    found = {}
    for dirty in (False, True):
        folder = tmp_path_factory.mktemp("council")
        write_study(folder, people=1500, seed=8, dirty=dirty)
        found[dirty] = sorted((folder / "cld").glob("*.csv"))
    return found


@pytest.fixture(scope="module")
def tables(councils):
    return {d: [_read(f) for f in files] for d, files in councils.items()}


def _days(column):
    day = column.str[:10]
    return pd.to_datetime(day.where(day != ""), format="%Y-%m-%d" if "-" in "".join(day[:50]) else "%d/%m/%Y")


FAULTS = {
    "text NULL": lambda t: (t == "NULL").any(axis=None),
    "blank NHS number": lambda t: (t["nhs number"] == "").any(),
    "capitals or spaces": lambda t: (t["event outcome"].str.strip() != t["event outcome"]).any(),
    "row sent twice": lambda t: t.duplicated().any(),
    "negative cost": lambda t: t["unit cost"].str.startswith("-").any(),
    "value in no list": lambda t: t["event outcome"].str.lower().str.contains("local code").any(),
    "end before start": lambda t: (_days(t["event end date"]) < _days(t["event start date"])).any(),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_in_the_dirty_files_and_not_in_the_clean_ones(tables, fault):
    assert any(FAULTS[fault](t) for t in tables[True])
    assert not any(FAULTS[fault](t) for t in tables[False])


def test_two_ids_share_an_nhs_number_only_in_the_dirty_files(tables):
    for dirty, frames in tables.items():
        rows = pd.concat([f[["nhs number", "la person unique identifier"]] for f in frames], ignore_index=True)
        rows = rows[rows["nhs number"] != ""]
        ids = rows["la person unique identifier"].str.strip().groupby(rows["nhs number"]).nunique()
        assert (ids.max() > 1) == dirty


def test_files_are_encoded_and_dated_in_several_ways(councils):
    raw = [f.read_bytes() for f in councils[True]]
    assert raw[3].startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in raw[4]
    with pytest.raises(UnicodeDecodeError):
        raw[4].decode("utf-8")
    assert b"/2023 00:00," in raw[2]
    assert b" 00:00:00," in raw[8]


def test_one_stated_period_is_wrong_and_the_newest_file_stops_early(tables):
    assert tables[True][6]["reporting period end date"].iloc[0] != tables[False][6]["reporting period end date"].iloc[0]
    newest = {d: _days(frames[-1]["event end date"]) for d, frames in tables.items()}
    last_month = {d: (e >= "2026-03-03").sum() for d, e in newest.items()}
    assert last_month[True] == 0
    assert last_month[False] > 10


def test_some_ended_rows_vanish_instead(tables):
    def lost(frames):
        key = ["la person unique identifier", "event start date", "event description"]
        home = [f[f["service component"].str.lower().str.startswith("home support")] for f in frames]
        open_ones = [f[f["event end date"] == ""] for f in home]
        gone = 0
        for now, following in zip(open_ones[9:11], home[10:12], strict=True):  # files 9 to 11 write dates alike
            gone += len(now) - len(now[key].drop_duplicates().merge(following[key].drop_duplicates()))
        return gone

    assert lost(tables[True]) > 0
    assert lost(tables[False]) == 0


def test_a_late_death_is_missing_from_the_file_of_its_quarter(tables):
    def known(frames, last):
        frame = frames[last]
        return set(frame.loc[frame["date of death"] != "", "la person unique identifier"].str.strip())

    assert known(tables[True], 9) < known(tables[False], 9) or len(known(tables[True], 9)) < len(
        known(tables[False], 9)
    )
