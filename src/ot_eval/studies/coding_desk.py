"""What coding starts from: the contacts with notes, the codebook, and what people decided so far.

Sheets and lists hold notes and stay in work/<study>/coding/. What people decided lies in data/contact_codes.csv, an
input of the study like any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ot_eval.base.errors import RequestError
from ot_eval.base.protocol import Protocol
from ot_eval.base.protocol_file import load, study_folder
from ot_eval.base.study import StudyFolder
from ot_eval.coding import codebook, contacts
from ot_eval.coding.codebook import Codebook
from ot_eval.coding.contacts import CodedContact, Conflict
from ot_eval.coding.features import Note
from ot_eval.coding.suggest import Proposal, propose
from ot_eval.data.read import read_tables
from ot_eval.derive.materialise import frame

CODES_FILE = "contact_codes.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What coding needs: the contacts with notes, the codebook, and what was coded so far.

    `table` has one row a contact that has a note: contact_id, person_id (a pseudonym), date, staff_role, mode, minutes,
    note; missing values are empty text.
    """

    protocol: Protocol
    folder: StudyFolder
    book: Codebook
    table: pd.DataFrame
    n_without_note: int
    records: tuple[CodedContact, ...]
    conflicts: tuple[Conflict, ...]

    @property
    def notes(self) -> tuple[Note, ...]:
        """The notes as the rules and the model read them."""
        return tuple(
            Note(contact_id=r["contact_id"], person_id=r["person_id"], note=r["note"], staff_role=r["staff_role"])
            for r in self.table.to_dict("records")
        )

    def place(self, name: str) -> Path:
        """Return a path in the private coding folder that no file has yet, so that a filled sheet is never lost."""
        stem, suffix = Path(name).stem, Path(name).suffix
        folder = self.folder.work / "coding"
        names = [name, *(f"{stem}-{n}{suffix}" for n in range(2, 1000))]
        return next(folder / n for n in names if not (folder / n).exists())


def open_desk(protocol_file: Path) -> Desk:
    """Read the contacts, the codebook and the codes of the study whose protocol lies at `protocol_file`.

    Raises
    ------
    RequestError
        There is no table of contacts, or none has a note, or the codebook cannot be read.
    DataError
        The tables broke rules.
    """
    protocol = load(protocol_file)
    folder = study_folder(protocol_file, protocol)
    inputs = read_tables(folder, protocol, names=("contacts", "contact_codes"))
    if "contacts" not in inputs.tables:
        raise RequestError(
            "the study has codes of contacts and no contacts",
            expected="contacts.csv (or ot_contacts.csv) in the data folder, with what was done in the column note",
            fix="export the contacts with their notes; data/templates/contacts.csv shows the columns",
        )
    table = _texts(frame(inputs.tables["contacts"], ("contact_id",)))
    with_note = table[table["note"].str.strip() != ""].reset_index(drop=True)
    if with_note.empty:
        raise RequestError(
            f"contacts: {len(table)} contacts, none with a note",
            expected="notes to code",
            fix="export the contacts with their notes",
        )
    book = book_of(folder, protocol)
    rows = pd.DataFrame()
    if "contact_codes" in inputs.tables:
        rows = frame(inputs.tables["contact_codes"], ("contact_id", "coder", "sheet"))
    records, conflicts = contacts.from_rows(records_of(rows), book, CODES_FILE)
    return Desk(
        protocol=protocol,
        folder=folder,
        book=book,
        table=with_note,
        n_without_note=len(table) - len(with_note),
        records=records,
        conflicts=conflicts,
    )


def book_of(folder: StudyFolder, protocol: Protocol) -> Codebook:
    """Return the study's codebook: its own in the data folder, else the one that comes with the toolkit."""
    own = protocol.coding.codebook
    return codebook.load(folder.data / own if own else codebook.default_path())


def records_of(table: pd.DataFrame) -> list[dict[str, str]]:
    """Return the rows of a table as text by column name."""
    return [{str(k): str(v) for k, v in row.items()} for row in table.to_dict("records")]


def _texts(table: pd.DataFrame) -> pd.DataFrame:
    columns = ("contact_id", "person_id", "date", "staff_role", "mode", "minutes", "note")
    out = pd.DataFrame(index=table.index)
    for name in columns:
        values = table[name] if name in table.columns else pd.Series("", index=table.index)
        if name == "date":
            out[name] = pd.to_datetime(values).dt.strftime("%Y-%m-%d").fillna("")
        elif name == "minutes":
            out[name] = [f"{v:g}" if pd.notna(v) and v != "" else "" for v in values]
        else:
            out[name] = values.fillna("").astype(str)
    return out


def propose_for(desk: Desk, n_order: int) -> Proposal:
    """Suggest codes for every contact without a reviewed coding."""
    chosen, _ = contacts.reviewed(desk.records)
    coded = {k: r.counted for k, r in chosen.items()}
    unclear = {k for k, codes in coded.items() if codes is None}
    notes = [n for n in desk.notes if n.contact_id not in unclear]
    return propose(
        notes,
        {k: codes for k, codes in coded.items() if codes is not None},
        desk.book,
        fewest=desk.protocol.coding.fewest_examples,
        seed=desk.protocol.seed,
        n_order=n_order,
    )
