"""Where a reader finds what STROBE and RECORD ask of a report. It points to places and to gaps, and is never a score.

The statements are in our own short words; the numbers are theirs (STROBE for cohort studies, von Elm and others 2007;
RECORD, Benchimol and others 2015).
"""

from __future__ import annotations

from dataclasses import dataclass

from ot_eval.base.protocol import Protocol
from ot_eval.outputs.released import Released
from ot_eval.outputs.table import Row, Table, listing

GAP = "Not in this report"
SUMMARY = "Summary page"
HOW = "Summary page, How it was done"
RATES = "What goes with a higher or lower rate of increase"
RATES_IN_GROUPS = "What goes with a higher or lower rate in each group"
SHARES = "How many had each outcome by each time"


@dataclass(frozen=True, slots=True)
class Item:
    """One item: its number, what it asks in our words, where it is, and what must be there for that to be true."""

    number: str
    asks: str
    where: str
    needs: str = ""


ITEMS = (
    Item("STROBE 1, RECORD 1", "Title and summary name the design, the data, the place and the time", HOW),
    Item("STROBE 2", "Why the study was done", ""),
    Item("STROBE 3", "What it asks", "The question"),
    Item("STROBE 4", "The design, early on", HOW),
    Item("STROBE 5", "Setting, places and dates", "Data and limits", "data_end"),
    Item("STROBE 6, RECORD 6.1", "Who could be in it, how they were found, how they were followed", HOW),
    Item("RECORD 6.2", "Whether the way people were found was tested against another source", ""),
    Item("STROBE 7, RECORD 7.1", "Every outcome, exposure and covariate defined", "The protocol as used"),
    Item("STROBE 8", "Where each variable comes from", "Data and limits", "facts"),
    Item("STROBE 9", "What was done about bias", "The misleading comparison, shown as a warning", "ever_never"),
    Item("STROBE 10", "How the size of the study came about", "Who was included", "flow"),
    Item("STROBE 11", "How numbers were grouped", "The protocol as used"),
    Item("STROBE 12a", "The statistical methods", HOW),
    Item("STROBE 12b", "How subgroups were examined", RATES_IN_GROUPS, "cox_subgroup"),
    Item("STROBE 12c", "How missing data were handled", "Were the methods right for these data?", "complete cases"),
    Item("STROBE 12d", "How loss to follow-up was handled", HOW),
    Item("STROBE 12e", "Sensitivity analyses", "If uncertain dates are as early as they can be", "sensitivity"),
    Item("RECORD 12.1, 22.1", "Access to data, code and protocol", "Protocol and versions"),
    Item("RECORD 12.2, 12.3", "How data were cleaned and joined", "Data and limits", "facts"),
    Item("STROBE 13, RECORD 13.1", "How many were left at each step", "Who was included", "flow"),
    Item("STROBE 14a, 14b", "Who they were, and for whom something is not recorded", "Who they were", "table_one"),
    Item("STROBE 14c", "How long they were followed", SHARES, "cumulative_incidence"),
    Item("STROBE 15", "Outcomes over time", SHARES, "cumulative_incidence"),
    Item("STROBE 16a", "Estimates before and after adjustment, with intervals", RATES, "cox"),
    Item("STROBE 16b", "Limits of the groups that numbers were put into", "Who they were", "table_one"),
    Item("STROBE 16c", "Absolute risks beside relative ones", SHARES, "cumulative_incidence"),
    Item("STROBE 18", "The main results in terms of the question", "In short"),
    Item("STROBE 19, RECORD 19.1", "Limits, and what routine records cannot show", f"{SUMMARY}, What we do not know"),
    Item("STROBE 20", "A cautious reading", f"{SUMMARY}, What it means for your service"),
    Item("STROBE 21", "To whom the results apply", ""),
    Item("STROBE 22", "Who paid, and what part they had", ""),
)  # fmt: skip


def checklist(released: Released, protocol: Protocol) -> Table | None:
    """Return where each item is found in this report; a cohort or a trial only."""
    if released.strand == "coaching":
        from ot_eval.publish.checklist_trial import trial_checklist  # it uses the items of this file

        return trial_checklist(released, protocol)
    if released.strand == "value":
        from ot_eval.publish.checklist_value import value_checklist  # it uses the items of this file

        return value_checklist(released)
    if released.strand != "care_packages":
        return None
    known = there(released)
    rows = []
    for item in ITEMS:
        found = bool(item.where) and (not item.needs or any(name.startswith(item.needs) for name in known))
        where = item.where if found else GAP
        rows.append(Row(header=item.number, cells=(item.asks, where)))
    named = "named" if protocol.analyst and protocol.reviewer else "not all named"
    note = f"A place is not a judgement of what stands there. Analyst and reviewer are {named} in the protocol."
    return listing(
        "checklist", "Where to find what STROBE and RECORD ask for", ("Item", "Asks for", "Where"), rows, note
    )


def there(released: Released) -> set[str]:
    """Return the names of everything a report holds: analyses, checks and facts."""
    names = {e.analysis for e in released.estimates} | {c.analysis for c in released.curves}
    names |= {c.name for c in released.checks} | set(released.facts)
    return names | ({"flow"} if released.flow else set()) | ({"facts"} if released.facts else set())
