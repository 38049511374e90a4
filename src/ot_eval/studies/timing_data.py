"""What the timing strand works from: people from the first day of reablement, what changed for them, and what was done.

Everything is counted in days since reablement began. What changes (a stay in hospital lately, hours of home care, being
in reablement still) is kept as states: a row holds from the day after its day until the next row of the person.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ot_eval.base.errors import DataError
from ot_eval.base.protocol import Protocol
from ot_eval.derive.assemble import StudyTables
from ot_eval.derive.from_start import FromStart, from_start
from ot_eval.derive.materialise import frame, kept
from ot_eval.studies.interventions_data import codes_of
from ot_eval.studies.workspace import Prepared

BANDS = ((0.0, "none"), (7.0, "under 7"), (14.0, "7 to under 14"))
MOST = "14 or more"
SLACK = 1e-6
"""Hours a week: far below any recorded difference, far above what sums leave behind."""
EARLIER = 91
"""Days before reablement in which an earlier hospital admission is looked for (a negative control)."""


def prepare(tables: StudyTables, protocol: Protocol) -> Prepared:
    """Derive who is followed from the first day of reablement, their states, and their contacts.

    Raises
    ------
    DataError
        There is no source of contacts.
    """
    found = from_start(tables, protocol)
    if found.frame["ot_day"].notna().sum() == 0:
        raise DataError(
            "timing: no contact with an occupational therapist can be placed in time",
            expected="contacts.csv, or words for a contact in CLD's Event Description, from the start of reablement on",
            fix="export the contacts of the team; data/templates/contacts.csv shows the columns",
        )
    frames = {"people": _people(found), "states": states(found, protocol)}
    contacts = _contacts(tables, protocol, found.frame)
    if contacts is not None:
        frames["contacts"] = contacts
    return Prepared(frames=frames, flow=found.flow, facts=found.facts)


def _people(found: FromStart) -> pd.DataFrame:
    """Return the people, with `earlier_stay`: in hospital in the months before, but not as the way into reablement."""
    people = found.frame.drop(columns="start")
    before = found.stays[(found.stays["day"] < 0) & (found.stays["day"] >= -EARLIER)]["person_id"]
    stay = np.where(people["person_id"].isin(before), "yes", "no")
    return people.assign(earlier_stay=stay if len(found.stays) else "unknown")


def states(found: FromStart, protocol: Protocol) -> pd.DataFrame:
    """Return `person_id`, `day`, `hospital_stay`, `package_hours` and `in_reablement`, one row a change."""
    lasts = protocol.timing.hospital_window_days
    people, care, stays = found.frame, found.care, found.stays
    parts = [
        _steps(people["person_id"], 0, reablement=1.0),
        _steps(people["person_id"], people["ended_day"], reablement=-1.0),
        _steps(care["person_id"], care["first"], hours=care["hours"]),
        _steps(care["person_id"], care["last"] + 1, hours=-care["hours"]),
    ]
    recent = stays[stays["day"] + lasts > 0]
    parts += [
        _steps(recent["person_id"], recent["day"], stays=1.0),
        _steps(recent["person_id"], recent["day"] + lasts, stays=-1.0),
    ]
    steps = pd.concat(parts, ignore_index=True).dropna(subset=["day"])
    steps["day"] = steps["day"].clip(lower=0).astype("int64")
    summed = steps.groupby(["person_id", "day"], as_index=False)[["reablement", "hours", "stays"]].sum()
    level = summed.groupby("person_id")[["reablement", "hours", "stays"]].cumsum()
    return pd.DataFrame(
        {
            "person_id": summed["person_id"],
            "day": summed["day"],
            "hospital_stay": np.where(level["stays"] > SLACK, "yes", "no"),
            "package_hours": _band(level["hours"].to_numpy()),
            "in_reablement": np.where(level["reablement"] > SLACK, "yes", "no"),
        }
    )


def _steps(who: pd.Series, day: object, **change: object) -> pd.DataFrame:
    zero = {"reablement": 0.0, "hours": 0.0, "stays": 0.0}
    return pd.DataFrame({"person_id": who, "day": day, **(zero | change)})


def _band(hours: np.ndarray) -> np.ndarray:
    conditions = [hours <= SLACK, *(hours < limit - SLACK for limit, _ in BANDS[1:])]
    return np.select(conditions, [name for _, name in BANDS], default=MOST)


def _contacts(tables: StudyTables, protocol: Protocol, people: pd.DataFrame) -> pd.DataFrame | None:
    """Return contacts with therapists: `person_id`, `day`, `minutes`, `families` (joined by ;); None without a file."""
    if tables.contacts is None:
        return None
    begun = tables.episodes.filter(tables.episodes["person_id"].isin(people["person_id"].tolist()))
    first = begun.group_by("person_id").aggregate(on=begun["start_date"].min())
    placed = kept(tables.contacts.inner_join(first, "person_id"))
    wanted = placed.filter(placed["staff_role"].isin(protocol.exposure.staff_roles) & placed["date"].notnull())
    minutes = wanted["minutes"].cast("float64") if "minutes" in wanted.columns else None
    picked = wanted.select("contact_id", "person_id", "date", "on", **({} if minutes is None else {"minutes": minutes}))
    rows = frame(picked, ("contact_id",))
    rows["day"] = (pd.to_datetime(rows["date"]) - pd.to_datetime(rows["on"])).dt.days
    if "minutes" not in rows:
        rows["minutes"] = np.nan
    families = _families(tables, protocol)
    rows["families"] = rows["contact_id"].map(families).fillna("")
    return rows.loc[rows["day"] >= 0, ["person_id", "day", "minutes", "families"]].reset_index(drop=True)


def _families(tables: StudyTables, protocol: Protocol) -> dict[str, str]:
    """Return the families of work of each coded contact, by their names in the codebook."""
    codes = codes_of(tables, protocol)
    family = {c.code: codes.book.families.get(c.family, c.family) for c in codes.book.codes}
    found: dict[str, set[str]] = {}
    for contact, code in codes.pairs:
        found.setdefault(contact, set()).add(family[code])
    return {contact: ";".join(sorted(names)) for contact, names in found.items()}
