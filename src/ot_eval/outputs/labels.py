"""Names of the results in the reader's words. A name that is not here is spelt out as it is."""

from __future__ import annotations

from ot_eval.outputs import numbers

POPULATIONS = {
    "coached": "Coached",
    "usual care": "Usual care",
    "carers, coached": "Carers, coached",
    "carers, usual care": "Carers, usual care",
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
    "mbi total": "everyday self-care and mobility (Barthel, 0 to 100)",
    "barthel20 total": "everyday self-care and mobility (Barthel, 0 to 20)",
    "eq5d5l MO": "mobility",
    "eq5d5l SC": "self-care",
    "eq5d5l UA": "usual activities",
    "eq5d5l PD": "pain or discomfort",
    "eq5d5l AD": "anxiety or depression",
    "eq5d5l profile": "health in five areas (EQ-5D)",
    "eq5d5l level_sum": "health in five areas, levels added up (EQ-5D)",
    "eq5d5l vas": "own rating of health (0 to 100)",
    "eq5d5l index_uk_rowen2026": "health index, UK values of 2026 (Rowen)",
    "eq5d5l index_england_devlin2018": "health index, England values of 2018 (Devlin)",
    "eq5d5l index_uk_crosswalk_vanhout2012": "health index, UK values by crosswalk (van Hout 2012)",
    "eq5d5l index_uk_dsu_5l_to_3l": "health index, UK values by the NICE DSU mapping",
    "copm performance": "performance of chosen activities (COPM)",
    "copm satisfaction": "satisfaction with chosen activities (COPM)",
    "package_change": "change of home care, hours a week",
    "goals_met": "share of goals met",
    "eq5d": "health index (EQ-5D)",
    "mbarthel": "everyday self-care and mobility (Barthel, 0 to 100)",
    "time_to_increase": "time to a larger package",
    "skills_in_use": "enabling skills in use, of 24",
    "job_satisfaction": "job satisfaction, 0 to 10",
    "ot_review_requests": "requests for an OT review",
    "time_to_leaving": "carers leaving post",
    "hours_freed": "hours a week freed for each client",
    "capacity": "clients a carer",
    "home_care_hour": "hours of home care",
    "care_home_day": "days in a care home",
    "ot_hour": "hours of occupational therapy",
    "hospital_admission": "admissions to hospital",
    "coaching": "coaching",
    "all": "everything counted",
}
TIMEPOINTS = {"baseline": "first assessment", "end": "end of reablement", "follow_up": "follow-up"}
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
    "hours_at_start": "Hours of home care at the start of reablement",
    "hospital_stay": "A hospital stay lately",
    "package_hours": "Hours of home care at the time",
    "in_reablement": "Still in reablement",
}
ANALYSES = {
    "table_one": "Who was followed",
    "cumulative_incidence": "How many had each outcome by each time",
    "restricted_mean": "Average time without any of the outcomes",
    "contact_time": "Average time without any of the outcomes, by contact at the start",
    "contact_time_unadjusted": "The same average time, nothing else taken into account",
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
    "timing_strategies": "If everybody were seen as each strategy asks: how many would need a larger package",
    "timing_followers": "How many people kept to each strategy",
    "timing_difference": "Strategies compared",
    "timing_weeks": "Time gained or lost under each strategy",
    "timing_curve": "Risk by the week of first contact",
    "timing_weights": "The same answers with other limits on weights",
    "timing_landmark": "A simpler method: people seen by a day, and people not yet seen",
    "timing_cox": "A simpler method: the rate after first contact, and before it",
    "timing_dose": "How much contact by day 28",
    "timing_family": "Which kinds of work by day 28",
    "timing_need": "Who gains most",
    "value_use": "Hours and other care a person",
    "value_capacity": "Hours released, and people who could be served",
    "value_cost": "Cost a person",
    "value_qaly": "Quality-adjusted life years a person",
    "value_sets": "The same under each EQ-5D value set",
    "value_decision": "Net benefit: health in pounds, less cost",
    "value_plane": "Cost and quality of life together",
    "value_acceptability": "How likely is coaching to be worth it?",
    "value_information": "What knowing more would be worth",
    "value_tornado": "One number moved at a time",
    "value_turning": "The price at which the answer turns",
    "value_other": "Hours by two other methods",
    "value_inputs": "What the budget starts from",
    "e_value": "How strong an unrecorded difference would have to be",
    "bias": "If something unrecorded were unequal",
    "negative_control": "Something contact cannot have caused",
    "kaplan_meier": "Share with none of the outcomes over time",
    "followed_up": "How many have a later score",
    "lost_to_follow_up": "How people without a later score differ from people with one",
    "course": "The score at each assessment",
    "course_spread": "How far scores lie apart at each assessment",
    "repeated_measures": "The course, with everyone who has any score",
    "change": "How much scores changed",
    "percent_improvement": "Percent improvement, each definition under its own name",
    "important_change": "How many changed by an amount that matters",
    "important_change_anchor": "How much change people themselves call important",
    "important_change_distribution": "Spread and noise of the score",
    "reliable_change": "How many changed by more than the score's own noise",
    "floor_and_ceiling": "How many sat at an end of the scale",
    "level_transitions": "Who moved from which level to which",
    "paretian_class": "Better, worse, mixed or the same in five areas of health",
    "superiority": "The chance of being better afterwards",
    "multiple_imputation": "If missing scores are like those of similar people",
    "delta_adjusted": "If people whose score is missing did worse",
    "baseline_adjusted_difference": "After reablement: seen by an occupational therapist during it, or not",
    "regression_to_the_mean": "What would have happened anyway",
    "gaps": "Home carers without a skill, or never taught it",
    "who_has": "Who has which skill",
    "who_uses": "Who used which skill in the last 7 days",
    "how_taught": "How home carers learned the skills they have",
    "taught_and_used": "Of home carers who have a skill: taught it, and using it",
    "taught_by": "Who taught home carers",
    "use_and_teaching": "Whether skills taught on a course are used more",
    "overlap": "How much of what they can do two workers share",
    "between_roles": "Skills that more home carers, or more of another role, have",
    "said_and_seen": "What workers said and what an observer saw",
    "less_effect_seen": "Of which skills observers saw less effect than workers",
    "observers_agree": "How far two observers of one worker agree",
    "skills_gained": "Skills gained, round by round",
    "hang_together": "Whether the questions hang together",
    "barriers": "What stops home carers",
    "assessed_in_time": "Assessed in time",
    "time_to_assessment": "Hours to the first assessment",
    "by_month": "Assessed in time, month by month",
    "run_chart": "Run chart: the middle of the monthly shares",
    "xmr_chart": "Limits of ordinary month-to-month change",
    "by_home": "Assessed in time, home by home",
    "funnel": "How far homes can differ by chance alone",
    "length_of_stay": "Length of stay",
    "team_meetings": "Weekly team meeting",
    "destination": "Where people went",
    "onward_referrals": "Onward referrals",
    "package": "Home care planned and home care needed",
    "readmission": "Back in hospital",
    "at_home": "At home some time later",
    "bed_days_cost": "Cost of the days, and of the same days elsewhere",
    "as_allocated": "The planned comparison, as providers were allocated",
    "each_provider": "Each provider, nothing taken into account",
    "both_averages": "Each provider counts once, or each person",
    "without_each_provider": "Without each provider in turn",
    "other_analyses": "Other valid analyses of the same comparison",
    "missing_outcomes": "If people whose outcome is missing did worse",
    "complier": "If all planned coaching had taken place",
    "by_subgroup": "In parts of the group",
    "ordered": "Chances of a higher answer",
    "at_the_start": "How alike both groups were at the start",
    "needed": "What these providers could show, and what would have been needed",
    "likeness": "How alike people of one provider are, and how sizes vary",
    "consort": "Who took part: providers and people",
    "timeline": "Recruitment beside coaching",
    "delivered": "The coaching that took place",
    "interviewed": "Who was interviewed",
    "themes": "Themes, and who spoke of them",
    "who_said_what": "Who spoke of which theme",
    "quotes": "In their words",
    "charted": "The framework matrix",
    "beside_outcomes": "Beside what the records show",
    "said_together": "Themes spoken of in one breath",
    "kinds_of_talk": "Experience, attitudes, beliefs and views",
    "saturation": "Do new codes still come up?",
    "agreement": "Do coders agree?",
    "codebook": "The codebook",
}
OUTCOME_NAMED = frozenset(
    (
        "as_allocated",
        "likeness",
        "each_provider",
        "both_averages",
        "without_each_provider",
        "other_analyses",
        "missing_outcomes",
        "complier",
        "by_subgroup",
        "ordered",
        "at_the_start",
        "needed",
    )
)
"""Analyses whose rows name their outcome even where all share one: their tables part by unit, not by outcome."""
COUNTED = {
    "ascof_2a": "Episodes",
    "ascof_2a_steps": "Of episodes",
    "ascof_2a_left_out": "Of episodes",
    "package_changes": "Of changes",
    "data_quality": "Of episodes",
    "assessed_in_time": "Stays",
    "time_to_assessment": "Stays",
    "by_month": "Stays",
    "run_chart": "Stays",
    "xmr_chart": "Stays",
    "by_home": "Stays",
    "funnel": "Stays",
    "length_of_stay": "Stays",
    "team_meetings": "Stays",
    "destination": "Stays",
    "onward_referrals": "Stays",
    "package": "Stays",
    "readmission": "Stays",
    "at_home": "Stays",
    "bed_days_cost": "Stays",
}
"""What an analysis counts, where that is not people."""
FACTS = {
    "ascof_look_back": "Look-back for existing clients",
    "ascof_rules": "Rules of ASCOF 2A",
    "ascof_year": "The 12 months of ASCOF 2A",
    "cld_files": "Files of Client Level Data",
    "allocation": "Allocation",
    "coaching_starts": "When coaching began",
    "design": "Design",
    "cld_from": "Client Level Data begin",
    "cld_mapping": "Wording of the council's own",
    "cld_releases": "Releases of Client Level Data",
    "close": "Follow-up ends, so that every increase can be confirmed",
    "data_end": "Data end",
    "data_start": "Data begin",
    "approach": "Approach to analysis",
    "codebook": "Codebook",
    "coders": "Who coded",
    "coding_software": "What was coded in",
    "derivation": "Where codes come from",
    "length": "Length of interviews",
    "new_codes": "Whether new codes still came up",
    "quotes": "Quotes",
    "repeat_interviews": "Interviewed more than once",
    "sample": "Interviewed",
    "admissions": "Hospital admissions are recorded",
    "instruments": "Instruments",
    "lock": "Plan locked",
    "lower_is_better": "Scores of which a lower one is better",
    "meetings": "Team meetings are recorded",
    "ot_source": "Where occupational therapy contacts come from",
    "unseen_share": "Increases that the records cannot show, for",
    "recording_style": "How changes of package are recorded",
    "set_aside": "Faulty assessments were set aside",
    "skills_status": "State of the questions about skills",
    "skills_version": "Version of the questions about skills",
    "perspective": "Whose costs are counted",
    "price_year": "Prices of",
    "value_set": "Quality of life valued by",
    "unmapped_destinations": "Some words for destinations are not mapped",
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
