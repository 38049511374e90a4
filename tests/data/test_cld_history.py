"""Rule 6, drawn: successive files on the left, the one history they make on the right.

Files: 1 ends 31 Mar, 2 ends 30 Jun, 3 ends 30 Sep 2025.
"""

from datetime import date, timedelta

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ot_eval.data.cld_history import merge_history

ENDS = {1: date(2025, 3, 31), 2: date(2025, 6, 30), 3: date(2025, 9, 30)}
START = date(2025, 1, 10)
LINE = {
    "person_id": "p",
    "la_code": "511",
    "client_type": "service user",
    "event_type": "service",
    "start_date": START,
    "service_type": "long term support: community",
    "service_component": "home support or domiciliary care",
    "description": "Personal care",
}
REQUEST = {**LINE, "event_type": "request", "service_type": None, "service_component": None, "description": None}


@pytest.fixture
def merge(duckdb_connection, cld):
    """Return the merged history of some rows as dictionaries, in a fixed order."""

    def merged(*rows, files=ENDS):
        table = duckdb_connection.create_table("rows", cld.row_table(list(rows)), overwrite=True)
        ends = pa.table({"file_no": list(files), "period_end": list(files.values())})
        file_table = duckdb_connection.create_table("files", ends, overwrite=True)
        found = merge_history(table, file_table).to_pyarrow().to_pylist()
        return sorted(found, key=lambda r: str((r["person_id"], r["start_date"], r["end_date"], r["planned_units"])))

    return merged


def line(file_no, **changes):
    return {**LINE, "file_no": file_no, **changes}


def request(file_no, **changes):
    return {**REQUEST, "file_no": file_no, **changes}


def ends(events):
    return [(e["end_date"], e["end_basis"], e["last_file_no"]) for e in events]


def test_the_newest_file_that_holds_an_event_wins(merge):
    """
    file 1  10 Jan ------> open, 7 h        history
    file 2  10 Jan --| 5 May, 7 h       ->  10 Jan --| 5 May
    """
    events = merge(line(1, planned_units=7.0), line(2, planned_units=7.0, end_date=date(2025, 5, 5)))
    assert ends(events) == [(date(2025, 5, 5), "recorded", 2)]


def test_a_service_overwritten_in_place_shows_its_newest_units(merge):
    """
    file 1  10 Jan ------> 7 h
    file 3  10 Jan ------> 14 h         ->  10 Jan ------> 14 h (the change itself is found by comparing files)
    """
    events = merge(line(1, planned_units=7.0), line(2, planned_units=7.0), line(3, planned_units=14.0))
    assert [(e["planned_units"], e["end_date"]) for e in events] == [(14.0, None)]


def test_a_recut_service_is_two_events(merge):
    """
    file 1  10 Jan ------> 7 h
    file 2  10 Jan --| 5 May 7 h, 6 May ------> 14 h   ->  both
    """
    events = merge(
        line(1, planned_units=7.0),
        line(2, planned_units=7.0, end_date=date(2025, 5, 5)),
        line(2, planned_units=14.0, start_date=date(2025, 5, 6)),
    )
    assert [e["planned_units"] for e in events] == [7.0, 14.0]


def test_double_handed_care_stays_two_lines(merge):
    """
    file 2  10 Jan ------> 7 h (carer 1), 10 Jan ------> 7 h (carer 1, same text)   ->  both, 14 h in all
    """
    events = merge(line(1, planned_units=7.0), line(2, planned_units=7.0), line(2, planned_units=7.0, provider_id="X"))
    assert sum(e["planned_units"] for e in events if e["end_date"] is None) == 14.0


def test_package_lines_are_told_apart_by_their_description(merge):
    """
    file 1  Personal care ------>
    file 2  Evening call  ------>        ->  Personal care --| 31 Mar (vanished), Evening call ------>
    """
    events = merge(line(1), line(2, description="Evening call"), files={1: ENDS[1], 2: ENDS[2]})
    assert {(e["description"], e["end_date"]) for e in events} == {("Personal care", ENDS[1]), ("Evening call", None)}


