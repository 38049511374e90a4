"""Occupational therapy in Client Level Data: contacts proposed from Event Description and from equipment rows.

The return has no field for occupational therapy. A keyword in Event Description is taken as a contact; equipment is
only a hint, because trusted assessors prescribe it too. The user's own contacts file wins over both; that choice is
made where exposure is derived. The map is `reference/ot_keywords.csv`; a protocol replaces its description words with
`reading.ot_keywords`.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import ibis
import ibis.expr.types as ir

EQUIPMENT = "equipment"


@dataclass(frozen=True, slots=True)
class OtKeywords:
    """Words that mean a contact, and words that make one possible; `*` stands for the rest of a word."""

    contact: tuple[str, ...]
    possible: tuple[str, ...]


@cache
def shipped_keywords() -> OtKeywords:
    """Return the shipped map."""
    path = files("ot_eval.data") / "reference" / "ot_keywords.csv"
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    return OtKeywords(
        contact=tuple(r["keyword"] for r in rows if r["means"] == "contact"),
        possible=tuple(r["keyword"] for r in rows if r["means"] == "possible"),
    )


def pattern(keywords: tuple[str, ...]) -> str:
    r"""Return a regular expression for lower-case text that finds whole words; `*` stands for the rest of a word.

    Spaces in a keyword match any run of spaces or hyphens. The pattern uses only what DuckDB and Spark share.

    Examples
    --------
    >>> found = re.compile(pattern(("ot", "occupational therap*")))
    >>> [bool(found.search(t)) for t in ("ot assessment", "occupational  therapist", "other", "foot care", "3 ot's")]
    [True, True, False, False, True]
    """
    words = []
    for keyword in keywords:
        parts = [re.escape(part).replace("\\ ", "[ -]+") for part in keyword.strip().lower().split("*")]
        words.append("[a-z0-9]*".join(parts))
    return rf"(^|[^a-z0-9])({'|'.join(words)})($|[^a-z0-9])"


def propose_contacts(events: ir.Table, keywords: OtKeywords) -> ir.Table:
    """Propose occupational therapy contacts from the merged history.

    Parameters
    ----------
    events : `cld_events`
    keywords : what to look for

    Returns
    -------
    table
        `person_id`, `date` (the first day), `basis` (`event_description` or `equipment`), one row for each event of a
        service user. Only `event_description` is a contact; `equipment` is a hint.
    """
    text = events.description.lower()
    named = text.re_search(pattern(keywords.contact)) if keywords.contact else ibis.literal(False)
    hint = (events.service_component == EQUIPMENT) & text.re_search(pattern(keywords.possible))
    basis = ibis.cases(
        (named.fill_null(False), "event_description"),
        ((hint if keywords.possible else ibis.literal(False)).fill_null(False), "equipment"),
        else_=ibis.null("string"),
    )
    found = events.mutate(basis=basis)
    found = found.filter(
        found.basis.notnull() & (found.client_type == "service user").fill_null(False) & found.start_date.notnull()
    )
    return found.select("person_id", date=found.start_date, basis=found.basis)
