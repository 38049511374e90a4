"""Which council record a pseudonym stands for: a private list, written only when it is asked for."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from ot_eval.base.errors import DataError, RequestError
from ot_eval.base.protocol import Protocol
from ot_eval.base.study import StudyFolder, write_private
from ot_eval.data.cld_read import cld_paths, read_cld
from ot_eval.data.cld_values import ValueMap
from ot_eval.data.engine import connect
from ot_eval.data.persons import SEPARATOR
from ot_eval.data.problems import ProblemList
from ot_eval.data.pseudonyms import load_key

FILE = "person_ids.csv"
"""In the data folder, beside the key: whoever may read the one may read the other."""
PARTS = ("person_id", "identity")


def write_person_ids(folder: StudyFolder, protocol: Protocol) -> tuple[Path, int]:
    """Write each local id of Client Level Data beside its pseudonym, so that a list in `work/` can be looked into.

    Returns
    -------
    tuple
        The file, readable by its owner alone, and how many people it names.

    Raises
    ------
    RequestError
        There are no Client Level Data.
    DataError
        They cannot be read; `ot-eval check` lists why.
    """
    paths = cld_paths(folder.cld)
    if not paths:
        raise RequestError(
            "there are no Client Level Data",
            expected="the council's files in data/cld/",
            fix="add the files; ids in tables of the study's own are yours already",
        )
    problems = ProblemList()
    engine = connect(protocol.engine, folder.data / ".spill")
    values = ValueMap.of(folder.data, problems)
    cld = read_cld(engine, paths, values, protocol.reading, load_key(folder), problems)
    if cld is None:
        raise DataError(
            "the Client Level Data cannot be read",
            expected="files without a refused problem",
            fix="run `ot-eval check`, which lists every problem",
        )
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["person_id", "council", "council_id"])
    for person, identity in sorted(zip(*(cld.persons.identities[c].to_pylist() for c in PARTS), strict=True)):
        council, _, local = identity.rpartition(SEPARATOR)
        if council != "nhs":  # the council's own id says who it is; an NHS number need not be copied for that
            writer.writerow([person, council, _as_text(local)])
    return write_private(folder.data / FILE, text.getvalue()), cld.persons.n_people


def _as_text(given: str) -> str:
    """Keep a spreadsheet from running an id that begins like a formula."""
    return f"'{given}" if given[:1] in "=+-@" else given
