"""Who took part and what was delivered: the flow of providers and people, recruitment against coaching, and dose."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from importlib.resources import files

import pandas as pd

from ot_eval.base.errors import InternalFault
from ot_eval.base.results import Estimate
from ot_eval.models.about import About
from ot_eval.models.describe import table_one
from ot_eval.studies.coaching_design import COACHED, USUAL, groups_of
from ot_eval.studies.coaching_outcomes import OUTCOMES
from ot_eval.studies.workspace import Workspace

NAMES = {1: COACHED, 0: USUAL}
TABLE_ONE = ("age", "age_band", "sex", "client", "dementia", "hospital_route", "baseline_hours")


def consort(workspace: Workspace) -> Iterator[Estimate]:
    """Give the providers in every box of the flow; the people stand in the flow itself, and the sums must agree."""
    people = workspace.frame("people")
    units = people[people["counts"].astype(bool)]
    first = next((k for k in workspace.protocol.trial.outcomes if workspace.has(f"outcome_{k}")), None)
    rows = workspace.frame(f"outcome_{first}") if first else units.iloc[:0]
    left = {(s.population, s.rule): s.n_left for s in workspace.flow}
    for arm, name in NAMES.items():
        boxes = {"allocated": units[units["arm"] == arm]}
        if first and OUTCOMES[first].level == "client":
            own = rows[rows["arm"] == arm]
            boxes["outcome_due"] = own
            boxes["analysed"] = own if OUTCOMES[first].kind == "time" else own[own["outcome"].notna()]
        for rule, box in boxes.items():
            if len(box) != left[(name, rule)]:
                raise InternalFault(
                    f"coaching: the box {rule} of {name} does not hold the people of the flow",
                    expected="people of the providers in a box to add up to its people",
                    fix="report this: somebody was lost between the tables",
                )
            yield _providers(name, rule, box)


def _providers(name: str, rule: str, box: pd.DataFrame) -> Estimate:
    size = box.groupby("provider").size()
    spread = f"; people a provider {size.mean():.0f} on average" if len(size) else ""
    return Estimate(
        analysis="consort", population=name, outcome="", term=rule, measure="providers", unit="providers",
        value=int(box["provider"].nunique()), n=len(box), method=f"providers with people in this box{spread}",
    )  # fmt: skip


def who_they_were(workspace: Workspace) -> Iterator[Estimate]:
    """Describe the people of each arm; differences stand in standard deviations and are not tested."""
    people = workspace.frame("people")
    units = people[people["counts"].astype(bool)].reset_index(drop=True)
    units["group"] = units["arm"].map(NAMES)
    columns = tuple(c for c in TABLE_ONE if units[c].notna().any() and set(units[c].astype(str)) != {"unknown"})
    about = About(population="all", outcome="", level=workspace.protocol.level, study=workspace.protocol.study)
    yield from table_one(units, columns=columns, about=about, by="group")


def timeline(workspace: Workspace) -> Iterator[Estimate]:
    """Give the people who entered by quarter, group by group, to be seen beside the day coaching began."""
    people = workspace.frame("people")
    group = groups_of(people, workspace.frame("providers"), workspace.protocol.trial.design)
    quarter = pd.to_datetime(people["time_zero"]).dt.to_period("Q").astype(str)
    rows = pd.DataFrame({"group": group, "quarter": quarter})
    for name in sorted(rows["group"].unique()):
        own = rows[rows["group"] == name]
        for when, n in own.groupby("quarter").size().items():
            yield Estimate(
                analysis="timeline", population=name, outcome="", term=f"quarter: {when}", measure="people",
                unit="people", value=int(n), n=len(own), method="people whose reablement ended in the quarter",
            )  # fmt: skip


def delivered(workspace: Workspace) -> Iterator[Estimate]:
    """Describe the coaching that took place, provider by provider; it is described and never adjusted for."""
    if not workspace.has("carers"):
        return
    providers, carers = workspace.frame("providers"), workspace.frame("carers")
    size = carers.groupby("provider").size()
    for row in providers[providers["arm"] == 1].to_dict("records"):
        n = int(size.get(row["provider"], 0))
        shared = {"analysis": "delivered", "population": COACHED, "outcome": "", "term": row["provider"], "n": n}
        if pd.notna(row["sessions_planned"]) and row["sessions_planned"] > 0 and pd.notna(row["sessions_held"]):
            yield Estimate(
                **shared, measure="sessions held for every 10 planned", unit="sessions",
                value=10 * float(row["sessions_held"]) / float(row["sessions_planned"]), method="coaching log",
            )  # fmt: skip
        own = carers.loc[carers["provider"] == row["provider"], "sessions_attended"].dropna()
        if len(own):
            yield Estimate(
                **{**shared, "n": len(own)}, measure="sessions a carer attended, on average", unit="sessions",
                value=float(own.mean()), method="coaching log; carers in post when coaching began",
            )  # fmt: skip


def national_turnover() -> list[str]:
    """Return the national figures that leaving may be seen beside, each with its source."""
    text = (files("ot_eval.data") / "reference" / "workforce.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    said = [f"{r['percent']} % of {r['who']} left in {r['period']} ({r['source']})" for r in rows]
    return [
        f"To see leaving beside: {'; '.join(said)}. These are shares of staff in a year, from secondary reports; no "
        "figure for home care alone was found, and a rate per 100 years at work is not the same as a share."
    ]
