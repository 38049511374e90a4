"""The data-quality report a council would act on: what is wrong, where, how much of reablement it touches, and so what.

Counts here are true counts and private; `ot_eval.outputs.disclosure` decides what of them may be published.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir

from ot_eval.data.checklist import ChecklistItem, checklist
from ot_eval.data.quality_rules import RULES, QualityRule, is_reablement
from ot_eval.data.read import StudyInputs

APRIL = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule in one file and quarter, or over the whole history (`file_name` and `quarter` empty).

    `rows` of `rows_checked` break the rule. `episodes_affected` of `episodes` reablement episodes belong to people who
    have such a row. A quarter is financial: 2025-26 Q1 is April to June 2025; an open row belongs to its file's last.
    """

    rule: str
    column: str
    label: str
    effect: str
    file_name: str
    quarter: str
    rows: int
    rows_checked: int
    episodes: int
    episodes_affected: int

    @property
    def episode_share(self) -> float:
        """Share of reablement episodes affected, 0 to 1; 0 where there are none."""
        return self.episodes_affected / self.episodes if self.episodes else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodFinding:
    """The period a file states, the one its rows show, and what is wrong: '' or a rule of `cld_periods`."""

    file_name: str
    stated_start: date | None
    stated_end: date | None
    period_start: date
    period_end: date
    verdict: str
    effect: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DataQuality:
    """What the report says. `overall` counts each event of the merged history once, `by_file` each file's rows."""

    overall: tuple[Finding, ...]
    by_file: tuple[Finding, ...]
    periods: tuple[PeriodFinding, ...]
    vanished: int  # services still open when they disappeared from the next file
    repeated: int  # rows given twice in one file
    checklist: tuple[ChecklistItem, ...]

    def worst(self, n: int = 5) -> tuple[Finding, ...]:
        """Return the `n` rules that touch most reablement episodes."""
        return tuple(sorted(self.overall, key=lambda f: (-f.episode_share, f.rule))[:n])


def data_quality(inputs: StudyInputs) -> DataQuality | None:
    """Describe the quality of a study's Client Level Data.

    Returns
    -------
    DataQuality or None
        None where the study has no Client Level Data.
    """
    if inputs.cld_rows is None or inputs.cld_events is None or inputs.cld_files is None:
        return None
    ends = inputs.cld_files.select("file_no", "period_end")
    overall = _findings(inputs.cld_events.left_join(ends, "file_no"), by_file=False)
    vanished = inputs.cld_events.filter(inputs.cld_events.end_basis == "vanished").count().to_pyarrow().as_py()
    return DataQuality(
        overall=overall,
        by_file=_findings(inputs.cld_rows.left_join(ends, "file_no"), by_file=True),
        periods=_periods(inputs),
        vanished=int(vanished),
        repeated=sum(p.count for p in inputs.problems if p.rule == "row given twice" and p.table == "cld"),
        checklist=checklist(inputs, {f.rule: f.rows / f.rows_checked if f.rows_checked else 0.0 for f in overall}),
    )


def _findings(rows: ir.Table, *, by_file: bool) -> tuple[Finding, ...]:
    """Count each rule: first for each person, so that episodes of the people affected can be counted, then for all."""
    place = _place(rows) if by_file else {}
    masks: dict[str, ir.Value] = {"episode": is_reablement(rows) & rows.start_date.notnull()}
    for rule in RULES:
        checked = rule.applies(rows)
        masks[f"checked_{rule.rule}"] = checked
        masks[f"broken_{rule.rule}"] = checked & rule.broken(rows).fill_null(False)
    flags = rows.select("person_id", "start_date", **place, **{name: m.cast("int64") for name, m in masks.items()})
    group = [*place, "person_id"]
    sums = {name: flags[name].sum() for name in masks if name != "episode"}
    started = ibis.ifelse(flags.episode == 1, flags.start_date, ibis.null("date"))
    people = flags.group_by(group).agg(episodes=started.nunique(), **sums)
    totals = {f"{part}_{r.rule}": people[f"{part}_{r.rule}"].sum() for r in RULES for part in ("checked", "broken")}
    touched = {
        f"touched_{r.rule}": ibis.ifelse(people[f"broken_{r.rule}"] > 0, people.episodes, 0).sum() for r in RULES
    }
    measures = {"episodes": people.episodes.sum(), **totals, **touched}
    table = people.group_by(list(place)).agg(**measures) if place else people.agg(**measures)
    records = table.to_pyarrow().to_pylist()
    if by_file:
        records.sort(key=lambda r: (r["file_no"], r["year"], r["quarter"]))
    return tuple(_made(records, by_file))


def _place(rows: ir.Table) -> dict[str, ir.Value]:
    """Return the file, and the financial year and quarter in which a row ended (the file's last while it is open)."""
    at = ibis.coalesce(rows.end_date, rows.period_end)
    early = at.month() < APRIL
    quarter = ibis.ifelse(early, 4, (at.month() - 1) // 3)
    return {
        "file_no": rows.file_no,
        "file_name": rows.file_name,
        "year": ibis.ifelse(early, at.year() - 1, at.year()).cast("int64"),
        "quarter": quarter.cast("int64"),
    }


def _made(records: list[dict[str, Any]], by_file: bool) -> Iterable[Finding]:
    for record in records:
        for rule in RULES:
            broken = int(record[f"broken_{rule.rule}"] or 0)
            if broken or not by_file:
                yield _finding(rule, record, broken, by_file)


def _finding(rule: QualityRule, record: dict[str, Any], broken: int, by_file: bool) -> Finding:
    return Finding(
        rule=rule.rule,
        column=rule.column,
        label=rule.label,
        effect=rule.effect,
        file_name=record["file_name"] if by_file else "",
        quarter=quarter_name(record["year"], record["quarter"]) if by_file else "",
        rows=broken,
        rows_checked=int(record[f"checked_{rule.rule}"] or 0),
        episodes=int(record["episodes"] or 0),
        episodes_affected=int(record[f"touched_{rule.rule}"] or 0),
    )


def quarter_name(year: int, quarter: int) -> str:
    """Return a financial quarter's name.

    Examples
    --------
    >>> quarter_name(2025, 1)
    '2025-26 Q1'
    """
    return f"{year}-{(year + 1) % 100:02d} Q{quarter}"


_PERIOD_EFFECTS = {
    "wrong stated period": "None: the period was derived from the rows. Correct the header before you submit the file.",
    "truncated quarter": (
        "Follow-up ends earlier than it could: the last weeks are incomplete. Send the file again once all is recorded."
    ),
}


def _periods(inputs: StudyInputs) -> tuple[PeriodFinding, ...]:
    if inputs.cld_files is None:
        return ()
    verdicts = {p.file: p.rule for p in inputs.problems if p.rule in _PERIOD_EFFECTS}
    files = inputs.cld_files.order_by("file_no").to_pyarrow().to_pylist()
    return tuple(
        PeriodFinding(
            file_name=f["file_name"],
            stated_start=f["stated_start"],
            stated_end=f["stated_end"],
            period_start=f["period_start"],
            period_end=f["period_end"],
            verdict=verdicts.get(f["file_name"], ""),
            effect=_PERIOD_EFFECTS.get(verdicts.get(f["file_name"], ""), ""),
        )
        for f in files
    )
