"""Use and cost of people who are lost from sight: R, known truth under heavy loss, invariances, refusals."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ot_eval.base.errors import AnalysisRefused, RequestError
from ot_eval.models.value_censored import by_days, complete_cases, partitioned
from ot_eval.models.value_use import Use, naive_mean, read_use

GOLDEN = Path(__file__).parents[2] / "golden" / "value"
DIGITS = 1e-10  # R printed 12 digits
SUMS = 1e-9  # two orders of the same sums
HORIZON = 60


def golden_use():
    people = pd.read_csv(GOLDEN / "people.csv")
    first = people.assign(service="hour", first_day=0, last_day=HORIZON, per_day=people["rate"])
    later = people.assign(service="hour", first_day=30, last_day=HORIZON, per_day=people["late"])
    return read_use(people, pd.concat([first, later], ignore_index=True), horizon=HORIZON)


def lossy(rng, n, *, rate=0.01, last=90, horizon=HORIZON, providers=20):
    """Use that rises towards death, so that whoever ignores loss or death is wrong by a known amount."""
    death, lost = rng.geometric(rate, n), rng.integers(5, last, n)
    seen = np.minimum(np.minimum(death, lost), horizon)
    died = (death <= lost) & (death <= horizon)
    days = np.arange(horizon)
    dear = 1.0 + 4.0 * (death[:, None] - days <= 10)
    amount = dear * (days < seen[:, None])
    return Use(horizon=horizon, seen=seen, died=died, amounts={"hour": amount}, cluster=np.arange(n) % providers,
               n_cluster=min(providers, n))  # fmt: skip


def truth(rate, horizon=HORIZON):
    """Expected use: a day alive costs 1, and 4 more where death is at most 10 days away."""
    d = np.arange(1, 5000)
    chance = rate * (1 - rate) ** (d - 1)
    alive = np.minimum(d, horizon)
    near = np.clip(alive - np.maximum(d - 10, 0), 0, None)
    return float((chance * (alive + 4 * near)).sum())


def test_three_estimators_are_those_of_r():
    use, r = golden_use(), json.loads((GOLDEN / "value.json").read_text())
    amount = use.amounts["hour"]
    assert use.lost > 0.3 * use.n  # enough for the estimators to differ
    assert complete_cases(use, amount) == pytest.approx(r["simple"], rel=DIGITS)
    assert partitioned(use, amount, 10) == pytest.approx(r["partitioned_10"], rel=DIGITS)
    assert partitioned(use, amount, 1) == pytest.approx(r["partitioned_1"], rel=DIGITS)
    assert by_days(use, amount).value == pytest.approx(r["by_days"], rel=DIGITS)


def test_by_days_equals_the_partitioned_estimator_of_one_day():
    use = lossy(np.random.default_rng(3), 500)
    assert by_days(use, use.amounts["hour"]).value == pytest.approx(partitioned(use, use.amounts["hour"], 1), rel=SUMS)


def test_without_loss_all_are_the_plain_mean():
    use = lossy(np.random.default_rng(4), 300, last=6)
    full = Use(horizon=5, seen=np.minimum(use.seen, 5), died=use.died & (use.seen <= 5),
               amounts={"hour": use.amounts["hour"][:, :5]}, cluster=use.cluster, n_cluster=20)  # fmt: skip
    assert full.lost == 0
    plain = naive_mean(full, "hour")
    amount = full.amounts["hour"]
    for found in (by_days(full, amount).value, complete_cases(full, amount), partitioned(full, amount, 2)):
        assert found == pytest.approx(plain, rel=SUMS)


def test_truth_is_found_when_three_in_five_are_lost():
    rng, runs, n = np.random.default_rng(5), 200, 400
    found = {"days": [], "parts": [], "whole": [], "seen": [], "complete": []}
    covered, share = 0, []
    want = truth(0.01)
    for _ in range(runs):
        use = lossy(rng, n)
        amount = use.amounts["hour"]
        share.append(use.lost / n)
        mean = by_days(use, amount)
        se = mean.se(use)
        covered += abs(mean.value - want) < 2.093 * se  # t(19)
        found["days"].append(mean.value)
        found["parts"].append(partitioned(use, amount, 20))
        found["whole"].append(complete_cases(use, amount))
        found["seen"].append(amount.sum() / n)
        found["complete"].append(amount[use.died | (use.seen >= use.horizon)].sum(axis=1).mean())
    assert np.mean(share) > 0.45
    for name in ("days", "parts", "whole"):
        error = np.std(found[name], ddof=1) / np.sqrt(runs)
        assert abs(np.mean(found[name]) - want) < 3 * error, name
    for name in ("seen", "complete"):  # what is refused is far off
        error = np.std(found[name], ddof=1) / np.sqrt(runs)
        assert abs(np.mean(found[name]) - want) > 10 * error, name
    assert covered / runs > 0.95 - 3 * np.sqrt(0.95 * 0.05 / runs)


def test_influence_is_the_jackknife():
    use = lossy(np.random.default_rng(6), 250)
    amount = use.amounts["hour"]
    mean = by_days(use, amount)
    without = []
    for i in range(use.n):
        rows = np.arange(use.n) != i
        without.append(by_days(use.take(rows), amount[rows]).value)
    jackknife = np.sqrt((use.n - 1) / use.n * ((np.array(without) - np.mean(without)) ** 2).sum())
    assert mean.influence.sum() == pytest.approx(0, abs=SUMS)
    assert mean.se(use, by_person=True) == pytest.approx(jackknife, rel=0.01)  # both to first order in 1 / n


def test_currency_order_and_split_spells_change_nothing():
    use = lossy(np.random.default_rng(7), 300)
    amount = use.amounts["hour"]
    base = by_days(use, amount)
    assert by_days(use, 100 * amount).value == pytest.approx(100 * base.value, rel=SUMS)
    back = use.take(np.ones(use.n, dtype=bool))
    assert by_days(back, back.amounts["hour"]).se(back) == pytest.approx(base.se(use), rel=SUMS)
    people = pd.DataFrame({"person_id": ["a", "b"], "exit_day": [10, 10], "died": [False, False]})
    columns = ["person_id", "service", "first_day", "last_day", "per_day"]
    one = read_use(people, pd.DataFrame([["a", "h", 0, 9, 2.0]], columns=columns), horizon=10)
    two = read_use(people, pd.DataFrame([["a", "h", 0, 3, 2.0], ["a", "h", 4, 40, 2.0]], columns=columns), horizon=10)
    assert (one.amounts["h"] == two.amounts["h"]).all()
    assert one.amounts["h"].sum() == 20


def test_refusals():
    use = lossy(np.random.default_rng(8), 300)
    with pytest.raises(AnalysisRefused, match="lost from sight"):
        naive_mean(use, "hour")
    with pytest.raises(RequestError, match="interval of 0 days"):
        partitioned(use, use.amounts["hour"], 0)
    short = Use(horizon=HORIZON, seen=np.minimum(use.seen, 50), died=use.died & (use.seen <= 50),
                amounts=use.amounts, cluster=use.cluster, n_cluster=20)  # fmt: skip
    with pytest.raises(AnalysisRefused, match="0 of 300 people are seen alive to day 60"):
        by_days(short, short.amounts["hour"])
    people = pd.DataFrame({"person_id": ["a", "b"], "exit_day": [10, 10], "died": [False, False]})
    columns = ["person_id", "service", "first_day", "last_day", "per_day"]
    with pytest.raises(AnalysisRefused, match="belongs to nobody"):
        read_use(people, pd.DataFrame([["c", "h", 0, 9, 2.0]], columns=columns), horizon=10)
    with pytest.raises(AnalysisRefused, match="1 amounts a day"):
        read_use(people, pd.DataFrame([["a", "h", 0, 9, np.nan]], columns=columns), horizon=10)
    with pytest.raises(AnalysisRefused, match="no column 'died'"):
        read_use(people.drop(columns="died"), pd.DataFrame(columns=columns), horizon=10)
