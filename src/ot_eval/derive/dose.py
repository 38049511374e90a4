"""Dose and timing: which contacts, of which kind, how many minutes, and when, counted from the start of reablement.

One rule splits a contact with several codes: each code gets an equal part of the contact and of its minutes. So parts
add up to the contacts, and no minute counts twice.
"""

from __future__ import annotations

from collections.abc import Iterable

import ibis
from ibis.expr.types import Table

from ot_eval.base.protocol import Protocol
from ot_eval.derive import days
from ot_eval.derive.cohort import EPISODE_RULES
from ot_eval.derive.joins import looked_up

PHASES = ("before", "during", "after")
DAYS_A_WEEK = 7
SPLIT_RULE = "a contact with several codes is shared equally between them, and so are its minutes"
CONTACT = ("contact_id",)
PERSON = ("person_id",)


def studied(candidates: Table) -> Table:
    """Return the people whose index episode meets every rule about episodes: `person_id`, `start`, `zero` (days)."""
    met = ibis.literal(True)
    for rule in EPISODE_RULES:
        met = met & candidates[rule.column]
    return candidates.filter(met).select("person_id", "start", "zero")


def placed(contacts: Table, people: Table, protocol: Protocol) -> Table:
    """Return each contact of the people studied, placed in time.

    Parameters
    ----------
    contacts : contact_id, person_id, date, staff_role; minutes and mode where given
    people : result of `studied`
    protocol : says how short a contact is an attempt; without any minutes in the file attempts cannot be told apart

    Returns
    -------
    One row a contact: `contact_id`, `person_id`, `staff_role`, `mode`, `minutes` (missing where not recorded), `day`
    (days since reablement began; negative before), `phase` (before, during, after; the first and last day of
    reablement are during) and `week` (1 for days 0 to 6; missing outside reablement).
    """
    minutes = contacts["minutes"].cast("float64") if "minutes" in contacts.columns else ibis.null("float64")
    mode = contacts["mode"] if "mode" in contacts.columns else ibis.null("string")
    table = contacts.filter(contacts["date"].notnull()).select(
        "contact_id", "person_id", "staff_role", mode=mode, minutes=minutes, _on=days.number(contacts["date"])
    )
    timed = table["minutes"].notnull().sum().as_scalar() > 0
    long_enough = (table["minutes"] >= protocol.exposure.minimum_minutes).fill_null(False)
    table = table.filter(long_enough | ~timed) if protocol.exposure.minimum_minutes else table
    pairs = table.inner_join(people, list(PERSON))
    pairs = pairs.mutate(day=pairs["_on"] - pairs["start"])
    phase = ibis.cases(
        (pairs["_on"] < pairs["start"], "before"), (pairs["_on"] > pairs["zero"], "after"), else_="during"
    )
    pairs = pairs.mutate(phase=phase)
    week = (pairs["phase"] == "during").ifelse(pairs["day"] // DAYS_A_WEEK + 1, ibis.null("int64"))
    return pairs.mutate(week=week.cast("int64")).select(
        "contact_id", "person_id", "staff_role", "mode", "minutes", "day", "phase", "week"
    )


def code_rows(pairs: Iterable[tuple[str, str]]) -> Table:
    """Return (contact_id, code) pairs as a lazy table."""
    rows = [{"contact_id": contact, "code": code} for contact, code in pairs]
    return ibis.memtable(rows, schema={"contact_id": "string", "code": "string"})


def with_parts(contacts: Table, codes: Table) -> Table:
    """Return one row for each contact and code, with the code's part of the contact.

    Parameters
    ----------
    contacts : result of `placed`
    codes : `contact_id` and `code`, each pair once; contacts without a code have no row

    Returns
    -------
    The columns of `contacts`, `code`, `part` (1 / number of codes of the contact) and `part_minutes` (minutes x part,
    missing where minutes are).
    """
    codes = codes.select("contact_id", "code").distinct()
    number = codes.group_by("contact_id").aggregate(_codes=codes.count())
    pairs = looked_up(contacts.inner_join(codes, list(CONTACT)), number, CONTACT)
    part = 1.0 / pairs["_codes"]
    return pairs.mutate(part=part, part_minutes=pairs["minutes"] * part).drop("_codes")


def amounts(coded: Table, by: tuple[str, ...]) -> Table:
    """Return dose by group: contacts and people that have the code, and the parts and minutes that it got.

    Parameters
    ----------
    coded : result of `with_parts`
    by : any of code, staff_role, phase, week, person_id
    """
    return coded.group_by(*by).aggregate(
        contacts=coded["contact_id"].nunique(),
        people=coded["person_id"].nunique(),
        parts=coded["part"].sum(),
        minutes=coded["part_minutes"].sum(),
    )


def first_contact(contacts: Table, roles: tuple[str, ...]) -> Table:
    """Return the day of each person's first contact with one of `roles`, counted from the start of reablement.

    Contacts before reablement do not count; a person without a contact has no row.
    """
    wanted = contacts.filter(contacts["staff_role"].isin(roles) & (contacts["day"] >= 0))
    return wanted.group_by("person_id").aggregate(day=wanted["day"].min())


def together(coded: Table) -> Table:
    """Return who had two codes on one contact, on how many: `code`, `other` (code < other), `person_id`, `contacts`."""
    left = coded.select("contact_id", "person_id", "code")
    right = coded.select("contact_id", other=coded["code"])
    pairs = left.inner_join(right, list(CONTACT))
    pairs = pairs.filter(pairs["code"] < pairs["other"])
    return pairs.group_by("code", "other", "person_id").aggregate(contacts=pairs["contact_id"].nunique())


def weekly(coded: Table, weeks: int) -> Table:
    """Return who had each code in each week of reablement, 1 to `weeks`: `code`, `week`, `person_id`, each once."""
    during = coded.filter(coded["week"].notnull() & (coded["week"] <= weeks))
    return during.select("code", "week", "person_id").distinct()
