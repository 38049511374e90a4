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


@pytest.fixture(scope="session")
def corpus(book, rules):
    return Corpus(files("ot_eval.coding") / "notes_ot.csv", book, rules)


@pytest.fixture(scope="session")
def fresh(book, rules):
    return Corpus(Path(__file__).parent / "notes_fresh.csv", book, rules, examples=True)
