"""A synthetic council whose truth is known: it feeds the demo, the tests and the simulation checks.

Everything written is invented: people, providers, prices, notes and scores. NHS numbers start with 999 and postcodes
with ZZ, which belong to nobody. The layout, the wording of the two releases and (if asked) the faults are those of
real Client Level Data; the size of the effects is chosen, not estimated from any data.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ot_eval.base.study import private_dir
from ot_eval.data.synthetic_beds import bed_tables, make_stays
from ot_eval.data.synthetic_changes import plan_changes
from ot_eval.data.synthetic_contacts import make_contacts, make_scores
from ot_eval.data.synthetic_council import Council, Style, make_providers
from ot_eval.data.synthetic_dirt import made_on, spoil_history, spoil_sheet
from ot_eval.data.synthetic_events import other_rows
from ot_eval.data.synthetic_files import make_sheet, write_sheet
from ot_eval.data.synthetic_packages import build_segments
from ot_eval.data.synthetic_people import add_course, make_people
from ot_eval.data.synthetic_plain import plain_tables
from ot_eval.data.synthetic_rows import hide_vanished, home_support_rows
from ot_eval.data.synthetic_truth import Truth, dates, last_complete_month, true_changes, true_people


def write_study(
    folder: Path,
    *,
    people: int,
    seed: int,
    style: Style = "recut",
    dirty: bool = False,
    hazard_ratio: float = 0.7,
    **settings: Any,
) -> Truth:
    """Write the inputs of a study into `folder`, and return what truly happened.

    Writes `cld/` (one file a quarter, each a rolling 12 months, Release 1 then Release 2), `ot_contacts.csv`,
    `scores.csv` and `providers.csv`. The same arguments give the same bytes.

    Parameters
    ----------
    folder : the study's data folder; made if need be
    people : number of people with any row
    seed : of `numpy.random.default_rng`
    style : how changes are recorded, see `Council`
    dirty : with the usual faults of a council's return, see `synthetic_dirt`
    hazard_ratio : true hazard ratio of an increase from the day after the first OT contact
    settings : any other setting of `Council`, by name

    Returns
    -------
    Truth
        Not written; `Truth.write` does that.
    """
    council = Council(people=people, style=style, hazard_ratio=hazard_ratio, **settings)
    drawn, rng = draw_council(council, seed)
    p, providers, rows = drawn.people, drawn.providers, council_rows(drawn, council, rng)
    if dirty:
        spoil_history(rows, p, council, rng)
    made = [made_on(council, k, dirty=dirty) for k in range(council.quarters)]
    cld = private_dir(folder / "cld")
    for number, as_of in enumerate(made):
        sheet = make_sheet(rows, p, providers, council, number, as_of)
        if dirty:
            spoil_sheet(sheet, number, p, rows, rng)
        write_sheet(sheet, cld)
    _write_beside(drawn, last_complete_month(made[-1]), folder, rng)
    return _truth(drawn, council, np.array(made))


def write_plain_study(
    folder: Path, *, people: int, seed: int, hazard_ratio: float = 0.7, beds: int = 0, **settings: Any
) -> Truth:
    """Write the same invented council as tables of the study folder instead of Client Level Data.

    Writes people, episodes, packages, events, ot_contacts, scores and providers as CSV, as known on the last day.

    Parameters
    ----------
    folder, people, seed, hazard_ratio, settings : as for `write_study`
    beds : stays in reablement beds in care homes, of people besides those of the council; with them, unit costs too

    Returns
    -------
    Truth
        The same truth as `write_study` returns for the same arguments in re-cut style; `beds` changes nothing of it
        and is told in a frame of its own.
    """
    council = Council(people=people, hazard_ratio=hazard_ratio, **settings)
    drawn, rng = draw_council(council, seed)
    private_dir(folder)
    tables = plain_tables(drawn.people, drawn.segments, drawn.providers, council.data_end, rng)
    for name, table in tables.items():
        _save(table, folder / f"{name}.csv")
    _write_beside(drawn, council.data_end, folder, rng)
    stays = add_beds(folder, beds, council.data_end, np.random.default_rng([seed, beds])) if beds else pd.DataFrame()
    return replace(_truth(drawn, council, np.array(council.file_ends)), beds=stays)


def add_beds(folder: Path, n: int, last: int, rng: np.random.Generator) -> pd.DataFrame:
    """Add `n` stays in reablement beds to the tables in `folder`, and return what truly happened to each."""
    stays = make_stays(n, last, rng)
    for name, table in bed_tables(stays, last, rng).items():
        path = folder / f"{name}.csv"
        before = pd.read_csv(path, dtype="str") if path.is_file() else None
        columns = SCORES if name == "scores" else table.columns
        _save(table[columns] if before is None else pd.concat([before, table[columns]]), path)
    return stays


@dataclass(frozen=True, slots=True)
class Drawn:
    """An invented council before anything is written: people, changes of packages, their pieces, providers."""

    people: pd.DataFrame
    plan: pd.DataFrame
    segments: pd.DataFrame
    providers: pd.DataFrame


def draw_council(council: Council, seed: int) -> tuple[Drawn, np.random.Generator]:
    """Draw who lives, what happens to them and to their packages; the recording style does not change it."""
    rng = np.random.default_rng(seed)
    providers = make_providers(council, rng)
    p = make_people(council, providers, rng)
    add_course(p, council, providers, rng)
    plan = plan_changes(p, council, rng)
    return Drawn(p, plan, build_segments(p, plan, council, rng), providers), rng


def council_rows(drawn: Drawn, council: Council, rng: np.random.Generator) -> pd.DataFrame:
    """Return every version of every CLD row, ordered by person (see `synthetic_rows`)."""
    home = home_support_rows(drawn.segments, drawn.providers, council, rng)
    both = pd.concat([home, other_rows(drawn.people, drawn.plan, rng, recut=council.style == "recut")])
    return hide_vanished(both).sort_values(["person", "start", "event"], kind="stable", ignore_index=True)


def _truth(drawn: Drawn, council: Council, made: np.ndarray[Any, Any]) -> Truth:
    people = true_people(drawn.people, drawn.plan, drawn.segments, drawn.providers, made)
    data_end = pd.Timestamp(dates([last_complete_month(int(made[-1]))])[0])
    return Truth(council, data_end, people, true_changes(drawn.people, drawn.plan))


CONTACTS = ["contact_id", "person_id", "date", "staff_role", "minutes", "mode", "note"]
SCORES = ["person_id", "date", "timepoint", "instrument", "item", "value"]


def _write_beside(drawn: Drawn, last: int, folder: Path, rng: np.random.Generator) -> None:
    """Write the tables that arrive beside CLD: contacts, scores, providers."""
    p, providers = drawn.people, drawn.providers
    contacts, scores = make_contacts(p, last, rng), make_scores(p, last, rng)
    for frame, columns, name in ((contacts, CONTACTS, "ot_contacts"), (scores, SCORES, "scores")):
        frame["date"] = dates(frame["day"]).dt.strftime("%Y-%m-%d")
        _save(frame[columns], folder / f"{name}.csv")
    table = pd.DataFrame(
        {
            "provider_id": providers["provider_id"],
            "arm": np.where(providers["coached"], "coached", "usual_care"),
            "coaching_start": dates(providers["coaching_start"]).dt.strftime("%Y-%m-%d"),
            "wave": providers["wave"],
        }
    )
    _save(table, folder / "providers.csv")


def _save(frame: pd.DataFrame, path: Path) -> None:
    frame.to_csv(path, index=False, lineterminator="\n")
