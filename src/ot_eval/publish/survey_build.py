"""From the one source of an instrument, every form: KoboToolbox and ODK, REDCap, paper, and the codebook."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ot_eval.data.survey_instrument import Instrument
from ot_eval.publish.survey_codebook import page
from ot_eval.publish.survey_redcap import dictionary
from ot_eval.publish.survey_word import form
from ot_eval.publish.survey_workbook import workbook


def build(instruments: Iterable[Instrument], folder: Path) -> list[Path]:
    """Write the forms of each instrument into a folder of its own below `folder`, and return the files.

    `<name>.xlsx` is the XLSForm, `<name>_redcap.csv` the REDCap data dictionary, `<name>.docx` the printable form,
    `<name>_codebook.html` the codebook. Files that are there are overwritten: they are made from the source alone.
    """
    made = []
    for instrument in instruments:
        place = folder / instrument.name
        place.mkdir(parents=True, exist_ok=True)
        files = {
            f"{instrument.name}.xlsx": workbook(instrument),
            f"{instrument.name}_redcap.csv": dictionary(instrument).encode("utf-8"),
            f"{instrument.name}.docx": form(instrument),
            f"{instrument.name}_codebook.html": page(instrument).encode("utf-8"),
        }
        for name, body in files.items():
            (place / name).write_bytes(body)
            made.append(place / name)
    return made
