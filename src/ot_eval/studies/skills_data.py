"""One row a worker, round and skill, out of the answers in `carer_survey`; nothing is published from here.

A worker may answer in several rounds. What is said of workers rests on the first round of each; only the analysis of
change uses more.
"""

from __future__ import annotations

import pandas as pd

from ot_eval.base.errors import DataError
from ot_eval.base.protocol import Protocol
from ot_eval.base.results import FlowStep
from ot_eval.data.survey_instrument import Instrument, load_with_own, pick
from ot_eval.derive.assemble import StudyTables
from ot_eval.derive.index_people import own_table
from ot_eval.studies.workspace import Prepared

INSTRUMENT = "enabling_skills"
OWN_FOLDER = "surveys"
"""Beside the data folder: the study's own copies of instruments, used instead of those that come along."""
EVERYONE = "all"
WHAT = (
    "level",
    "use",
    "learned",
    "taught_by",
    "perceived_effect",
    "barrier",
)
SEEN = ("observed_level", "observed_effect")
SEVERAL = ("learned", "taught_by", "barrier")
JOIN = ";"


def prepare(tables: StudyTables, protocol: Protocol) -> Prepared:  # noqa: ARG001  # the strand contract
    """Lay the answers out by worker, round and skill.

    Raises
    ------
    DataError
        There is no `carer_survey`, it holds no answer to the enabling skills, it holds skills that the instrument does
        not have, or one item of one worker and round has two answers where one is asked for.
    """
    answers = own_table(tables, "carer_survey", ("carer_id", "wave", "item", "value"))
    instrument = pick(load_with_own(tables.folder.parent / OWN_FOLDER), INSTRUMENT)
    if answers is None or not answers["item"].isin({q.name for q in instrument.questions if q.name[:1] == "k"}).any():
        raise DataError(
            "skills: there are no answers to the enabling skills",
            expected="carer_survey.csv with the items of surveys/enabling_skills",
            fix="read the filled forms with `ot-eval surveys read`",
        )
    workers, flow = _workers(answers, own_table(tables, "providers", ("provider_id",)))
    named = skill_names(instrument)
    rows = _by_skill(answers, named)
    skills, seen = _skills(rows, workers), _seen(rows)
    facts = {**tables.facts, "skills_status": instrument.about["Status"], "skills_version": instrument.version}
    names = pd.DataFrame(named.items(), columns=["skill", "label"])
    frames = {"workers": workers, "skills": skills, "seen": seen, "names": names}
    return Prepared(frames=frames, flow=flow, facts=facts)


def skill_names(instrument: Instrument) -> dict[str, str]:
    """Return each skill's short name with its words; a colon would part a term of the results in two."""
    return {
        name.removesuffix("_skill"): label.replace(": ", " – ")
        for name, label in instrument.groups.items()
        if name.endswith("_skill")
    }


def _workers(answers: pd.DataFrame, providers: pd.DataFrame | None) -> tuple[pd.DataFrame, tuple[FlowStep, ...]]:
    """Return one row a worker and round with role and provider; and who was left out.

    `home` is the provider of the first round, as coaching was given; `coached`: it had begun there by then.
    """
    wide = {name: _single(answers, name) for name in ("role", "provider_id")}
    said = answers[answers["item"].str.fullmatch(r"k\d\d_level")]
    dated = said.groupby(["carer_id", "wave"])["date"].min()
    rows = pd.DataFrame(wide).join(dated, how="outer").reset_index()
    steps = []
    n = answers["carer_id"].nunique()
    for rule, label, kept in (
        ("rated_own_skills", "said how well they have at least one skill", rows["date"].notna()),
        ("role_known", "gave their role", rows["role"].notna()),
    ):
        rows = rows[kept.reindex(rows.index)]
        left = rows["carer_id"].nunique()
        steps.append(FlowStep(population=EVERYONE, rule=rule, label=label, n_left=left, n_removed=n - left))
        n = left
    start = answers["carer_id"].nunique()
    first = FlowStep(population=EVERYONE, rule="answered", label="answered a survey", n_left=start, n_removed=0)
    rows = rows.sort_values(["carer_id", "wave"], ignore_index=True)
    rows["first"] = ~rows.duplicated("carer_id")
    rows["home"] = rows.groupby("carer_id")["provider_id"].transform("first")
    begun = pd.Series(pd.NaT, index=rows.index)
    if providers is not None and "coaching_start" in providers:
        begun = rows["home"].map(providers.set_index("provider_id")["coaching_start"])
    rows["coached"] = (pd.to_datetime(begun) <= pd.to_datetime(rows["date"])).fillna(False)
    return rows, (first, *steps)


def _single(answers: pd.DataFrame, item: str) -> pd.Series:
    """Return the answers to one question by worker and round; two answers to it are refused."""
    found = answers[answers["item"] == item]
    twice = int(found.duplicated(["carer_id", "wave"]).sum())
    if twice:
        raise DataError(
            f"carer_survey: {twice} workers and rounds have two answers to {item}",
            expected="one answer to a question with one answer",
            fix="read the forms again with `ot-eval surveys read`, or remove the wrong rows",
        )
    return found.set_index(["carer_id", "wave"])["value"]


def _by_skill(answers: pd.DataFrame, named: dict[str, str]) -> pd.DataFrame:
    """Return the answers about skills with the skill and what was asked of it."""
    parts = answers["item"].str.extract(r"^(?P<skill>k\d\d)_(?P<what>\w+)$")
    rows = answers.assign(**parts)[parts["what"].isin((*WHAT, *SEEN))]
    unknown = sorted(set(rows["skill"]) - set(named))
    if unknown:
        raise DataError(
            f"carer_survey: {len(unknown)} skills are not in the instrument: {', '.join(unknown)}",
            expected=f"skills of {OWN_FOLDER}/{INSTRUMENT}",
            fix="put back into your copy of the instrument the skills that earlier rounds asked about",
        )
    return rows


def _refuse_second(rows: pd.DataFrame, keys: list[str]) -> None:
    twice = int(rows.duplicated(keys).sum())
    if twice:
        raise DataError(
            f"carer_survey: {twice} answers are second answers to a question with one answer",
            expected="one level, use and effect for each worker, round and skill, and for each observer of them",
            fix="read the forms again with `ot-eval surveys read`, or remove the wrong rows",
        )


def _skills(rows: pd.DataFrame, workers: pd.DataFrame) -> pd.DataFrame:
    """Return one row a worker, round and skill; several answers to a question are joined, no answer is missing."""
    keys = ["carer_id", "wave", "skill"]
    own = rows[rows["what"].isin(WHAT)]
    _refuse_second(own[~own["what"].isin(SEVERAL)], [*keys, "what"])
    wide = own.groupby([*keys, "what"])["value"].agg(JOIN.join).unstack("what").reindex(columns=list(WHAT))
    told = workers[["carer_id", "wave", "role", "home", "first", "coached"]]
    return wide.reset_index().merge(told, on=["carer_id", "wave"], how="inner")


def _seen(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row a worker, round, skill and observer; without a number, observers are taken as one."""
    keys = ["carer_id", "wave", "skill", "rater_id"]
    seen = rows[rows["what"].isin(SEEN)]
    rater = seen["rater_id"] if "rater_id" in seen else pd.Series("", index=seen.index)
    seen = seen.assign(rater_id=rater.fillna("").astype(str))
    _refuse_second(seen, [*keys, "what"])
    wide = seen.pivot(index=keys, columns="what", values="value").reindex(columns=list(SEEN))
    return wide.reset_index()
