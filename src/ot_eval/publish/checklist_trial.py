"""Where a reader finds what CONSORT asks of a trial of providers; for other designs the same list, under its own name.

The statements are in our own short words. CONSORT 2025 (Hopewell and others) has 30 items; the extension for clusters
is of 2012 (Campbell and others), the one for stepped wedges of 2018 (Hemming and others). Item numbers are left out
where they were not checked against the printed list: a place matters to a reader, a wrong number misleads.
"""

from __future__ import annotations

from ot_eval.base.protocol import Protocol
from ot_eval.outputs.released import Released
from ot_eval.outputs.table import Row, Table, listing
from ot_eval.publish.checklist import GAP, HOW, SUMMARY, Item, there

PLANNED = "The planned comparison, as providers were allocated"
CHECKS = "Were the methods right for these data?"
ITEMS = (
    Item("Title and summary", "Say that providers were allocated, and how", "Data and limits", "allocation"),
    Item("Open science", "Protocol, plan of analysis, data and code", "Protocol and versions"),
    Item("Open science", "Registration of the trial", ""),
    Item("Funding", "Who paid, and conflicts of interest", ""),
    Item("Background", "Why the trial was done, and why providers were allocated", ""),
    Item("Patient involvement", "How people and carers had a part in the design", ""),
    Item("Design", "The design, and changes after it began", "Changes to the plan"),
    Item("Setting", "Where, and which providers and people could take part", "Who was included", "flow"),
    Item("Intervention", "What coaching was, and how much took place", "The coaching that took place", "delivered"),
    Item("Outcomes", "Each outcome, at which level, and when", "Data and limits"),
    Item("Harms", "How harms were defined and looked for", ""),
    Item("Sample size", "How many providers and people, with the ICC assumed",
         "What these providers could show, and what would have been needed", "needed"),
    Item("Allocation", "How the lot was drawn, strata, who knew beforehand", "Data and limits", "allocation"),
    Item("Recruitment", "Whether people entered after allocation was known", "Recruitment beside coaching", "timeline"),
    Item("Blinding", "Who did not know the allocation", ""),
    Item("Analysis", "The method for each outcome, with providers taken into account", PLANNED, "as_allocated"),
    Item("Analysis", "Who was analysed, in which group", "Who took part: providers and people", "consort"),
    Item("Analysis", "How missing outcomes were handled", "If people whose outcome is missing did worse",
         "missing_outcomes"),
    Item("Flow", "Providers and people allocated, treated, followed, analysed",
         "Who took part: providers and people", "consort"),
    Item("Baseline", "How both groups were at the start", "How alike both groups were at the start", "at_the_start"),
    Item("Results", "Each outcome with its interval, whose average it is", PLANNED, "as_allocated"),
    Item("Results", "The intra-cluster correlation of each outcome",
         "How alike people of one provider are, and how sizes vary", "likeness"),
    Item("Results", "Other analyses, planned and not", "Other valid analyses of the same comparison", "other_analyses"),
    Item("Harms", "What harms were seen", ""),
    Item("Limits", "Bias, imprecision, many comparisons", f"{SUMMARY}, What we do not know"),
    Item("Reading", "A reading in keeping with the results", f"{SUMMARY}, What it means for your service"),
    Item("Methods checked", "Whether assumptions held, and the measured error rate", CHECKS, "checks"),
    Item("Methods", "How it was done, in words", HOW),
)  # fmt: skip


def trial_checklist(released: Released, protocol: Protocol) -> Table:
    """Return where each item is found in this report of a trial."""
    known = there(released) | ({"checks"} if released.checks else set())
    rows = []
    for item in ITEMS:
        found = bool(item.where) and (not item.needs or any(name.startswith(item.needs) for name in known))
        rows.append(Row(header=item.number, cells=(item.asks, item.where if found else GAP)))
    return listing(
        "checklist", f"Where to find what {standard(protocol)} asks for", ("Topic", "Asks for", "Where"), rows,
        "A place is not a judgement of what stands there. CONSORT is for trials with random allocation; for others the "
        "same questions are asked here, and TREND and STROBE are the standards to name.",
    )  # fmt: skip


def standard(protocol: Protocol) -> str:
    """Return the reporting standard that fits the design.

    Examples
    --------
    >>> standard(Protocol(study="ab", title="abc", question="abcdefghijk"))
    'TREND and STROBE'
    """
    if not protocol.trial.randomised:
        return "TREND and STROBE"
    wedge = protocol.trial.design == "stepped_wedge"
    return f"CONSORT 2025 with its extension for {'stepped wedges' if wedge else 'clusters'}"
