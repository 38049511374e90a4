"""Filled forms of invented people: any instrument at random, and the enabling skills with gaps that are known.

They show a service what the surveys give before anyone is asked, and they hold the readers and the study to account.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from ot_eval.data.survey_forms import Form
from ot_eval.data.survey_instrument import Instrument, Question
from ot_eval.data.survey_logic import Answer, holds

FIRST_DAY = date(2025, 1, 6)
WORDS = ("=2+2 calls a day", "-felt rushed", "Zoë’s rota; and “travel”", "line one\nline two", "@home, mostly")
"""Free text with everything that breaks careless files: formula signs, accents, quotation marks, line breaks."""
SKIPPED = 0.1
LEVELS = ("none", "a_little", "some", "good", "can_teach")
USES = ("not_used", "one_two", "three_five", "six_more", "daily")
EFFECTS = ("none", "small", "moderate", "large")
TAUGHT, USED = 0.8, 0.9
"""Shares of skills that were taught, and that are used, where `SkillGaps` says nothing else."""
HOW = ("formal_course", "e_learning", "on_the_job_coaching", "shadowing")
BY = ("employer_trainer", "senior_carer", "ot", "college")
STOPS = ("nothing", "time", "care_plan_says_do", "family_view", "risk_policy")


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillGaps:
    """What is true of the invented workers, so that a study can be judged by whether it finds it.

    Attributes
    ----------
    gaps : skills that home carers rarely have and were never taught; the others are common in every role
    only_carers : skills that home carers have and reablement workers and therapists rarely
    unused : skills that home carers were taught and do not use
    overrated : skills that workers think help much and that an observer sees do little
    coached_gain : chance that coaching gives a carer a missing skill by the next round
    seen_wrong : chance that an observer sees the level of a skill one step too low or too high
    provider_spread : standard deviation, in logits, of how common skills are from provider to provider
    worker_spread : the same from worker to worker of a provider, in all skills alike
    """

    gaps: tuple[str, ...] = ("k10", "k15", "k18")
    only_carers: tuple[str, ...] = ("k23",)
    unused: tuple[str, ...] = ("k13",)
    overrated: tuple[str, ...] = ("k02",)
    coached_gain: float = 0.5
    seen_wrong: float = 0.2
    provider_spread: float = 0.3
    worker_spread: float = 0.8


def fill(instrument: Instrument, n: int, rng: np.random.Generator) -> list[Form]:
    """Return `n` forms of an instrument with random answers: every condition kept, optional ones sometimes skipped."""
    forms = []
    for k in range(n):
        answers: dict[str, Answer] = {}
        for q in instrument.questions:
            if not q.repeat:
                answers[q.name] = _answer(q, answers, k, rng)
        form = Form(file="synthetic", line=k + 2, source=_uuid(rng), answers=answers)
        for repeat in instrument.repeats:
            lines: list[dict[str, Answer]] = []
            for number in range(int(rng.integers(0, 4))):
                line: dict[str, Answer] = {}
                for q in instrument.questions:
                    if q.repeat == repeat:
                        line[q.name] = _answer(q, {**answers, **line}, number, rng)
                lines.append(line)
            if lines:
                form.lines[repeat] = lines
        forms.append(form)
    return forms


def _uuid(rng: np.random.Generator) -> str:
    digits = rng.bytes(16).hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _answer(q: Question, answers: dict[str, Answer], number: int, rng: np.random.Generator) -> Answer:
    nothing: Answer = () if q.multiple else ""
    if not holds(q.relevant, answers) or (not q.required and rng.random() < SKIPPED):
        return nothing
    if q.kind == "select_one":
        return str(rng.choice([c.name for c in q.choices]))
    if q.multiple:
        chosen = tuple(c.name for c in q.choices if rng.random() < 1 / 3)
        return chosen or (q.choices[int(rng.integers(len(q.choices)))].name,)
    if q.kind == "date":
        return (FIRST_DAY + timedelta(days=int(rng.integers(0, 300)))).isoformat()
    if q.kind == "text":
        return f"{q.name[:1].upper()}{number + 1:03d}" if q.required else WORDS[int(rng.integers(len(WORDS)))]
    low, high = int(q.minimum or 0), int(q.maximum if q.maximum is not None else 100)
    value = float(rng.integers(low, high + 1))
    return f"{value + 0.5:g}" if q.kind == "decimal" and value < high else f"{value:g}"


def skill_forms(
    instrument: Instrument,
    providers: Sequence[str],
    carers: int,
    truth: SkillGaps,
    rng: np.random.Generator,
    *,
    coached: Sequence[str] = (),
    therapists: int = 2,
) -> list[Form]:
    """Return two rounds of `enabling_skills` from invented workers whose gaps are `truth`.

    Parameters
    ----------
    instrument : the instrument `enabling_skills`
    providers : codes of the providers
    carers : home carers in each provider; beside them one reablement worker for every two
    coached : providers coached between the rounds
    therapists : occupational therapists in each provider
    """
    forms: list[Form] = []
    for provider in providers:
        shift = rng.normal(0, truth.provider_spread)
        roles = ["home_carer"] * carers + ["reablement_support_worker"] * (carers // 2)
        roles += ["occupational_therapist"] * therapists
        for n, role in enumerate(roles):
            had: dict[str, bool] = {}
            able = shift + rng.normal(0, truth.worker_spread)
            for wave in (0, 1):
                learns = truth.coached_gain if wave and provider in coached and role == "home_carer" else 0.0
                had = _skills(instrument, role, able, truth, had, learns, rng)
                answers = _skill_answers(instrument, role, had, truth, rng)
                answers |= {"carer_id": f"{provider}-{n + 1:02d}", "wave": str(wave), "provider_id": provider}
                answers |= {"role": role, "date": (FIRST_DAY + timedelta(days=180 * wave + n)).isoformat()}
                forms.append(Form(file="synthetic", line=len(forms) + 2, source=_uuid(rng), answers=answers))
    return forms


def _skills(
    instrument: Instrument,
    role: str,
    able: float,
    truth: SkillGaps,
    had: dict[str, bool],
    learns: float,
    rng: np.random.Generator,
) -> dict[str, bool]:
    """Return which skills a worker has in this round: once had, a skill is kept."""
    names = [q.name.removesuffix("_level") for q in instrument.questions if q.name.endswith("_level")]
    now = {}
    for skill in names:
        missing = skill in (truth.gaps if role == "home_carer" else truth.only_carers)
        common = (-2.5 if missing else 1.5) + able
        first = rng.random() < 1 / (1 + np.exp(-common))
        now[skill] = bool(had.get(skill, first) or rng.random() < learns)
    return now


def _skill_answers(
    instrument: Instrument, role: str, had: dict[str, bool], truth: SkillGaps, rng: np.random.Generator
) -> dict[str, Answer]:
    answers: dict[str, Answer] = {q.name: () if q.multiple else "" for q in instrument.questions}
    answers["years_in_care"] = str(int(rng.integers(0, 30)))
    for skill, has in had.items():
        answers[f"{skill}_barrier"] = (str(rng.choice(STOPS)) if has else "no_training",)
        answers[f"{skill}_level"] = str(rng.choice(LEVELS[2:])) if has else "none"
        if not has:
            continue
        idle = (skill in truth.unused and role == "home_carer") or rng.random() >= USED
        answers[f"{skill}_use"] = "not_used" if idle else str(rng.choice(USES[1:]))
        taught = skill not in truth.gaps and rng.random() < TAUGHT
        answers[f"{skill}_learned"] = (str(rng.choice(HOW)) if taught else "never_taught",)
        answers[f"{skill}_taught_by"] = (str(rng.choice(BY)) if taught else "nobody",)
        answers[f"{skill}_perceived_effect"] = "large" if skill in truth.overrated else str(rng.choice(EFFECTS))
    return answers


def observed_forms(
    instrument: Instrument, forms: Sequence[Form], observers: int, truth: SkillGaps, rng: np.random.Generator
) -> list[Form]:
    """Return what `observers` observers saw of each worker in the first round, by `truth`.

    Parameters
    ----------
    instrument : the instrument `enabling_skills_observed`
    forms : what `skill_forms` returned
    observers : observers of each worker; they err alone
    """
    seen: list[Form] = []
    for form in forms:
        if form.answers["wave"] != "0":
            continue
        for observer in range(observers):
            answers: dict[str, Answer] = {q.name: "" for q in instrument.questions}
            for skill in (n.removesuffix("_level") for n in form.answers if n.endswith("_level")):
                answers |= _seen(skill, form.answers, truth, rng)
            answers |= {name: form.answers[name] for name in ("carer_id", "wave", "date")}
            answers |= {"observer_id": f"O{observer + 1}", "observer_role": "supervisor"}
            seen.append(Form(file="synthetic", line=len(seen) + 2, source=_uuid(rng), answers=answers))
    return seen


def _seen(skill: str, said: dict[str, Answer], truth: SkillGaps, rng: np.random.Generator) -> dict[str, Answer]:
    """Return level and effect as an observer sees them: the effect as said, but less where it is overrated."""
    level, effect = said[f"{skill}_level"], said.get(f"{skill}_perceived_effect", "")
    step = int(rng.choice((-1, 1))) if rng.random() < truth.seen_wrong else 0
    place = min(max(LEVELS.index(str(level)) + step, 0), len(LEVELS) - 1)
    seen = "small" if skill in truth.overrated and effect else effect or "none"
    return {f"{skill}_observed_level": LEVELS[place], f"{skill}_observed_effect": seen}
