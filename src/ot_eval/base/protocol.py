"""The protocol: what a study asks, of whom, from when, until when, and how it is published.

It is a frozen value. It is checked before any data are read, hashed, and stored beside every result. Defaults for
Client Level Data are the constants of the national rules, each of which a study may change by name.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from ot_eval.base.protocol_coding import Coding, Experience
from ot_eval.base.protocol_part import Days, Part
from ot_eval.base.protocol_trial import Trial

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{1,62}$")]
Strand = Literal[
    "care_packages",
    "data_quality",
    "interventions",
    "progress",
    "in_reach",
    "coaching",
    "skills",
    "experience",
    "timing",
    "value",
]
Covariate = Literal[
    "age_band",
    "sex",
    "dementia",
    "has_unpaid_carer",
    "hospital_route",
    "baseline_band",
    "client",
    "imd_quintile",
]


class Population(Part):
    """Who is studied."""

    minimum_age: Annotated[int, Field(ge=0, le=120)] = Field(18, description="Years, at time zero.")
    setting: Literal["home", "care_home", "any"] = Field("any", description="Where reablement happened.")
    clients: tuple[Literal["new", "existing"], ...] = Field(
        ("new", "existing"), min_length=1, description="Both are followed, and always reported apart."
    )
    ended_from: date | None = Field(None, description="Only episodes that ended on or after this day.")
    ended_to: date | None = Field(None, description="Only episodes that ended on or before this day.")
    existing_look_back_days: Days = Field(91, description="Long-term support this recently makes an existing client.")
    join_gap_days: Days = Field(7, description="Reablement rows this close together are one episode.")
    request_look_back_days: Days = Field(28, description="A request this recently before an episode led to it.")

    @model_validator(mode="after")
    def _ordered(self) -> Population:
        if self.ended_from and self.ended_to and self.ended_from > self.ended_to:
            raise ValueError("ended_from lies after ended_to")
        return self


class PriceUplift(Part):
    """How a rise in price is told from a rise in care (weekly-cost packages only have a price)."""

    ignore: bool = Field(True, description="A rise in cost with unchanged units is not an increase.")
    deflate: bool = Field(True, description="Divide weekly cost by each provider's own April price change.")
    april_window_days: Days = Field(7, description="A change this close to 1 April may be a yearly price change.")
    minimum_lines: Annotated[int, Field(ge=1)] = Field(3, description="Fewer lines than this show no common change.")
    tolerance_percent: Annotated[float, Field(ge=0)] = Field(0.5, description="Distance from the common change.")


class Increase(Part):
    """What counts as a larger care package. Hours are the default; weekly cost is the named second outcome."""

    unit: Literal["hours_per_week", "cost_per_week"] = "hours_per_week"
    minimum_rise: Annotated[float, Field(gt=0)] = Field(1.0, description="Hours a week (or £ a week) above baseline.")
    minimum_rise_percent: Annotated[float, Field(ge=0)] = Field(10.0, description="And this share of baseline.")
    minimum_duration_days: Annotated[int, Field(ge=1)] = Field(
        28, description="Every one of this many days in a row; a shorter spike is not an increase."
    )
    set_up_days: Days = Field(7, description="Changes up to this day after time zero are set-up; baseline is that day.")
    review_window_days: Days = Field(28, description="A review that ended this near a change speaks for or against it.")
    hand_over: bool = Field(
        True, description="A row that ends on the day its own line begins anew gives that day to the new row."
    )
    gap_bridged_days: Days = Field(30, description="A gap in home care up to this long keeps the person at risk.")
    price_uplift: PriceUplift = PriceUplift()


class FollowUp(Part):
    """From when, until when, and what else may end it."""

    time_zero: Literal["reablement_end"] = "reablement_end"
    maximum_days: Annotated[int, Field(ge=28, le=3660)] | None = Field(None, description="Stop counting here.")
    horizons_days: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        (91, 182, 365), min_length=1, description="Days at which the report states results."
    )
    competing_events: tuple[Literal["death", "care_home"], ...] = ("death", "care_home")


class Exposure(Part):
    """Occupational therapy as an exposure that starts when it happens, never before."""

    staff_roles: tuple[str, ...] = Field(("occupational_therapist",), min_length=1)
    minimum_minutes: Annotated[int, Field(ge=0)] = Field(1, description="A contact shorter than this is an attempt.")
    counted_from: Literal["reablement_start", "time_zero"] = "reablement_start"
    source: Literal["contacts", "event_description", "auto"] = Field(
        "auto", description="auto: the contacts file where there is one, else CLD's Event Description."
    )
    coaching: bool = Field(True, description="Say how many had a coached provider, where providers are given.")


class Disclosure(Part):
    """What may leave the building. The default is the stricter of the rules in use in England."""

    preset: Literal["ot_eval", "opensafely", "nhs_england", "acro"] = "ot_eval"
    threshold: Annotated[int, Field(ge=1)] | None = Field(None, description="Counts below this are hidden.")
    rounding: Annotated[int, Field(ge=1)] | None = Field(None, description="Counts are rounded to this base.")


class Engine(Part):
    """Where data are derived: in this process (DuckDB) or on Spark for a region or the nation."""

    name: Literal["duckdb", "spark"] = "duckdb"
    master: str = Field("local[2]", description="Spark only.")
    options: dict[str, str] = Field(default_factory=dict, description="Spark configuration, key by key.")
    memory: str = Field("3GB", pattern=r"^\d+(MB|GB)$", description="DuckDB only.")


class Asc2a(Part):
    """ASCOF 2A: which national rules, and which published figure to stand beside."""

    rules: Literal["dhsc_2025", "dhsc_2025_02", "nhse_2024"] = "dhsc_2025"
    join_gap_days: Days | None = None
    look_back_days: Days | None = None
    sequel_window_days: Days | None = None
    nested_window_days: Days | None = None
    pool_episode_outcome: bool = Field(False, description="Variant: the episode's own outcome always competes.")
    year_end: date | None = Field(None, description="Last day of the 12 months; empty = the last complete month.")
    compare_council: str | None = Field(None, description="Council name or code as published.")
    compare_year: Literal["2024-25"] | None = None


class Reading(Part):
    """How a Client Level Data file's own period is found; see facts on incomplete months."""

    recording_share: Annotated[float, Field(gt=0.5, le=1)] = Field(
        0.9, description="This share of the changes of units makes a council's recording re-cut or overwritten."
    )
    reset_window_days: Days = Field(7, description="A row that starts this close to 1 April may be a yearly reset.")
    complete_month_share: Annotated[float, Field(gt=0, le=1)] = 0.20
    minimum_month_events: Annotated[int, Field(ge=0)] = Field(0, description="DHSC uses 10; 0 suits small samples.")
    role_words: dict[str, str] = Field(default_factory=dict, description="The service's own word: the toolkit's role.")
    mode_words: dict[str, str] = Field(default_factory=dict, description="The service's own word: the contact's mode.")
    ot_keywords: tuple[str, ...] = Field(
        ("ot", "occupational therap*"), description="Words in Event Description that mean an OT contact."
    )


