"""The protocol's sections on words: what therapists wrote, and what people said."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ot_eval.base.protocol_part import Days, Part


class Coding(Part):
    """What therapists did: the codebook, who codes, and what may be analysed."""

    codebook: str = Field("", description="Your codebook, a YAML file in the data folder; empty = the toolkit's own.")
    unreviewed_suggestions: bool = Field(
        False, description="Also analyse suggestions that nobody reviewed; the report's first paragraph then says so."
    )
    fewest_examples: Annotated[int, Field(ge=2)] = Field(
        5, description="A code with fewer coded contacts is not suggested by the trained model."
    )
    second_coder_share: Annotated[float, Field(gt=0, le=1)] = Field(
        0.2, description="This share of the contacts goes to a second coder, blind to the first."
    )
    early_days: Days = Field(7, description="Occupational therapy this soon after reablement began is early.")


class Experience(Part):
    """What people said in interviews: how it is analysed decides what the report may offer."""

    approach: Literal["framework", "codebook", "reflexive"] = Field(
        "framework", description="reflexive: no agreement and no saturation; the report says why."
    )
    main_coder: str = Field("", description="Whose codes the findings rest on; may stay empty with one coder.")
    base_size: Annotated[int, Field(ge=2)] = Field(4, description="Saturation: interviews in the base.")
    run_length: Annotated[int, Field(ge=1)] = Field(2, description="Saturation: interviews in each run.")
    new_at_most_percent: Annotated[float, Field(ge=0, le=100)] = Field(
        5.0, description="Saturation: codes new in a run, as a share of those in the base."
    )
    random_orders: Annotated[int, Field(ge=100, le=10_000)] = Field(1000, description="Saturation: for the band.")
    outcomes_published: bool = Field(False, description="People agreed to see records, banded, beside their words.")
