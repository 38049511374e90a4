"""How often does each trial analysis reject a null hypothesis that is true? By design and number of providers.

    pytest -m simulation tests/simulation/test_trial_errors.py        (the test: every offered row at most 5 %)
    python tests/simulation/test_trial_errors.py [worlds]             (writes docs/evidence/trial_error_rates.md and
                                                                       src/ot_eval/models/trial_error_rates.csv)

Participants are normal with total variance 1, 30 a provider on average; unequal sizes are gamma with coefficient of
variation 0.6, at least 3. Unequal arms: a quarter of the providers coached (at least 2). The code that is measured is
the code that a study runs: sums by provider with a leading axis of worlds. The exception is the GEE fit, which a study
takes from statsmodels; here a vectorised twin is used, held equal to it by a test below. The Monte Carlo error of 5 %
in 10,000 worlds is 0.2 points, in 2,000 (bootstrap) 0.5.
"""

from __future__ import annotations

import csv
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ot_eval.base.errors import AnalysisRefused
from ot_eval.models import trial_data, trial_mixed
from ot_eval.models.cluster_level import ClusterSummary
from ot_eval.models.trial_allocations import allocations_for
from ot_eval.models.trial_bootstrap import p_value, signs
from ot_eval.models.trial_components import Within
from ot_eval.models.trial_gee import solve
from ot_eval.models.trial_methods import EVEN_SIZES
from ot_eval.models.trial_missing import imputed_difference
from ot_eval.models.trial_moments import Moments, least_squares, moments, sandwich, summed_moments
from ot_eval.models.trial_nested import nested_difference
from ot_eval.models.trial_permutation import p_values
from ot_eval.models.trial_robust import cr2
from ot_eval.models.trial_summary import student
from ot_eval.models.trial_wedge import Cells, exposure_design, nested_exchangeable
from ot_eval.models.trial_wedge_permutation import orders, p_and_interval

ROOT = Path(__file__).parents[2]
WORLDS, BOOTSTRAP, MEAN, CV, SEED = 10_000, 2_000, 30, 0.6, 20260401
NUMBERS, ICCS = (4, 6, 8, 12, 20), (0.01, 0.05, 0.1)


@dataclass(frozen=True)
class Setting:
    """Providers, ICC, coefficient of variation of size, coached providers."""

    n: int
    icc: float
    cv: float
    coached: int

    @property
    def balanced(self) -> bool:
        return 2 * self.coached == self.n


