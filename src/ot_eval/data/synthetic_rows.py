"""Invented CLD rows: each version of each row, and the days between which the council's system showed that version.

A quarterly file shows the versions known on the day that it is made. Recut, overwritten, reset in April and vanished
rows are then all the same thing: versions with different first and last days.
"""

# ruff: noqa: PLR2004 -- the numbers are the invented facts themselves
from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ot_eval.data import synthetic_wording as words
from ot_eval.data.synthetic_council import NONE, Council, Style

REQUEST, ASSESSMENT, SERVICE, REVIEW = range(4)
ALWAYS = -NONE
DEFAULTS: dict[str, Any] = {
    "person": 0,
    "known_from": ALWAYS,
    "known_until": NONE,
    "start": 0,
    "end": NONE,
    "end_known": ALWAYS,  # the day on which the system learnt of the end, if that was later than the end
    "event": SERVICE,
    "description": 0,
    "outcome": 0,
    "route": 0,
    "assessment": 0,
    "service": 0,
    "component": 0,
    "mechanism": 0,
    "provider": -1,
    "reason": 0,
    "achieved": 0,
    "method": 0,
    "client": 0,
    "cost": np.nan,
    "frequency": 0,
    "units": np.nan,
}


def code(pairs: words.Pairs, release_1: str) -> int:
    """Return the position of a Release 1 wording."""
    return next(i for i, pair in enumerate(pairs) if pair[0] == release_1)


def text(description: str) -> int:
    """Return the code of an Event Description."""
    return code(words.DESCRIPTION, description)


def rows(**given: Any) -> pd.DataFrame:
    """Return rows with the given columns; what is not given is blank."""
    n = len(given["person"])
    # as arrays: a Series would be matched by its own index, and not row by row
    return pd.DataFrame({k: np.broadcast_to(np.asarray(given.get(k, v)), n).copy() for k, v in DEFAULTS.items()})


_WHY = {
    "recut": "No change in package",
    "switch": "No change in package",
    "april": "No change in package",
    "change": "Progress to Support Planning / Services",
    "hospital": "Admitted to hospital",
    "reablement": "Progress to Reablement/ST-Max",
    "death": "NFA - Deceased",
    "care_home": "Progress to Support Planning / Services",
    "moved": "NFA - Moved to another LA",
    "ended": "Service ended as planned",
}


def home_support_rows(
    segments: pd.DataFrame, providers: pd.DataFrame, council: Council, rng: np.random.Generator
) -> pd.DataFrame:
    """Return the versions of every home-support row."""
    style: Style = "overwritten" if council.style == "overwritten" else "recut"
    s = segments.copy()
    s["provider"] = _resolve(s["provider"].to_numpy(), providers)
    for april in council.aprils:
        s = _split_april(s, april, providers, style)
    ends = s["end"] + s["same_day"]
    s = _versions(s) if style == "overwritten" else s.assign(known_from=ALWAYS, end=ends)
    weekly = providers["weekly_cost"].to_numpy()[s["provider"]]
    return rows(
        **{c: s[c].to_numpy() for c in ("person", "known_from", "known_until", "start", "end", "description")},
        outcome=s["why"].map({k: code(words.OUTCOME, v) for k, v in _WHY.items()}).to_numpy(),
        provider=s["provider"].to_numpy(),
        service=code(words.SERVICE, "Long Term Support: Community"),
        component=code(words.COMPONENT, "Home Support"),
        mechanism=1 + rng.integers(0, 2, len(providers))[s["provider"]],
        frequency=np.where(weekly, 2, 1),
        units=s["units"].to_numpy(),
    )


def _resolve(provider: np.ndarray[Any, Any], providers: pd.DataFrame) -> np.ndarray[Any, Any]:
    """Fill in the provider after a switch (negative): the next one that records cost in the same way."""
    weekly = providers["weekly_cost"].to_numpy()
    following = np.arange(len(providers))
    for kind in (True, False):
        same = np.flatnonzero(weekly == kind)
        following[same] = np.roll(same, -1)
    return np.where(provider < 0, following[-1 - provider], provider)


def _split_april(s: pd.DataFrame, april: int, providers: pd.DataFrame, style: Style) -> pd.DataFrame:
    """Cut, or reset, the rows of those providers that do so on 1 April."""
    s = s if "known_until" in s else s.assign(known_until=NONE, vanishes=False)
    habit = providers["april"].to_numpy()[s["provider"]]
    acts = (habit == 2) if style == "overwritten" else (habit != 1)
    across = acts & (s["start"] < april) & (s["end"] >= april)
    old, new = s[across].copy(), s[across].copy()
    new["start"] = new["spell"] = april
    old["end"], old["why"], old["same_day"] = april - 1, "april", False
    reset = habit[across] == 2
    rest = s[~across].copy()
    if style == "overwritten":
        earlier = (rest["start"] < april) & _in_spell(rest, old)
        rest.loc[earlier, "known_until"], rest.loc[earlier, "vanishes"] = april, True
        later = (rest["start"] >= april) & _in_spell(rest, old)
        rest.loc[later, "spell"] = april
    old.loc[reset, "known_until"], old.loc[reset, "vanishes"] = april, True
    parts: pd.DataFrame = pd.concat([rest, old, new])
    return parts.sort_values(["person", "line", "start"], kind="stable", ignore_index=True)


def _in_spell(rest: pd.DataFrame, old: pd.DataFrame) -> np.ndarray[Any, Any]:
    key = ["person", "line", "spell"]
    found: np.ndarray[Any, Any] = pd.MultiIndex.from_frame(rest[key]).isin(pd.MultiIndex.from_frame(old[key]))
    return found


def _versions(s: pd.DataFrame) -> pd.DataFrame:
    """Turn the pieces of one overwritten row into its versions: same start and end, the units of the day."""
    key = ["person", "line", "spell"]
    group = s.groupby(key, sort=False)
    following = group["start"].shift(-1)
    s["known_from"] = np.where(group.cumcount() == 0, ALWAYS, s["start"])
    s["known_until"] = np.minimum(s["known_until"], following.fillna(NONE)).astype(np.int64)
    s["end"] = (
        (s["end"] + s["same_day"]).where(following.isna()).groupby([s[k] for k in key], sort=False).transform("last")
    )
    s["why"] = s["why"].where(following.isna()).groupby([s[k] for k in key], sort=False).transform("last")
    return s.assign(end=s["end"].astype(np.int64), start=s["spell"])


def hide_vanished(r: pd.DataFrame) -> pd.DataFrame:
    """Let a row that vanishes be open while it is seen."""
    gone = r["known_until"] < NONE
    r.loc[gone & (r["end"] >= r["known_until"] - 1), "end"] = NONE
    return r
