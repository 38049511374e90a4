"""Bias analysis: closed forms, a confounder whose strength is known, and a negative control that is truly negative."""

import numpy as np
import pandas as pd
import pytest

from ot_eval.base.errors import RequestError
from ot_eval.models.about import About
from ot_eval.models.bias import (
    Confounder,
    Ratio,
    corrected,
    could_explain,
    e_values_of,
    negative_control,
    probabilistic,
    tipping_ratio,
)

ABOUT = About(population="all", outcome="increase")
EXACT = 1e-12
Z = 1.959964


def test_a_population_built_with_the_confounder_shows_exactly_the_factor():
    """1,000 exposed of whom 600 have the factor, 1,000 others of whom 300; the risk is 0.1, or 0.3 with the factor."""
    seen = (600 * 0.3 + 400 * 0.1) / 1000
    other = (300 * 0.3 + 700 * 0.1) / 1000
    factor = Confounder(name="frail", exposed=0.6, other=0.3, ratio=3.0)
    assert factor.factor == pytest.approx(seen / other, rel=EXACT)
    assert corrected(Ratio(log=np.log(seen / other), se=0.1, critical=Z), factor).ends[0] == pytest.approx(1.0)


def test_the_tipping_ratio_takes_the_end_of_the_interval_to_one():
    ratio = Ratio(log=-0.6, se=0.1, critical=Z)
    needed = tipping_ratio(ratio, 0.2, 0.5)
    end = corrected(ratio, Confounder(name="x", exposed=0.2, other=0.5, ratio=needed)).ends[2]
    assert end == pytest.approx(1.0, rel=EXACT)
    assert tipping_ratio(ratio, 0.5, 0.2) is None or tipping_ratio(ratio, 0.5, 0.2) < 1  # unequal the wrong way
    assert tipping_ratio(Ratio(log=0.0, se=0.1, critical=Z), 0.5, 0.2) == 1.0


def test_only_a_confounder_that_is_strong_enough_is_named():
    ratio = Ratio(log=np.log(1.4), se=0.05, critical=Z)
    weak = Confounder(name="weak", exposed=0.5, other=0.45, ratio=1.2)
    strong = Confounder(name="strong", exposed=0.7, other=0.3, ratio=3.0)
    assert could_explain(ratio, (weak,)).passed
    found = could_explain(ratio, (weak, strong))
    assert not found.passed
    assert "strong" in found.sentence
    assert "weak" not in found.sentence
    assert could_explain(Ratio(log=0.01, se=0.1, critical=Z), (strong,)).passed


def test_a_range_of_strengths_centres_on_its_middle_and_is_wider_than_chance():
    ratio = Ratio(log=np.log(1.4), se=0.05, critical=Z)
    low = Confounder(name="f", exposed=0.5, other=0.3, ratio=1.5)
    high = Confounder(name="f", exposed=0.7, other=0.3, ratio=3.0)
    middle, lower, upper = probabilistic(ratio, low, high, np.random.default_rng(1))
    centre = corrected(ratio, Confounder(name="f", exposed=0.6, other=0.3, ratio=2.25)).ends[0]
    assert middle == pytest.approx(centre, rel=0.02)
    assert np.log(upper / lower) > 2 * Z * 0.05


def test_e_values_of_a_protective_ratio():
    """E-values of 0.8 (0.7 to 0.9): 1.25 + sqrt(1.25 x 0.25) and the same of 1 / 0.9."""
    half = np.log(0.9 / 0.7) / 2
    ratio = Ratio(log=(np.log(0.9) + np.log(0.7)) / 2, se=half / Z, critical=Z)
    first, second = e_values_of(ratio, ABOUT, "a v b", {"n": 100})
    inverse = 1 / np.exp(ratio.log)
    assert first.value == pytest.approx(inverse + np.sqrt(inverse * (inverse - 1)), rel=1e-9)
    assert second.value == pytest.approx(1 / 0.9 + np.sqrt(1 / 0.9 * (1 / 0.9 - 1)), rel=1e-9)


def test_a_negative_control_sees_what_was_not_adjusted_for():
    rng = np.random.default_rng(2)
    n = 20_000
    frail = rng.integers(0, 2, n)
    frame = pd.DataFrame({
        "frail": frail,
        "earlier stay": np.where(rng.random(n) < 0.2 + 0.2 * frail, "yes", "no"),
        "seen": np.where(rng.random(n) < 0.3 + 0.3 * frail, "yes", "no"),
        "sex": rng.choice(["f", "m"], n),
    })  # fmt: skip
    with_it = negative_control(frame, outcome="earlier stay", exposure="seen", terms=("frail", "sex"), about=ABOUT)
    without = negative_control(frame, outcome="earlier stay", exposure="seen", terms=("sex",), about=ABOUT)
    assert with_it.lower < 1 < with_it.upper
    assert without.lower > 1.2


def test_strengths_that_cannot_be_are_refused():
    with pytest.raises(RequestError):
        Confounder(name="x", exposed=1.2, other=0.1, ratio=2)
