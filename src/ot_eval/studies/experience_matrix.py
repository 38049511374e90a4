"""The framework matrix out to Excel and back: what `ot-eval interviews matrix` and `matrix-read` do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ot_eval.base.errors import RequestError
from ot_eval.base.protocol_file import load, study_folder
from ot_eval.base.study import StudyFolder, write_private
from ot_eval.coding import framework_matrix, matrix_sheet
from ot_eval.coding.framework_matrix import FILE, Material, Written
from ot_eval.coding.matrix_sheet import Key
from ot_eval.coding.segments import Turn
from ot_eval.coding.theme_counts import states
from ot_eval.studies.experience_data import main_coder, participant_rows, participants
from ot_eval.studies.experience_desk import ExperienceDesk
from ot_eval.studies.interviews_coding import open_folder
from ot_eval.studies.interviews_desk import FOLDER
from ot_eval.studies.workspace import Workspace

STRAND = "experience"
ABOUT = (
    ("how 1", "Yellow cells are yours. Write your name beside 'filled in by' above; nothing is read back without it."),
    ("how 2", "Matrix: write in your own words what the person says about the theme. An empty cell stays empty."),
    ("how 3", "Asked: note yes or no for each topic. So 'did not mention it' can be told from 'was not asked'."),
    ("how 4", "Quotes: choose 'for' or 'against' to print a passage; shorten it with … where words are left out."),
    ("how 5", "A quote that may identify somebody needs the initials of who looked at it under 'checked by'."),
    ("how 6", "Beside outcomes: say whether what people said and what the records show fit, and what that means."),
    ("how 7", "This workbook holds single people's values. It stays where the study's data are."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixOut:
    """Where the workbook is, and whether outcomes and attributes from the last run are in it."""

    path: Path
    linked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixIn:
    """How many cells were changed, and how many stand as before."""

    changed: int
    kept: int


def write_matrix(protocol_file: Path) -> MatrixOut:
    """Write the workbook, with everything people wrote so far; an earlier workbook is never written over.

    Parameters
    ----------
    protocol_file : the study's protocol
    """
    folder, material, _, linked = _material(protocol_file)
    body = matrix_sheet.workbook(framework_matrix.pages(material, _written(folder)), ABOUT)
    place = folder.work / FOLDER
    names = (f"matrix{'' if n == 1 else f'-{n}'}.xlsx" for n in range(1, 1000))
    path = next(place / name for name in names if not (place / name).exists())
    return MatrixOut(path=write_private(path, body), linked=linked)


def read_matrix(protocol_file: Path, file: Path, *, mine_wins: bool = False, on: date) -> MatrixIn:
    """Read a filled workbook into `data/interviews/analysis.csv`: whole, or with everything that is wrong named.

    Parameters
    ----------
    protocol_file : the study's protocol
    file : the workbook
    mine_wins : where a cell was changed elsewhere too, this workbook decides
    on : the day to note beside each change

    Raises
    ------
    DataError
        Cells cannot stand, quotes may not be printed, or two people changed the same cells.
    """
    folder, material, turns, _ = _material(protocol_file)
    written = _written(folder)
    filled = matrix_sheet.read(file, framework_matrix.pages(material, written))
    now = {key: w.value for key, w in written.items()}
    changes, conflicts = matrix_sheet.merged(filled, now)
    if conflicts and not mine_wins:
        places = sorted({f"page {page}: a cell of row {row}" for page, row, _ in conflicts})
        raise matrix_sheet.refusal(
            file.name, [f"{len(conflicts)} cells were changed here and, differently, elsewhere meanwhile", *places]
        )
    changes |= {key: filled.cells[key] for key in conflicts}
    after = {**written, **{key: Written(text, filled.author, on.isoformat()) for key, text in changes.items()}}
    wrong = framework_matrix.unprintable(material.coded, after, turns, material.participants)
    if wrong:
        raise matrix_sheet.refusal(file.name, wrong)
    write_private(folder.data / FOLDER / FILE, framework_matrix.to_csv(after))
    return MatrixIn(changed=len(changes), kept=sum(1 for w in after.values() if w.value) - len(changes))


def _material(protocol_file: Path) -> tuple[StudyFolder, Material, tuple[Turn, ...], bool]:
    """Return the study's material, with outcomes where a run has linked them."""
    protocol = load(protocol_file)
    folder = study_folder(protocol_file, protocol)
    desk = open_folder(folder, protocol.study)
    coder = main_coder(desk, protocol)
    people = participants(participant_rows(folder.data / FOLDER, desk))
    mine = tuple(c for c in desk.coded if c.coder == coder)
    written = _written(folder)
    found = states(people, mine, desk.book, framework_matrix.asked_of(written))
    workspace = Workspace(root=folder.work, strand=STRAND, protocol=protocol)
    if not workspace.has("participants"):
        return folder, Material(participants=people, book=desk.book, coded=mine, states=found), desk.turns, False
    linked = ExperienceDesk.of(workspace)
    if linked.participants != people:
        raise RequestError(
            "the interviews are not those of the last run",
            expected="a run with the interviews as they are now",
            fix="run the study with `ot-eval run`, then write the matrix",
        )
    about = linked.material()
    known = {"attributes": about.attributes, "about": about.about, "outcomes": about.outcomes}
    material = Material(participants=people, book=desk.book, coded=mine, states=found, **known)  # type: ignore[arg-type]
    return folder, material, desk.turns, True


def _written(folder: StudyFolder) -> dict[Key, Written]:
    path = folder.data / FOLDER / FILE
    return framework_matrix.from_csv(path.read_text(encoding="utf-8")) if path.is_file() else {}
