"""What the council's Client Level Data can carry: ASCOF 2A, how packages change, and the quality of what was recorded.

The person-level lists behind every number stay in the work folder, where the council's own staff can look at them.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.protocol import Protocol
from ot_eval.base.results import Check, Estimate, StudyResult
from ot_eval.data.checklist import ChecklistItem
from ot_eval.data.quality import data_quality
from ot_eval.derive import ascof_published, materialise
from ot_eval.derive.ascof import Ascof2a, ascof_2a
from ot_eval.derive.assemble import StudyTables
from ot_eval.derive.changes import package_changes
from ot_eval.derive.recording import recording_style
from ot_eval.models import proportions
from ot_eval.models.about import About
from ot_eval.studies.workspace import Prepared, Workspace

STRAND = "data_quality"
TITLE = "What the council's data can tell"
FEWEST_EPISODES = 10
NEWEST_PUBLISHED = "2024-25"
TOLERABLE_SHARE = 0.05
"""A fault that touches a smaller share of episodes than this is listed, and is no cause for doubt."""
STEPS = {
    "1": "death (step 1)",
    "2": "hospital (step 2)",
    "3": "a service that followed (step 3)",
    "4a": "the outcome of the episode (step 4a)",
    "4b": "the outcome of what followed (step 4b)",
    "4c": "a review inside the episode (step 4c)",
    "5": "equipment (step 5)",
    "6": "nothing (step 6)",
}
LISTED = ("ascof_2a_members", "package_changes")
"""Frames that the council's own staff want to open: written to the study's work folder by name."""


def prepare(tables: StudyTables, protocol: Protocol) -> Prepared:
    """Derive ASCOF 2A's membership list, every package change, and the quality findings.

    Raises
    ------
    AnalysisRefused
        There are no Client Level Data.
    """
    found = data_quality(tables.inputs) if tables.inputs is not None else None
    if found is None or tables.cld is None:
        raise AnalysisRefused(
            "data_quality: there are no Client Level Data",
            expected="the council's files in data/cld/",
            fix="add the files, or take data_quality out of strands in the protocol",
        )
    measure = ascof_2a(tables, protocol)
    changes = materialise.frame(package_changes(tables, protocol), ("person_id", "change_date"))
    style = materialise.frame(
        recording_style(tables.cld.rows, tables.cld.events, protocol.reading), ("la_code", "service_component")
    )
    frames = {
        "ascof_2a_members": measure.members,
        "package_changes": changes,
        "recording_style": style,
        "overall": pd.DataFrame([asdict(f) for f in found.overall]),
        "by_file": pd.DataFrame([asdict(f) for f in found.by_file]),
        "periods": pd.DataFrame([asdict(p) for p in found.periods]),
        "checklist": pd.DataFrame([asdict(c) for c in found.checklist]),
        "published": _published(measure, protocol),
    }
    facts = {
        **tables.facts,
        **measure.facts,
        "ascof_rules": measure.rules.name,
        "ascof_year": f"{measure.year_start.isoformat()} to {measure.year_end.isoformat()}",
    }
    return Prepared(frames=frames, facts=facts)


def checklist_of(prepared: Prepared) -> tuple[ChecklistItem, ...]:
    """Return what to ask the performance team for."""
    rows: list[dict[str, Any]] = _records(prepared.frames["checklist"])
    for row in rows:
        row["share_missing"] = None if pd.isna(row["share_missing"]) else row["share_missing"]
    return tuple(ChecklistItem(**row) for row in rows)


def refuse(prepared: Prepared) -> None:
    """Refuse where so few episodes are listed that nothing about them may be published."""
    listed = len(prepared.frames["ascof_2a_members"])
    if listed < FEWEST_EPISODES:
        raise AnalysisRefused(
            f"data_quality: fewer than {FEWEST_EPISODES} reablement episodes in the 12 months",
            expected=f"at least {FEWEST_EPISODES} episodes",
            fix="give more months of data, or another ascof_2a.year_end in the protocol",
        )


def _published(own: Ascof2a, protocol: Protocol) -> pd.DataFrame:
    """Return the council's published figure, as a frame of one row, or of none where none is asked for."""
    council = protocol.ascof_2a.compare_council
    if not council:
        return pd.DataFrame(columns=["area", "percent", "numerator", "denominator", "same_year"])
    year = protocol.ascof_2a.compare_year or NEWEST_PUBLISHED
    beside = ascof_published.compare(own, council, year)
    line = beside.published
    return pd.DataFrame(
        [
            {
                "area": line.area,
                "percent": str(line.percent),
                "numerator": str(line.numerator),
                "denominator": str(line.denominator),
                "same_year": beside.same_year,
            }
        ]
    )


