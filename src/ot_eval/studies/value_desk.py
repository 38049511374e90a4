"""The desk of the value strand: people laid out by arm and day, prices, answers, and the draws that all parts share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from ot_eval.base.errors import AnalysisRefused, RequestError
from ot_eval.base.protocol import Protocol
from ot_eval.base.results import Estimate
from ot_eval.models.value_censored import by_days
from ot_eval.models.value_decision import Uncertain
from ot_eval.models.value_draws import Draws, draw
from ot_eval.models.value_qaly import Answers, difference
from ot_eval.models.value_use import Floats, Use, read_use
from ot_eval.studies.value_prices import services_of
from ot_eval.studies.workspace import Workspace

NAMES = ("usual care", "coached")
EVERYONE = "all"
METHOD = "use by day among people seen, times the chance of being alive (Lin 1997; equal to Bang-Tsiatis by day)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the parts work with.

    Attributes
    ----------
    arms : use of each arm, usual care first; one group where nobody was allocated
    prices : pounds a unit, by item
    coaching_cost : pounds for one person of a coached provider
    answers : EQ-5D under the protocol's value set; None where it was not asked or not compared
    draws : None where there is one group
    """

    protocol: Protocol
    people: pd.DataFrame
    arms: tuple[Use, ...]
    services: tuple[str, ...]
    prices: dict[str, float]
    coaching_cost: float
    answers: dict[str, Answers]
    draws: Draws | None
    uncertain: dict[str, Uncertain]
    refused: tuple[AnalysisRefused, ...]

    @property
    def freedom(self) -> int:
        """Degrees of freedom of a comparison: providers of both arms less two."""
        return sum(a.n_cluster for a in self.arms) - 2

    @property
    def n(self) -> int:
        """People."""
        return len(self.people)

    @property
    def n_cluster(self) -> int | None:
        """Providers; None where people count as independent."""
        return None if self.protocol.cluster == "none" else sum(a.n_cluster for a in self.arms)

    def mean(self, arm: int, service: str) -> float:
        """Return the mean use of a service per person of an arm."""
        return by_days(self.arms[arm], self.arms[arm].amounts[service]).value

    def quantity(self, service: str) -> float:
        """Return mean use, coached less usual care."""
        return self.mean(1, service) - self.mean(0, service)

    def drawn(self, service: str) -> Floats:
        """Return mean use, coached less usual care, in each draw."""
        assert self.draws is not None  # noqa: S101
        return np.asarray(self.draws.use[service][:, 1] - self.draws.use[service][:, 0])

    def cost(self, arm: int) -> float:
        """Return mean cost per person of an arm, in pounds."""
        used = sum(self.mean(arm, s) * self.prices[s] for s in self.services)
        return used + (self.coaching_cost if arm else 0.0)

    def qaly(self, name: str) -> tuple[float, float]:
        """Return mean QALYs of both arms under a value set, at the same index at the start."""
        answers = self.answers[name]
        found = difference(answers, np.ones((1, answers.n_cluster)))[0][0]
        return float(found[0]), float(found[1])

    def line(self, analysis: str, **words: object) -> Estimate:
        """Return an estimate about everybody in the comparison."""
        base: dict[str, object] = {"analysis": analysis, "population": EVERYONE, "outcome": "", "n": self.n,
                                   "n_cluster": self.n_cluster, "study": self.protocol.study}  # fmt: skip
        return Estimate(**{**base, **words})  # type: ignore[arg-type]

    def ranged(self, value: float, drawn: Floats) -> dict[str, float]:
        """Return value, standard error and t interval with as many degrees of freedom as providers allow."""
        level, se = self.protocol.level, float(drawn.std(ddof=1))
        reach = float(stats.t.ppf(0.5 + level / 2, self.freedom)) * se
        return {"value": value, "se": se, "lower": value - reach, "upper": value + reach, "level": level}


