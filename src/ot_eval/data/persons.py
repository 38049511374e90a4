"""Who is who: local ids that share an NHS number are one person (rule 3), and get one pseudonym.

Works on distinct pairs of ids, never on rows. A blank NHS number links nothing and separates nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ot_eval.data.pseudonyms import pseudonyms

NHS_DIGITS = 10
SHARED_BY = 5
"""More local ids than this on one NHS number is a placeholder number, not a person with several records."""
SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True, kw_only=True)
class Persons:
    """The crosswalk of one study.

    Attributes
    ----------
    identities : Arrow table `identity` (what a row is named by) and `person_id` (pseudonym), one row an identity
    resolved : local id as used in extra files, to pseudonym
    ambiguous : local ids that different people have in different councils
    """

    identities: pa.Table
    resolved: dict[str, str]
    ambiguous: frozenset[str]
    several_councils: bool
    n_people: int
    n_joined: int  # local ids beyond the first of their person
    unusable_nhs: int  # rows whose NHS number is not a usable one
    shared_nhs: tuple[str, ...]  # placeholder numbers
    two_people: tuple[str, ...]  # local ids that carry two NHS numbers and two dates of birth
    two_births: tuple[str, ...]  # local ids with two dates of birth


def usable_nhs(given: pa.Array) -> pa.Array:
    """Return NHS numbers as ten digits; null where blank, too short or long, or one digit repeated.

    Check digits are not asked for: a mistyped number still joins the same person's records.

    Examples
    --------
    >>> usable_nhs(pa.array(["999 123 4567", "0000000000", "NULL", None])).to_pylist()
    ['9991234567', None, None, None]
    """
    digits = pc.replace_substring_regex(pc.fill_null(given, ""), r"[\s-]", "")
    fits = pc.match_substring_regex(digits, rf"^\d{{{NHS_DIGITS}}}$")
    repeated = pc.is_in(digits, value_set=pa.array([str(d) * NHS_DIGITS for d in range(10)]))
    return pc.if_else(pc.and_not(fits, repeated), digits, pa.scalar(None, pa.string()))


def _codes(values: pa.Array) -> tuple[np.ndarray, pa.Array]:
    """Return integer codes (-1 where null) and the distinct values."""
    coded = pc.dictionary_encode(values)
    return np.asarray(pc.fill_null(coded.indices, -1)).astype(np.int64), coded.dictionary


def link(pairs: pa.Table, key: bytes) -> Persons:
    """Join local ids and NHS numbers into people.

    Parameters
    ----------
    pairs : one row for each distinct (la_code, la_person_id, nhs_number), with `first_file`, `first_start` (date),
        `birth_min`, `birth_max` and `n` rows; blank ids are null
    key : the pseudonym key

    Returns
    -------
    Persons
    """
    pairs = pairs.combine_chunks()
    local, nhs = pairs["la_person_id"].combine_chunks(), usable_nhs(pairs["nhs_number"].combine_chunks())
    councils = pc.fill_null(pairs["la_code"].combine_chunks(), "")
    several = len([c for c in pc.unique(councils).to_pylist() if c]) > 1
    qualified = pc.binary_join_element_wise(councils, local, SEPARATOR) if several else local
    unusable = pc.and_(pc.is_valid(pairs["nhs_number"]), pc.is_null(nhs))
    local_code, local_ids = _codes(qualified)
    nhs_code, nhs_ids = _codes(nhs)
    shared = _placeholders(local_code, nhs_code, nhs_ids)
    group = _components(local_code, nhs_code, len(local_ids), len(nhs_ids))
    canonical, group_of_local, group_of_nhs = _canonical(pairs, group, local_code, (local_ids, nhs_ids))
    names = np.array(pseudonyms(canonical, key, kind="person"), dtype=object)
    person_of_local = names[group_of_local]
    identities = pa.concat_arrays([local_ids.cast(pa.string()), pc.binary_join_element_wise("nhs", nhs_ids, SEPARATOR)])
    people = pa.array([*person_of_local, *names[group_of_nhs]], pa.string())
    resolved, ambiguous = _by_local_id(local_ids.to_pylist(), person_of_local.tolist())
    two_people, two_births = _conflicts(pairs, local_code, nhs_code, local_ids)
    return Persons(
        identities=pa.table({"identity": identities, "person_id": people}),
        resolved=resolved,
        ambiguous=ambiguous,
        several_councils=several,
        n_people=len(canonical),
        n_joined=len(local_ids) - len(np.unique(group_of_local)),
        unusable_nhs=int(pc.sum(pc.if_else(unusable, pairs["n"], 0)).as_py() or 0),
        shared_nhs=shared,
        two_people=two_people,
        two_births=two_births,
    )


def _placeholders(local_code: np.ndarray, nhs_code: np.ndarray, nhs_ids: pa.Array) -> tuple[str, ...]:
    both = (local_code >= 0) & (nhs_code >= 0)
    distinct = np.unique(np.stack([nhs_code[both], local_code[both]], axis=1), axis=0)
    numbers, sizes = np.unique(distinct[:, 0], return_counts=True)
    return tuple(nhs_ids[int(i)].as_py() for i in numbers[sizes > SHARED_BY])


def _components(local_code: np.ndarray, nhs_code: np.ndarray, n_local: int, n_nhs: int) -> np.ndarray:
    """Return the component of each node: local ids first, then NHS numbers."""
    both = (local_code >= 0) & (nhs_code >= 0)
    size = n_local + n_nhs
    ones = np.ones(int(both.sum()), dtype=np.int8)
    graph = coo_array((ones, (local_code[both], nhs_code[both] + n_local)), shape=(size, size))
    return connected_components(graph, directed=False)[1] if size else np.empty(0, dtype=np.int64)


def _canonical(
    pairs: pa.Table, group: np.ndarray, local_code: np.ndarray, ids: tuple[pa.Array, pa.Array]
) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Return each component's canonical id (its first local id, else its NHS number) and each node's component."""
    local_ids, nhs_ids = ids
    n_local = len(local_ids)
    group_of_local, group_of_nhs = group[:n_local], group[n_local:]
    n_groups = int(group.max()) + 1 if len(group) else 0
    canonical: list[str] = [""] * n_groups
    for code, component in enumerate(group_of_nhs.tolist()):
        canonical[component] = f"nhs{SEPARATOR}{nhs_ids[code].as_py()}"
    named = np.flatnonzero(local_code >= 0)
    texts = np.array(local_ids.to_pylist(), dtype=object)
    order = pairs.take(pa.array(named)).append_column("_id", pa.array(texts[local_code[named]], pa.string()))
    order = order.append_column("_at", pa.array(named))
    sort = pc.sort_indices(
        order, sort_keys=[("first_file", "ascending"), ("first_start", "ascending"), ("_id", "ascending")]
    )
    positions = named[np.asarray(sort)]
    components = group_of_local[local_code[positions]]
    _, firsts = np.unique(components, return_index=True)
    for position in firsts.tolist():
        canonical[int(components[position])] = str(texts[local_code[positions[position]]])
    return canonical, group_of_local, group_of_nhs


