"""The desk of the timing strand: people, the trial that is read from them, and what is asked of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ot_eval.base.protocol import Protocol
from ot_eval.base.results import Check
from ot_eval.models.about import LEAST_CLUSTERS, About
from ot_eval.models.target_trial import Plan, Strategy
from ot_eval.models.target_trial_rows import Trial, read_trial
from ot_eval.studies.workspace import Workspace

INCREASE = "increase"
EVERYONE = "all"
WEEK = 7
FEWEST_CONTACTS = 10
"""A level of a confounder with fewer people seen, or not seen, joins the commonest level: nothing can be learnt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Everything an analysis of this strand needs. `terms` are the confounders that vary."""

    people: pd.DataFrame
    states: pd.DataFrame
    contacts: pd.DataFrame | None
    terms: tuple[str, ...]
    fixed: tuple[str, ...]
    cluster: str | None
    protocol: Protocol

    @property
    def about(self) -> About:
        """The labels of results about everybody."""
        return About(population=EVERYONE, outcome=INCREASE, level=self.protocol.level, study=self.protocol.study)

    @property
    def window(self) -> int:
        """Last day on which a strategy still asks for something of anybody followed."""
        plan, leave = self.protocol.timing, self.people["exit_day"]
        ended = (self.people["ended_day"].fillna(10**6) + plan.after_reablement_days).clip(upper=leave)
        latest = int(ended.max()) if plan.after_reablement_days else 0
        return min(max(plan.none_within_days, *plan.within_days, latest), max(*plan.horizons_days, 182))

    def trial(self, chosen: pd.Series | None = None, leave_out: str = "", *, clustered: bool = True) -> Trial:
        """Return the trial of everybody, or of the chosen people."""
        people = self.people if chosen is None else self.people[chosen].reset_index(drop=True)
        terms = tuple(t for t in self.terms if t != leave_out)
        cluster = self.cluster if clustered and chosen is None else None
        return read_trial(people, self.states, terms=terms, window=self.window, cluster=cluster)

    @property
    def reached(self) -> tuple[int, ...]:
        """The horizons that follow-up reaches."""
        last = int(self.people["exit_day"].max())
        return tuple(h for h in self.protocol.timing.horizons_days if h <= last)

    def plan(self, strategies: tuple[Strategy, ...], truncate: float | None = None) -> Plan:
        """Return what is asked about the given strategies."""
        cut = self.protocol.timing.truncate if truncate is None else truncate
        return Plan(strategies=strategies, cause=INCREASE, horizons=self.reached, truncate=cut)

    @classmethod
    def of(cls, workspace: Workspace) -> tuple[Desk, tuple[Check, ...]]:
        """Lay out the desk, and say what had to be joined or left alone."""
        protocol, people, states = workspace.protocol, workspace.frame("people"), workspace.frame("states")
        plan = protocol.timing
        joined: list[str] = []
        met = people.dropna(subset=["ot_day"])[["person_id", "ot_day"]]
        name: str
        for name in plan.confounders:
            at = people.loc[people["ot_day"].notna(), name]
            people[name] = _joined(people[name], at, name, joined)
        for name in plan.changing:
            states[name] = _joined(states[name], _at_contact(states, met, name), name, joined)
        varies = [n for n in plan.confounders if people[n].nunique() > 1]
        moves = [n for n in plan.changing if states[n].nunique() > 1]
        cluster, said = _cluster(people, protocol)
        desk = cls(
            people=people,
            states=states[["person_id", "day", *moves]],
            contacts=workspace.frame("contacts") if workspace.has("contacts") else None,
            terms=(*varies, *moves),
            fixed=tuple(varies),
            cluster=cluster,
            protocol=protocol,
        )
        left: list[str] = [n for n in (*plan.confounders, *plan.changing) if n not in (*varies, *moves)]
        return desk, (*said, *_said(joined, left))


def strategies_of(protocol: Protocol) -> tuple[Strategy, ...]:
    """Return the strategies the protocol names; the one without contact comes last."""
    plan = protocol.timing
    found = [Strategy(name=f"within {g} days", by=g) for g in plan.within_days]
    if plan.after_reablement_days:
        found.append(Strategy(name="only after reablement", kind="after_reablement", by=plan.after_reablement_days))
    weeks, rest = divmod(plan.none_within_days, WEEK)
    none = f"none within {plan.none_within_days} days" if rest else f"none within {weeks} weeks"
    return (*found, Strategy(name=none, kind="none", by=plan.none_within_days))


def weeks_of(protocol: Protocol) -> tuple[Strategy, ...]:
    """Return a strategy a week: no contact before it, and contact on any of its days."""
    last = protocol.timing.none_within_days // WEEK
    return tuple(Strategy(name=f"week {k}", after=WEEK * (k - 1), by=WEEK * k) for k in range(1, last + 1))


def _joined(column: pd.Series, at_contact: pd.Series, name: str, said: list[str]) -> pd.Series:
    counts, seen = column.value_counts(), at_contact.value_counts()
    most = str(counts.index[0])
    rare = [str(v) for v in counts.index if min(seen.get(v, 0), counts[v]) < FEWEST_CONTACTS]
    said += [f"{name} {level} with {most}" for level in rare if level != most]
    return column.where(~column.isin(rare), most)


def _at_contact(states: pd.DataFrame, met: pd.DataFrame, name: str) -> pd.Series:
    """Return the state that held on the day of each first contact."""
    day = np.maximum(met["ot_day"].to_numpy(dtype="int64"), 1) - 1
    asked = pd.DataFrame({"person_id": met["person_id"].to_numpy(), "day": day}).sort_values("day")
    found: pd.Series = pd.merge_asof(asked, states.sort_values("day"), on="day", by="person_id")[name]
    return found


def _cluster(people: pd.DataFrame, protocol: Protocol) -> tuple[str | None, tuple[Check, ...]]:
    n = people["provider_id"].nunique()
    if protocol.cluster == "none":
        return None, ()
    if n >= LEAST_CLUSTERS:
        people["provider_id"] = people["provider_id"].fillna("not recorded")
        return "provider_id", ()
    sentence = (
        "Who provided reablement is not recorded, so people are taken as independent of one another."
        if n == 0
        else "Few providers gave reablement, so the results are about them and no others."
    )
    return None, (Check(analysis="clusters", name="few providers", passed=False, sentence=sentence, detail=_FEW),)


_FEW = f"fewer than {LEAST_CLUSTERS} providers of reablement: the bootstrap draws people"


def _said(joined: list[str], left: list[str]) -> tuple[Check, ...]:
    checks = []
    if joined:
        sentence = "Some groups were too small to be told apart when people’s chances of being seen were worked out."
        checks.append(Check(analysis="timing_strategies", name="levels joined", passed=True, sentence=sentence,
                            detail="; ".join(joined)))  # fmt: skip
    if left:
        words = ", ".join(n.replace("_", " ") for n in left)
        sentence = f"The data show no differences in: {words}. So these could not be taken into account."
        checks.append(Check(analysis="timing_strategies", name="not in the data", passed=False, sentence=sentence))
    return tuple(checks)
