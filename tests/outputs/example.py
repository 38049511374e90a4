"""An invented study result, made by formula, to develop and test pages with. No number in it comes from any data."""

from __future__ import annotations

import math

from ot_eval.base.results import Check, Curve, Deviation, Estimate, FlowStep, StudyResult

DAYS = 540
SIZES = {"new": 412, "existing": 236}
YEARLY = {  # invented yearly rates of each outcome
    "new": {"increase": 0.26, "death": 0.13, "care_home": 0.07},
    "existing": {"increase": 0.44, "death": 0.17, "care_home": 0.10},
}
LEVEL = 0.95
METHOD = "invented by formula"
LEVELS = {  # invented shares of each level; the last level takes the rest
    "age_band": {"18-64": 0.07, "65-74": 0.17, "75-84": 0.37, "85+": 0.39},
    "sex": {"female": 0.61, "male": 0.39},
    "dementia": {"yes": 0.18, "no": 0.75, "unknown": 0.07},
    "hospital_route": {"yes": 0.64, "no": 0.36},
    "baseline_band": {"under 7 hours": 0.41, "7 to 14 hours": 0.36, "over 14 hours": 0.23},
    "has_unpaid_carer": {"yes": 0.48, "no": 0.51, "unknown": 0.01},
}


def counted(population: str, day: int) -> tuple[dict[str, int], int]:
    """Return invented cumulative events by outcome, and people still at risk just before `day`."""
    size, rates = SIZES[population], YEARLY[population]
    total = sum(rates.values()) + 0.16  # the last is leaving observation
    gone = 1 - math.exp(-total * day / 365)
    events = {outcome: int(size * rate / total * gone) for outcome, rate in rates.items()}
    return events, size - int(size * gone)


def share(population: str, outcome: str, day: int) -> tuple[float, float, float]:
    """Return an invented cumulative incidence with an interval."""
    rates = YEARLY[population]
    total = sum(rates.values())
    value = rates[outcome] / total * (1 - math.exp(-total * day / 365))
    half = 1.96 * math.sqrt(max(value * (1 - value), 1e-9) / SIZES[population])
    return value, max(0.0, value - half), min(1.0, value + half)


def curve(population: str, outcome: str) -> Curve:
    days = tuple(range(1, DAYS + 1))
    shares = [share(population, outcome, d) for d in days]
    counts = [counted(population, d) for d in days]
    return Curve(
        analysis="cumulative_incidence",
        population=population,
        outcome=outcome,
        group=population,
        unit="probability",
        days=days,
        value=tuple(s[0] for s in shares),
        lower=tuple(s[1] for s in shares),
        upper=tuple(s[2] for s in shares),
        n_risk=tuple(counted(population, d - 1)[1] for d in days),
        n_event=tuple(c[0][outcome] for c in counts),
        n_censored=tuple(SIZES[population] - c[1] - sum(c[0].values()) for c in counts),
        method=METHOD,
    )


def _levels(population: str) -> dict[str, dict[str, int]]:
    size = SIZES[population]
    table = {}
    for variable, shares in LEVELS.items():
        counts = {level: int(size * s) for level, s in shares.items()}
        last = list(counts)[-1]
        counts[last] += size - sum(counts.values())
        table[variable] = counts
    return table


def table_one() -> list[Estimate]:
    by_group = {p: _levels(p) for p in SIZES}
    by_group = {
        "all": {v: {k: sum(by_group[p][v][k] for p in SIZES) for k in LEVELS[v]} for v in LEVELS},
        **by_group,
    }
    rows = []
    for population, table in by_group.items():
        n = sum(table["sex"].values())
        base = {"analysis": "table_one", "population": population, "outcome": "", "n": n, "method": METHOD}
        rows.append(Estimate(**base, term="people", measure="people", unit="people", value=n))
        for term, mean, sd, unit in (("age", 81.3, 9.4, "years"), ("baseline_hours", 9.6, 6.1, "hours/week")):
            rows.append(Estimate(**base, term=term, measure="mean", unit=unit, value=mean))
            rows.append(Estimate(**base, term=term, measure="sd", unit=unit, value=sd))
        for variable, counts in table.items():
            for level, count in counts.items():
                term = f"{variable}: {level}"
                rows.append(Estimate(**base, term=term, measure="people", unit="people", value=count))
                rows.append(Estimate(**base, term=term, measure="percent", unit="percent", value=100 * count / n))
    return rows


def incidence() -> list[Estimate]:
    rows = []
    for population in ("all", *SIZES):
        for outcome in ("increase", "death", "care_home"):
            for day in (91, 182, 365):
                parts = list(SIZES) if population == "all" else [population]
                n = sum(SIZES[p] for p in parts)
                value = sum(SIZES[p] * share(p, outcome, day)[0] for p in parts) / n
                half = 1.96 * math.sqrt(value * (1 - value) / n)
                rows.append(
                    Estimate(
                        analysis="cumulative_incidence",
                        population=population,
                        outcome=outcome,
                        term=f"day {day}",
                        measure="cumulative incidence",
                        unit="probability",
                        value=value,
                        se=half / 1.96,
                        lower=max(0.0, value - half),
                        upper=min(1.0, value + half),
                        level=LEVEL,
                        n=n,
                        n_event=sum(counted(p, day)[0][outcome] for p in parts),
                        method=METHOD,
                    )
                )
    return rows


