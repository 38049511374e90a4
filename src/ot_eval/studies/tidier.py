"""The TIDieR description of the intervention (Hoffmann et al., BMJ 2014;348:g1687): what the data say, item by item.

What the data cannot say is marked for the author; nothing is invented. Names of items are in our own words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ot_eval.studies.interventions_desk import Desk, role_words

AUTHOR = "author to complete"
FEWEST = 10
"""Codes, roles and modes that fewer people had are not named."""


def tidier(desk: Desk) -> tuple[str, ...]:
    """Return one line an item, each beginning "TIDieR" with its number and name."""
    book = desk.facts.get("codebook", "")
    done = _codes(desk, desk.codes)
    equipment = {letter for letter, label in desk.families.items() if "equipment" in label.lower()}
    materials = _codes(desk, [c for c in desk.codes if c[0] in equipment])
    roles = _named(desk.contacts.groupby("staff_role")["person_id"].nunique().to_dict())
    modes = _named(desk.contacts.groupby("mode")["person_id"].nunique().to_dict())
    items = (
        ("brief name", f"{desk.protocol.service}: occupational therapy and reablement support, coded with {book}"),
        ("why", AUTHOR),
        ("what, materials", f"{_or_author(materials)}; leaflets and other materials: {AUTHOR}"),
        ("what, procedures", _or_author(done)),
        ("who provided", f"{_or_author(roles)}; training and grades: {AUTHOR}"),
        ("how", f"{_or_author(modes)}; one to one or in groups: {AUTHOR}"),
        ("where", f"{_where(modes)}; region and kind of homes: {AUTHOR}"),
        (
            "when and how much",
            "see the tables of this report: by whom, before during after, what was done, week by week",
        ),
        ("tailoring", AUTHOR),
        ("modifications", AUTHOR),
        ("how well, planned", AUTHOR),
        ("how well, actual", AUTHOR),
    )
    return tuple(f"TIDieR {n}, {name}: {said}." for n, (name, said) in enumerate(items, start=1))


def _codes(desk: Desk, codes: Iterable[str]) -> list[str]:
    had = desk.by_person.groupby("code")["person_id"].nunique().to_dict()
    often = sorted((c for c in codes if had.get(c, 0) >= FEWEST), key=lambda c: -had[c])
    return [desk.codes[c][:1].lower() + desk.codes[c][1:] for c in often]


def _named(people: dict[object, int]) -> list[str]:
    often = sorted((k for k, n in people.items() if n >= FEWEST), key=lambda k: -people[k])
    return [role_words(str(k)) for k in often]


def _where(modes: Sequence[str]) -> str:
    places = {"home visit": "the person's home", "care home": "care homes"}
    return _or_author([places[m] for m in modes if m in places])


def _or_author(words: Sequence[str]) -> str:
    return "; ".join(words) or AUTHOR
