"""Which strand is told in which words."""

from __future__ import annotations

from collections.abc import Callable

from ot_eval.outputs import story_care_packages, story_data_quality, story_interventions
from ot_eval.outputs.released import Released
from ot_eval.outputs.story import Story, plain

STORIES: dict[str, Callable[[Released], Story]] = {
    "care_packages": story_care_packages.story,
    "data_quality": story_data_quality.story,
    "interventions": story_interventions.story,
}
"""Strands with wording of their own; the others are told line by line."""


def story_of(released: Released) -> Story:
    """Return the story of a strand."""
    return STORIES.get(released.strand, plain)(released)
