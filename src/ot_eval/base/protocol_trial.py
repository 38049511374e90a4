"""The section `trial` of a protocol: how coached providers are compared with usual care, and what is planned."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from ot_eval.base.protocol_part import Part


class TrialPlan(Part):
    """What a planned trial is expected to be, for `ot-eval power`."""

    coached: Annotated[int, Field(ge=2, le=200)] = Field(4, description="Providers coached.")
    usual: Annotated[int, Field(ge=2, le=200)] = Field(4, description="Providers in usual care.")
    people: Annotated[float, Field(gt=0)] = Field(30, description="People (or carers) a provider, on average.")
    icc: Annotated[float, Field(ge=0, lt=1)] = Field(0.05, description="How alike people of one provider are.")
    size_cv: Annotated[float, Field(ge=0, le=3)] = Field(0.4, description="How far sizes of providers vary.")
    attrition: Annotated[float, Field(ge=0, lt=1)] = Field(0.1, description="Share of people without an outcome.")
    difference: Annotated[float, Field(gt=0)] = Field(0.3, description="What would matter, in standard deviations.")
    autocorrelation: Annotated[float, Field(ge=0, le=1)] = Field(0.8, description="Of a provider between periods.")
    steps: Annotated[int, Field(ge=2, le=20)] = Field(4, description="Stepped wedge: how many times providers start.")
    share: Annotated[float, Field(gt=0, lt=1)] | None = Field(None, description="Usual-care share of a yes/no outcome.")
    rate: Annotated[float, Field(gt=0)] | None = Field(None, description="Usual-care events a person-year.")
    years: Annotated[float, Field(gt=0)] = Field(0.5, description="Years that each person is followed.")
    rate_cv: Annotated[float, Field(ge=0)] = Field(0.25, description="How far true rates of providers vary.")
    simulated: Annotated[int, Field(ge=200, le=100_000)] = Field(2_000, description="Simulated trials a row.")


TrialOutcome = Literal[
    "package_change",
    "goals_met",
    "eq5d",
    "mbarthel",
    "time_to_increase",
    "skills_in_use",
    "job_satisfaction",
    "ot_review_requests",
    "time_to_leaving",
    "hours_freed",
    "capacity",
]


class Trial(Part):
    """Coached providers against usual care: the design, and the one analysis chosen before results are seen."""

    design: Literal["parallel", "stepped_wedge", "before_after", "partially_nested"] = "parallel"
    randomised: bool = Field(False, description="Providers were allocated at random.")
    starts_on: date | None = Field(None, description="The day from which people and events count.")
    primary: str = Field("", description="The analysis that decides; empty = the usual one of the design.")
    outcomes: tuple[TrialOutcome, ...] = Field(
        ("package_change",), min_length=1, description="The first is the primary outcome."
    )
    outcome_days: Annotated[int, Field(ge=1, le=3660)] = Field(182, description="Outcomes are read on this day.")
    adjust_for_start: bool = Field(True, description="Allow for the value at the start, where one was measured.")
    stratified: bool = Field(False, description="Allocated within strata: column stratum of providers.csv.")
    subgroup: Literal["none", "client", "age_band", "sex", "dementia"] = "none"
    missing_shifts: tuple[Annotated[float, Field(gt=0)], ...] = Field(
        (0.25, 0.5), description="What if missing outcomes were worse by this many standard deviations, in each arm."
    )
    matters: dict[TrialOutcome, Annotated[float, Field(gt=0)]] = Field(
        default_factory=dict, description="The smallest difference that would matter, in the outcome's own unit."
    )
    plan: TrialPlan = TrialPlan()

    @model_validator(mode="after")
    def _needs(self) -> Trial:
        if len(set(self.outcomes)) < len(self.outcomes):
            raise ValueError("an outcome is named twice")
        return self