class Threshold(Part):
    """An important change a study uses: it belongs to the people it was found in, who are named."""

    score: str = Field(description="Instrument and score, for example: copm performance.")
    value: Annotated[float, Field(gt=0)]
    kind: str = Field("MIC", description="MIC, MCID, opinion, ...")
    setting: Annotated[str, Field(min_length=3)]
    source: Annotated[str, Field(min_length=3)]


class Noise(Part):
    """An instrument's measurement error, for reliable change."""

    score: str = Field(description="Instrument and score, for example: mbi total.")
    sem: Annotated[float, Field(gt=0)] = Field(description="Standard error of measurement, in the score's unit.")
    source: Annotated[str, Field(min_length=3)]


class PublishedFigure(Part):
    """A published percentage, to be held against every definition it could have been."""

    score: str = Field(description="Instrument and score, for example: mbi total.")
    percent: float
    decimals: Annotated[int, Field(ge=0, le=3)] = 0
    source: str = ""


class Progress(Part):
    """What changed for people during and after reablement, and how it is judged."""

    value_sets: tuple[
        Literal["uk_rowen2026", "england_devlin2018", "uk_crosswalk_vanhout2012", "uk_tto_dolan1997", "uk_vas_mvh"], ...
    ] = Field(
        ("uk_rowen2026", "uk_crosswalk_vanhout2012", "uk_tto_dolan1997"),
        description="EQ-5D value sets, by full name; each is reported under it.",
    )
    dsu_table: str = Field("", description="CSV of the NICE DSU mapping, EQ-5D-5L to 3L, in the data folder.")
    own_instruments: tuple[str, ...] = Field((), description="YAML files of your own instruments, in the data folder.")
    ascot_weights: str = Field("", description="CSV with your copy of the ASCOT weights, in the data folder.")
    faulty_assessments: Literal["refuse", "set_aside"] = Field(
        "refuse", description="refuse: stop at an impossible value; set_aside: leave the assessment out and count it."
    )
    baseline_before_days: Days = Field(14, description="A baseline may lie this many days before reablement began.")
    baseline_after_days: Days = Field(14, description="... and this many days after.")
    important_changes: tuple[Threshold, ...] = ()
    measurement_errors: tuple[Noise, ...] = ()
    published: tuple[PublishedFigure, ...] = ()
    imputations: Annotated[int, Field(ge=5, le=200)] = 20
    missing_worse_by: tuple[Annotated[float, Field(gt=0)], ...] = Field(
        (0.25, 0.5, 1.0), description="Sensitivity: missing people worse by this many baseline standard deviations."
    )


