"""Decisions: closed forms for normal draws, R, the bootstrap against known spread, invariances, refusals."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from ot_eval.base.errors import AnalysisRefused, RequestError
from ot_eval.models import value_decision as decision
from ot_eval.models import value_whatif as whatif
from ot_eval.models.value_censored import by_days
from ot_eval.models.value_draws import counts_of, draw
from ot_eval.models.value_qaly import Answers, difference
from ot_eval.models.value_use import Use

GOLDEN = Path(__file__).parents[2] / "golden" / "value"
N = 200_000
WORTH = 20_000.0
NAMES = ("usual care", "coached")


def normal(rng, cost=(500.0, 900.0), effect=(0.02, 0.03), n=N):
    d_cost, d_effect = rng.normal(*cost, n), rng.normal(*effect, n)
    zero = np.zeros(n)
    return decision.Uncertain(
        cost=np.column_stack([zero, d_cost]), effect=np.column_stack([zero, d_effect]), names=NAMES
    )


def test_evpi_is_that_of_r():
    r = json.loads((GOLDEN / "value.json").read_text())
    b = np.array([[1200.0, -300], [2500, 100], [-800, 600], [400, 350], [900, -250]])
    many = np.repeat(b, 100, axis=0)
    found = decision.Uncertain(cost=-many, effect=np.zeros_like(many), names=NAMES)
    assert decision.perfect_information(found, WORTH) == pytest.approx(r["evpi"])
    assert decision.perfect_information_normal(300, 500) == pytest.approx(r["loss_300_500"], rel=1e-10)


def test_normal_draws_have_the_closed_forms():
    found = normal(np.random.default_rng(1))
    mean, se = WORTH * 0.02 - 500, np.hypot(WORTH * 0.03, 900)
    noise = 4 * se / np.sqrt(N)
    benefit = decision.net_benefit(found, WORTH)
    assert (benefit[:, 1] - benefit[:, 0]).mean() == pytest.approx(mean, abs=noise)
    chance = decision.acceptability(found, (0.0, WORTH, 50_000.0))[:, 1]
    want = [stats.norm.cdf((k * 0.02 - 500) / np.hypot(k * 0.03, 900)) for k in (0.0, WORTH, 50_000.0)]
    assert chance == pytest.approx(want, abs=4 * 0.5 / np.sqrt(N))
    exact = decision.perfect_information_normal(mean, se)
    assert decision.perfect_information(found, WORTH) == pytest.approx(exact, abs=noise)
    # What is known of the effect alone: its part of the spread (closed form).
    part = decision.perfect_information_normal(mean, WORTH * 0.03)
    assert decision.of_parameters(found, found.d_effect, WORTH) == pytest.approx(part, abs=2 * noise)
    both = np.column_stack([found.d_effect, found.d_cost])
    assert decision.of_parameters(found, both, WORTH) == pytest.approx(exact, abs=noise)
    assert decision.of_parameters(found, np.zeros(N), WORTH) == 0
    unrelated = np.random.default_rng(2).normal(size=N)
    assert decision.of_parameters(found, unrelated, WORTH) < 0.02 * exact


def test_a_curved_parameter_is_worth_its_closed_form():
    rng = np.random.default_rng(3)
    x = rng.normal(size=N)
    gain = 400 * (x**2 - 1) + rng.normal(0, 300, N)  # mean 0: knowing x is worth 400 E[(x^2 - 1)+]
    found = decision.Uncertain(cost=np.column_stack([np.zeros(N), -gain]), effect=np.zeros((N, 2)), names=NAMES)
    want = 400 * 2 * stats.norm.pdf(1)  # E[(x^2 - 1)+] = 2 phi(1)
    assert decision.of_parameters(found, x, WORTH) == pytest.approx(want, rel=0.03)  # a cubic spline of six knots


def test_currency_and_arms():
    found = normal(np.random.default_rng(4), n=5000)
    pence = decision.Uncertain(cost=100 * found.cost, effect=found.effect, names=NAMES)
    assert decision.acceptability(pence, (100 * WORTH,)) == pytest.approx(decision.acceptability(found, (WORTH,)))
    in_pence = decision.perfect_information(pence, 100 * WORTH)
    assert in_pence == pytest.approx(100 * decision.perfect_information(found, WORTH))
    turned = decision.Uncertain(cost=found.cost[:, ::-1], effect=found.effect[:, ::-1], names=NAMES[::-1])
    assert decision.acceptability(turned, (WORTH,))[0, ::-1] == pytest.approx(
        decision.acceptability(found, (WORTH,))[0]
    )
    assert decision.perfect_information(turned, WORTH) == pytest.approx(decision.perfect_information(found, WORTH))
    one, two = decision.quadrants(found), decision.quadrants(turned)
    assert one["does more, costs less"] == pytest.approx(two["does less, costs more"])
    assert sum(one.values()) == pytest.approx(1)


def arm_use(rng, providers, people, shift, spread=1.0):
    n = providers * people
    cluster = np.repeat(np.arange(providers), people)
    level = np.maximum(5 + shift + spread * rng.normal(size=providers)[cluster] + rng.normal(size=n), 0.1)
    lost = rng.integers(10, 60, n)
    seen = np.minimum(lost, 30)
    amount = level[:, None] * (np.arange(30) < seen[:, None])
    return Use(horizon=30, seen=seen, died=np.zeros(n, dtype=bool), amounts={"hour": amount}, cluster=cluster,
               n_cluster=providers)  # fmt: skip


def test_draws_of_counts_are_estimates_on_the_rows_drawn():
    rng = np.random.default_rng(5)
    use = arm_use(rng, 6, 40, 0.0)
    found = draw((use, use), None, replicates=3, rng=np.random.default_rng(6))
    counts = counts_of(6, 3, np.random.default_rng(6))
    for b in range(3):
        rows = np.concatenate([np.flatnonzero(use.cluster == g) for g in range(6) for _ in range(int(counts[b, g]))])
        again = Use(horizon=30, seen=use.seen[rows], died=use.died[rows], amounts={"hour": use.amounts["hour"][rows]},
                    cluster=use.cluster[rows], n_cluster=6)  # fmt: skip
        assert found.use["hour"][b, 0] == pytest.approx(by_days(again, again.amounts["hour"]).value)


def test_spread_of_draws_is_the_spread_of_studies_with_eight_providers():
    rng, runs = np.random.default_rng(7), 400
    values, variances = [], []
    for _ in range(runs):
        arms = (arm_use(rng, 4, 30, 0.0), arm_use(rng, 4, 30, -1.0))
        made = draw(arms, None, replicates=200, rng=rng).use["hour"]
        variances.append((made[:, 1] - made[:, 0]).var(ddof=1))
        values.append(by_days(arms[1], arms[1].amounts["hour"]).value - by_days(arms[0], arms[0].amounts["hour"]).value)
    true, error = np.var(values, ddof=1), np.std(variances, ddof=1) / np.sqrt(runs)
    assert np.mean(values) == pytest.approx(-30, abs=4 * np.sqrt(true / runs))
    noise = np.hypot(error, true * np.sqrt(2 / runs))
    assert abs(np.mean(variances) - true) < 3 * noise
    assert abs(np.mean(variances) * 3 / 4 - true) > 3 * noise  # drawing all G gives this, and is too small


def test_qalys_and_use_are_drawn_together():
    rng = np.random.default_rng(8)
    arms = (arm_use(rng, 5, 30, 0.0), arm_use(rng, 5, 30, -1.0))
    arm = np.repeat([0, 1], 150)
    cluster = np.concatenate([arms[0].cluster, 5 + arms[1].cluster])
    index = np.clip(rng.normal(0.6, 0.1, (300, 2)), -0.5, 1)
    answers = Answers(days=(0, 30), index=index, death_day=np.full(300, np.nan), arm=arm, cluster=cluster, n_cluster=10)
    found = draw(arms, answers, replicates=250, rng=np.random.default_rng(9))
    assert found.qaly.shape == found.use["hour"].shape == (250, 2)
    counts = np.random.default_rng(9)
    both = np.hstack([counts_of(5, 250, counts), counts_of(5, 250, counts)])
    assert difference(answers, both)[0] == pytest.approx(found.qaly)


def test_what_if_is_exact():
    lines = (
        whatif.Line(name="home care", quantity=-40, price=25, quantity_range=(-80, 10), price_range=(20, 30)),
        whatif.Line(name="coaching", quantity=1, price=600),
    )
    assert whatif.benefit(lines, 0.01, WORTH) == pytest.approx(200 + 1000 - 600)
    bars = whatif.tornado(lines, 0.01, WORTH, (-0.02, 0.05))
    assert [(b.name, b.what, b.at_low, b.at_high) for b in bars] == [
        ("home care", "quantity", pytest.approx(1600), pytest.approx(-650)),
        (whatif.QALY, "effect", pytest.approx(0), pytest.approx(1400)),
        ("home care", "price", pytest.approx(400), pytest.approx(800)),
    ]
    price = whatif.turning_price(lines, 0.01, WORTH, "coaching")
    assert price == pytest.approx(1200)
    turned = (lines[0], whatif.Line(name="coaching", quantity=1, price=price))
    assert whatif.benefit(turned, 0.01, WORTH) == pytest.approx(0)
    assert whatif.turning_price(lines, 0.01, WORTH, "home care") == pytest.approx(10)
    waiting = whatif.Waiting(people=50, joining_a_week=12, starting_a_week=12, hours_a_week_each=10)
    assert whatif.weeks_to_clear(waiting, 100) is None
    assert whatif.weeks_to_clear(waiting, 500) == 0


def test_refusals():
    use = arm_use(np.random.default_rng(10), 2, 50, 0.0)
    with pytest.raises(AnalysisRefused, match="2 providers in an arm"):
        draw((use, use), None, replicates=10, rng=np.random.default_rng(0))
    with pytest.raises(AnalysisRefused, match="50 draws"):
        normal(np.random.default_rng(0), n=50)
    with pytest.raises(RequestError, match="do not match"):
        decision.Uncertain(cost=np.zeros((300, 2)), effect=np.zeros((300, 1)), names=NAMES)
    with pytest.raises(RequestError, match="threshold -1"):
        decision.net_benefit(normal(np.random.default_rng(0), n=300), -1)
    with pytest.raises(RequestError, match="population"):
        decision.for_population(1.0, people_a_year=0, years=5, discount=0.035)
    with pytest.raises(RequestError, match="waiting list"):
        whatif.weeks_to_clear(whatif.Waiting(people=5, joining_a_week=1, starting_a_week=1, hours_a_week_each=0), 1)
    other = Use(horizon=30, seen=use.seen, died=use.died, amounts={}, cluster=use.cluster, n_cluster=2)
    with pytest.raises(RequestError, match="differ in services"):
        draw((use, other), None, replicates=10, rng=np.random.default_rng(0))
