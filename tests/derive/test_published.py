"""The published 2A figures, read with their markers, and a council's own figure beside them.

Goldens: rows 511 (Nottinghamshire) and England of measures 2A and 2D(1), DHSC, Measures from ASCOF, England 2024-25
(December 2025), as kept in `data/reference/ascof_2024_25_2A_2D_by_council.csv`; digits as printed there.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from ot_eval.base.errors import RequestError
from ot_eval.derive.ascof import Ascof2a, Council
from ot_eval.derive.ascof_published import compare, find, published
from ot_eval.derive.ascof_rules import RULE_SETS

OWN = Ascof2a(
    rules=RULE_SETS["dhsc_2025"],
    year_start=date(2024, 4, 1),
    year_end=date(2025, 3, 31),
    members=pd.DataFrame(),
    councils=(Council(la_code="511", numerator=49, denominator=60),),
    windows_open=0,
    facts={},
)


def test_nottinghamshire_and_england_as_published():
    here = find("Nottinghamshire")
    assert (here.la_code, here.numerator, here.denominator, here.percent) == ("511", 3682, 4504, 81.7)
    assert find("511") == here == find(" nottinghamshire ")
    assert find("England").percent == 77.1
    assert find("511", "2D(1)").percent == 57.9


def test_every_line_is_read_and_markers_keep_their_meaning():
    lines = published()
    assert len(lines) == 168
    cells = [v for x in lines for v in (x.numerator, x.denominator, x.percent)]
    assert {v for v in cells if isinstance(v, str)} == {"suppressed"}
    for x in lines:
        if not isinstance(x.percent, str) and not isinstance(x.numerator, str):
            assert x.percent == pytest.approx(100 * x.numerator / x.denominator, abs=0.2), x.area


def test_the_difference_is_in_percentage_points():
    found = compare(OWN, "Nottinghamshire")
    assert found.difference == pytest.approx(100 * 49 / 60 - 81.7)
    assert found.same_year
    assert not compare(replace(OWN, year_end=date(2026, 2, 28)), "511").same_year


def test_a_suppressed_or_empty_figure_has_no_difference():
    hidden = next(x for x in published() if isinstance(x.percent, str))
    assert compare(OWN, hidden.area).difference is None
    nobody = replace(OWN, councils=(Council(la_code="511", numerator=0, denominator=0),))
    assert compare(nobody, "511").percent is None


def test_an_unknown_council_is_refused_with_the_nearest_name():
    with pytest.raises(RequestError, match="Did you mean 'Nottinghamshire'"):
        find("Notinghamshire")


def test_a_council_that_is_not_in_the_data_is_refused():
    two = replace(OWN, councils=(*OWN.councils, Council(la_code="512", numerator=1, denominator=2)))
    with pytest.raises(RequestError, match="no council with the code"):
        compare(two, "Lincolnshire")
