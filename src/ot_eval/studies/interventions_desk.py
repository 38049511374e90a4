"""What the interventions strand works from, and shares and means whose intervals allow for people and providers.

A person's contacts are never taken as independent: every quantity is summed by person first. Where people can be placed
with five providers of reablement or more, providers are left out one at a time, since people of one team are given
alike; else people are. A number that rests on people of fewer providers then stands without an interval.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.protocol import Protocol
from ot_eval.base.results import Check, Estimate
from ot_eval.models.about import LEAST_CLUSTERS, About
from ot_eval.models.bed_use import Question, mean_of, ratio_of, share_of
from ot_eval.studies.interventions_data import EVERYONE, SUGGESTED
from ot_eval.studies.progress import clusters_of
from ot_eval.studies.workspace import Workspace

ROLE_WORDS = {"ot_assistant": "OT assistant", "other": "other staff"}
BY_PERSON = "interval by leaving out one person at a time, t"
BY_PROVIDER = "interval by leaving out one provider of reablement at a time, t"
NO_INTERVAL = "no interval: people of too few providers of reablement"
FEWEST_FOR_MEAN = 10
"""A mean of fewer people than may be published is not worked out."""
SHARE = "share of people"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The strand's frames, the provider of each person (by person_id) where allowed for, and the words for codes."""

    protocol: Protocol
    people: pd.DataFrame
    cluster: pd.Series | None
    contacts: pd.DataFrame
    first_contact: pd.DataFrame
    by_person: pd.DataFrame
    by_role: pd.DataFrame
    by_phase: pd.DataFrame
    together: pd.DataFrame
    weekly: pd.DataFrame
    codes: dict[str, str]
    families: dict[str, str]
    facts: dict[str, str]

    @classmethod
    def of(cls, workspace: Workspace) -> tuple[Desk, tuple[Check, ...]]:
        """Read the desk that `prepare` filled, and say what must be said of its providers."""
        book, families = workspace.frame("codebook"), workspace.frame("families")
        people = workspace.frame("people")
        cluster, said = clusters_of(people, workspace.protocol)
        names = ("contacts", "first_contact", "by_person", "by_role", "by_phase", "together", "weekly")
        desk = cls(
            protocol=workspace.protocol,
            people=people.set_index("person_id"),
            cluster=cluster,
            codes=dict(zip(book["code"], book["label"], strict=True)),
            families=dict(zip(families["family"], families["label"], strict=True)),
            facts=workspace.facts,
            **{name: workspace.frame(name) for name in names},
        )
        return desk, said

    @property
    def unreviewed(self) -> bool:
        """Whether suggestions that nobody reviewed are among the codes."""
        return bool((self.contacts["source"] == SUGGESTED).any())

    @property
    def intervals(self) -> str:
        """How intervals allow for people and providers, in words."""
        if self.cluster is None:
            return (
                "Intervals sum each person's contacts before anything else, so that several contacts of one person do "
                "not count as several people; people are taken as independent of each other."
            )
        return (
            "Intervals sum each person's contacts before anything else, and leave out one provider of reablement at a "
            "time, because people of one provider are given alike. Numbers on people of fewer than "
            f"{LEAST_CLUSTERS} providers have no interval."
        )

    def name(self, code: str) -> str:
        """Return a code with its label."""
        return f"{code} {self.codes[code]}"

    def question(self, analysis: str, term: str) -> Question:
        """Return a question about people studied."""
        about = About(population=EVERYONE, outcome="", level=self.protocol.level, study=self.protocol.study)
        return Question(about=about, analysis=analysis, term=term, cluster=self.cluster)

    def found(self) -> list[str]:
        """Return the codes that somebody had; refuse where there are none."""
        if self.by_person.empty:
            raise AnalysisRefused(
                "no contact has a code",
                expected="contacts coded by people",
                fix="code contacts with `ot-eval code sheet` and `ot-eval code read`, or set "
                "coding.unreviewed_suggestions: true to see a draft",
            )
        present = set(self.by_person["code"])
        return [c for c in self.codes if c in present]


def people_with(
    question: Question, who: Iterable[str], among: pd.DataFrame, measure: str = SHARE
) -> Iterator[Estimate]:
    """Give the share of the people `among` (by person_id) who are in `who`."""
    if not len(among):
        return
    flag = pd.Series(among.index.isin(set(who)), index=among.index)
    if not _clustered(question, among.index):
        plain = share_of(replace(question, cluster=None), flag, measure)
        yield plain if question.cluster is None else _bare(plain)
        return
    found = share_of(question, flag, measure)
    yield found if question.cluster is None else replace(found, method=BY_PROVIDER)


def per_person(question: Question, rows: pd.DataFrame) -> Iterator[Estimate]:
    """Give mean contacts and minutes of the people who had any (one row a person, by person_id)."""
    timed = rows[rows["minutes"].notna()]
    for values, measure, unit, least in (
        (rows["contacts"], "contacts per person who had any", "contacts", 1.0),
        (timed["minutes"], "minutes per person who had any", "minutes", 0.0),
    ):
        if len(values) >= FEWEST_FOR_MEAN:
            if _clustered(question, values.index):
                yield _bounded(mean_of(question, values, measure, unit), least)
            else:
                plain = mean_of(replace(question, cluster=None), values, measure, unit)
                yield _bounded(plain, least) if question.cluster is None else _bare(plain)


def part_of(question: Question, parts: pd.DataFrame, measure: str) -> Estimate:
    """Give the sum of `part` as a percentage of the sum of `whole` (one row a person, by person_id)."""
    if _clustered(question, parts.index):
        return _bounded(ratio_of(question, parts[["part", "whole"]], measure, "percent"), 0.0, 100.0)
    plain = ratio_of(replace(question, cluster=None), parts[["part", "whole"]], measure, "percent")
    return _bounded(plain, 0.0, 100.0) if question.cluster is None else _bare(plain)


def role_words(role: str) -> str:
    """Return a role in the reader's words."""
    return ROLE_WORDS.get(role, role.replace("_", " "))


def _clustered(question: Question, people: pd.Index) -> bool:
    """Return whether providers can be left out: they are allowed for, and these people have enough of them."""
    homes = question.homes(people)
    return homes is not None and homes.nunique() >= LEAST_CLUSTERS


def _bare(e: Estimate) -> Estimate:
    return replace(e, se=None, lower=None, upper=None, level=None, method=NO_INTERVAL)


def _bounded(e: Estimate, least: float, most: float | None = None) -> Estimate:
    """Return an estimate whose interval stays from `least` to `most`; its method does not give its exact n away."""
    upper = e.upper if most is None or e.upper is None else min(most, e.upper)
    lower = None if e.lower is None else max(least, e.lower)
    return replace(e, lower=lower, upper=upper, method=BY_PERSON if e.n_cluster is None else BY_PROVIDER)
