"""Build, fill, export as each tool exports, read back: every answer of every instrument comes back the same."""

import numpy as np
import pytest

from ot_eval.data import synthetic_exports as exports
from ot_eval.data.survey_instrument import load_all
from ot_eval.data.survey_read import read_exports
from ot_eval.data.synthetic_surveys import fill

KNOWN = load_all()
WAYS = {
    "kobo names": lambda i, f, to: [exports.kobo(i, f, to / "export.xlsx")],
    "kobo labels": lambda i, f, to: [exports.kobo(i, f, to / "export.xlsx", labels=True)],
    "odk joined": lambda i, f, to: exports.odk(i, f, to, split=False),
    "odk split": exports.odk,
    "redcap raw": lambda i, f, to: [exports.redcap(i, f, to / "DATA.csv")],
    "redcap labels": lambda i, f, to: [exports.redcap(i, f, to / "LABELS.csv", labels=True)],
    "redcap events": lambda i, f, to: [exports.redcap(i, f, to / "long.csv", events=("before_arm_1", "after_arm_1"))],
    "microsoft forms": lambda i, f, to: [exports.forms_excel(i, f, to / "answers.xlsx")],
    "by hand": lambda i, f, to: [exports.hand_excel(i, f, to / "final v2.xlsx")],
    "spss": lambda i, f, to: [exports.spss(i, f, to / "survey.sav")],
}
TITLES = {
    "kobo": "KoboToolbox",
    "odk": "ODK Central",
    "redcap": "REDCap",
    "microsoft": "Microsoft Forms",
    "by": "a table saved by hand",
    "spss": "SPSS",
}
TOLD = {"column not in the instrument", "sheet not read", "column that names people"}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", KNOWN)
def test_every_answer_comes_back(name, way, tmp_path):
    instrument = KNOWN[name]
    forms = fill(instrument, 12, np.random.default_rng(11))
    got = read_exports(WAYS[way](instrument, forms, tmp_path), KNOWN)
    assert got.instrument.name == name
    assert [layout.title for layout in got.layouts.values()] == [TITLES[way.split()[0]]]
    assert got.problems.refused == ()
    assert {c.rule for c in got.problems.noted} <= TOLD
    assert [f.answers for f in got.forms] == [f.answers for f in forms]
    assert [f.lines for f in got.forms] == [f.lines for f in forms]
