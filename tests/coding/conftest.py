import csv
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from ot_eval.coding.codebook import default_path, load
from ot_eval.coding.features import Note, Reading
from ot_eval.coding.rules import rules_for
from ot_eval.coding.suggest import read_with_examples


@pytest.fixture(scope="session")
def book():
    return load(default_path())


@pytest.fixture(scope="session")
def rules(book):
    return rules_for(book)


class Corpus:
    """300 notes: as read by the rules, their true codes, and which half they belong to.

    With `examples` the toolkit's example notes stand behind them in the reading.
    """

    def __init__(self, path, book, rules, *, examples=False):
        with path.open(encoding="utf-8", newline="") as stream:
            self.rows = list(csv.DictReader(stream))
        notes = [
            Note(contact_id=r["contact_id"], person_id=r["person_id"], note=r["note"], staff_role=r["staff_role"])
            for r in self.rows
        ]
        self.reading, self.examples = (
            read_with_examples(notes, book) if examples else (Reading(notes, rules, book), None)
        )
        self.found = self.reading.found[: len(notes)].astype(int)
        self.truth = np.array([[c in r["truth"].split(";") for c in book.names] for r in self.rows]).astype(int)
        self.first = np.array([i for i, r in enumerate(self.rows) if r["half"] == "first"])
        self.second = np.array([i for i, r in enumerate(self.rows) if r["half"] == "second"])

    def people(self, rows):
        return [self.rows[i]["person_id"] for i in rows]


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


class Followed:
    """Two sets of notes in one reading, with the toolkit's examples behind them; people of the two are kept apart."""

    def __init__(self, taught, judged, book):
        sets = [
            [{**r, "person_id": f"{path.stem} {r['person_id']}"} for r in rows_of(path)] for path in (taught, judged)
        ]
        self.rows = [r for rows in sets for r in rows]
        notes = [
            Note(contact_id=str(i), person_id=r["person_id"], note=r["note"], staff_role=r["staff_role"])
            for i, r in enumerate(self.rows)
        ]
        self.reading, self.examples = read_with_examples(notes, book)
        self.found = self.reading.found[: len(notes)].astype(int)
        self.truth = np.array([[c in r["truth"].split(";") for c in book.names] for r in self.rows]).astype(int)
        self.judged = np.arange(len(sets[0]), len(notes))
        self.taught = {
            half: np.array([i for i, r in enumerate(sets[0]) if r["half"] == half]) for half in ("first", "second")
        }

    def people(self, rows):
        return [self.rows[i]["person_id"] for i in rows]


@pytest.fixture(scope="session")
def corpus(book, rules):
    return Corpus(files("ot_eval.coding") / "notes_ot.csv", book, rules)


@pytest.fixture(scope="session")
def fresh(book, rules):
    return Corpus(Path(__file__).parent / "notes_fresh.csv", book, rules, examples=True)


@pytest.fixture(scope="session")
def third(book):
    """160 notes behind the 300 of `notes_fresh.csv`, so that what is taught on those can be tried on these."""
    folder = Path(__file__).parent
    return Followed(folder / "notes_fresh.csv", folder / "notes_third.csv", book)
