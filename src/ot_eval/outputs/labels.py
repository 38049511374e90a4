"""Names of the results in the reader's words. A name that is not here is spelt out as it is."""

from __future__ import annotations

from ot_eval.outputs import numbers

POPULATIONS = {
    "all": "Everyone",
    "new": "New clients",
    "existing": "Existing clients",
}
OUTCOMES = {
    "increase": "a larger care package",
    "death": "death",
    "care_home": "a move to a care home",
    "any event": "any of the outcomes",
    "": "",
}
VARIABLES = {
    "age": "Age in years",
    "age_band": "Age group",
    "baseline_band": "Home care at the start",
    "baseline_cost": "Weekly cost at the start",
    "baseline_hours": "Hours of home care a week at the start",
    "client": "Kind of client",
    "dementia": "Dementia recorded",
    "step": "Decided by",
    "kind": "Kind",
    "left_out": "Left out",
    "coached_by_time_zero": "Their home-care provider was coached by then",
    "ever": "OT contact at any time",
    "has_unpaid_carer": "Has an unpaid carer",
    "hospital_route": "Came from hospital",
    "imd_quintile": "Deprivation fifth (1 = most deprived)",
    "ot_by_time_zero": "Saw an occupational therapist before reablement ended",
    "people": "People",
    "route": "Where they came from",
    "sex": "Sex",
}
ANALYSES = {
    "table_one": "Who was followed",
    "cumulative_incidence": "How many had each outcome by each time",
    "restricted_mean": "Average time without any of the outcomes",
    "cox_unadjusted": "Rate of increase before and after contact, nothing else taken into account",
    "cox_subgroup": "What goes with a higher or lower rate in each group",
    "rates": "How often packages grew before and after contact",
    "sensitivity_increase_earliest": "If uncertain dates are as early as they can be",
    "sensitivity_increase_latest": "If uncertain dates are as late as they can be",
    "cox": "What goes with a higher or lower rate of increase",
    "ever_never": "The misleading comparison, shown as a warning",
    "biased_ever_never": "The misleading comparison, shown as a warning",
    "gray_test": "Whether groups differ in how many had each outcome",
    "proportional_hazards": "Whether ratios held steady over time",
    "restricted_time_lost": "Average time lost to each outcome",
    "ascof_2a": "The national measure (ASCOF 2A)",
    "ascof_2a_steps": "What decided the sequel of each reablement episode",
    "ascof_2a_left_out": "Episodes the national measure leaves out, and why",
    "package_changes": "Changes of home care, by kind",
    "data_quality": "Faults in the data, and how much of reablement they touch",
    "sensitivity_interval_censored": "If uncertain dates are left open",
    "kaplan_meier": "Share with none of the outcomes over time",
}
COUNTED = {
    "ascof_2a": "Episodes",
    "ascof_2a_steps": "Of episodes",
    "ascof_2a_left_out": "Of episodes",
    "package_changes": "Of changes",
    "data_quality": "Of episodes",
}
"""What an analysis counts, where that is not people."""
FACTS = {
    "ascof_look_back": "Look-back for existing clients",
    "ascof_rules": "Rules of ASCOF 2A",
    "ascof_year": "The 12 months of ASCOF 2A",
    "cld_files": "Files of Client Level Data",
    "cld_from": "Client Level Data begin",
    "cld_mapping": "Wording of the council's own",
    "cld_releases": "Releases of Client Level Data",
    "close": "Follow-up ends, so that every increase can be confirmed",
    "data_end": "Data end",
    "data_start": "Data begin",
    "lock": "Plan locked",
    "ot_source": "Where occupational therapy contacts come from",
    "unseen_share": "Increases that the records cannot show, for",
    "recording_style": "How changes of package are recorded",
}
VERSUS = " v "
"""Stands between two groups that are compared."""
FACTS_FROM = "_from"
"""A fact whose name ends so says where a table comes from."""


def label(name: str, table: dict[str, str]) -> str:
    """Return the reader's word for a name; an unknown name is spelt out.

    Examples
    --------
    >>> label("age_band", VARIABLES), label("time_to_ot", VARIABLES)
    ('Age group', 'Time to ot')
    """
    spelt = name.replace("_", " ").strip()
    return table.get(name, spelt[:1].upper() + spelt[1:])


def canonical(population: str) -> str:
    """Return the short name of a population: what is left without `all, ` before it and ` clients` after it.

    Examples
    --------
    >>> canonical("all, new"), canonical("existing clients"), canonical("all"), canonical("all, existing v new")
    ('new', 'existing', 'all', 'existing v new')
    """
    name = population.removeprefix("all, ").removeprefix("everyone, ").removesuffix(" clients").strip()
    return "all" if name in ("all", "everyone", "") else name


def who(population: str) -> str:
    """Return the reader's word for a population.

    Examples
    --------
    >>> who("all, new"), who("all"), who("existing v new")
    ('New clients', 'Everyone', 'Difference in standard deviations: existing v new')
    """
    name = canonical(population)
    if VERSUS in name:
        return f"Difference in standard deviations: {name}"
    return label(name, POPULATIONS)


def term_label(term: str, variable: str, level: str) -> str:
    """Return the reader's words for one line of a model."""
    if not variable:
        return label(term, VARIABLES)
    return f"{label(variable, VARIABLES)}: {level.replace('_', ' ')}"


def horizon(term: str) -> str:
    """Return the reader's words for a term such as `day 365`.

    Examples
    --------
    >>> horizon("day 365")
    '12 months'
    """
    return numbers.period(int(term.removeprefix("day ")))


_MONTH_NAMES = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)


def date_words(text: str) -> str:
    """Return an ISO date as a reader says it; any other text is left as it is.

    Examples
    --------
    >>> date_words("2026-03-31"), date_words("last spring")
    ('31 March 2026', 'last spring')
    """
    parts = text[:10].split("-")
    if len(parts) != 3 or not all(p.isdigit() for p in parts) or not 1 <= int(parts[1]) <= 12:  # noqa: PLR2004
        return text
    return f"{int(parts[2])} {_MONTH_NAMES[int(parts[1]) - 1]} {parts[0]}"
