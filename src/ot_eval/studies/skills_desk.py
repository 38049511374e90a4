"""What the skills strand works from, and the words and groups its analyses share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import pandas as pd

from ot_eval.base.protocol import Protocol
from ot_eval.base.results import Check, Estimate
from ot_eval.models.about import LEAST_CLUSTERS, About
from ot_eval.models.bed_use import Question
from ot_eval.models.jackknife import Interval
from ot_eval.studies.interventions_desk import people_with
from ot_eval.studies.workspace import Workspace

CARER = "home_carer"
WORKERS = "share of workers"
FEWEST = 10
"""Below this many workers nothing may be published about them, so nothing is computed."""
HOME_CARERS = "home carers"
ROLES = {
    "home_carer": HOME_CARERS,
    "reablement_support_worker": "reablement support workers",
    "occupational_therapist": "occupational therapists",
    "ot_assistant": "OT assistants",
    "physiotherapist": "physiotherapists",
    "social_worker": "social workers",
    "other": "workers in other roles",
}
LEVELS = ("none", "a_little", "some", "good", "can_teach")
HAS = LEVELS[2:]
"""Levels that count as having a skill: fairly well, well, or well enough to teach others."""
EFFECTS = ("none", "small", "moderate", "large")
FORMAL = ("formal_course", "e_learning", "qualification")
INFORMAL = ("on_the_job_coaching", "shadowing", "reflective_group", "own_caring_experience")
BY_PROVIDER = "interval by leaving out one provider at a time, t"
BY_WORKER = "interval by leaving out one worker at a time, t"
WILSON = "Wilson interval; workers taken as independent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The strand's frames; `cluster` is the provider of each worker, by worker, where allowed for.

    `first` holds the answers of each worker's first round, one row a worker and skill; `every` those of all rounds;
    `seen` what observers saw, one row a worker, round, skill and observer.
    """

    protocol: Protocol
    workers: pd.DataFrame
    first: pd.DataFrame
    every: pd.DataFrame
    seen: pd.DataFrame
    names: dict[str, str]
    cluster: pd.Series | None

    @classmethod
    def of(cls, workspace: Workspace) -> tuple[Desk, tuple[Check, ...]]:
        """Read the desk that `prepare` filled, and say what must be said of its providers."""
        workers, skills, seen, names = (workspace.frame(n) for n in ("workers", "skills", "seen", "names"))
        home = workers[workers["first"]].set_index("carer_id")["home"]
        n = home.nunique()
        asked = workspace.protocol.cluster != "none"
        desk = cls(
            protocol=workspace.protocol,
            workers=workers,
            first=skills[skills["first"] & skills["level"].notna()],
            every=skills[skills["level"].notna()],
            seen=seen,
            names=dict(zip(names["skill"], names["label"], strict=True)),
            cluster=home.fillna("not recorded") if asked and n >= LEAST_CLUSTERS else None,
        )
        if not asked or n >= LEAST_CLUSTERS:
            return desk, ()
        sentence = "The workers are with few providers. The results are about these providers and no others."
        detail = f"fewer than {LEAST_CLUSTERS} providers: intervals take workers as independent"
        return desk, (Check(analysis="clusters", name="few providers", passed=False, sentence=sentence, detail=detail),)

    def roles(self) -> list[str]:
        """Return the roles that answered, in a fixed order."""
        present = set(self.first["role"])
        return [role for role in ROLES if role in present]

    def of_role(self, role: str) -> pd.DataFrame:
        """Return the first answers of the workers of one role."""
        return self.first[self.first["role"] == role]

    def question(self, analysis: str, role: str, term: str) -> Question:
        """Return a question about workers of one role."""
        about = About(
            population=ROLES.get(role, role), outcome="", level=self.protocol.level, study=self.protocol.study
        )
        return Question(about=about, analysis=analysis, term=term, cluster=self.cluster)

    def homes(self, workers: Iterable[str]) -> pd.Series | None:
        """Return the providers of some workers, or None where they are too few to be left out one at a time."""
        if self.cluster is None:
            return None
        mine = self.cluster[list(workers)]
        return mine if mine.nunique() >= LEAST_CLUSTERS else None


def share(question: Question, flag: pd.Series, measure: str) -> Iterator[Estimate]:
    """Give the share of workers (index) of whom `flag` is true."""
    for e in people_with(question, flag.index[flag], flag.to_frame(), measure):
        method = BY_PROVIDER if e.n_cluster is not None else WILSON if e.lower is not None else "too few providers"
        yield replace(e, method=method)


def from_interval(
    question: Question, found: Interval, measure: str, unit: str, *, level: float | None = None
) -> Estimate:
    """Return an interval as an estimate; `level` is the question's unless it was made at another."""
    return Estimate(
        measure=measure,
        unit=unit,
        value=found.value,
        se=found.se,
        lower=found.lower,
        upper=found.upper,
        level=question.about.level if level is None else level,
        n=found.n,
        n_cluster=found.n_cluster,
        method=BY_WORKER if found.n_cluster is None else BY_PROVIDER,
        **question.labels(),
    )


def within(e: Estimate) -> Estimate:
    """Return a share with its interval cut at 0 and 100 percent; a difference stays as it is."""
    if "difference" in e.measure or e.lower is None or e.upper is None:
        return e
    return replace(e, lower=max(0.0, e.lower), upper=min(100.0, e.upper))


def has(rows: pd.DataFrame) -> pd.Series:
    """Return whether each row's worker has the skill."""
    return rows["level"].isin(HAS)


def table(rows: pd.DataFrame) -> pd.DataFrame:
    """Return workers by skills, true where the worker has it; workers who left a skill out are not there."""
    return rows.assign(has=has(rows)).pivot_table(index="carer_id", columns="skill", values="has", aggfunc="first")


def complete(rows: pd.DataFrame) -> pd.DataFrame:
    """Return `table` of the workers who rated every skill."""
    wide = table(rows).dropna()
    return wide.astype(bool)


def named(answers: pd.Series, choices: Iterable[str]) -> pd.Series:
    """Return whether each joined answer holds one of some choices."""
    wanted = set(choices)
    return pd.Series([bool(wanted & set(str(a).split(";"))) for a in answers], index=answers.index)


def place(answers: pd.Series, order: tuple[str, ...]) -> pd.Series:
    """Return ordered answers as whole numbers from 0; others are missing."""
    return answers.map({name: k for k, name in enumerate(order)}).astype(float)