class Comparator(Part):
    """What the same days would have cost otherwise: how much of each unit-cost item a day takes."""

    name: Annotated[str, Field(min_length=3)]
    per_day: dict[str, Annotated[float, Field(gt=0)]] = Field(
        min_length=1, description="unit_costs item: units a day, for example home_care_hour: 24."
    )


class InReach(Part):
    """Reablement beds in care homes, as their commissioner asks about them."""

    assess_within_hours: Annotated[int, Field(ge=1)] = 72
    commissioned_stay_days: Annotated[int, Field(ge=1)] = 28
    outcome_days: Annotated[int, Field(ge=1)] = Field(91, description="Readmission and being at home are read here.")
    planned_by: str = Field("", description="Who decided the package planned without the service.")
    planned_when: str = Field("", description="When they decided it, seen from the admission.")
    destination_words: dict[str, Literal["home", "care_home", "hospital", "died", "other"]] = Field(
        default_factory=dict, description="The service's own word: the toolkit's destination."
    )
    bed: Comparator | None = Field(None, description="What a day in the service's own bed costs.")
    comparators: tuple[Comparator, ...] = ()
    fewest_people_a_home: Annotated[int, Field(ge=5)] = Field(10, description="Smaller homes are listed, not judged.")


class Timing(Part):
    """When occupational therapy should first happen: the trial that is emulated, from the start of reablement."""

    within_days: tuple[Annotated[int, Field(ge=1, le=182)], ...] = Field(
        (7, 14, 28), min_length=1, description="Strategies: first contact by this day, each day until then alike."
    )
    after_reablement_days: Days = Field(
        28, description="Strategy: none while reablement lasts, then within this many days; 0 = not asked."
    )
    none_within_days: Annotated[int, Field(ge=7, le=182)] = Field(
        84, description="Strategy: no contact this long; the others are held against it and against things as they are."
    )
    horizons_days: tuple[Annotated[int, Field(ge=28)], ...] = Field(
        (84, 182, 364), min_length=1, description="Days since reablement began: 12, 26 and 52 weeks."
    )
    confounders: tuple[
        Literal[
            "age_band",
            "sex",
            "dementia",
            "has_unpaid_carer",
            "hospital_route",
            "imd_quintile",
            "client",
            "hours_at_start",
        ],
        ...,
    ] = Field(
        ("age_band", "sex", "dementia", "hospital_route", "client", "hours_at_start"),
        description="Known on the first day, and able to decide both who is seen when and who needs more.",
    )
    changing: tuple[Literal["hospital_stay", "package_hours", "in_reablement"], ...] = Field(
        ("hospital_stay", "package_hours", "in_reablement"), description="The same, as they change until contact."
    )
    hospital_window_days: Annotated[int, Field(ge=1)] = Field(28, description="An admission this recently counts.")
    truncate: Annotated[float, Field(gt=0.5, le=1)] = Field(
        0.999, description="Share of a strategy's weights left alone; larger ones are cut to the largest of these."
    )
    landmark_days: tuple[Annotated[int, Field(ge=1)], ...] = (14, 28, 42)
    need: tuple[Literal["age_band", "dementia", "client", "hours_at_start", "hospital_route"], ...] = Field(
        ("client", "dementia"), description="Groups in which the strategies are also compared."
    )
    bootstrap_draws: Annotated[int, Field(ge=100, le=5000)] = 200
    workers: Annotated[int, Field(ge=1)] = Field(1, description="Draws made at the same time.")


class WaitingList(Part):
    """People who wait for home care: the assumptions of the what-if."""

    people: Annotated[float, Field(gt=0)]
    joining_a_week: Annotated[float, Field(ge=0)]
    starting_a_week: Annotated[float, Field(ge=0)]


