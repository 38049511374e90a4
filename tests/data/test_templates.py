"""Templates: what `init` hands out is what the reader asks for."""

import csv
import io

from ot_eval.data.formats import read_raw
from ot_eval.data.own_words import OwnWords
from ot_eval.data.problems import ProblemList
from ot_eval.data.schema import TABLES
from ot_eval.data.templates import EXPLAINED, templates
from ot_eval.data.validate import check_table


def test_every_table_has_a_template_that_the_reader_accepts(tmp_path):
    made = templates()
    assert set(made) == {f"{t.name}.csv" for t in TABLES} | {EXPLAINED}
    for table in TABLES:
        path = tmp_path / f"{table.name}.csv"
        path.write_text(made[path.name], encoding="utf-8")
        problems = ProblemList()
        typed, _ = check_table(read_raw(path), table, OwnWords.of(), problems)
        assert problems.counts == []
        assert typed.num_rows == 0


def test_every_column_is_explained():
    rows = list(csv.DictReader(io.StringIO(templates()[EXPLAINED].lstrip("\ufeff"))))
    assert [(r["table"], r["column"]) for r in rows] == [(t.name, c.name) for t in TABLES for c in t.columns]
    assert all(r["what it is"] and r["how to write it"] for r in rows)
    role = next(r for r in rows if (r["table"], r["column"]) == ("contacts", "staff_role"))
    assert role["must be there"] == "yes"
    assert "occupational_therapist" in role["allowed"]
    assert "your own words" in role["allowed"]
