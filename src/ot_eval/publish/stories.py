"""Which strand is told in which words."""

from __future__ import annotations

from collections.abc import Callable

from ot_eval.outputs import (
    story_care_packages,
    story_coaching,
    story_data_quality,
    story_experience,
    story_in_reach,
    story_interventions,
    story_progress,
    story_skills,
    story_timing,
    story_value,
)
from ot_eval.outputs.released import Released
from ot_eval.outputs.story import Story, plain

STORIES: dict[str, Callable[[Released], Story]] = {
    "care_packages": story_care_packages.story,
    "coaching": story_coaching.story,
    "data_quality": story_data_quality.story,
    "experience": story_experience.story,
    "in_reach": story_in_reach.story,
    "interventions": story_interventions.story,
    "progress": story_progress.story,
    "skills": story_skills.story,
    "timing": story_timing.story,
    "value": story_value.story,
}
"""Strands with wording of their own; the others are told line by line."""


def story_of(released: Released) -> Story:
    """Return the story of a strand."""
    return STORIES.get(released.strand, plain)(released)