class Value(Part):
    """What it is worth: whose money, at which prices, and what a year in full health is taken to be worth."""

    perspective: Literal["council", "nhs_and_social_care", "provider"] = "council"
    price_year: str = Field("", description="The year whose prices the report is in, as unit_costs.csv writes it.")
    uprating: dict[str, Annotated[float, Field(gt=0)]] = Field(
        default_factory=dict, description="Other price years in unit_costs.csv: the factor to price_year."
    )
    horizon_days: Annotated[int, Field(ge=28, le=3660)] = Field(364, description="Days from the end of reablement.")
    value_set: Literal[
        "uk_rowen2026", "england_devlin2018", "uk_crosswalk_vanhout2012", "uk_tto_dolan1997", "uk_vas_mvh"
    ] = Field("uk_rowen2026", description="EQ-5D value set of the QALYs, by full name.")
    index_days: dict[Literal["baseline", "end", "follow_up"], Days] = Field(
        {"end": 0, "follow_up": 364},
        min_length=2,
        description="Timepoint of EQ-5D: day it stands for; the first is 0, the last is horizon_days.",
    )
    thresholds: tuple[Annotated[float, Field(gt=0)], ...] = Field(
        (20_000.0, 30_000.0), min_length=1, description="£ for one QALY; the first leads."
    )
    coaching: dict[str, Annotated[float, Field(gt=0)]] = Field(
        default_factory=dict, description="unit_costs item: units for one coached provider (training, backfill, ...)."
    )
    coaching_people: Annotated[float, Field(gt=0)] | None = Field(
        None, description="People a provider whom coaching serves; empty = those in this study."
    )
    vary_percent: Annotated[float, Field(gt=0, lt=100)] = Field(20.0, description="Tornado: prices move this far.")
    people_a_year: Annotated[float, Field(gt=0)] | None = Field(
        None, description="People leaving reablement with home care each year, in the council."
    )
    years: Annotated[int, Field(ge=1, le=5)] = 5
    discount_percent: Annotated[float, Field(ge=0, lt=100)] = Field(3.5, description="A year, for later years.")
    providers_coached: tuple[Annotated[int, Field(ge=0)], ...] = Field(
        (), description="Budget: providers newly coached in year 1, 2, ..."
    )
    waiting_list: WaitingList | None = None
    bootstrap_draws: Annotated[int, Field(ge=1000, le=100_000)] = 10_000


class Protocol(Part):
    """One study, pre-specified."""

    study: Name = Field(description="Short name; the folder under work/ and reports/.")
    title: str = Field(min_length=3)
    question: str = Field(min_length=10)
    data: str = Field("data", description="Folder of the inputs, relative to this file.")
    service: str = Field("the reablement service", description="What the report calls the service.")
    analyst: str = ""
    reviewer: str = ""
    approved_on: date | None = None
    assumptions: tuple[str, ...] = ()
    strands: tuple[Strand, ...] = Field(("care_packages",), min_length=1)
    population: Population = Population()
    increase: Increase = Increase()
    follow_up: FollowUp = FollowUp()
    exposure: Exposure = Exposure()
    covariates: tuple[Covariate, ...] = ("age_band", "sex", "client", "baseline_band", "dementia", "hospital_route")
    cluster: Literal["provider_id", "none"] = "provider_id"
    subgroups: tuple[Covariate, ...] = ("client",)
    progress: Progress = Progress()
    in_reach: InReach = InReach()
    coding: Coding = Coding()
    experience: Experience = Experience()
    trial: Trial = Trial()
    timing: Timing = Timing()
    value: Value = Value()
    ascof_2a: Asc2a = Asc2a()
    reading: Reading = Reading()
    disclosure: Disclosure = Disclosure()
    engine: Engine = Engine()
    level: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    seed: Annotated[int, Field(ge=0)] = 20260401

    def canonical(self) -> str:
        """Return the protocol as JSON text with stable key order: what is hashed, frozen and compared."""
        return json.dumps(self.model_dump(mode="json"), indent=1, sort_keys=True, ensure_ascii=False)

    def sha256(self) -> str:
        """Return the hash that names this protocol in every manifest."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()


def thaw(path: Path, sha256: str) -> Protocol:
    """Read a frozen protocol (JSON) and refuse it unless its hash is the one given."""
    from ot_eval.base.errors import RequestError

    protocol = Protocol.model_validate(json.loads(path.read_text(encoding="utf-8")))
    if protocol.sha256() != sha256:
        raise RequestError(
            "the frozen protocol is not the one this run was started with",
            expected=f"sha256 {sha256[:12]}…",
            fix="start the run again with `ot-eval run`",
        )
    return protocol


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema an editor uses to complete and check a protocol."""
    return Protocol.model_json_schema()
