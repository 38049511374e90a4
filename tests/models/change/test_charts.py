"""Run charts, XmR charts and funnel plots against R, exact binomial tails, and known truth."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ot_eval.base.errors import AnalysisRefused
from ot_eval.models import funnel, process_charts

CHARTS = json.loads((Path(__file__).parent / "golden" / "charts.json").read_text())
ALGEBRA = 1e-9
WORDS = {
    "Common Cause": "",
    "Above UCL": process_charts.OUTSIDE,
    "Below LCL": process_charts.OUTSIDE,
    "7 Point Trend (Increasing)": process_charts.TREND,
    "2 in 3 Above CL": process_charts.NEAR_LIMIT,
    "2 in 3 Below CL": process_charts.NEAR_LIMIT,
    "7 Points Above CL": process_charts.SHIFT,
    "7 Points Below CL": process_charts.SHIFT,
}


def _series(values):
    return pd.Series(values, index=[f"2024-{i:02d}" for i in range(len(values))], dtype=float)


@pytest.mark.parametrize("name", sorted(CHARTS))
def test_xmr_against_the_nhs_package(name):
    expected = CHARTS[name]
    chart = process_charts.xmr(_series(expected["values"]))
    assert (chart.centre, chart.lower, chart.upper) == pytest.approx(
        (expected["centre"], expected["lower"], expected["upper"]), rel=ALGEBRA
    )
    assert list(chart.signals) == [WORDS[cause] for cause in expected["cause"]]


@pytest.mark.parametrize("name", sorted(CHARTS))
def test_run_chart_against_qicharts2(name):
    expected = CHARTS[name]
    chart = process_charts.run_chart(_series(expected["values"]))
    got = [
        chart.n_useful,
        chart.longest_run,
        chart.longest_run_allowed,
        chart.crossings,
        chart.fewest_crossings_allowed,
    ]
    keys = ("n_useful", "longest", "longest_allowed", "crossings", "crossings_allowed")
    assert got == [expected[k] for k in keys]
    assert chart.signal is expected["signal"]


def test_charts_do_not_depend_on_unit_or_direction():
    values = _series(CHARTS["shifted"]["values"])
    one, turned = process_charts.xmr(values), process_charts.xmr(100 - values)
    assert one.signals == turned.signals
    assert turned.lower == pytest.approx(100 - one.upper)
    assert process_charts.run_chart(values).crossings == process_charts.run_chart(3 * values + 1).crossings


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (_series(range(11)), "11 of 11 periods"),
        (_series([*range(12), np.nan]), "12 of 13 periods"),
        (_series([5] * 14), "hardly ever changes"),
        (_series(range(14))[::-1], "not in order"),
    ],
)
def test_xmr_refusals(values, message):
    with pytest.raises(AnalysisRefused, match=message):
        process_charts.xmr(values)


def test_run_chart_refuses_points_on_the_median():
    with pytest.raises(AnalysisRefused, match="periods lie off the median"):
        process_charts.run_chart(_series([5] * 10 + [6, 4]))


@pytest.mark.simulation
def test_false_alarms_of_a_steady_service_are_as_rare_as_stated(rng):
    """Anhøj and Olesen: about 3 to 8 % of steady series of 12 to 24 points signal; points beyond limits under 1 %."""
    runs = 2000
    signals = sum(process_charts.run_chart(_series(rng.normal(70, 5, 24))).signal for _ in range(runs))
    assert 0.01 < signals / runs < 0.10
    outside = [
        process_charts.xmr(_series(rng.normal(70, 5, 24))).signals.count(process_charts.OUTSIDE) for _ in range(500)
    ]
    assert sum(outside) / (500 * 24) < 0.02


def test_funnel_limits_against_r():
    golden = json.loads((Path(__file__).parent / "golden" / "change.json").read_text())["funnel"]
    n = np.array(golden["n"], dtype=float)
    assert funnel.limit(n, 0.83, 0.025) == pytest.approx(golden["low95"], rel=ALGEBRA)
    assert 1 - funnel.limit(n, 0.17, 0.001) == pytest.approx(golden["high998"], rel=ALGEBRA)


def _homes(n, events):
    return pd.DataFrame({"home": [f"H{i}" for i in range(len(n))], "n": n, "events": events})


HOMES = _homes([40, 60, 30, 50, 80, 8, 45, 100], [32, 48, 24, 25, 66, 1, 37, 84])


def test_verdicts_by_exact_tail():
    plot = funnel.funnel(HOMES)
    verdict = plot.homes.set_index("home")["verdict"]
    assert verdict["H5"] == funnel.TOO_FEW  # 1 of 8 would be far out, but 8 people are too few to judge
    assert verdict["H3"] == funnel.DIFFERS  # 25 of 50
    assert plot.overdispersion == 1.0
    for _, row in plot.homes[plot.homes["verdict"] != funnel.TOO_FEW].iterrows():
        low, high = (
            stats.binom.cdf(row["events"], row["n"], plot.overall),
            stats.binom.sf(row["events"] - 1, row["n"], plot.overall),
        )
        tail = min(low, high)
        expected = funnel.DIFFERS if tail < 0.001 else funnel.LOOK if tail < 0.025 else funnel.AS_EXPECTED
        assert row["verdict"] == expected


def test_counting_the_opposite_event_mirrors_the_plot():
    one = funnel.funnel(HOMES)
    other = funnel.funnel(HOMES.assign(events=HOMES["n"] - HOMES["events"]))
    assert one.homes["verdict"].tolist() == other.homes["verdict"].tolist()
    assert one.curve["low95"].to_numpy() == pytest.approx(1 - other.curve["high95"].to_numpy())


def test_a_home_where_everyone_had_the_event_is_not_accused():
    homes = _homes([40, 60, 30, 50, 12], [33, 50, 25, 41, 12])
    assert funnel.funnel(homes).homes["verdict"].tolist()[-1] == funnel.AS_EXPECTED


def test_homes_that_differ_as_a_body_widen_the_limits(rng):
    n = np.full(40, 100)
    plain = funnel.funnel(_homes(n, rng.binomial(n, 0.7)))
    spread = funnel.funnel(_homes(n, rng.binomial(n, np.clip(rng.normal(0.7, 0.12, 40), 0, 1))))
    assert plain.overdispersion == 1.0
    assert spread.overdispersion > 3
    assert (spread.homes["verdict"] == funnel.DIFFERS).sum() <= 2


@pytest.mark.parametrize(
    "homes",
    [_homes([40, 60, 30, 50], [30, 40, 20, 30]), _homes([40] * 6, [40] * 6), _homes([40] * 6, [41, 1, 1, 1, 1, 1])],
)
def test_funnel_refusals(homes):
    with pytest.raises(AnalysisRefused, match="homes have 10 people or more"):
        funnel.funnel(homes)


@pytest.mark.simulation
def test_few_ordinary_homes_are_accused(rng):
    runs, homes, accused = 400, 20, 0
    for _ in range(runs):
        n = rng.integers(10, 80, homes)
        accused += (funnel.funnel(_homes(n, rng.binomial(n, 0.8))).homes["verdict"] == funnel.DIFFERS).sum()
    assert accused / (runs * homes) < 0.002 + 4 * np.sqrt(0.002 / (runs * homes))
