"""The budget workbook: its formulas, worked out by LibreOffice where it is installed, against the sums done here."""

from __future__ import annotations

import csv
import shutil
import subprocess
from pathlib import Path

import pytest
from openpyxl import load_workbook

from ot_eval.base.protocol import Protocol, Value
from ot_eval.base.provenance import gather
from ot_eval.base.results import Estimate, StudyResult
from ot_eval.outputs.disclosure import release
from ot_eval.outputs.policy import Policy
from ot_eval.publish.budget_workbook import budget_workbook

PLAN = Value(
    price_year="2025/26",
    coaching={"=HYPERLINK(1)": 10.0, "trainer": 24.0},
    people_a_year=250,
    providers_coached=(2, 3),
    discount_percent=3.5,
)


def made():
    protocol = Protocol(study="worth", title="=1+1 worth", question="Is it worth its cost?", value=PLAN)

    def line(analysis, **words):
        return Estimate(**{"analysis": analysis, "population": "all", "outcome": "", "n": 600, "unit": "£", **words})

    prices = {"home_care_hour": 25.0, "trainer": 60.0, "=HYPERLINK(1)": 18.0}
    estimates = [line("value_inputs", term=k, measure="price", value=v) for k, v in prices.items()]
    estimates.append(line("value_inputs", term="people a provider", measure="people a provider",
                          unit="people served", value=60.0))  # fmt: skip
    change = {"value": -30.0, "lower": -50.0, "upper": -10.0, "level": 0.95, "unit": "hours"}
    words = {"term": "coached less usual care", "outcome": "home_care_hour", "measure": "difference in use a person"}
    estimates.append(line("value_use", **words, **change))
    result = StudyResult(study="worth", strand="value", title="t", question="q", estimates=tuple(estimates))
    released = release(result, Policy.of(protocol.disclosure))
    return budget_workbook(released, protocol, gather(protocol, ()))


def test_only_our_cells_are_formulas(tmp_path):
    path = tmp_path / "budget.xlsx"
    path.write_bytes(made())
    book = load_workbook(path)
    first, second = book["Change these"], book["Budget"]
    assert not [c.coordinate for row in first.iter_rows() for c in row if c.data_type == "f"]
    assert any("HYPERLINK" in str(c.value) for row in first.iter_rows() for c in row)
    formulas = [c.value for row in second.iter_rows() for c in row if c.data_type == "f"]
    assert len(formulas) == 5 * 8 + 6
    assert not any("HYPERLINK" in f for f in formulas)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_the_formulas_give_the_budget(tmp_path):
    path = tmp_path / "budget.xlsx"
    path.write_bytes(made())
    command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to",
               "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,2",
               "--outdir", str(tmp_path), str(path)]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    text = Path(tmp_path / "budget-Budget.csv").read_text(encoding="utf-8")
    rows = list(csv.reader(text.splitlines()))
    each = 10 * 18 + 24 * 60
    new, so_far = (2, 3, 0, 0, 0), (2, 5, 5, 5, 5)
    people = [min(60 * n, 250) for n in so_far]
    change = [p * -30 * 25 for p in people]
    total = [n * each + c for n, c in zip(new, change, strict=True)]
    low = [n * each + p * -50 * 25 for n, p in zip(new, people, strict=True)]
    now = [t / 1.035**k for k, t in enumerate(total)]
    found = {row[0]: [float(x) for x in row[1:6]] for row in rows[3:] if row and row[0]}
    assert found["People served by coached providers"] == people
    assert found["Coaching"] == pytest.approx([n * each for n in new])
    assert found["All together"] == pytest.approx(total)
    assert found["All together, lower ends of the likely ranges"] == pytest.approx(low)
    assert found["All together, discounted"] == pytest.approx(now)
    whole = next(row for row in rows if row and row[0] == "All together")
    assert float(whole[6]) == pytest.approx(sum(total))