def _ratio(analysis: str, term: str, value: float, half: float) -> Estimate:
    return Estimate(
        analysis=analysis,
        population="all",
        outcome="increase",
        term=term,
        measure="hazard ratio",
        unit="ratio",
        value=value,
        se=half / 1.96,
        lower=value * math.exp(-half),
        upper=value * math.exp(half),
        level=LEVEL,
        p=0.04,
        n=641,
        n_event=187,
        n_cluster=14,
        method=METHOD,
    )


def models(ot: float = 0.74) -> list[Estimate]:
    rows = [
        _ratio("cox", "OT contact (from the day after)", ot, 0.29),
        _ratio("cox", "age_band: 65-74", 1.04, 0.35),
        _ratio("cox", "age_band: 75-84", 1.12, 0.33),
        _ratio("cox", "age_band: 85+", 1.31, 0.34),
        _ratio("cox", "sex: male", 0.93, 0.27),
        _ratio("cox", "client: existing", 1.64, 0.28),
        _ratio("cox", "dementia: yes", 1.28, 0.31),
        _ratio("cox", "hospital_route: yes", 0.97, 0.29),
        _ratio("ever_never", "OT contact at any time", 0.52, 0.25),
    ]
    for population, size in SIZES.items():
        rows.append(
            Estimate(
                analysis="restricted_mean",
                population=population,
                outcome="increase",
                term="day 365",
                measure="restricted mean time",
                unit="days",
                value=301.4 if population == "new" else 268.9,
                se=4.2,
                lower=293.2 if population == "new" else 259.0,
                upper=309.6 if population == "new" else 278.8,
                level=LEVEL,
                n=size,
                n_event=counted(population, 365)[0]["increase"],
                method=METHOD,
            )
        )
    return rows


def times(days: float) -> list[Estimate]:
    """Average days without any of the outcomes by contact at the start; `days` is the difference."""
    base = {
        "analysis": "contact_time", "population": "all", "outcome": "any event", "unit": "days", "level": LEVEL,
        "n_cluster": 14, "method": METHOD,
    }  # fmt: skip
    rows = [
        Estimate(**base, term=f"OT contact: {seen}, to day 365", measure="restricted mean time", value=value, se=5.0,
                 lower=value - 9.8, upper=value + 9.8, n=n, n_event=n_event)
        for seen, value, n, n_event in (("not by day 7", 271.2, 402, 161), ("by day 7", 271.2 + days, 239, 88))
    ]  # fmt: skip
    difference = Estimate(
        **base, term="OT contact: by day 7 v not by day 7, to day 365", measure="difference in restricted mean time",
        value=days, se=6.6, lower=days - 13.0, upper=days + 13.0, p=0.04, n=641, n_event=249,
    )  # fmt: skip
    return [*rows, difference]


def flow() -> tuple[FlowStep, ...]:
    steps = (
        ("episodes", "People with a reablement episode in the data", 1143, 0),
        ("ended", "Episode ended, and its end date is known", 1097, 46),
        ("adult", "Aged 18 or over when it ended", 1094, 3),
        ("home", "Reablement took place at home", 1010, 84),
        ("package", "Had a home-care package on day 7", 688, 322),
        ("at_risk", "Alive, at home and in touch on day 7", 648, 40),
    )
    return tuple(
        FlowStep(population="all", rule=rule, label=label, n_left=left, n_removed=removed)
        for rule, label, left, removed in steps
    )


def study_result(ot: float = 0.74, *, steady: bool = True, days: float | None = 24.0) -> StudyResult:
    """Return the invented result.

    `ot` is the rate ratio of an occupational therapy contact, `steady` whether it held over follow-up, `days` the
    difference in average time by contact (None = not worked out).
    """
    return StudyResult(
        study="invented",
        strand="care_packages",
        title="Time to a larger care package after reablement",
        question="After reablement ends, how long do people stay without needing a larger home-care package, "
        "and does seeing an occupational therapist go with staying longer?",
        estimates=(*table_one(), *incidence(), *(times(days) if days is not None else ()), *models(ot)),
        curves=tuple(curve(p, o) for p in SIZES for o in ("increase", "death", "care_home")),
        flow=flow(),
        checks=(
            Check(
                analysis="cox",
                name="proportional hazards",
                passed=steady,
                sentence="The comparison held steady over the follow-up."
                if steady
                else "The ratios between groups changed during follow-up. So this report leads with average time.",
                detail="Schoenfeld residuals, global test: p = 0.41",
            ),
            Check(
                analysis="cox",
                name="providers",
                passed=False,
                sentence="There were few providers, so the ranges may be a little too narrow.",
                detail="14 providers; robust standard errors want 30 or more",
            ),
        ),
        deviations=(Deviation(place="increase.minimum_rise", locked="1.0", used="2.0"),),
        notes=(
            "A package arranged by the person without the council cannot be seen.",
            "31 people had no planned hours on some days and were followed until then.",
        ),
        facts={
            "synthetic": "yes",
            "data_start": "2023-04-01",
            "data_end": "2026-03-31",
            "recording_style": "a new row for each change of package",
            "ot_source": "the contacts file",
        },
    )
