"""What a planned trial of coaching can detect, from the protocol's `trial.plan`: before a provider is asked.

The smallest detectable effect comes first, for 4 to 40 providers, by formula; beside it the power for the effect that
would matter, by formula and by simulation of the very analysis planned. Where the trial cannot answer its question the
result says so, and what would.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from ot_eval.base.errors import AnalysisRefused
from ot_eval.base.protocol import Protocol
from ot_eval.base.protocol_file import load
from ot_eval.base.results import Check
from ot_eval.base.study import write_private
from ot_eval.models import trial_power_advice as advise
from ot_eval.models.trial_power import (
    Plan,
    detectable_means,
    detectable_proportions,
    detectable_rates,
    power_means,
    providers_needed,
)
from ot_eval.models.trial_power_events import simulated_power_of_events
from ot_eval.models.trial_power_simulated import Analysis, Power, simulated_power, simulated_wedge_power
from ot_eval.models.trial_power_wedge import (
    ChangePlan,
    WedgePlan,
    detectable_change,
    detectable_wedge,
    power_change,
    power_wedge,
)
from ot_eval.outputs.power import PowerLine, PowerReport
from ot_eval.publish.power_page import power_page
from ot_eval.studies.coaching_desk import USUAL_PRIMARY

PROVIDERS = (4, 6, 8, 10, 12, 16, 20, 24, 30, 40)
ENOUGH = 0.8
SIMULATED: tuple[Analysis, ...] = ("cluster_summary_t", "random_intercept_kr", "participant_summary_cr2")
STANDARD, WEDGE_SHARE, LEAST_WORLDS = "standard deviations", 5, 200
HALF = 0.5
OnStep = Callable[[str, int, int], None]
CHANGE_IN = 0.2
"""A change of this share of events is the effect planned for, where the protocol gives a share or a rate."""


def plan_power(protocol: Protocol, on_step: OnStep = lambda _n, _d, _t: None, *, processors: int = 1) -> PowerReport:
    """Return what the planned trial can detect.

    Parameters
    ----------
    protocol : its section `trial` names the design, the analysis and the plan
    on_step : told the name of each step, and how much of it is done
    processors : processes that simulate; the answer does not depend on it

    Raises
    ------
    AnalysisRefused
        The design has no power formula that was checked, or the plan has too few providers for any answer.
    """
    trial = protocol.trial
    makers: dict[str, Callable[..., tuple[PowerLine, ...]]] = {
        "parallel": _parallel,
        "stepped_wedge": _wedge,
        "before_after": _change,
    }
    if trial.design not in makers:
        raise AnalysisRefused(
            f"power for the design {trial.design}",
            expected="parallel, stepped_wedge or before_after: formulas that were checked against published ones",
            fix="plan it as a parallel trial of coaches, which asks for more people and never for fewer",
        )
    if trial.design == "parallel":
        _base(protocol)  # refuses a plan that cannot be
    lines = makers[trial.design](protocol, on_step, processors)
    checks = _advice(protocol, lines)
    return PowerReport(
        title=protocol.title,
        design=trial.design.replace("_", " "),
        analysis=trial.primary or USUAL_PRIMARY[trial.design],
        difference=trial.plan.difference,
        lines=lines,
        checks=checks,
        helps=tuple(_helps(protocol)),
        assumed=_assumed(protocol),
    )


def write_power(protocol_file: Path, to: Path | None, on_step: OnStep, processors: int = 1) -> tuple[PowerReport, Path]:
    """Plan the trial of a protocol file and write `power.csv` and `power.html` into `to` (beside it, `power/`)."""
    protocol = load(protocol_file)
    report = plan_power(protocol, on_step, processors=processors)
    folder = to or protocol_file.resolve().parent / "power"
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(PowerLine.HEAD)
    writer.writerows(line.cells() for line in report.lines)
    write_private(folder / "power.csv", "\ufeff" + text.getvalue())
    write_private(folder / "power.html", power_page(report, protocol))
    return report, folder


def read_plan(protocol_file: str) -> Protocol:
    """Return the protocol of a file named by its path."""
    return load(Path(protocol_file))


def as_frame(report: PowerReport) -> pd.DataFrame:
    """Return every line of a report, one row a number of providers."""
    return pd.DataFrame([line.cells() for line in report.lines], columns=list(PowerLine.HEAD))


def says(report: PowerReport) -> pd.DataFrame:
    """Return what must be said of the plan, one row a sentence."""
    return pd.DataFrame([(c.name, c.sentence, c.detail) for c in report.checks], columns=["about", "said", "detail"])


def helps(report: PowerReport) -> pd.DataFrame:
    """Return what would make the trial stronger."""
    return pd.DataFrame(list(report.helps), columns=["if", "smallest effect found 8 times in 10"])


def _sizes(protocol: Protocol) -> Iterator[tuple[int, int, bool]]:
    """Yield coached, usual care and whether it is the plan: the plan first, then balanced arms of 4 to 40 in all."""
    plan = protocol.trial.plan
    yield plan.coached, plan.usual, True
    for n in PROVIDERS:
        if (plan.coached, plan.usual) != (n // 2, n // 2):
            yield n // 2, n // 2, False


def _base(protocol: Protocol, coached: int | None = None, usual: int | None = None) -> Plan:
    p = protocol.trial.plan
    return Plan(
        coached=coached or p.coached, usual=usual or p.usual, people=p.people, icc=p.icc, size_cv=p.size_cv,
        attrition=p.attrition,
    )  # fmt: skip


def _bar(on_step: OnStep, name: str) -> Callable[[Iterable[int]], Iterator[int]]:
    def wrap(parts: Iterable[int]) -> Iterator[int]:
        listed = list(parts)
        for k, part in enumerate(listed):
            on_step(name, k, len(listed))
            yield part

    return wrap


def _parallel(protocol: Protocol, on_step: OnStep, processors: int) -> tuple[PowerLine, ...]:
    plan, lines = protocol.trial.plan, []
    named = protocol.trial.primary or USUAL_PRIMARY["parallel"]
    analysis = next((a for a in SIMULATED if a == named), SIMULATED[0])
    for coached, usual, planned in _sizes(protocol):
        here, name = _base(protocol, coached, usual), f"Simulating {coached + usual} providers"
        rng = np.random.default_rng([protocol.seed, coached, usual])
        power = simulated_power(
            here, plan.difference, rng, analysis=analysis, worlds=plan.simulated, processors=processors,
            progress=_bar(on_step, name),
        )  # fmt: skip
        arms = (coached, usual, planned)
        lines.append(_line(arms, ("mean", STANDARD), (detectable_means(here), plan.difference), power))
        lines += _events(protocol, here, arms, rng, processors)
    return tuple(sorted(lines, key=lambda x: (x.outcome, not x.planned, x.coached + x.usual)))


def _line(
    arms: tuple[int, int, bool], what: tuple[str, str], found: tuple[float | None, float], power: Power
) -> PowerLine:
    """Return a line from arms (coached, usual, planned), outcome and unit, smallest effect and the effect planned."""
    return PowerLine(
        coached=arms[0], usual=arms[1], planned=arms[2], outcome=what[0], unit=what[1], detectable=found[0],
        effect=found[1], formula=power.formula, simulated=power.simulated, error=power.error, worlds=power.worlds,
    )  # fmt: skip


def _events(
    protocol: Protocol, here: Plan, arms: tuple[int, int, bool], rng: np.random.Generator, processors: int
) -> Iterator[PowerLine]:
    """Yield the lines of a yes/no outcome and of a time to an event, where the plan gives their usual level."""
    plan = protocol.trial.plan
    if plan.share is not None:
        coached = plan.share * (1 - CHANGE_IN)
        power = simulated_power_of_events(
            here, "proportion", {"usual": plan.share, "coached": coached}, rng, worlds=plan.simulated,
            processors=processors,
        )  # fmt: skip
        found = detectable_proportions(here, plan.share, "lower")
        yield _line(arms, ("share", f"share, down from {plan.share:g}"), (found, coached), power)
    if plan.rate is not None:
        coached = plan.rate * (1 - CHANGE_IN)
        numbers = {"usual": plan.rate, "coached": coached, "follow_up": plan.years, "between_cv": plan.rate_cv}
        power = simulated_power_of_events(here, "survival", numbers, rng, worlds=plan.simulated, processors=processors)
        time = here.people * plan.years
        lower = detectable_rates(here, plan.rate, "lower", time=time, between_cv=plan.rate_cv)
        unit = f"events a person-year, down from {plan.rate:g}"
        yield _line(arms, ("rate", unit), (lower, coached), power)


def _wedge(protocol: Protocol, on_step: OnStep, processors: int) -> tuple[PowerLine, ...]:
    """Return the lines of a wedge; only the plan is simulated, because each simulated trial is a whole fit."""
    plan, lines = protocol.trial.plan, []
    total = plan.coached + plan.usual
    for n in dict.fromkeys((total, *PROVIDERS)):
        if n < plan.steps and n != total:
            continue
        here = wedge_plan(protocol, n)
        if n == total:
            power = simulated_wedge_power(
                here, plan.difference, np.random.default_rng([protocol.seed, n]),
                worlds=max(LEAST_WORLDS, plan.simulated // WEDGE_SHARE), processors=processors,
                progress=_bar(on_step, f"Simulating {n} providers"),
            )  # fmt: skip
            lines.append(_line((n, 0, True), ("mean", STANDARD), (detectable_wedge(here), plan.difference), power))
        else:
            lines.append(
                _formula((n, 0, False), (detectable_wedge(here), plan.difference), power_wedge(here, plan.difference))
            )
    return tuple(lines)


def _formula(arms: tuple[int, int, bool], found: tuple[float, float], power: float) -> PowerLine:
    """Return a line that was not simulated."""
    return PowerLine(
        coached=arms[0], usual=arms[1], planned=arms[2], outcome="mean", unit=STANDARD, detectable=found[0],
        effect=found[1], formula=power, simulated=None, error=None, worlds=0,
    )  # fmt: skip


def wedge_plan(protocol: Protocol, providers: int) -> WedgePlan:
    """Return the planned wedge with this many providers, shared among the steps as evenly as can be."""
    plan = protocol.trial.plan
    each, more = divmod(providers, plan.steps)
    people = plan.people * (1 - plan.attrition) / (plan.steps + 1)
    return WedgePlan(
        providers=tuple(each + (k < more) for k in range(plan.steps)), people=people, icc=plan.icc,
        cac=plan.autocorrelation,
    )  # fmt: skip


def _change(protocol: Protocol, on_step: OnStep, processors: int) -> tuple[PowerLine, ...]:
    """Return the lines of before and after: changes of provider means are normal here, so the formula is exact."""
    del on_step, processors
    plan, lines = protocol.trial.plan, []
    for coached, usual, planned in _sizes(protocol):
        each = min(coached, usual)
        here = ChangePlan(
            each=each, people=plan.people * (1 - plan.attrition) / 2, icc=plan.icc, cac=plan.autocorrelation
        )
        found = detectable_change(here), plan.difference
        lines.append(_formula((each, each, planned), found, power_change(here, plan.difference)))
    return tuple(lines)


def _advice(protocol: Protocol, lines: tuple[PowerLine, ...]) -> tuple[Check, ...]:
    if protocol.trial.design == "parallel":
        return advise.advice(_base(protocol), protocol.trial.plan.difference)
    planned = next(x for x in lines if x.planned)
    enough = [x for x in lines if x.formula >= ENOUGH]
    need = min((x.coached + x.usual for x in enough), default=None)
    passed = planned.formula >= ENOUGH
    sentence = (
        "The trial can show the difference that would matter."
        if passed
        else "The trial cannot answer its question: it is not likely to show the difference that would matter. "
        + (f"{need} providers would be enough." if need else "Not even 40 providers would be enough.")
    )
    detail = f"power {planned.formula:.2f}; smallest detectable {planned.detectable or 0:.3f} standard deviations"
    return (
        Check(analysis="power", name="can it answer its question", passed=passed, sentence=sentence, detail=detail),
    )


def _helps(protocol: Protocol) -> Iterator[tuple[str, str]]:
    """Yield what would make the trial stronger, and the smallest difference it would then detect."""
    if protocol.trial.design != "parallel":
        if protocol.trial.design == "stepped_wedge":
            n = protocol.trial.plan.coached + protocol.trial.plan.usual
            yield "As planned", _sd(detectable_wedge(wedge_plan(protocol, n)))
            yield "Four more providers", _sd(detectable_wedge(wedge_plan(protocol, n + 4)))
        return
    base, wanted = _base(protocol), protocol.trial.plan.difference
    yield "As planned", _sd(detectable_means(base))
    yield (
        "Two more providers in each arm",
        _sd(detectable_means(replace(base, coached=base.coached + 2, usual=base.usual + 2))),
    )
    yield "Twice as many people in each provider", _sd(detectable_means(replace(base, people=2 * base.people)))
    yield (
        "The value at the start explains half of the differences",
        _sd(detectable_means(replace(base, explained_between=HALF, explained_within=HALF))),
    )
    if min(base.arms()) > 2:  # noqa: PLR2004
        yield "One provider lost from each arm", _sd(detectable_means(replace(base, providers_lost=1)))
    need = providers_needed(base, lambda p: power_means(p, wanted), ENOUGH)
    yield f"Providers in each arm to detect {wanted:g}", str(need) if need else "more than 200"


def _sd(number: float) -> str:
    return f"{number:.2f} standard deviations" if np.isfinite(number) else "none, however large"


def _assumed(protocol: Protocol) -> tuple[str, ...]:
    p, design = protocol.trial.plan, protocol.trial.design
    said = [
        "A standard deviation is a yardstick of how far people differ: two in three lie within one of the mean.",
        "Power is 8 in 10 throughout, at a two-sided level of 5 in 100, by t with the degrees of freedom of the "
        "analysis; never by z.",
        f"{p.people:g} people a provider, {p.attrition:.0%} of them without an outcome; likeness within providers "
        f"(ICC) {p.icc:g}.",
    ]
    if design == "parallel":
        said.append(f"Sizes of providers vary by {p.size_cv:g} (standard deviation over mean).")
    else:
        said.append(f"One provider's level in two periods correlates {p.autocorrelation:g}; sizes are taken as equal.")
    if design == "before_after":
        said.append("Changes of provider means are normal here: the formula is exact, and nothing is simulated.")
    if design == "before_after" and p.coached != p.usual:
        said.append("The smaller number of providers is taken for both arms.")
    if design == "stepped_wedge":
        said.append("Only the plan is simulated; the formula by t is cautious beside the planned analysis.")
        said.append(f"{p.steps} steps, so {p.steps + 1} periods; a provider's people are spread over them.")
    return tuple(said)