def test_other_services_are_not_told_apart_by_their_description(merge):
    other = {"service_type": "short term support: st-max", "service_component": "reablement"}
    events = merge(line(1, **other), line(2, **other, description="START team"), files={1: ENDS[1], 2: ENDS[2]})
    assert ends(events) == [(None, None, 2)]


def test_an_open_service_that_vanishes_ends_with_its_last_file(merge):
    """
    file 1  10 Jan ------>
    file 2  (nothing)                    ->  10 Jan --| 31 Mar
    """
    events = merge(line(1), line(2, person_id="q"), files={1: ENDS[1], 2: ENDS[2]})
    assert ends(events) == [(ENDS[1], "vanished", 1), (None, None, 2)]


def test_a_service_that_starts_after_its_file_is_complete_and_vanishes_ends_where_it_began(merge):
    late = date(2025, 4, 10)
    events = merge(line(1, start_date=late), line(2, person_id="q"))
    assert ends(events)[0] == (late, "vanished", 1)


def test_services_open_in_the_newest_file_stay_open(merge):
    assert ends(merge(line(1), line(2), line(3))) == [(None, None, 3)]


def test_a_closed_service_that_leaves_the_rolling_year_keeps_its_end(merge):
    events = merge(line(1, end_date=date(2025, 2, 1)), line(2, person_id="q"), line(3, person_id="q"))
    assert ends(events)[0] == (date(2025, 2, 1), "recorded", 1)


def test_an_event_absent_from_one_file_and_back_in_a_later_one_is_not_cropped(merge):
    assert ends(merge(line(1), line(3), line(2, person_id="q"), line(3, person_id="q")))[0] == (None, None, 3)


@pytest.mark.parametrize("kind", ["request", "assessment", "review"])
def test_only_services_are_cropped(merge, kind):
    events = merge(request(1, event_type=kind), line(2, person_id="q"))
    assert events[0]["end_date"] is None


DEATH = date(2025, 2, 20)


@pytest.mark.parametrize(
    ("end", "death", "expected", "basis"),
    [
        (None, DEATH, DEATH, "death"),
        (date(2025, 3, 1), DEATH, DEATH, "death"),
        (DEATH, DEATH, DEATH, "recorded"),
        (date(2025, 2, 1), DEATH, date(2025, 2, 1), "recorded"),
        (None, START, START, "death"),
        (None, START - timedelta(days=1), None, None),
        (date(2025, 3, 1), START - timedelta(days=1), date(2025, 3, 1), "recorded"),
        (date(2025, 3, 1), START, START, "death"),
    ],
)
def test_death_in_the_row_itself_ends_what_it_falls_inside(merge, end, death, expected, basis):
    events = merge(line(3, end_date=end, death_date=death))
    assert ends(events) == [(expected, basis, 3)]


def test_death_first_known_later_does_not_reopen_a_row_that_had_vanished(merge):
    """
    file 1  10 Jan ------>               death unknown
    file 2  review of 5 May, death 20 Jun   ->  10 Jan --| 31 Mar, not 20 Jun
    """
    died = date(2025, 6, 20)
    review = request(2, event_type="review", start_date=date(2025, 5, 5), end_date=date(2025, 5, 5), death_date=died)
    events = merge(line(1), review)
    assert ends(events)[0] == (ENDS[1], "vanished", 1)


def test_death_comes_before_the_crop(merge):
    """
    file 1  10 Jan ------>  death 20 Feb
    file 2  (nothing)                    ->  10 Jan --| 20 Feb, not 31 Mar
    """
    events = merge(line(1, death_date=DEATH), line(2, person_id="q"))
    assert ends(events)[0] == (DEATH, "death", 1)


