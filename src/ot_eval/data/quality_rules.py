"""What a fault in Client Level Data does to the result: a rule, the rows that break it, its effect in plain words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import ibis.expr.types as ir

from ot_eval.data.cld_values import COMMUNITY, HOME_SUPPORT, INVALID, ST_MAX

OPEN_TOO_LONG_DAYS = 84
"""Reablement is free for up to six weeks; a row still open after twice that was probably never closed."""

Mask = Callable[[ir.Table], ir.BooleanValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityRule:
    """One rule on `cld_rows` (with the file's `period_end` joined to each row)."""

    rule: str
    column: str
    applies: Mask
    broken: Mask
    label: str
    effect: str


def is_reablement(rows: ir.Table) -> ir.BooleanValue:
    """Return whether a row is reablement (any ST-Max service of a service user)."""
    return ((rows.service_type == ST_MAX) & (rows.client_type == "service user")).fill_null(False)


def is_package_line(rows: ir.Table) -> ir.BooleanValue:
    """Return whether a row is a line of a home-care package."""
    line = (rows.service_type == COMMUNITY) & (rows.service_component == HOME_SUPPORT)
    return (line & (rows.client_type == "service user")).fill_null(False)


def _every(rows: ir.Table) -> ir.BooleanValue:
    return rows.file_no.notnull()


def _service(rows: ir.Table) -> ir.BooleanValue:
    return (rows.event_type == "service").fill_null(False)


def _request(rows: ir.Table) -> ir.BooleanValue:
    return (rows.event_type == "request").fill_null(False)


def _priced_by_week(rows: ir.Table) -> ir.BooleanValue:
    return is_package_line(rows) & rows.cost_frequency.notnull() & (rows.cost_frequency != "hourly")


def _unknown(name: str) -> Mask:
    return lambda rows: rows[name].isnull() | (rows[name] == INVALID)


def _rule(rule: str, column: str, applies: Mask, broken: Mask, *words: str) -> QualityRule:
    return QualityRule(rule=rule, column=column, applies=applies, broken=broken, label=words[0], effect=words[1])


RULES: tuple[QualityRule, ...] = (
    _rule(
        "start_missing",
        "start_date",
        _every,
        lambda r: r.start_date.isnull(),
        "no start date that can be read",
        "The row cannot be placed in time and is left out. If it is reablement, the episode is lost.",
    ),
    _rule(
        "end_before_start",
        "end_date",
        _every,
        lambda r: r.end_date < r.start_date,
        "ends before it starts",
        "The row is left out. If it is a package line, hours look lower than they were.",
    ),
    _rule(
        "start_after_death",
        "death_date",
        _every,
        lambda r: r.start_date > r.death_date,
        "starts after the person's death",
        "The row is left out, or the date of death is wrong and the person leaves follow-up too early.",
    ),
    _rule(
        "birth_missing",
        "birth_date",
        _every,
        lambda r: r.birth_date.isnull(),
        "no date of birth",
        "The person has no age: they drop out of every result that is adjusted for age.",
    ),
    _rule(
        "event_type_unknown",
        "event_type",
        _every,
        _unknown("event_type"),
        "event type blank or not a listed value",
        "Nobody can tell a service from a review: the row is left out.",
    ),
    _rule(
        "client_type_unknown",
        "client_type",
        _every,
        _unknown("client_type"),
        "client type blank or not a listed value",
        "The row may be about an unpaid carer: it is left out.",
    ),
    _rule(
        "service_unknown",
        "service_type",
        _service,
        _unknown("service_type"),
        "service type blank or not a listed value",
        "Reablement, home care and care homes cannot be told apart: the row is left out.",
    ),
    _rule(
        "component_unknown",
        "service_component",
        _service,
        _unknown("service_component"),
        "service component blank or not a listed value",
        "A home-care line without its component is not counted: packages look smaller than they were.",
    ),
    _rule(
        "reablement_never_closed",
        "end_date",
        is_reablement,
        lambda r: r.end_date.isnull() & (r.period_end.delta(r.start_date, unit="day") > OPEN_TOO_LONG_DAYS),
        "reablement still open after 12 weeks",
        "The episode never ends, so the person is never followed; it also swallows every later episode of theirs.",
    ),
    _rule(
        "outcome_unknown",
        "outcome",
        lambda r: is_reablement(r) & r.end_date.notnull(),
        _unknown("outcome"),
        "reablement ended without a listed outcome",
        "The national measure (ASCOF 2A) may be unable to classify the episode.",
    ),
    _rule(
        "hours_missing",
        "planned_units",
        lambda r: is_package_line(r) & (r.cost_frequency == "hourly").fill_null(False),
        lambda r: r.planned_units.isnull() | (r.planned_units < 0),
        "home care priced by the hour without planned hours",
        "The line adds no hours: an increase can be missed, or invented when the hours come back.",
    ),
    _rule(
        "hours_hidden_by_cost",
        "planned_units",
        _priced_by_week,
        lambda r: r.planned_units.isnull(),
        "home care priced by the week without planned hours",
        "Hours are unknown; only the cost can be followed, and a price rise looks like more care.",
    ),
    _rule(
        "cost_unknown",
        "unit_cost",
        is_package_line,
        lambda r: r.unit_cost.isnull() | (r.unit_cost <= 0) | r.cost_frequency.isnull(),
        "home care without a usable cost",
        "The line is missing from costs; a negative cost is read without its sign.",
    ),
    _rule(
        "provider_missing",
        "provider_id",
        is_package_line,
        lambda r: r.provider_id.isnull(),
        "home care without a provider",
        "The person cannot be compared by provider, and a change of provider cannot be told from a change of care.",
    ),
    _rule(
        "mechanism_unknown",
        "delivery_mechanism",
        is_package_line,
        _unknown("delivery_mechanism"),
        "home care without a listed delivery mechanism",
        "Direct payments and commissioned care cannot be told apart.",
    ),
    _rule(
        "description_missing",
        "description",
        _every,
        lambda r: r.description.isnull(),
        "no event description",
        "Occupational therapy can only be seen in this text: contacts are missed unless a contacts file is given.",
    ),
    _rule(
        "route_unknown",
        "route",
        _request,
        _unknown("route"),
        "request without a listed route of access",
        "People who came from hospital cannot be recognised.",
    ),
)
