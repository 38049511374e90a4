"""Occupational therapy and coaching as exposures that begin when they happen (rules 24 and 25)."""

from __future__ import annotations

import ibis
from ibis.expr.types import Table

from ot_eval.base.errors import RequestError
from ot_eval.base.protocol import Protocol
from ot_eval.data.ot_keywords import OtKeywords, propose_contacts
from ot_eval.derive import days
from ot_eval.derive.joins import looked_up

PERSON = ("person_id",)


def contacts_from_file(contacts: Table, protocol: Protocol) -> Table:
    """Return OT contacts from the study's own file: a wanted role, and long enough to be more than an attempt.

    A contact without minutes is not counted, unless the file has no minutes at all: then attempts cannot be told apart.
    """
    wanted = contacts["staff_role"].isin(protocol.exposure.staff_roles)
    if "minutes" in contacts.columns:
        timed = contacts.filter(contacts["minutes"].notnull()).count().as_scalar() > 0
        wanted = wanted & ((contacts["minutes"] >= protocol.exposure.minimum_minutes) | ~timed)
    found = contacts.filter(wanted.fill_null(False) & contacts["date"].notnull())
    return found.select("person_id", contact=days.number(found["date"]))


def contacts_from_descriptions(events: Table, keywords: tuple[str, ...]) -> Table:
    """Return OT contacts proposed by CLD's Event Description: the first day of each event that holds a keyword."""
    found = propose_contacts(events, OtKeywords(contact=keywords, possible=()))
    return found.select("person_id", contact=days.number(found["date"]))


def source(protocol: Protocol, has_contacts: bool, has_descriptions: bool) -> str:
    """Return which source of OT contacts is used: 'contacts', 'event_description' or 'none'.

    Raises
    ------
    RequestError
        when the protocol names a source that the study does not have
    """
    asked = protocol.exposure.source
    have = {"contacts": has_contacts, "event_description": has_descriptions}
    if asked == "auto":
        return next((name for name, there in have.items() if there), "none")
    if not have[asked]:
        raise RequestError(
            f"exposure.source is {asked}, and the study has no such data",
            expected="the source of OT contacts that the protocol names",
            fix="add the file contacts.csv, or the CLD files, or set exposure.source: auto",
        )
    return asked


def ot_contacts(contacts: Table | None, events: Table | None, protocol: Protocol) -> tuple[Table | None, str]:
    """Return every OT contact (`person_id`, `contact`, a day number) and the source used."""
    used = source(protocol, contacts is not None, events is not None)
    if used == "contacts" and contacts is not None:
        return contacts_from_file(contacts, protocol), used
    if used == "event_description" and events is not None:
        return contacts_from_descriptions(events, protocol.reading.ot_keywords), used
    return None, used


def with_ot_day(index: Table, contacts: Table | None, counted_from: str) -> Table:
    """Add `ot_day`, days from time zero to the first OT contact.

    Contacts count from the start of the index episode (or from time zero). Negative = before time zero; missing = none
    seen.
    """
    if contacts is None:
        return index.mutate(ot_day=ibis.null("int64"))
    origin = "start" if counted_from == "reablement_start" else "zero"
    pairs = index.select("person_id", _from=index[origin]).inner_join(contacts, "person_id")
    pairs = pairs.filter(pairs["contact"] >= pairs["_from"])
    first = pairs.group_by("person_id").aggregate(_contact=pairs["contact"].min())
    hit = looked_up(index, first, PERSON)
    return hit.mutate(ot_day=hit["_contact"] - hit["zero"]).drop("_contact")


def with_coached_day(index: Table, providers: Table | None) -> Table:
    """Add `coached_day`: days from time zero to the start of coaching at the provider of the day-7 package (rule 25).

    Negative = coached before time zero; missing = the provider is never coached, or not known. A later switch of
    provider changes nothing.
    """
    if providers is None or "coaching_start" not in providers.columns:
        return index.mutate(coached_day=ibis.null("int64"))
    coaching = providers.select("provider_id", _coaching=days.number(providers["coaching_start"]))
    hit = looked_up(index, coaching, ("provider_id",))
    return hit.mutate(coached_day=hit["_coaching"] - hit["zero"]).drop("_coaching")


def describe(used: str) -> str:
    """Return the sentence the report states about the source of OT contacts."""
    return {
        "contacts": "the study's own contacts file",
        "event_description": "Client Level Data, Event Description (words in the protocol)",
        "none": "no source of occupational therapy contacts",
    }[used]
