import csv
from pathlib import Path

import numpy as np
import pytest

from ot_eval.coding.codebook import default_path, load
from ot_eval.coding.features import Note, Reading
from ot_eval.coding.rules import rules_for

HERE = Path(__file__).parent


def rows_of(name):
    with (HERE / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="session")
def book():
    return load(default_path())


@pytest.fixture(scope="session")
def rules(book):
    return rules_for(book)


class Corpus:
    """The 300 notes: as read by the rules, their true codes, and which half they belong to."""

    def __init__(self, book, rules):
        self.rows = rows_of("notes_300.csv")
        notes = [
            Note(contact_id=r["contact_id"], person_id=r["person_id"], note=r["note"], staff_role=r["staff_role"])
            for r in self.rows
        ]
        self.reading = Reading(notes, rules, book)
        self.truth = np.array([[c in r["truth"].split(";") for c in book.names] for r in self.rows]).astype(int)
        self.first = np.array([i for i, r in enumerate(self.rows) if r["half"] == "first"])
        self.second = np.array([i for i, r in enumerate(self.rows) if r["half"] == "second"])

    def people(self, rows):
        return [self.rows[i]["person_id"] for i in rows]


@pytest.fixture(scope="session")
def corpus(book, rules):
    return Corpus(book, rules)