BALANCED = [Setting(n, icc, cv, n // 2) for n in NUMBERS for icc in ICCS for cv in (0.0, CV)]
UNBALANCED = [Setting(n, icc, cv, max(2, n // 4)) for n in NUMBERS[1:] for icc in ICCS for cv in (0.0, CV)]
SETTINGS = [*BALANCED, *UNBALANCED]


def trials(rng, s: Setting, worlds: int) -> tuple[Moments, np.ndarray, np.ndarray]:
    """Draw means and sums of squares by provider (they have the same distribution as if people had been drawn)."""
    size = np.full((worlds, s.n), float(MEAN))
    if s.cv:
        size = np.maximum(3, np.rint(rng.gamma(1 / s.cv**2, MEAN * s.cv**2, (worlds, s.n))))
    mean = rng.normal(0, np.sqrt(s.icc), (worlds, s.n)) + rng.normal(0, 1, (worlds, s.n)) * np.sqrt((1 - s.icc) / size)
    within = (1 - s.icc) * rng.chisquare(size - 1)
    arm = np.tile((np.arange(s.n) < s.coached).astype(float), (worlds, 1))
    return summed_moments(size * mean, within + size * mean**2, arm, size), mean, arm


def gee(m: Moments) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Solve gaussian exchangeable equations in every world: estimate, LZ, KC and MD errors of the arm."""
    size, sx, sy = m.size, m.xx[:, :, 0, :], m.xy[:, :, 0]
    n, p = m.n, m.xx.shape[-1]
    alpha = np.zeros(len(n))
    pairs = (size * (size - 1) / 2).sum(axis=1)
    for _ in range(60):
        shrink = alpha[:, None] / (1 + (size - 1) * alpha[:, None])
        information = m.xx - shrink[..., None, None] * sx[..., :, None] * sx[..., None, :]
        moment = m.xy - (shrink * sy)[..., None] * sx
        inverse = np.linalg.inv(information.sum(axis=1))
        beta = np.einsum("wij,wj->wi", inverse, moment.sum(axis=1))
        total = sy - np.einsum("wgi,wi->wg", sx, beta)
        square = m.yy - 2 * np.einsum("wgi,wi->wg", m.xy, beta) + np.einsum("wgij,wi,wj->wg", m.xx, beta, beta)
        scale = square.sum(axis=1) / (n - p)
        alpha = ((total**2 - square).sum(axis=1) / 2) / (pairs - p) / scale
    score = moment - np.einsum("wgij,wj->wgi", information, beta)
    errors = [np.sqrt(sandwich(information, score, inverse, c)[:, 1, 1]) for c in ("LZ", "KC", "MD")]
    return beta[:, 1], *errors


def rejected(value, se, df) -> float:
    with np.errstate(divide="ignore", invalid="ignore"):  # providers of an arm all alike: no error, no test
        return float((2 * stats.t.sf(np.abs(value) / se, df) < 0.05).mean())


def size_weighted(mean, size, arm) -> tuple[np.ndarray, np.ndarray]:
    """Weight figures by size and take the error of weighted least squares: not offered, shown for comparison."""
    value, spread, left = 0.0, 0.0, 0.0
    for a, sign in ((1, 1.0), (0, -1.0)):
        w = size * (arm == a)
        centre = (w * mean).sum(axis=1) / w.sum(axis=1)
        left = left + (w * (mean - centre[:, None]) ** 2).sum(axis=1)
        value, spread = value + sign * centre, spread + 1 / w.sum(axis=1)
    return value, np.sqrt(left / (mean.shape[1] - 2) * spread)


def rates(rng, s: Setting, worlds: int) -> dict[str, float]:
    """Return the share of worlds in which each method rejects at 5 %."""
    m, mean, arm = trials(rng, s, worlds)
    df = s.n - 2
    out = {"cluster_summary_t": rejected(*student(mean, arm), df), "participant_summary_cr2": rejected(*cr2(m))}
    out["random_intercept_kr"] = rejected(*trial_mixed.arm_test(trial_mixed.fit(m), s.n))
    value, lz, kc, md = gee(m)
    out |= {"gee_kc_t": rejected(value, kc, df), "gee_md_t": rejected(value, md, df)}
    out["gee_avg_t"] = rejected(value, np.sqrt((kc**2 + md**2) / 2), df)
    every = allocations_for(arm[0].astype(int))
    if len(every) > 5_000:  # a random sample of the list, with the real one, as the facts of a large design allow
        every = np.vstack([arm[0].astype(np.int8), every[rng.choice(len(every), 1_999, replace=False)]])
    out["exact_permutation"] = float((p_values(mean, arm[0], every) <= 0.05 + 1e-12).mean())
    weights = signs(s.n, rng, 999)[0]
    tried = [p_value(Moments(xx=m.xx[k : k + 1], xy=m.xy[k : k + 1], yy=m.yy[k : k + 1]), weights) for k in
             range(min(worlds, BOOTSTRAP))]  # fmt: skip
    out["wild_cluster_bootstrap"] = float((np.array(tried) <= 0.05 + 1e-12).mean())
    out["not offered: GEE uncorrected, z"] = float((2 * stats.norm.sf(np.abs(value / lz)) < 0.05).mean())
    out["not offered: size-weighted t(G - 2)"] = rejected(*size_weighted(mean, m.size, arm), df)
    out["not offered: t-test of participants"] = _naive(m, arm)
    return out


def _naive(m: Moments, arm) -> float:
    inverse = np.linalg.inv(m.xx.sum(axis=1))
    beta = np.einsum("wij,wj->wi", inverse, m.xy.sum(axis=1))
    rss = m.yy.sum(axis=1) - (beta * m.xy.sum(axis=1)).sum(axis=1)
    return rejected(beta[:, 1], np.sqrt(inverse[:, 1, 1] * rss / (m.n - 2)), m.n - 2)


def is_offered(method: str, s: Setting) -> bool:
    """Return whether the toolkit lets a study use `method` there for its p-value."""
    if method.startswith("not offered"):
        return False
    if method.startswith("gee"):
        return s.balanced and (method == "gee_md_t" or s.cv <= EVEN_SIZES)
    return True


def test_the_vectorised_gee_is_the_one_of_a_study():
    rng = np.random.default_rng(1)
    y, cluster, arm = rng.normal(size=90), np.repeat(np.arange(6), [5, 10, 15, 20, 25, 15]), None
    y = y + 0.4 * rng.normal(size=6)[cluster]
    arm = (cluster % 2).astype(float)
    x = np.column_stack([np.ones(90), arm])
    theirs = solve(y, x, cluster, "mean", "exchangeable")
    value, lz, kc, md = gee(moments(x, y, cluster, 6))
    assert value[0] == pytest.approx(theirs.beta[1], rel=1e-7)
    for ours, kind in ((lz, "LZ"), (kc, "KC"), (md, "MD")):
        assert ours[0] == pytest.approx(np.sqrt(theirs.covariance(kind)[1, 1]), rel=1e-7)


TOLERATED = {"wild_cluster_bootstrap": 0.09, "participant_summary_cr2": 0.055, "cluster_summary_t": 0.05}
"""The bootstrap is a sensitivity analysis at most, and no test where `trial_methods.Rate.too_high` bars it."""


@pytest.mark.simulation
@pytest.mark.parametrize("s", SETTINGS, ids=str)
def test_no_offered_method_rejects_true_nulls_too_often(s):
    worlds = 4_000
    found = rates(np.random.default_rng([SEED, SETTINGS.index(s)]), s, worlds)
    for method, rate in found.items():
        if is_offered(method, s):
            least = BOOTSTRAP if method == "wild_cluster_bootstrap" else worlds
            aim = TOLERATED.get(method, 0.055)
            assert rate <= aim + 3 * np.sqrt(aim * (1 - aim) / least), method
    assert found["not offered: t-test of participants"] > 0.06


COLUMNS = ("design", "outcome", "providers", "coached", "icc", "size_cv", "method", "offered", "rate", "worlds")


RATES = ROOT / "src/ot_eval/models/trial_error_rates.csv"


def parallel_means(worlds: int) -> list[tuple]:
    rows = []
    for k, s in enumerate(SETTINGS):
        began = time.perf_counter()
        for method, rate in rates(np.random.default_rng([SEED, k]), s, worlds).items():
            n = min(worlds, BOOTSTRAP) if method == "wild_cluster_bootstrap" else worlds
            offered = "yes" if is_offered(method, s) else "no"
            rows.append(("parallel", "mean", s.n, s.coached, s.icc, s.cv, method, offered, round(rate, 4), n))
        sys.stderr.write(f"{s} {time.perf_counter() - began:.1f} s\n")
    return rows


def rows_of(design: str, outcome: str, s: Setting, found: dict[str, tuple[float, int]]) -> list[tuple]:
    return [
        (design, outcome, s.n, s.coached, s.icc, s.cv, method, "yes", round(float(rate), 4), n)
        for method, (rate, n) in found.items()
    ]


def sizes(rng, s: Setting, worlds: int, least: int = 4) -> np.ndarray:
    if not s.cv:
        return np.full((worlds, s.n), float(MEAN))
    return np.maximum(least, np.rint(rng.gamma(1 / s.cv**2, MEAN * s.cv**2, (worlds, s.n))))


def arms(s: Setting, worlds: int) -> np.ndarray:
    return np.tile((np.arange(s.n) < s.coached).astype(float), (worlds, 1))


def gee_share(totals, size, arm, family: str, worlds: int) -> tuple[float, int]:
    """Return how often the GEE of a study (statsmodels, MD, t) rejects; a refused fit counts as no rejection."""
    hits = 0
    for k in range(worlds):
        if family == "odds":
            n = size[k].astype(int)
            y = np.concatenate(
                [np.r_[np.ones(int(t)), np.zeros(m - int(t))] for t, m in zip(totals[k], n, strict=True)]
            )
            cluster, offset = np.repeat(np.arange(len(n)), n), None
        else:
            y, cluster = totals[k].ravel(), np.repeat(np.arange(len(size[k])), totals.shape[2])
            offset = np.log(np.repeat(size[k], totals.shape[2]))
        x = np.column_stack([np.ones(y.size), arm[k][cluster]])
        try:
            found = solve(y.astype(float), x, cluster, family, "exchangeable", offset)
        except AnalysisRefused:
            continue
        t = abs(found.beta[1]) / np.sqrt(found.covariance("MD")[1, 1])
        hits += 2 * stats.t.sf(t, len(size[k]) - 2) < 0.05
    return hits / worlds, worlds


def parallel_proportions(worlds: int) -> list[tuple]:
    """Beta-binomial, 30 % yes; of differences and odds ratios the higher rate is kept."""
    out, p = [], 0.3
    for k, s in enumerate(x for x in SETTINGS if x.icc > 0.01):
        rng = np.random.default_rng([SEED, 1, k])
        size, arm, strength = sizes(rng, s, worlds), arms(s, worlds), 1 / s.icc - 1
        total = rng.binomial(size.astype(int), rng.beta(p * strength, (1 - p) * strength, size.shape))
        odds = np.log((total + 0.5) / (size - total + 0.5))
        m = summed_moments(total.astype(float), total.astype(float), arm, size)
        found = {
            "cluster_summary_t": (max(rejected(*student(v, arm), s.n - 2) for v in (total / size, odds)), worlds),
            "participant_summary_cr2": (rejected(*cr2(m)), worlds),
        }
        if s.balanced and s.n in (8, 12):
            found["gee_md_t"] = gee_share(total, size, arm, "odds", min(worlds, 1_000))
        out += rows_of("parallel", "proportion", s, found)
    return out


def parallel_rates(worlds: int) -> list[tuple]:
    """Counts at 0.2 a unit over 30 units of time on average; gamma variation of rates, `icc` their squared CV."""
    out = []
    for k, s in enumerate(x for x in SETTINGS if x.icc > 0.01):
        rng = np.random.default_rng([SEED, 2, k])
        size, arm = sizes(rng, s, worlds), arms(s, worlds)
        level = rng.gamma(1 / s.icc, s.icc, size.shape)
        parts = rng.poisson((0.02 * size * level)[:, :, None], (*size.shape, 10))
        total = parts.sum(axis=2)
        add = np.where((total == 0).any(axis=1), 0.5, 0.0)[:, None]
        log = np.log((total + add) / (size + add * size.sum(axis=1, keepdims=True) / total.sum(axis=1, keepdims=True)))
        m = summed_moments(total.astype(float), total.astype(float), arm, size)
        found = {
            "cluster_summary_t": (max(rejected(*student(v, arm), s.n - 2) for v in (total / size, log)), worlds),
            "participant_summary_cr2": (rejected(*cr2(m)), worlds),
        }
        if s.balanced and s.n in (8, 12):
            found["gee_md_t"] = gee_share(parts, size / 10, arm, "rate_ratio", min(worlds, 1_000))
        out += rows_of("parallel", "rate", s, found)
    return out


def parallel_times(worlds: int) -> list[tuple]:
    """Exponential times with a gamma frailty of variance `icc`, censored at 12 or between 6 and 18."""
    worlds, out = min(worlds, 4_000), []
    for k, s in enumerate(x for x in SETTINGS if x.icc > 0.01 and x.cv == 0):
        rng = np.random.default_rng([SEED, 3, k])
        arm, rate = arms(s, worlds), 0.08 * rng.gamma(1 / s.icc, s.icc, (worlds, s.n, 1))
        time_to = rng.exponential(1, (worlds, s.n, MEAN)) / rate
        end = np.minimum(12, rng.uniform(6, 18, time_to.shape))
        events, days = (time_to <= end).sum(axis=2).astype(float), np.minimum(time_to, end).sum(axis=2)
        group = np.zeros(s.n, dtype=int)
        figures = np.stack([
            ClusterSummary(observed=e, expected=d, group=group, groups=("a", "b")).log_ratio
            for e, d in zip(events, days, strict=True)
        ])  # fmt: skip
        out += rows_of("parallel", "time", s, {"cluster_level": (rejected(*student(figures, arm), s.n - 2), worlds)})
    return out


CORRELATIONS = ((0.05, 1.0), (0.05, 0.8), (0.1, 0.5))


def cell_means(rng, n: int, periods: int, people: int, icc: float, cac: float, worlds: int) -> np.ndarray:
    lasting = rng.normal(0, np.sqrt(icc * cac), (worlds, n, 1))
    moving = np.sqrt(icc * (1 - cac) + (1 - icc) / people)
    return lasting + rng.normal(0, moving, (worlds, n, periods)) + 0.1 * np.arange(periods)


def before_after(worlds: int) -> list[tuple]:
    """25 people before and 25 others after."""
    out = []
    for k, (n, coached) in enumerate([(4, 2), (6, 3), (8, 4), (8, 2), (12, 6), (12, 3), (20, 10), (20, 5)]):
        for j, (icc, cac) in enumerate(CORRELATIONS):
            rng, s = np.random.default_rng([SEED, 4, k, j]), Setting(n, icc, 0.0, coached)
            y, arm = cell_means(rng, n, 2, 25, icc, cac, worlds), arms(s, worlds)
            change = y[:, :, 1] - y[:, :, 0]
            every = allocations_for(arm[0].astype(int))
            if len(every) > 5_000:
                every = np.vstack([arm[0].astype(np.int8), every[rng.choice(len(every), 1_999, replace=False)]])
            found = {
                "did_change_t": (rejected(*student(change, arm), n - 2), worlds),
                "did_permutation": (float((p_values(change, arm[0], every) <= 0.05 + 1e-12).mean()), worlds),
                "did_cr2": (rejected(*cr2(_interaction(y, arm))), worlds),
            }
            if n >= 6:
                found["did_ancova_t"] = (_ancova(y, arm[0]), worlds)
            out += rows_of("before_after", f"mean, autocorrelation {cac:g}", s, found)
    return out


def _interaction(y, arm) -> Moments:
    late = np.array([0.0, 1.0])
    one, a = np.ones_like(y), np.broadcast_to(arm[:, :, None], y.shape)
    x = np.stack([one, a * late, a, one * late], axis=-1)
    return Moments(xx=np.einsum("wgti,wgtj->wgij", x, x), xy=np.einsum("wgti,wgt->wgi", x, y), yy=(y**2).sum(axis=2))


def _ancova(y, arm) -> float:
    n = y.shape[1]
    x = np.stack([np.ones_like(y[:, :, 0]), np.broadcast_to(arm, y.shape[:2]), y[:, :, 0]], axis=-1)
    inverse = np.linalg.inv(np.einsum("wgi,wgj->wij", x, x))
    beta = np.einsum("wij,wgj,wg->wi", inverse, x, y[:, :, 1])
    left = y[:, :, 1] - np.einsum("wgi,wi->wg", x, beta)
    return rejected(beta[:, 1], np.sqrt((left**2).sum(axis=1) / (n - 3) * inverse[:, 1, 1]), n - 3)


def stepped_wedge(worlds: int) -> list[tuple]:
    """Four sequences, five periods, 15 people in each provider and period."""
    worlds, out, people, periods = min(worlds, 2_000), [], 15, 5
    for k, n in enumerate((4, 8, 12, 20)):
        start = np.repeat(np.arange(1, 5), n // 4)
        for j, (icc, cac) in enumerate(CORRELATIONS):
            rng = np.random.default_rng([SEED, 5, k, j])
            y = cell_means(rng, n, periods, people, icc, cac, worlds)
            squares = (1 - icc) * rng.chisquare(n * periods * (people - 1), worlds)
            cells = [_cells(y[w], start, people, squares[w]) for w in range(worlds)]
            ways = orders(start) if n <= 8 else orders(start, rng)[:2_000]
            found = {"wedge_nested_exchangeable_kr": (np.mean([_model_rejects(c) for c in cells]), worlds)}
            found |= wedge_from_means(cells[0], (n, icc, cac), np.random.default_rng([SEED, 8, k, j]))
            p = np.array([p_and_interval(y[w], start, ways, 0.95)[1] for w in range(worlds)])
            found["wedge_within_period_permutation"] = (float((p <= 0.05 + 1e-12).mean()), worlds)
            out += rows_of("stepped_wedge", f"mean, autocorrelation {cac:g}", Setting(n, icc, 0.0, n), found)
    return out


def wedge_from_means(cells: Cells, case: tuple[int, float, float], rng) -> dict[str, tuple[float, int]]:
    """Return rates of the methods that need means only, in more worlds than the mixed model has time for."""
    n, icc, cac = case
    y = cell_means(rng, n, 5, 15, icc, cac, WORLDS)
    return {
        "wedge_cr2": (rejected(*cr2(_blocks(cells.design(), y))), WORLDS),
        "wedge_exposure_time": (_exposure(cells, y), WORLDS),
    }


def _cells(y, start, people, squares) -> Cells:
    n, periods = y.shape
    cluster, period = np.repeat(np.arange(n), periods), np.tile(np.arange(periods), n)
    treated = (period >= start[cluster]).astype(float)
    return Cells(
        mean=y.ravel(), size=np.full(y.size, float(people)), cluster=cluster, period=period, treated=treated,
        exposure=np.where(treated == 1, period - start[cluster] + 1, 0),
        within=Within(squares=float(squares), df=y.size * (people - 1)), n_cluster=n, n_period=periods,
    )  # fmt: skip


def _model_rejects(cells: Cells) -> bool:
    model = nested_exchangeable(cells)
    return bool(2 * stats.t.sf(abs(model.beta[1]) / np.sqrt(model.adjusted[1, 1]), model.df[1]) < 0.05)


def _exposure(cells: Cells, y) -> float:
    m = _blocks(exposure_design(cells), y)
    beta, inverse, score = least_squares(m)
    return rejected(beta[:, 1], np.sqrt(sandwich(m.xx, score, inverse, "MD")[:, 1, 1]), y.shape[1] - 2)


def _blocks(x, y) -> Moments:
    n = y.shape[1]
    x = x.reshape(n, y.shape[2], -1)
    xx = np.broadcast_to(np.einsum("gti,gtj->gij", x, x), (y.shape[0], n, x.shape[2], x.shape[2]))
    return Moments(xx=xx, xy=np.einsum("gti,wgt->wgi", x, y), yy=(y**2).sum(axis=2))


def coaches(worlds: int) -> list[tuple]:
    """Coaches of 15 people each, as many people in usual care; residual standard deviation 1 there and 0.8 here."""
    worlds, out = min(worlds, 2_000), []
    for k, n in enumerate((3, 4, 6, 10)):
        for j, icc in enumerate(ICCS):
            rng, hits = np.random.default_rng([SEED, 6, k, j]), 0
            who = [None] * (15 * n) + [f"coach {c}" for c in np.repeat(range(n), 15)]
            frame = pd.DataFrame({"arm": np.repeat([0, 1], 15 * n), "cluster": who})
            for _ in range(worlds):
                coach = np.repeat(rng.normal(0, np.sqrt(icc), n), 15)
                y = np.r_[rng.normal(size=15 * n), coach + 0.8 * rng.normal(size=15 * n)]
                hits += nested_difference(frame.assign(outcome=y), trial_data.Columns()).p < 0.05
            found = {"partially_nested_kr": (hits / worlds, worlds)}
            out += rows_of("partially_nested", "mean", Setting(n, icc, 0.0, n), found)
    return out


def parallel_missing(worlds: int) -> list[tuple]:
    """A third missing, more often with a low covariate that correlates .5 with the outcome."""
    worlds, out = min(worlds, 1_000), []
    for k, n in enumerate((6, 8, 12)):
        rng, s = np.random.default_rng([SEED, 7, k]), Setting(n, 0.05, 0.0, n // 2)
        cluster = np.repeat(np.arange(n), MEAN)
        frame = pd.DataFrame({"cluster": cluster, "arm": (cluster < n // 2).astype(int)})
        columns, hits = trial_data.Columns(covariates=("x",)), 0
        for _ in range(worlds):
            x, e = rng.normal(size=(2, cluster.size))
            y = rng.normal(0, np.sqrt(0.05), n)[cluster] + np.sqrt(0.95) * (0.5 * x + np.sqrt(0.75) * e)
            y[rng.random(x.size) < 1 / (1 + np.exp(0.8 + x))] = np.nan
            hits += imputed_difference(frame.assign(x=x, outcome=y), columns, rng, m=10)[0].p < 0.05
        out += rows_of("parallel", "mean, a third missing", s, {"cluster_summary_imputed": (hits / worlds, worlds)})
    return out


PARTS = {
    "parallel mean": parallel_means,
    "parallel proportion": parallel_proportions,
    "parallel rate": parallel_rates,
    "parallel time": parallel_times,
    "before_after": before_after,
    "stepped_wedge": stepped_wedge,
    "partially_nested": coaches,
    "parallel mean, a third missing": parallel_missing,
}


def main(worlds: int, parts: list[str]) -> None:
    for part in parts:
        began = time.perf_counter()
        write(part, PARTS[part](worlds))
        sys.stderr.write(f"{part} {time.perf_counter() - began:.0f} s\n")


def write(part: str, rows: list[tuple]) -> None:
    """Replace the rows of one part in the table of rates."""
    kept = []
    if RATES.exists():
        with RATES.open(newline="", encoding="utf-8") as file:
            kept = [tuple(r) for r in list(csv.reader(file))[1:] if part not in (r[0], f"{r[0]} {r[1]}")]
    with RATES.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(sorted([*kept, *(tuple(str(v) for v in r) for r in rows)], key=lambda r: r[:2]))


PAGE = ROOT / "docs/evidence/trial_error_rates.md"
HEAD = """# How often each trial analysis rejects a true null hypothesis

Made by `python tests/simulation/test_trial_errors.py`, which also writes `src/ot_eval/models/trial_error_rates.csv`,
the table that a report cites. Per cent at a nominal 5 %; a pair is lowest to highest over ICC (0.01, 0.05, 0.1;
0.05 and 0.1 for proportions, rates and times) and over variation of size (0 and 0.6; 0 where only equal sizes were
run). How the trials were drawn stands in the docstrings of the same file. Monte Carlo error of one figure near 5 %: 0.2
points in 10,000 worlds, 0.35 in 4,000 (times), 0.5 in 2,000 (bootstrap, model and permutation of the stepped wedge,
partially nested), 0.7 in 1,000 (GEE of proportions and rates, imputation). Low figures are cautious, not wrong: they
cost power.
"Not offered" rows are there for comparison, and the corrected GEE is refused with unlike arms (and, but for MD, with
sizes that vary) because of what stands here.
A method is no test, only an interval to look at, where the figure nearest to the trial lies more than 4 Monte Carlo
errors above 5 %: above 5.9 % in 10,000 worlds, above 6.9 % in 2,000. Of what is offered that bars the wild cluster
bootstrap with 8 (4) and participant_summary_cr2 with 4 (2) and 12 (6), each where sizes vary.
"""


def page() -> str:
    """Return the table as a page, one line a method and one column a number of providers (coached in brackets)."""
    table = pd.read_csv(RATES)
    lines = [HEAD]
    for (design, outcome), part in table.groupby(["design", "outcome"], sort=False):
        trials = sorted(set(zip(part["providers"], part["coached"], strict=True)), key=lambda c: (c[0], -c[1]))
        lines += [f"## {design.replace('_', ' ')}: {outcome}", ""]
        lines.append("| method | " + " | ".join(f"{n} ({k})" for n, k in trials) + " |")
        lines.append("|---" * (len(trials) + 1) + "|")
        for method, own in part.groupby("method", sort=False):
            cells = [own.loc[(own["providers"] == n) & (own["coached"] == k), "rate"] * 100 for n, k in trials]
            said = [
                "" if c.empty else f"{c.min():.1f}" if len(c) == 1 else f"{c.min():.1f}-{c.max():.1f}" for c in cells
            ]
            lines.append(f"| {method} | " + " | ".join(said) + " |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else WORLDS, sys.argv[2:] or list(PARTS))
    PAGE.write_text(page(), encoding="utf-8")
