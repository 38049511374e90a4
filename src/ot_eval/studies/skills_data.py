"""One row a worker, round and skill, out of the answers in `carer_survey`; nothing is published from here.

A worker may answer in several rounds. What is said of workers rests on the first round of each; only the analysis of
change uses more.
"""

from __future__ import annotations

import pandas as pd

from ot_eval.base.errors import DataError
from ot_eval.base.protocol import Protocol
from ot_eval.base.results import FlowStep
from ot_eval.data.survey_instrument import Instrument, load_all
from ot_eval.derive.assemble import StudyTables
from ot_eval.derive.index_people import own_table
from ot_eval.studies.workspace import Prepared

INSTRUMENT = "enabling_skills"
EVERYONE = "all"
WHAT = (
    "level",
    "use",
    "learned",
    "taught_by",
    "perceived_effect",
    "barrier",
    "observed_level",
    "observed_effect",
)
SEVERAL = ("learned", "taught_by", "barrier")
JOIN = ";"


def prepare(tables: StudyTables, protocol: Protocol) -> Prepared:  # noqa: ARG001  # the strand contract
    """Lay the answers out by worker, round and skill.

    Raises
    ------
    DataError
        There is no `carer_survey`, it holds no answer to the enabling skills, or one item of one worker and round has
        two answers where one is asked for.
    """
    answers = own_table(tables, "carer_survey", ("carer_id", "wave", "item", "value"))
    instrument = load_all()[INSTRUMENT]
    if answers is None or not answers["item"].isin({q.name for q in instrument.questions if q.name[:1] == "k"}).any():
        raise DataError(
            "skills: there are no answers to the enabling skills",
            expected="carer_survey.csv with the items of surveys/enabling_skills",
            fix="read the filled forms with `ot-eval surveys read`",
        )
    workers, flow = _workers(answers, own_table(tables, "providers", ("provider_id",)))
    skills = _skills(answers, workers)
    facts = {**tables.facts, "skills_status": instrument.about["Status"]}
    names = pd.DataFrame(skill_names(instrument).items(), columns=["skill", "label"])
    return Prepared(frames={"workers": workers, "skills": skills, "names": names}, flow=flow, facts=facts)


def skill_names(instrument: Instrument) -> dict[str, str]:
    """Return each skill's short name with its words; a colon would part a term of the results in two."""
    return {
        name.removesuffix("_skill"): label.replace(": ", ", ")
        for name, label in instrument.groups.items()
        if name.endswith("_skill")
    }


def _workers(answers: pd.DataFrame, providers: pd.DataFrame | None) -> tuple[pd.DataFrame, tuple[FlowStep, ...]]:
    """Return one row a worker and round with role, provider and whether coached by then; and who was left out."""
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
    known = None
    if providers is not None and "coaching_start" in providers:
        known = providers.set_index("provider_id")["coaching_start"]
    begun = rows["provider_id"].map(known) if known is not None else pd.Series(pd.NaT, index=rows.index)
    day = pd.to_datetime(rows["date"])
    rows["coached"] = (pd.to_datetime(begun) <= day).fillna(False)
    rows["arms_known"] = known is not None
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


def _skills(answers: pd.DataFrame, workers: pd.DataFrame) -> pd.DataFrame:
    """Return one row a worker, round and skill; several answers to a question are joined, no answer is missing."""
    parts = answers["item"].str.extract(r"^(?P<skill>k\d\d)_(?P<what>\w+)$")
    rows = answers.assign(**parts)[parts["what"].isin(WHAT)]
    keys = ["carer_id", "wave", "skill"]
    single = rows[~rows["what"].isin(SEVERAL)]
    twice = int(single.duplicated([*keys, "what"]).sum())
    if twice:
        raise DataError(
            f"carer_survey: {twice} answers are second answers to a question with one answer",
            expected="one level, use and effect for each worker, round and skill",
            fix="read the forms again with `ot-eval surveys read`, or remove the wrong rows",
        )
    wide = rows.groupby([*keys, "what"])["value"].agg(JOIN.join).unstack("what").reindex(columns=list(WHAT))
    told = workers[["carer_id", "wave", "role", "provider_id", "first", "coached"]]
    return wide.reset_index().merge(told, on=["carer_id", "wave"], how="inner")
