"""`budget.xlsx`: what coaching does to the budget in years 1 to 5, in a workbook that works itself out again.

A finance officer changes the yellow cells; every other number is a formula of ours. What comes from data is a released
number. Text of the user's (names of prices) is written as text and can never act as a formula.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Font, PatternFill

from ot_eval.base.protocol import Protocol
from ot_eval.base.provenance import Provenance
from ot_eval.outputs import labels
from ot_eval.outputs.figure_value import EXTRA
from ot_eval.outputs.released import Released
from ot_eval.publish.same_bytes import same_bytes

INPUTS, BUDGET = "Change these", "Budget"
FONT, YELLOW = "Arial", "FFF2CC"
YEARS = 5
PERCENT = 100
MONEY = '"£"#,##0;[Red]-"£"#,##0'
Rows = dict[str, int]


def budget_workbook(released: Released, protocol: Protocol, provenance: Provenance) -> bytes | None:
    """Return the workbook as bytes (the same for the same input), or None where arms were not compared."""
    prices = {e.term: e.value for e in released.find("value_inputs", measure="price") if e.value is not None}
    changes = {e.outcome: e for e in released.find("value_use", term=EXTRA) if e.value is not None}
    served = [e.value for e in released.find("value_inputs", measure="people a provider") if e.value is not None]
    if not prices or not changes or not served:
        return None
    book = Workbook()
    sheet: Any = book.active
    about = book.properties
    about.title, about.creator, about.lastModifiedBy, about.language = "Budget", "ot_eval", "ot_eval", "en-GB"
    about.created = datetime.strptime(provenance.made_at, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    sheet.title = INPUTS
    services = {s: e for s, e in changes.items() if s in prices}
    plan = protocol.value
    at = _Sheet(sheet)
    whose = plan.perspective.replace("_", " ")
    at.head(
        f"Budget: {protocol.title}",
        f"Change the yellow cells. {plan.price_year} prices; perspective: {whose}. A provider is paid for in the year "
        f"it is coached, and its people count from then on. Only the last line of {BUDGET} is discounted.",
    )
    for service, e in services.items():
        name = labels.label(service, labels.OUTCOMES)
        at.put(f"change {service}", f"Change a person, {name}", e.value, "0.00")
        at.put(f"low {service}", "   lower end of its likely range", e.lower, "0.00")
        at.put(f"high {service}", "   upper end of its likely range", e.upper, "0.00")
        at.put(f"price {service}", f"Price of one of: {name}", prices[service], MONEY)
    for item, units in plan.coaching.items():
        if item in prices:
            at.put(f"units {item}", f"Coaching one provider: units of {item}", units, "0.0")
            at.put(f"price {item}", f"Price of one unit of {item}", prices[item], MONEY)
    at.put("served", "People a year served by one coached provider", served[0], "0.0")
    at.put("people", "People a year leaving reablement with home care", plan.people_a_year, "0")
    at.put("discount", "Discount a year, percent (last line only)", plan.discount_percent, "0.0")
    for year in range(1, YEARS + 1):
        planned = plan.providers_coached
        new = planned[year - 1] if year <= len(planned) else 0
        at.put(f"new {year}", f"Providers newly coached in year {year}", new, "0")
    coaching = [item for item in plan.coaching if item in prices]
    _budget(book.create_sheet(BUDGET), at.rows, tuple(services), coaching)
    raw = io.BytesIO()
    book.save(raw)
    return same_bytes(raw.getvalue(), provenance.made_at)


class _Sheet:
    """The sheet of inputs: which row holds what."""

    def __init__(self, sheet: Any) -> None:
        self.sheet, self.rows = sheet, Rows()
        sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 58, 16

    def head(self, title: str, note: str) -> None:
        """Write title and note as text."""
        for row, text in ((1, title), (2, note)):
            _text(self.sheet.cell(row, 1), text, bold=row == 1)

    def put(self, key: str, name: str, number: float | int | None, shape: str) -> None:
        """Write one number that may be changed; an empty cell is to be filled in."""
        row = 4 + len(self.rows)
        _text(self.sheet.cell(row, 1), name)
        cell = self.sheet.cell(row, 2)
        cell.value, cell.number_format = number, shape
        cell.fill, cell.font = PatternFill("solid", fgColor=YELLOW), Font(name=FONT)
        self.rows[key] = row


def _text(cell: Any, text: str, *, bold: bool = False) -> None:
    cell.value, cell.data_type, cell.font = text, "s", Font(name=FONT, bold=bold)


def _budget(sheet: Any, rows: Rows, services: tuple[str, ...], coaching: list[str]) -> None:
    """Write the formulas, one column a year and a total."""

    def of(key: str) -> str:
        return f"'{INPUTS}'!$B${rows[key]}"

    _text(sheet.cell(1, 1), "Budget by year (negative: less spent)", bold=True)
    sheet.column_dimensions["A"].width = 58
    names = ["Providers coached so far", "People served by coached providers", "Coaching"]
    names += [f"Change: {labels.label(s, labels.OUTCOMES)}" for s in services]
    lows = ["All together", "All together, lower ends of the likely ranges", "All together, upper ends"]
    for row, name in enumerate([*names, *lows, "All together, discounted"], start=4):
        _text(sheet.cell(row, 1), name)
    each = "+".join(f"{of(f'units {i}')}*{of(f'price {i}')}" for i in coaching) or "0"
    for year in range(1, YEARS + 1):
        column, letter = year + 1, "ABCDEF"[year]
        _text(sheet.cell(3, column), f"Year {year}", bold=True)
        so_far = "+".join(of(f"new {k}") for k in range(1, year + 1))
        people = f"{letter}5"
        cells = [f"={so_far}", f"=MIN({letter}4*{of('served')},IF({of('people')}=\"\",1E+9,{of('people')}))",
                 f"={of(f'new {year}')}*({each})"]  # fmt: skip
        cells += [f"={people}*{of(f'change {s}')}*{of(f'price {s}')}" for s in services]
        last = 3 + len(cells)
        cells.append(f"=SUM({letter}6:{letter}{last})")
        for end in ("low", "high"):
            cells.append(
                f"={letter}6+{people}*(" + "+".join(f"{of(f'{end} {s}')}*{of(f'price {s}')}" for s in services) + ")"
            )
        cells.append(f"={letter}{last + 1}/(1+{of('discount')}/{PERCENT})^{year - 1}")
        _formulas(sheet, column, cells)
    _text(sheet.cell(3, YEARS + 2), "All years", bold=True)
    for row in range(6, 4 + len(names) + 4):
        cell = sheet.cell(row, YEARS + 2)
        cell.value, cell.number_format, cell.font = f"=SUM(B{row}:F{row})", MONEY, Font(name=FONT)


def _formulas(sheet: Any, column: int, cells: list[str]) -> None:
    for row, formula in enumerate(cells, start=4):
        cell = sheet.cell(row, column)
        cell.value, cell.font = formula, Font(name=FONT)
        cell.number_format = "0" if row < 6 else MONEY  # noqa: PLR2004
        sheet.column_dimensions["ABCDEFG"[column - 1]].width = 14
