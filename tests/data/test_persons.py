"""Rule 3: who is one person."""

from datetime import date

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ot_eval.data.persons import SHARED_BY, link, usable_nhs
from ot_eval.data.pseudonyms import pseudonyms

KEY = b"k" * 32
A, B, C = "9990000001", "9990000002", "9990000003"


def pairs(*rows):
    """Rows of (local id, NHS number), optionally (…, first file, first start, birth, council)."""
    full = [(*r, *(1, date(2024, 1, 1), date(1940, 1, 1), "511")[len(r) - 2 :]) for r in rows]
    columns = list(zip(*full, strict=True))
    births = pa.array(columns[4], pa.date32())
    return pa.table(
        {
            "la_person_id": pa.array(columns[0], pa.string()),
            "nhs_number": pa.array(columns[1], pa.string()),
            "first_file": pa.array(columns[2], pa.int64()),
            "first_start": pa.array(columns[3], pa.date32()),
            "birth_min": births,
            "birth_max": births,
            "la_code": pa.array(columns[5], pa.string()),
            "n": pa.array([1] * len(full), pa.int64()),
        }
    )


def same(persons, *ids):
    return len({persons.resolved[i] for i in ids}) == 1


def test_ids_that_share_an_nhs_number_are_one_person():
    persons = link(pairs(("P1", A), ("D1", A), ("P2", B)), KEY)
    assert same(persons, "P1", "D1")
    assert not same(persons, "P1", "P2")
    assert (persons.n_people, persons.n_joined) == (2, 1)


def test_a_chain_is_one_person():
    persons = link(pairs(("P1", A), ("P2", A), ("P2", B), ("P3", B), ("P4", C)), KEY)
    assert same(persons, "P1", "P2", "P3")
    assert persons.n_people == 2


def test_a_blank_nhs_number_changes_nothing():
    with_blank = link(pairs(("P1", A), ("P1", None), ("P2", None), ("P3", None)), KEY)
    assert with_blank.n_people == 3
    assert with_blank.resolved["P1"] == link(pairs(("P1", A)), KEY).resolved["P1"]


def test_the_pseudonym_is_that_of_the_first_local_id():
    later_file = link(pairs(("D1", A, 2), ("P1", A, 1)), KEY)
    assert later_file.resolved["D1"] == pseudonyms(["P1"], KEY, kind="person")[0]
    later_day = link(pairs(("A1", A, 1, date(2024, 5, 1)), ("P1", A, 1, date(2024, 4, 1))), KEY)
    assert later_day.resolved["A1"] == pseudonyms(["P1"], KEY, kind="person")[0]


def test_a_person_with_an_nhs_number_alone_is_a_person():
    persons = link(pairs((None, A), ("P1", A), (None, B)), KEY)
    assert persons.n_people == 2
    identities = dict(zip(*(persons.identities[c].to_pylist() for c in ("identity", "person_id")), strict=True))
    assert identities[f"nhs\x1f{A}"] == persons.resolved["P1"] != identities[f"nhs\x1f{B}"]


@pytest.mark.parametrize("number", ["0000000000", "9999999999", "123", "12345678901", "ABCDEFGHIJ", " "])
def test_numbers_that_cannot_be_nhs_numbers_join_nobody(number):
    persons = link(pairs(("P1", number), ("P2", number)), KEY)
    assert not same(persons, "P1", "P2")
    assert persons.unusable_nhs == 2


def test_spaces_and_hyphens_in_a_number_do_not_count():
    assert usable_nhs(pa.array(["999 000 0001", "999-000-0001"])).to_pylist() == [A, A]


def test_a_placeholder_number_is_told():
    many = link(pairs(*((f"P{i}", A) for i in range(SHARED_BY + 1))), KEY)
    assert many.shared_nhs == (A,)
    assert link(pairs(*((f"P{i}", A) for i in range(SHARED_BY))), KEY).shared_nhs == ()


def test_two_people_with_one_id_need_two_numbers_and_two_births():
    born, other = date(1940, 1, 1), date(1950, 1, 1)
    day = date(2024, 1, 1)
    assert link(pairs(("P1", A, 1, day, born), ("P1", B, 1, day, other)), KEY).two_people == ("P1",)
    assert link(pairs(("P1", A, 1, day, born), ("P1", B, 1, day, born)), KEY).two_people == ()
    one_number = link(pairs(("P1", A, 1, day, born), ("P1", None, 1, day, other)), KEY)
    assert (one_number.two_people, one_number.two_births) == ((), ("P1",))


def test_equal_local_ids_of_two_councils_are_two_people():
    day, born = date(2024, 1, 1), date(1940, 1, 1)
    persons = link(
        pairs(("P1", A, 1, day, born, "511"), ("P1", B, 1, day, born, "512"), ("P2", A, 1, day, born, "512")), KEY
    )
    assert persons.several_councils
    assert persons.ambiguous == frozenset({"P1"})
    assert persons.n_people == 2


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from([A, B, C, None])), min_size=1, max_size=12))
def test_row_order_never_matters(rows):
    """Invariance: the same people, and the same pseudonyms, whatever the order of rows."""
    forwards, backwards = link(pairs(*rows), KEY), link(pairs(*rows[::-1]), KEY)
    assert forwards.resolved == backwards.resolved


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from([A, B, C])), min_size=1, max_size=12))
def test_against_a_plain_union_find(rows):
    """The components of the library against a dozen lines written for this test."""
    parent = {}

    def root(x):
        while parent.setdefault(x, x) != x:
            x = parent[x]
        return x

    for local, nhs in rows:
        parent[root(local)] = root(nhs)
    persons = link(pairs(*rows), KEY)
    ids = sorted({local for local, _ in rows})
    for one in ids:
        for two in ids:
            assert (persons.resolved[one] == persons.resolved[two]) == (root(one) == root(two))
