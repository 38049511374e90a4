"""The XLSForm workbook of an instrument: goes straight into KoboToolbox or ODK. Every cell is text."""

from __future__ import annotations

import io

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from ot_eval.data.survey_instrument import Instrument
from ot_eval.publish.same_bytes import NO_DATE, same_bytes


def workbook(instrument: Instrument) -> bytes:
    """Return the workbook as bytes, the same for the same instrument."""
    book = Workbook()
    book.remove(book.worksheets[0])
    settings = {"form_title": instrument.title, "form_id": instrument.name, "version": instrument.version}
    for name, rows in (("survey", instrument.rows), ("choices", instrument.choice_rows), ("settings", (settings,))):
        page = book.create_sheet(name)
        heads = list(rows[0])
        for n, cells in enumerate((heads, *([row[h] for h in heads] for row in rows)), start=1):
            for k, text in enumerate(cells, start=1):
                if not text:
                    continue
                cell = page.cell(n, k)
                cell.value, cell.data_type = text, "s"
                cell.quotePrefix = text[:1] in "=+-@"  # stays text when somebody edits the cell
                cell.number_format = "@"
                if n == 1:
                    cell.font = Font(bold=True)
        for k, head in enumerate(heads, start=1):
            page.column_dimensions[get_column_letter(k)].width = 50 if head.startswith(("label", "hint")) else 24
        page.freeze_panes = "A2"
    raw = io.BytesIO()
    book.save(raw)
    return same_bytes(raw.getvalue(), NO_DATE)
