"""Intervals of the interventions strand cover the truth where people of one provider are given alike."""

import numpy as np
import pandas as pd

from ot_eval.models.about import About
from ot_eval.models.bed_use import Question
from ot_eval.studies.interventions_desk import part_of, people_with, per_person

STUDIES = 400
COVERAGE = (0.925, 0.975)  # 95% give or take two Monte Carlo standard errors of 400 studies (1.1 points)


def test_intervals_cover_the_truth_where_providers_differ():
    # 15 providers of 20 people; a provider's share is Beta(4, 6), its people get it alike; contacts 1 + Poisson(2) each
    draws = np.random.default_rng(20260401)
    covered = {"share of people": 0, "share of contacts": 0, "contacts per person": 0}
    alone = 0
    provider = np.repeat(np.arange(15), 20)
    people = pd.DataFrame(index=pd.Index([f"P{i}" for i in range(300)], name="person_id"))
    about = About(population="all", outcome="")
    by_provider = Question(
        about=about, analysis="a", term="t", cluster=pd.Series(provider.astype(str), index=people.index)
    )
    by_person = Question(about=about, analysis="a", term="t")
    for _ in range(STUDIES):
        share = draws.beta(4, 6, 15)[provider]
        had = draws.random(300) < share
        n = 1 + draws.poisson(2, 300)
        parts = pd.DataFrame({"part": draws.binomial(n, share), "whole": n}, index=people.index).astype(float)
        rows = pd.DataFrame({"contacts": parts["part"] + 1, "minutes": np.nan}, index=people.index)
        (a,) = people_with(by_provider, people.index[had], people)
        b = part_of(by_provider, parts, "share of contacts")
        (c,) = per_person(by_provider, rows)
        covered["share of people"] += a.lower <= 40 <= a.upper
        covered["share of contacts"] += b.lower <= 40 <= b.upper
        covered["contacts per person"] += c.lower <= 3 * 0.4 + 1 <= c.upper
        (d,) = people_with(by_person, people.index[had], people)
        alone += d.lower <= 40 <= d.upper
    for what, times in covered.items():
        assert COVERAGE[0] <= times / STUDIES <= COVERAGE[1], what
    assert alone / STUDIES < 0.85  # as if people of one provider were independent
