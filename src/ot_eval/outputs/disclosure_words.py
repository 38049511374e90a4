"""Tables of words through the gate: nothing like an identifier leaves, in no cell of no table.

A person took the names out and another chose the quotes. This is the last look, by the program, at what they left:
words as spoken are searched with the detector of identifiers, all others for numbers and addresses.
"""

from __future__ import annotations

from ot_eval.base.errors import DataError
from ot_eval.base.results import WordTable
from ot_eval.coding.deidentify import Detector
from ot_eval.coding.deidentify_model import HIGH
from ot_eval.outputs.disclosure_text import refuse_identifiers
from ot_eval.outputs.released import ReleasedWords


def release_words(table: WordTable) -> ReleasedWords:
    """Return a table of words as it may be published.

    Raises
    ------
    InternalFault
        A cell holds something like an NHS number, a postcode, a pseudonym or an e-mail address.
    DataError
        Words as spoken hold what surely identifies somebody; every place at once, and never the words themselves.
    """
    place = f"table {table.name}"
    for text in (table.caption, table.note, *table.head, *(cell for row in table.rows for cell in row)):
        refuse_identifiers(text, place)
    detector = Detector()
    columns = [k for k, name in enumerate(table.head) if name in table.spoken]
    wrong = [
        f"row {n}, {table.head[k]}: {flag.kind.replace('_', ' ')}, {flag.why}"
        for n, row in enumerate(table.rows, 1)
        for k in columns
        for flag in detector.flags(row[k])
        if flag.risk == HIGH
    ]
    if wrong:
        raise DataError(
            f"{place}: " + "\n          ".join(wrong),
            expected="words that identify nobody",
            fix="choose other words, or leave out those that identify (…), in the sheet they come from",
        )
    return ReleasedWords(
        analysis=table.analysis,
        name=table.name,
        caption=table.caption,
        head=table.head,
        rows=table.rows,
        note=table.note,
    )