def lay_out(workspace: Workspace) -> Desk:
    """Lay out the desk; draws use the protocol's seed."""
    protocol = workspace.protocol
    people, spells, rows = workspace.frame("people"), workspace.frame("spells"), workspace.frame("prices")
    prices = dict(zip(rows["item"], rows["value"].astype(float), strict=True))
    services = tuple(s for s in services_of(protocol, contacts=True) if s in prices)
    compared = "arm" in people
    groups = [people["arm"] == k for k in (0, 1)] if compared else [people["person_id"].notna()]
    cluster = None if protocol.cluster == "none" or not compared else "provider_id"
    arms = tuple(_use(people[g], spells, services, protocol.value.horizon_days, cluster) for g in groups)
    answers, refused = ({}, ()) if not compared else _answers(workspace, people, cluster)
    desk = Desk(protocol=protocol, people=people, arms=arms, services=services, prices=prices,
                coaching_cost=_coaching(protocol, prices, people) if compared else 0.0, answers=answers, draws=None,
                uncertain={}, refused=refused)  # fmt: skip
    return _with_draws(desk) if compared else desk


def _use(
    people: pd.DataFrame, spells: pd.DataFrame, services: tuple[str, ...], horizon: int, cluster: str | None
) -> Use:
    own = spells[spells["person_id"].isin(people["person_id"]) & spells["service"].isin(services)]
    use = read_use(people.reset_index(drop=True), own, horizon=horizon, cluster=cluster)
    blank = np.zeros((use.n, horizon))
    return Use(horizon=horizon, seen=use.seen, died=use.died, amounts={s: use.amounts.get(s, blank) for s in services},
               cluster=use.cluster, n_cluster=use.n_cluster)  # fmt: skip


def _coaching(protocol: Protocol, prices: dict[str, float], people: pd.DataFrame) -> float:
    """Return what coaching one provider costs, shared by the people it serves."""
    plan = protocol.value
    coached = people[people["arm"] == 1]
    served = plan.coaching_people or len(coached) / max(1, coached["provider_id"].nunique())
    return sum(units * prices[item] for item, units in plan.coaching.items()) / served


def _answers(
    workspace: Workspace, people: pd.DataFrame, cluster: str | None
) -> tuple[dict[str, Answers], tuple[AnalysisRefused, ...]]:
    """Return answers by value set, providers numbered as in `draw`; none where EQ-5D was not asked or is too thin."""
    if not workspace.has("index"):
        return {}, ()
    plan, index = workspace.protocol.value, workspace.frame("index")
    when = sorted(plan.index_days.items(), key=lambda p: p[1])
    if when[-1][1] != plan.horizon_days or when[0][1] != 0:
        raise RequestError(
            f"value.index_days: from day {when[0][1]} to day {when[-1][1]}",
            expected=f"from day 0 to value.horizon_days ({plan.horizon_days})",
            fix="cost and QALYs must cover the same days: change one or the other",
        )
    ordered = people.sort_values("arm", kind="stable")
    keys = ordered["arm"].astype(str) + " " + ordered[cluster or "person_id"].astype(str)
    code = pd.factorize(keys, sort=True)[0]
    made: dict[str, Answers] = {}
    try:
        for column in [str(c) for c in index if str(c).startswith("index_")]:
            wide = index.pivot(index="person_id", columns="timepoint", values=column)
            wide = wide.reindex(index=ordered["person_id"], columns=[name for name, _ in when])
            found = Answers(days=tuple(day for _, day in when), index=wide.to_numpy(dtype=float),
                            death_day=ordered["death_day"].to_numpy(dtype=float), arm=ordered["arm"].to_numpy(),
                            cluster=code, n_cluster=int(code.max()) + 1)  # fmt: skip
            difference(found, np.ones((1, found.n_cluster)))
            made[column.removeprefix("index_")] = found
    except AnalysisRefused as why:
        return {}, (why,)
    return made, ()


def _with_draws(desk: Desk) -> Desk:
    plan = desk.protocol.value
    rng = np.random.default_rng(desk.protocol.seed)
    answers = desk.answers.get(plan.value_set)
    arms = (desk.arms[0], desk.arms[1])
    draws = draw(arms, answers, replicates=plan.bootstrap_draws, rng=rng)
    uncertain = {}
    if draws.qaly is not None:
        cost = sum(draws.use[s] * desk.prices[s] for s in desk.services) + np.array([0.0, desk.coaching_cost])
        uncertain["qaly"] = Uncertain(cost=np.asarray(cost), effect=draws.qaly, names=NAMES)
    return Desk(**{**{f: getattr(desk, f) for f in Desk.__dataclass_fields__}, "draws": draws, "uncertain": uncertain})
