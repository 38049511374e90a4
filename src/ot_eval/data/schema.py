"""Every table of the study folder: grain, key, columns, units, allowed values, source.

Written once; it drives reading, checking, the empty templates, the documentation and the synthetic data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["id", "text", "date", "month", "datetime", "number", "integer", "choice", "codes"]
CONTRACT = "the study-folder contract of ot_eval"

ROLES = (
    "occupational_therapist",
    "ot_assistant",
    "reablement_support_worker",
    "physiotherapist",
    "home_carer",
    "social_worker",
    "other",
)
YES_NO = ("yes", "no", "unknown")
TIMEPOINTS = ("baseline", "end", "follow_up")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: its kind, unit, range or allowed values, and whether it must be there and filled."""

    name: str
    kind: Kind
    about: str
    required: bool = False
    unit: str = ""
    allowed: tuple[str, ...] = ()
    own_words: bool = False  # the service's own words are mapped; unmapped ones are reported, not refused
    minimum: float | None = None
    maximum: float | None = None
    private: bool = False  # never leaves the reader: mapped to a pseudonym or dropped


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table: its grain in words, the columns that name a row, and rules across columns."""

    name: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    ordered: tuple[tuple[str, str], ...] = ()  # pairs (earlier, later) of date columns
    aliases: tuple[str, ...] = ()
    source: str = CONTRACT

    def column(self, name: str) -> Column:
        """Return the column called `name`."""
        return next(c for c in self.columns if c.name == name)


def _person(about: str = "the person, as in the council's system") -> Column:
    return Column(name="person_id", kind="id", about=about, required=True, private=True)


PEOPLE = Table(
    name="people",
    grain="one row per person",
    key=("person_id",),
    columns=(
        _person(),
        Column(name="birth_month", kind="month", about="year and month of birth"),
        Column(name="sex", kind="choice", about="sex as recorded", allowed=("female", "male", "other", "unknown")),
        Column(name="ethnicity", kind="text", about="ethnic group as recorded"),
        Column(name="primary_support_reason", kind="text", about="why support is given"),
        Column(name="lives_with_carer", kind="choice", about="an unpaid carer at home", allowed=YES_NO),
        Column(name="dementia", kind="choice", about="dementia recorded", allowed=YES_NO),
        Column(name="imd_quintile", kind="integer", about="1 = most deprived fifth", minimum=1, maximum=5),
        Column(name="death_date", kind="date", about="date of death"),
    ),
)
EPISODES = Table(
    name="episodes",
    grain="one row per reablement episode",
    key=("episode_id",),
    ordered=(("start_date", "end_date"),),
    columns=(
        Column(name="episode_id", kind="id", about="the episode", required=True),
        _person(),
        Column(name="setting", kind="choice", about="where it happens", required=True, allowed=("home", "care_home")),
        Column(name="start_date", kind="date", about="first day", required=True),
        Column(name="end_date", kind="date", about="last day; empty = still open"),
        Column(name="route", kind="choice", about="where the person came from", allowed=("hospital", "community")),
        Column(name="provider_id", kind="id", about="the service"),
        Column(name="team_id", kind="id", about="the team"),
        Column(name="admitted_at", kind="datetime", about="when the person came, where the hour is known"),
        Column(name="assessed_at", kind="datetime", about="when first assessed"),
        Column(name="end_reason", kind="text", about="why it ended"),
        Column(name="destination", kind="text", about="where the person went"),
        Column(
            name="planned_hours_per_week",
            kind="number",
            about="the package expected without reablement",
            unit="hours/week",
            minimum=0,
            maximum=336,
        ),
        Column(name="planned_on", kind="date", about="when that package was decided"),
        Column(name="planned_by", kind="text", about="who decided it (a role, never a name)"),
        Column(name="onward_referrals", kind="codes", about="referrals at the end, separated by ;"),
        Column(
            name="arm",
            kind="choice",
            about="where people were allocated one by one",
            allowed=("coached", "usual_care"),
            own_words=True,
        ),
        Column(name="coach_id", kind="id", about="the coach whose carers served the person; empty in usual care"),
    ),
)
CONTACTS = Table(
    name="contacts",
    grain="one row per contact with staff",
    key=("contact_id",),
    aliases=("ot_contacts",),
    columns=(
        Column(name="contact_id", kind="id", about="the contact", required=True),
        _person(),
        Column(name="date", kind="date", about="day of the contact", required=True),
        Column(name="staff_role", kind="choice", about="who", required=True, allowed=ROLES, own_words=True),
        Column(name="minutes", kind="number", about="length", unit="minutes", minimum=0, maximum=1440),
        Column(
            name="mode",
            kind="choice",
            about="how",
            allowed=("home_visit", "care_home", "phone", "video", "other"),
            own_words=True,
        ),
        Column(name="note", kind="text", about="what was done, in the worker's words", private=True),
        Column(name="codes", kind="codes", about="reviewed intervention codes, separated by ;"),
    ),
)
PACKAGES = Table(
    name="packages",
    grain="one row per spell of support",
    key=("person_id", "start_date", "service", "provider_id", "hours_per_week", "cost_per_week"),
    ordered=(("start_date", "end_date"),),
    columns=(
        _person(),
        Column(name="start_date", kind="date", about="first day", required=True),
        Column(name="end_date", kind="date", about="last day; empty = still open"),
        Column(
            name="service",
            kind="choice",
            about="kind of support",
            required=True,
            allowed=("home_care", "direct_payment", "extra_care", "day", "residential", "nursing", "other"),
        ),
        Column(name="hours_per_week", kind="number", about="planned hours", unit="hours/week", minimum=0, maximum=336),
        Column(name="cost_per_week", kind="number", about="planned gross cost", unit="£/week", minimum=0),
        Column(name="provider_id", kind="id", about="home-care provider"),
        Column(name="carers_per_visit", kind="number", about="1 or 2 (double-handed)", minimum=1, maximum=4),
    ),
)
EVENTS = Table(
    name="events",
    grain="one row per dated event",
    key=("person_id", "date", "kind", "provider_id"),
    columns=(
        _person(),
        Column(name="date", kind="date", about="day of the event", required=True),
        Column(
            name="kind",
            kind="choice",
            about="what happened",
            required=True,
            allowed=(
                "death",
                "hospital_admission",
                "care_home_admission",
                "moved_away",
                "ot_review_request",
                "mdt_meeting",
            ),
        ),
        Column(name="provider_id", kind="id", about="the provider concerned"),
    ),
)
SCORES = Table(
    name="scores",
    grain="one row per instrument item and timepoint",
    key=("person_id", "date", "timepoint", "instrument", "item"),
    columns=(
        _person(),
        Column(name="date", kind="date", about="day of assessment", required=True),
        Column(name="timepoint", kind="choice", about="which assessment", required=True, allowed=TIMEPOINTS),
        Column(name="instrument", kind="text", about="instrument's short name", required=True),
        Column(name="item", kind="text", about="item's short name", required=True),
        Column(name="value", kind="number", about="the score of the item", required=True, unit="points"),
    ),
)
GOALS = Table(
    name="goals",
    grain="one row per goal and timepoint",
    key=("person_id", "goal_id", "timepoint"),
    columns=(
        _person(),
        Column(name="goal_id", kind="id", about="the goal", required=True),
        Column(name="date", kind="date", about="day of rating", required=True),
        Column(name="timepoint", kind="choice", about="which rating", required=True, allowed=TIMEPOINTS),
        Column(name="domain", kind="text", about="area of life"),
        Column(name="importance", kind="integer", about="how important", minimum=0, maximum=10),
        Column(name="difficulty", kind="integer", about="how difficult", minimum=0, maximum=3),
        Column(name="level", kind="integer", about="goal attainment", minimum=-2, maximum=2),
        Column(name="performance", kind="integer", about="COPM performance", minimum=1, maximum=10),
        Column(name="satisfaction", kind="integer", about="COPM satisfaction", minimum=1, maximum=10),
    ),
)
PROVIDERS = Table(
    name="providers",
    grain="one row per home-care provider or team",
    key=("provider_id",),
    columns=(
        Column(name="provider_id", kind="id", about="the provider", required=True),
        Column(
            name="arm", kind="choice", about="coached or usual care", allowed=("coached", "usual_care"), own_words=True
        ),
        Column(name="coaching_start", kind="date", about="first day of coaching; empty = never"),
        Column(name="wave", kind="integer", about="wave of a stepped roll-out", minimum=0),
        Column(name="stratum", kind="text", about="stratum within which providers were allocated"),
        Column(name="sessions_planned", kind="integer", about="coaching sessions planned", unit="sessions", minimum=0),
        Column(name="sessions_held", kind="integer", about="coaching sessions held", unit="sessions", minimum=0),
    ),
)
CARERS = Table(
    name="carers",
    grain="one row per home carer",
    key=("carer_id",),
    ordered=(("start_date", "leave_date"),),
    columns=(
        Column(name="carer_id", kind="id", about="the carer", required=True, private=True),
        Column(name="provider_id", kind="id", about="employer", required=True),
        Column(name="role", kind="choice", about="role", allowed=ROLES, own_words=True),
        Column(name="start_date", kind="date", about="first day in post"),
        Column(name="leave_date", kind="date", about="last day in post; empty = still there"),
        Column(
            name="sessions_attended", kind="integer", about="coaching sessions attended", unit="sessions", minimum=0
        ),
    ),
)
CARER_SURVEY = Table(
    name="carer_survey",
    grain="one row per carer, wave and item (and rater, where others than the carer answered)",
    key=("carer_id", "wave", "item", "value", "rater_id"),
    columns=(
        Column(name="carer_id", kind="id", about="the carer", required=True, private=True),
        Column(name="date", kind="date", about="day of the answer", required=True),
        Column(name="wave", kind="integer", about="survey wave", required=True, minimum=0),
        Column(name="item", kind="text", about="item's short name", required=True),
        Column(name="value", kind="text", about="the answer", required=True),
        Column(name="rater_id", kind="id", about="who rated the carer; empty = the carer", private=True),
    ),
)
CODINGS = Table(
    name="codings",
    grain="one row per coded segment",
    key=("interview_id", "start", "end", "coder_id", "code"),
    columns=(
        Column(name="interview_id", kind="id", about="the interview", required=True),
        Column(name="start", kind="integer", about="first code point", required=True, minimum=0),
        Column(name="end", kind="integer", about="code point after the last", required=True, minimum=0),
        Column(name="coder_id", kind="id", about="who coded", required=True),
        Column(name="code", kind="text", about="the code", required=True),
        Column(name="memo", kind="text", about="the coder's note", private=True),
    ),
)

CONTACT_CODES = Table(
    name="contact_codes",
    grain="one row per contact, coder and sheet",
    key=("contact_id", "coder", "sheet"),
    columns=(
        Column(name="contact_id", kind="id", about="the contact", required=True),
        Column(name="coder", kind="text", about="who coded it", required=True, private=True),
        Column(
            name="sheet",
            kind="choice",
            about="first coding, blind second coding, or agreed by both",
            required=True,
            allowed=("main", "second", "agreed"),
        ),
        Column(name="codes", kind="codes", about="intervention codes, or not_ot, or cannot_tell", required=True),
        Column(name="codebook_version", kind="text", about="version of the codebook used", required=True),
    ),
)

UNIT_COSTS = Table(
    name="unit_costs",
    grain="one row per priced item",
    key=("item",),
    columns=(
        Column(name="item", kind="text", about="short name of what is priced", required=True),
        Column(name="value", kind="number", about="price of one unit", required=True, unit="£", minimum=0),
        Column(name="unit", kind="text", about="what one unit is: day, night, hour, ...", required=True),
        Column(name="price_year", kind="text", about="the year whose prices these are", required=True),
        Column(name="source", kind="text", about="where the price comes from", required=True),
    ),
)

TABLES: tuple[Table, ...] = (
    PEOPLE,
    EPISODES,
    CONTACTS,
    PACKAGES,
    EVENTS,
    SCORES,
    GOALS,
    PROVIDERS,
    CARERS,
    CARER_SURVEY,
    CODINGS,
    CONTACT_CODES,
    UNIT_COSTS,
)


def table(name: str) -> Table:
    """Return the declaration of the table called `name` (or by one of its other file names)."""
    return next(t for t in TABLES if name == t.name or name in t.aliases)