def test_requests_are_told_apart_by_end_and_route(merge):
    end = date(2025, 1, 12)
    rows = [request(1, end_date=end, route="prison"), request(2, end_date=end, route="prison", outcome="nfa: other")]
    assert [e["outcome"] for e in merge(*rows)] == ["nfa: other"]
    assert len(merge(*rows, request(2, end_date=end, route="self-funder"))) == 2
    assert len(merge(*rows, request(2, end_date=end + timedelta(days=1), route="prison"))) == 2


def test_assessments_are_told_apart_by_type_and_reviews_by_end(merge):
    end = date(2025, 1, 12)
    assessment = {"event_type": "assessment", "end_date": end}
    rows = [request(1, **assessment, assessment_type=t) for t in ("long term assessment", "short term assessment")]
    assert len(merge(*rows)) == 2
    review = {"event_type": "review", "end_date": end}
    assert len(merge(request(1, **review, review_reason="planned"), request(2, **review))) == 1


def test_blanks_in_the_key_match(merge):
    assert len(merge(line(1, description=None, client_type=None), line(2, description=None, client_type=None))) == 1


def test_people_clients_and_councils_are_kept_apart(merge):
    rows = [line(3), line(3, person_id="q"), line(3, client_type="unpaid carer"), line(3, la_code="512")]
    assert len(merge(*rows)) == 4


def test_each_council_has_its_own_newest_file(merge):
    """
    council 511: files 1 and 3; council 512: file 2 alone, newest of its own   ->  its service stays open
    """
    events = merge(line(1), line(3), line(2, la_code="512"))
    assert {(e["la_code"], e["end_date"]) for e in events} == {("511", None), ("512", None)}


# -- properties ---------------------------------------------------------------------------------------------------

days = st.dates(date(2025, 1, 1), date(2025, 3, 31))
some_line = st.builds(
    lambda person, start, end, units, files, text: [
        line(f, person_id=person, start_date=start, end_date=end, planned_units=units, description=text) for f in files
    ],
    st.sampled_from("pqr"),
    days,
    st.one_of(st.none(), days),
    st.sampled_from([7.0, 14.0]),
    st.sampled_from([(1,), (1, 2), (1, 2, 3), (2, 3), (3,)]),
    st.sampled_from(["a", "b"]),
)


def comparable(events):
    return sorted(str(sorted((k, str(v)) for k, v in e.items())) for e in events)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(some_line, min_size=1, max_size=5), st.randoms())
def test_row_order_leaves_the_history_unchanged(merge, lines, random):
    rows = [row for rows in lines for row in rows]
    shuffled = rows[:]
    random.shuffle(shuffled)
    assert comparable(merge(*rows)) == comparable(merge(*shuffled))


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(some_line, min_size=1, max_size=5))
def test_a_quarter_sent_twice_leaves_the_history_unchanged(merge, lines):
    """File 2 again as file 3 (same rows, same period), the old file 3 as file 4: only file numbers move."""
    rows = [row for rows in lines for row in rows]
    moved = [{**r, "file_no": 4} if r["file_no"] == 3 else r for r in rows]
    again = [{**r, "file_no": 3} for r in rows if r["file_no"] == 2]
    files = {1: ENDS[1], 2: ENDS[2], 3: ENDS[2], 4: ENDS[3]}
    strip = ("file_no", "last_file_no")

    def bare(events):
        return comparable([{k: v for k, v in e.items() if k not in strip} for e in events])

    assert bare(merge(*rows)) == bare(merge(*moved, *again, files=files))


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(some_line, min_size=1, max_size=5), st.integers(-2000, 2000))
def test_a_shifted_calendar_shifts_the_history(merge, lines, by):
    rows = [row for rows in lines for row in rows]
    shift = timedelta(days=by)
    dates = ("start_date", "end_date", "death_date")

    def moved(row):
        return {k: v + shift if k in dates and v else v for k, v in row.items()}

    later = merge(*map(moved, rows), files={n: d + shift for n, d in ENDS.items()})
    assert comparable(map(moved, merge(*rows))) == comparable(later)
