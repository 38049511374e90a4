"""What truly happened in an invented council: the answer that an analysis of its files has to find."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ot_eval.base.study import write_private
from ot_eval.data.synthetic_changes import TRUE_KINDS
from ot_eval.data.synthetic_council import NONE, Council, to_date
from ot_eval.data.synthetic_packages import EXTRA, LEAVES
from ot_eval.data.synthetic_people import REABLEMENT

Days = np.ndarray[Any, Any]
CONFIRM = 27  # days after an increase that the data must still cover
BRIDGED = 30  # days without a package after which a person is no longer followed


@dataclass(frozen=True, slots=True)
class Truth:
    """The truth of one synthetic study.

    Attributes
    ----------
    council : the settings, the true hazard ratios among them
    data_end : last day that the written files cover completely
    people : one row a person, see `true_people`
    changes : one row a change of a package (person_id, date, kind, length_days, amount), decoys included
    beds : one row a stay in a reablement bed, see `synthetic_beds.make_stays`; empty where there are none
    """

    council: Council
    data_end: pd.Timestamp
    people: pd.DataFrame
    changes: pd.DataFrame
    beds: pd.DataFrame = field(default_factory=pd.DataFrame)

    def write(self, folder: Path) -> Path:
        """Write `truth.csv` (people), `truth_changes.csv` and `truth.txt` (settings); return the first path."""
        write_private(folder / "truth_changes.csv", self.changes.to_csv(index=False))
        write_private(folder / "truth.txt", f"{self.council}\ndata_end={self.data_end.date()}\n")
        return write_private(folder / "truth.csv", self.people.to_csv(index=False))


def dates(days: Any) -> pd.Series:
    """Return day numbers as dates; `NONE` is missing."""
    numbers = np.asarray(days, dtype="int64")
    known = numbers.astype("datetime64[D]").astype("datetime64[s]")
    return pd.Series(np.where(np.abs(numbers) < NONE, known, np.datetime64("NaT", "s")))


def true_people(
    p: pd.DataFrame,
    plan: pd.DataFrame,
    segments: pd.DataFrame,
    providers: pd.DataFrame,
    made: Days,
) -> pd.DataFrame:
    """Return one row a person; `made` holds the day on which each file was made.

    Columns: person_id, reablement, episode_start, episode_end (both inclusive; end is time zero), client, provider_id,
    basis (units or cost), followed (in the analysis of hours), baseline_hours, event (increase, death, care_home or
    none), event_day (days since time zero), event_date, end_reason (event, moved, ended, close), increase_date and how
    (level, line, restart), seen_overwritten (an overwritten record can
    show it), rise, again_start (a second episode), ot_date, ot_day, death_date,
    care_home_date.
    """
    data_end = last_complete_month(int(made[-1]))
    close = data_end - CONFIRM
    zero = p["end"]
    basis = np.where(providers["weekly_cost"].to_numpy()[p["provider"]], "cost", "units")
    on_day_7 = p["has_package"] & (p["package_start"] <= zero + 7) & (p["leave"] > zero + 7)
    followed = (p["group"] == REABLEMENT) & on_day_7 & (zero + 7 < close)
    event, when, reason = _ending(p, close)
    contact = p["ot_day"].where(p["ot_day"] <= data_end, NONE)
    how = p.index.to_series().map(plan[plan["kind"].isin(TRUE_KINDS)].set_index("person")[["kind"]]["kind"])
    rise = p.index.to_series().map(plan[plan["kind"].isin(TRUE_KINDS)].set_index("person")["amount"])
    truth = pd.DataFrame(
        {
            "person_id": "P" + p["la_number"].astype(str),
            "reablement": p["group"] == REABLEMENT,
            "episode_start": dates(p["start"]),
            "episode_end": dates(zero.where(zero <= data_end, NONE)),
            "client": np.where(p["existing"], "existing", "new"),
            "provider_id": providers["provider_id"].to_numpy()[p["provider"]],
            "basis": basis,
            "followed": followed & (basis == "units"),
            "baseline_hours": p["baseline"].where(followed),
            "event": np.where(followed, event, ""),
            "event_day": np.where(followed, when - zero, -1),
            "event_date": dates(np.where(followed, when, NONE)),
            "end_reason": np.where(followed, reason, ""),
            "increase_date": dates(p["increase"]),
            "how": how.fillna(""),
            "rise": rise,
            "seen_overwritten": _seen(p, plan, segments, made),
            "again_start": dates(p["again"].where(p["again"] <= data_end, NONE)),
            "ot_date": dates(contact),
            "ot_day": (contact - zero).where(contact < NONE).astype("Int64"),
            "death_date": dates(p["death"].where(p["death"] <= data_end, NONE)),
            "care_home_date": dates(p["care_home"].where(p["care_home"] <= data_end, NONE)),
        }
    )
    truth.loc[truth["reablement"].eq(False), ["episode_start", "episode_end"]] = pd.NaT
    return truth


def _ending(p: pd.DataFrame, close: int) -> tuple[Any, Any, Any]:
    """Return the event, its day and the reason that follow-up ends, as rule 22 defines them."""
    kinds = np.array(LEAVES)[p["leaves_by"].to_numpy()]
    when = p["leave"].to_numpy().copy()
    other = p[["death", "care_home"]].to_numpy()
    soon = (kinds == "ended") & (other.min(axis=1) <= when + BRIDGED)  # death in a short gap still counts
    when = np.where(soon, other.min(axis=1), when)
    kinds = np.where(soon, np.array(["death", "care_home"])[other.argmin(axis=1)], kinds)
    rise = p["increase"].to_numpy()
    event = np.where(np.isin(kinds, ("death", "care_home")), kinds, "none")
    event = np.where(rise <= np.minimum(close, when), "increase", event)
    when = np.minimum(when, rise)
    open_ = when > close
    event = np.where(open_, "none", event)
    reason = np.select([open_, event != "none"], ["close", "event"], kinds)
    return event, np.minimum(when, close), reason


def _seen(p: pd.DataFrame, plan: pd.DataFrame, segments: pd.DataFrame, made: Days) -> pd.Series:
    """Tell whether an overwritten record can show each increase, and show it for sure.

    The first file after day 7 must have the old hours. The first file after the increase must have the new ones, early
    enough to leave 28 days to the end of follow-up, and the next file too (or the row's last version, if it ends).
    A further line has its own start date, so one file that shows it beside the old hours is enough.
    """
    seen = pd.Series(False, index=p.index)
    q = p[(p["increase"] < NONE) & (p["increase"] <= made[-1] - CONFIRM)]
    if q.empty:
        return seen
    who, day = q.index.to_numpy(), q["increase"].to_numpy()
    row_end = q["leave"].to_numpy() - 1
    line = q.index.isin(_added_lines(plan, segments))
    rise = plan[plan["kind"].isin(TRUE_KINDS)].set_index("person")["amount"].reindex(who).to_numpy()
    first = made[np.minimum(np.searchsorted(made, q["end"] + 7), len(made) - 1)]
    base = _level_on(segments, who, np.minimum(first, row_end)) - np.where(line & (day <= first), rise, 0)
    need = np.maximum(base, q["baseline"].to_numpy())
    need = need + np.maximum(1.0, 0.1 * need) - 1e-9
    at = np.minimum(np.searchsorted(made, day), len(made) - 1)
    shows = np.minimum(made[at], row_end)
    then = np.minimum(made[np.minimum(at + 1, len(made) - 1)], row_end)
    sure = (shows + CONFIRM <= np.minimum(then, last_complete_month(int(made[-1])))) & (first < day)
    high = (_level_on(segments, who, shows) >= need) & (_level_on(segments, who, then) >= need)
    alone = (_level_on(segments, who, day) >= need) & (_level_on(segments, who, shows) >= need)
    seen.loc[who] = np.where(line, alone, sure & high)
    return seen


def _added_lines(plan: pd.DataFrame, segments: pd.DataFrame) -> Any:
    """Return the people whose increase is a further line."""
    extra = segments.loc[segments["description"] == EXTRA, "person"]
    added = plan.loc[plan["kind"] == "line", "person"]
    return np.intersect1d(extra, added)


def _level_on(segments: pd.DataFrame, person: Any, day: Any) -> Any:
    """Return each person's hours on a day, as a record shows them that leaves suspended services open."""
    following = segments.groupby(["person", "line"])["start"].shift(-1) - 1
    paused = (segments["why"] == "hospital") & following.notna()
    segments = segments.assign(end=np.where(paused, following, segments["end"]))
    asked = pd.DataFrame({"person": person, "day": day})
    both = asked.merge(segments[["person", "start", "end", "units"]], on="person")
    active = both[(both["start"] <= both["day"]) & (both["day"] <= both["end"])]
    return active.groupby("person")["units"].sum().reindex(person).fillna(0.0).to_numpy()


def true_changes(p: pd.DataFrame, plan: pd.DataFrame) -> pd.DataFrame:
    """Return every change of a package with its kind; kinds are explained in `synthetic_changes`."""
    return pd.DataFrame(
        {
            "person_id": "P" + p["la_number"].to_numpy()[plan["person"]].astype(str).astype(object),
            "date": dates(plan["day"]),
            "kind": plan["kind"],
            "length_days": plan["length"],
            "amount": plan["amount"],
        }
    )


def last_complete_month(as_of: int) -> int:
    """Return the last day of the last month that had ended by `as_of`."""
    following = to_date(as_of + 1)
    return as_of if following.day == 1 else as_of - to_date(as_of).day
