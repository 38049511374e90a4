"""Invented contacts arrive coded: by one coder, with the codes their notes were written for, some left without."""

import csv

from ot_eval.coding.codebook import default_path, load
from ot_eval.coding.contacts import from_rows
from ot_eval.data.synthetic import write_plain_study
from ot_eval.data.synthetic_codes import LEFT_OUT, write_codes
from ot_eval.data.synthetic_notes import OT_NOTES


def read(path):
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_every_code_can_be_read_and_belongs_to_its_note(tmp_path):
    write_plain_study(tmp_path, people=150, seed=3)
    write_codes(tmp_path)
    contacts, coded = read(tmp_path / "ot_contacts.csv"), read(tmp_path / "contact_codes.csv")
    records, conflicts = from_rows(coded, load(default_path()), "contact_codes.csv")
    assert not conflicts
    assert len(records) == len(contacts) - len(contacts) // LEFT_OUT
    note = {c["contact_id"]: c["note"] for c in contacts}
    wanted = {words: codes for codes, words in OT_NOTES if codes}
    seen = [(row["codes"], wanted[note[row["contact_id"]]]) for row in coded if note[row["contact_id"]] in wanted]
    assert seen
    assert all(given == true for given, true in seen)
