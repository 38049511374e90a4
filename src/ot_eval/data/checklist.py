"""What to ask the performance team for: the optional data that would make the study possible or better.

Plain records; `publish` turns them into a letter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ot_eval.data.read import StudyInputs

State = Literal["there", "partly there", "missing"]

NEARLY_ALL = 0.05
"""At most this share of rows without a value counts as there."""

NEARLY_NONE = 0.95
WANTED_DAYS = 456 + 7
"""ASCOF 2A needs 15 months and 7 days of data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecklistItem:
    """One thing to ask for: whether it is there, what to ask, and why it matters. `share_missing` is of the rows."""

    name: str
    state: State
    request: str
    why: str
    share_missing: float | None = None


_BY_RULE: tuple[tuple[str, str, str, str], ...] = (
    (
        "planned hours where home care is priced by the week",
        "hours_hidden_by_cost",
        "Please give 'Planned units per week' in hours on every home-support line, also where the cost is weekly.",
        "Without hours a rise in price cannot be told from a rise in care.",
    ),
    (
        "planned hours where home care is priced by the hour",
        "hours_missing",
        "Please fill 'Planned units per week' on the home-support lines that lack it.",
        "A line without hours makes a package look smaller than it is.",
    ),
    (
        "event description",
        "description_missing",
        "Please keep 'Event Description' in the extract, with the team or the kind of assessment.",
        "It is the only field of the return in which occupational therapy can be seen.",
    ),
    (
        "delivery mechanism",
        "mechanism_unknown",
        "Please give 'Delivery Mechanism' on every long-term community service, in the listed values.",
        "It tells direct payments from commissioned care.",
    ),
    (
        "home-care provider",
        "provider_missing",
        "Please give 'Provider CQC Location ID' on every home-support line.",
        "It shows a change of provider, and lets coached and other providers be compared.",
    ),
    (
        "event outcome of reablement",
        "outcome_unknown",
        "Please give 'Event Outcome' in the listed values when reablement ends.",
        "The national measure is made from it.",
    ),
    (
        "end of reablement",
        "reablement_never_closed",
        "Please close reablement services that have ended.",
        "A service left open hides every later episode of the person.",
    ),
    (
        "route of access",
        "route_unknown",
        "Please give 'Request: Route of Access' on every request.",
        "It shows who came from hospital.",
    ),
)


def checklist(inputs: StudyInputs, shares: Mapping[str, float]) -> tuple[ChecklistItem, ...]:
    """Return what to ask for, in the order of the letter.

    Parameters
    ----------
    inputs : the study as read
    shares : for each quality rule, the share of the rows it applies to that break it
    """
    fields = tuple(
        ChecklistItem(name=name, state=_state(shares[rule]), request=request, why=why, share_missing=shares[rule])
        for name, rule, request, why in _BY_RULE
    )
    return (*fields, _contacts(inputs), _providers(inputs), _history(inputs), *_periods(inputs), *ALWAYS)


def _state(share: float) -> State:
    return "there" if share <= NEARLY_ALL else "missing" if share >= NEARLY_NONE else "partly there"


def _contacts(inputs: StudyInputs) -> ChecklistItem:
    return ChecklistItem(
        name="occupational therapy contacts",
        state="there" if "contacts" in inputs.tables else "missing",
        request=(
            "Please export every contact with reablement clients from the case system: local person id, date, role of "
            "the worker, minutes, and how it was held (visit, telephone, video)."
        ),
        why="Client Level Data has no field for occupational therapy; single visits are never in it.",
    )


def _providers(inputs: StudyInputs) -> ChecklistItem:
    return ChecklistItem(
        name="providers that were coached",
        state="there" if "providers" in inputs.tables else "missing",
        request="Please list home-care providers with the date from which their staff were coached, if ever.",
        why="Needed only where the study compares coached and other providers.",
    )


def _history(inputs: StudyInputs) -> ChecklistItem:
    files = inputs.cld_files.to_pyarrow().to_pylist() if inputs.cld_files is not None else []
    covered = 0
    if files:
        covered = (max(f["period_end"] for f in files) - min(f["period_start"] for f in files)).days + 1
    several = len(files) > 1
    return ChecklistItem(
        name="all earlier quarterly files",
        state="there" if several and covered >= WANTED_DAYS else "partly there" if files else "missing",
        request="Please give every quarterly file that was submitted since April 2023, as submitted.",
        why="Councils that overwrite a package's hours show a change only between one file and the next.",
    )


def _periods(inputs: StudyInputs) -> tuple[ChecklistItem, ...]:
    short = [p.file for p in inputs.problems if p.rule == "truncated quarter"]
    wrong = [p.file for p in inputs.problems if p.rule == "wrong stated period"]
    items = []
    if short:
        items.append(
            ChecklistItem(
                name="a complete last quarter",
                state="partly there",
                request=f"Please export again, now that all is recorded: {', '.join(short)}.",
                why="Its last month holds far fewer ended events than usual, so follow-up stops before it.",
            )
        )
    if wrong:
        items.append(
            ChecklistItem(
                name="correct reporting periods",
                state="partly there",
                request=f"Please correct 'Reporting Period Start/End Date' in {', '.join(wrong)}.",
                why="The stated period is not the one the rows cover. The study derives periods from the rows.",
            )
        )
    return tuple(items)


ALWAYS: tuple[ChecklistItem, ...] = (
    ChecklistItem(
        name="reason of a change in package",
        state="missing",
        request="If brokerage records why a package was changed, please give person id, date and reason.",
        why="The return has no field for it; it would confirm what is now inferred.",
    ),
    ChecklistItem(
        name="delivered hours",
        state="missing",
        request="If providers send visit logs (electronic call monitoring), please give delivered hours a week.",
        why="The return holds planned hours only.",
    ),
)
"""Never part of the return: asked for always."""
