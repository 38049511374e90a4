"""Where a reader finds what CHEERS 2022 asks of an economic evaluation: places and gaps, never a score.

The statements are in our own short words. CHEERS 2022 (Husereau and others) has 28 items; numbers are left out, because
they were not checked against the printed list: a place matters to a reader, a wrong number misleads.
"""

from __future__ import annotations

from ot_eval.outputs.released import Released
from ot_eval.outputs.table import Row, Table, listing
from ot_eval.publish.checklist import GAP, HOW, SUMMARY, Item, there

DATA = "Data and limits"
PROTOCOL = "The protocol as used"
ITEMS = (
    Item("Title", "Say that it is an economic evaluation, and what is compared", "In short"),
    Item("Summary", "A structured summary", SUMMARY),
    Item("Background", "Why the question matters to a decision", ""),
    Item("Plan", "Whether a plan was made beforehand, and where it is", PROTOCOL),
    Item("Population", "Who was studied", "Who was included", "flow"),
    Item("Setting", "Place and service", DATA, "facts"),
    Item("Comparators", "What was compared, and why", "Costs and consequences, side by side", "value_cost"),
    Item("Perspective", "Whose costs count", DATA, "perspective"),
    Item("Time", "How long costs and health are followed", HOW),
    Item("Discounting", "The rate, and why", HOW),
    Item("Outcomes", "Which measures of benefit and harm", "Quality-adjusted life years a person", "value_qaly"),
    Item("Outcomes", "How they were measured", HOW),
    Item("Outcomes", "Whose values were used", DATA, "value_set"),
    Item("Resources", "What was used, and how it was priced", "Hours and other care a person", "value_use"),
    Item("Prices", "Currency and price year", DATA, "price_year"),
    Item("Methods", "How the data were analysed, and loss handled", HOW),
    Item("Groups", "How results differ between groups of people", ""),
    Item("Fairness", "How effects are spread over people", ""),
    Item("Uncertainty", "How it was described", "How likely is coaching to be worth it?", "value_acceptability"),
    Item("Involvement", "How people and carers had a part in the study", ""),
    Item("Results", "Every input with its value and source", "What the budget starts from", "value_inputs"),
    Item("Results", "Mean costs and outcomes, and one overall figure", "Net benefit: health in pounds, less cost",
         "value_decision"),
    Item("Results", "What uncertainty does to the answer", "One number moved at a time", "value_tornado"),
    Item("Results", "What involvement changed", ""),
    Item("Discussion", "Limits, and what it means for a decision", f"{SUMMARY}, What we do not know"),
    Item("Funding", "Who paid", ""),
    Item("Interests", "Conflicts of interest", ""),
)  # fmt: skip


def value_checklist(released: Released) -> Table:
    """Return where each topic is found in this report."""
    known = there(released)
    rows = []
    for item in ITEMS:
        found = bool(item.where) and (not item.needs or any(name.startswith(item.needs) for name in known))
        rows.append(Row(header=item.number, cells=(item.asks, item.where if found else GAP)))
    note = "A place is not a judgement of what stands there."
    return listing("checklist", "Where to find what CHEERS 2022 asks for", ("Topic", "Asks for", "Where"), rows, note)