def analyse(workspace: Workspace) -> StudyResult:
    """Count the measure, what decided it, how packages change, and what is wrong with the data."""
    protocol = workspace.protocol
    about = About(population="all", outcome="", level=protocol.level, study=protocol.study)
    members, changes = workspace.frame("ascof_2a_members"), workspace.frame("package_changes")
    ended = members[members["left_out"] != "not ended"]
    estimates = (
        *measure_of(members, about),
        *counts(ended.assign(step=ended["step"].map(STEPS)), "step", "ascof_2a_steps", about),
        *counts(members[members["left_out"].notna()], "left_out", "ascof_2a_left_out", about),
        *counts(changes, "kind", "package_changes", about),
        *quality(workspace.frame("overall"), about),
    )
    return StudyResult(
        study=protocol.study,
        strand=STRAND,
        title=TITLE,
        question="Which of the study's questions can the council's Client Level Data answer, and how well?",
        estimates=estimates,
        checks=(
            *_styles(workspace.frame("recording_style")),
            *_periods(workspace.frame("periods")),
            *_effects(workspace.frame("overall")),
        ),
        deviations=workspace.deviations,
        notes=(*_asked(workspace.frame("checklist")), *_beside(workspace.frame("published"))),
        facts=workspace.facts,
    )


def measure_of(members: pd.DataFrame, about: About) -> tuple[Estimate, ...]:
    """Return ASCOF 2A: of new clients' episodes that count, the share with no long-term support after them."""
    numerator, denominator = int(members["in_numerator"].sum()), int(members["in_denominator"].sum())
    if denominator == 0:
        return ()
    return (
        proportions.share(
            numerator,
            denominator,
            analysis="ascof_2a",
            term="ASCOF 2A",
            measure="share of episodes without long-term support after them",
            about=about,
        ),
    )


def counts(rows: pd.DataFrame, column: str, analysis: str, about: About) -> tuple[Estimate, ...]:
    """Return how many rows have each value of `column`, the most frequent first."""
    found = rows[column].value_counts().sort_index().sort_values(ascending=False, kind="stable")
    return tuple(
        Estimate(
            analysis=analysis,
            population=about.population,
            outcome=about.outcome,
            term=f"{column}: {str(name).replace('_', ' ')}",
            measure="number",
            unit="people",
            value=int(number),
            n=len(rows),
            method="count",
            study=about.study,
        )
        for name, number in found.items()
    )


def quality(overall: pd.DataFrame, about: About) -> tuple[Estimate, ...]:
    """Return, for each rule, the share of reablement episodes of people with a row that breaks it."""
    return tuple(
        proportions.share(
            row["episodes_affected"],
            row["episodes"],
            analysis="data_quality",
            term=row["label"],
            measure="share of reablement episodes affected",
            about=about,
        )
        for row in _touched(overall)
    )


def _touched(overall: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rules that touch reablement episodes, the widest first."""
    touched = overall[(overall["episodes"] > 0) & (overall["episodes_affected"] > 0)]
    return _records(touched.sort_values("episodes_affected", ascending=False, kind="stable"))


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def _styles(style: pd.DataFrame) -> tuple[Check, ...]:
    return tuple(
        Check(
            analysis="recording_style",
            name=f"{row['service_component']}",
            passed=row["style"] == "re-cut",
            sentence=f"Changes of {row['service_component']} are recorded like this: {row['style']}.",
            detail="re-cut: a new row at each change, so dates are exact. Overwritten: the old row is changed, so the "
            "date is only known to lie between two files.",
        )
        for row in _records(style)
        if row["style"] not in ("no change seen", "one file")
    )


def _periods(periods: pd.DataFrame) -> tuple[Check, ...]:
    return tuple(
        Check(
            analysis="periods",
            name=row["file_name"],
            passed=False,
            sentence=f"{row['file_name']}: {row['verdict']}. {row['effect']}",
            detail=f"stated {row['stated_start']} to {row['stated_end']}, "
            f"found {row['period_start']} to {row['period_end']}",
        )
        for row in _records(periods)
        if row["verdict"]
    )


def _effects(overall: pd.DataFrame) -> tuple[Check, ...]:
    """Say what each fault that touches reablement episodes does to the result."""
    return tuple(
        Check(
            analysis="data_quality",
            name=row["rule"],
            passed=row["episodes_affected"] < TOLERABLE_SHARE * row["episodes"],
            sentence=f"{row['label'][:1].upper()}{row['label'][1:]}: {row['effect']}",
            detail=f"column {row['column']}; in order where it touches less than {TOLERABLE_SHARE:.0%} of episodes",
        )
        for row in _touched(overall)
    )


def _asked(checklist: pd.DataFrame) -> tuple[str, ...]:
    wanted = checklist[checklist["state"] != "there"]
    return tuple(f"To ask for ({row['state']}): {row['request']} {row['why']}" for row in _records(wanted))


def _beside(published: pd.DataFrame) -> tuple[str, ...]:
    return tuple(
        f"Published for {row['area']} in 2024-25: {row['percent']}% ({row['numerator']} of {row['denominator']})."
        + ("" if row["same_year"] else " Those are other 12 months than the data's, so the two can differ.")
        for row in _records(published)
    )
