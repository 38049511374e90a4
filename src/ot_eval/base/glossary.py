"""The words used as names: every column of the long results table, with its meaning and unit.

A column that is not listed here cannot be written: `results.Estimate` is checked against this table by a test,
and GLOSSARY.md is made from it.
"""

RESULT_COLUMNS: dict[str, str] = {
    "study": "the study's short name, as in its protocol",
    "analysis": "which analysis gave the number, for example cumulative_incidence",
    "population": "who the number is about, for example new clients",
    "outcome": "what was counted or timed, for example increase",
    "term": "which line of the analysis: a covariate's level, or a day such as day 365",
    "measure": "what kind of number it is, for example hazard ratio",
    "unit": "the unit of value, lower and upper: people, percent, days, hours/week, ratio, ...",
    "value": "the estimate; empty where it was suppressed",
    "se": "standard error, on the scale the interval was made on (log scale for ratios)",
    "lower": "lower end of the interval; empty where there is none",
    "upper": "upper end of the interval; empty where there is none",
    "level": "confidence level of the interval, 0.95 unless the protocol says otherwise",
    "p": "two-sided p-value, never given without an interval",
    "n": "people in the analysis (rounded for release)",
    "n_event": "events in the analysis (rounded for release)",
    "n_cluster": "providers or teams in the analysis, where clustering matters",
    "method": "the method and the engine that computed it",
}

TERMS: dict[str, str] = {
    "reablement": "up to six weeks of help to do things for yourself again",
    "episode": "one run of reablement: rows that follow each other within the join gap count as one",
    "time zero": "the day from which a person is followed: the end of the first reablement episode",
    "package": "a person's long-term home care, in planned hours a week, all concurrent lines summed",
    "baseline": "the package on day 7 after time zero; changes on days 0 to 7 are set-up",
    "increase": "the first rise above baseline that is large enough and lasts long enough, as the protocol defines",
    "existing client": "a person who already had long-term support before reablement began",
    "new client": "a person without long-term support before reablement",
    "competing event": "an event after which an increase can no longer happen: death or a care-home move",
    "cumulative incidence": "the share of people who have had an event by a given day, when other events compete",
    "restricted mean time": "average days spent without an event, up to a chosen day",
    "hazard ratio": "how the day-to-day rate of an event compares between groups, among people still at risk",
    "time-varying exposure": "an exposure that counts only from the day it happens (occupational therapy contact)",
    "coached provider": "a home-care provider whose carers were coached in enabling people, by allocation",
    "usual care": "providers that were not coached: what the coached ones are held against",
    "intention to treat": "everyone counts where their provider was allocated, whatever happened afterwards",
    "intra-cluster correlation": "how alike people of one provider are: 0 not at all, 1 all the same",
    "target trial": "the trial that would answer the question, written down before records stand in for it",
    "disclosure control": "hiding and rounding small numbers so that no person can be recognised",
    "deviation": "any difference between the protocol as locked and the protocol as used",
}


def as_markdown() -> str:
    """Return GLOSSARY.md: the terms in the order of the alphabet, then the result columns in their own order."""
    lines = [
        "# Glossary",
        "",
        "Made from `src/ot_eval/base/glossary.py` by `make glossary`; a test keeps the two equal.",
        "",
        "## Terms",
        "",
    ]
    lines += [f"- **{term}**: {meaning}" for term, meaning in sorted(TERMS.items(), key=lambda item: item[0].lower())]
    lines += ["", "## Columns of results.csv", "", "| column | meaning |", "|---|---|"]
    lines += [f"| `{name}` | {meaning} |" for name, meaning in RESULT_COLUMNS.items()]
    return "\n".join(lines) + "\n"