def _by_local_id(qualified: list[str], people: list[str]) -> tuple[dict[str, str], frozenset[str]]:
    resolved: dict[str, str] = {}
    ambiguous: set[str] = set()
    for text, person in zip(qualified, people, strict=True):
        plain = text.rsplit(SEPARATOR, 1)[-1]
        if resolved.setdefault(plain, person) != person:
            ambiguous.add(plain)
    return resolved, frozenset(ambiguous)


def _conflicts(
    pairs: pa.Table, local_code: np.ndarray, nhs_code: np.ndarray, local_ids: pa.Array
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return local ids with two NHS numbers and two births, and local ids with two births whatever their numbers."""
    born_from = np.asarray(pc.fill_null(pc.cast(pairs["birth_min"], pa.int32()), -(2**31) + 1))
    born_to = np.asarray(pc.fill_null(pc.cast(pairs["birth_max"], pa.int32()), -(2**31) + 1))
    known = (local_code >= 0) & (born_from > -(2**31) + 1)
    low = np.full(len(local_ids), np.iinfo(np.int64).max)
    high = np.full(len(local_ids), np.iinfo(np.int64).min)
    np.minimum.at(low, local_code[known], born_from[known])
    np.maximum.at(high, local_code[known], born_to[known])
    births = high > low
    numbered = (local_code >= 0) & (nhs_code >= 0)
    distinct = np.unique(np.stack([local_code[numbered], nhs_code[numbered]], axis=1), axis=0)
    numbers = np.bincount(distinct[:, 0], minlength=len(local_ids)) if len(distinct) else np.zeros(len(local_ids), int)
    plain = [text.rsplit(SEPARATOR, 1)[-1] for text in local_ids.to_pylist()]
    two_people = tuple(plain[i] for i in np.flatnonzero(births & (numbers > 1)))
    return two_people, tuple(plain[i] for i in np.flatnonzero(births & (numbers <= 1)))
