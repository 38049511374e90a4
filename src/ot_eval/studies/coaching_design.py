"""Which providers were coached from when, as `providers.csv` says, held against the design that the protocol names.

A disagreement stops the study: an analysis of a design that did not happen has no meaning.
"""

from __future__ import annotations

import string

import pandas as pd

from ot_eval.base.errors import DataError, RequestError
from ot_eval.base.protocol import Protocol
from ot_eval.base.protocol_trial import Trial
from ot_eval.derive.assemble import StudyTables
from ot_eval.derive.index_people import own_table

COACHED, USUAL = "coached", "usual care"
LEAST_PER_ARM = 2
OPTIONAL = ("coaching_start", "wave", "stratum", "sessions_planned", "sessions_held")


def read_providers(tables: StudyTables, protocol: Protocol) -> pd.DataFrame:
    """Return one row a provider of the trial: id, `provider` (a letter), arm (1 coached), coaching start, the rest.

    Raises
    ------
    DataError
        There is no `providers` table or no arm, or the table does not fit the design of the protocol.
    RequestError
        The protocol lacks the day that the design needs.
    """
    given = own_table(tables, "providers", ("provider_id",))
    if given is None or "arm" not in given or not given["arm"].notna().any():
        raise DataError(
            "coaching: there is no providers table that says who was coached",
            expected="providers.csv with provider_id, arm (coached or usual_care) and coaching_start",
            fix="fill the template providers.csv, one row a provider",
        )
    rows = given.reindex(columns=["provider_id", "arm", *OPTIONAL])
    rows = rows[rows["arm"].notna()].reset_index(drop=True)
    rows["coaching_start"] = pd.to_datetime(rows["coaching_start"])
    rows["arm"] = (rows["arm"] == "coached").astype(int)
    rows["provider"] = [f"Provider {_letters(k)}" for k in range(len(rows))]
    _check(rows, protocol.trial)
    return rows


def _letters(place: int) -> str:
    """Return A to Z, then AA, AB and so on.

    Examples
    --------
    >>> [_letters(k) for k in (0, 25, 26)]
    ['A', 'Z', 'AA']
    """
    first, last = divmod(place, len(string.ascii_uppercase))
    return (_letters(first - 1) if first else "") + string.ascii_uppercase[last]


def _check(rows: pd.DataFrame, trial: Trial) -> None:
    if trial.design != "stepped_wedge" and trial.starts_on is None:
        raise RequestError(
            f"protocol: trial: the design {trial.design} has no starts_on",
            expected="the day from which people and events count",
            fix="write trial: starts_on: with the day on which coaching began",
        )
    if trial.stratified and rows["stratum"].isna().any():
        raise DataError(
            f"providers.stratum: empty for {int(rows['stratum'].isna().sum())} providers",
            expected="the stratum of every provider, because the protocol says the allocation was stratified",
            fix="fill the column stratum, or take stratified out of the protocol",
        )
    if trial.design == "stepped_wedge":
        _check_wedge(rows)
    elif trial.design != "partially_nested":
        _check_arms(rows, trial)


def _check_arms(rows: pd.DataFrame, trial: Trial) -> None:
    coached, usual = (rows[rows["arm"] == a] for a in (1, 0))
    crossed = int(usual["coaching_start"].notna().sum())
    if crossed:
        raise DataError(
            f"providers: {crossed} providers in usual care have a coaching_start",
            expected=f"design {trial.design}: providers in usual care are never coached",
            fix="correct the arm, or write design: stepped_wedge where providers began one after another",
        )
    starts = coached["coaching_start"].dropna().unique()
    late = int((coached["coaching_start"] > pd.Timestamp(str(trial.starts_on))).sum())
    if late and len(starts) > 1:
        raise DataError(
            f"providers: {late} coached providers began after the protocol's starts_on, on several days",
            expected=f"design {trial.design}: the day from which people count is the day on which coaching began",
            fix="write design: stepped_wedge for a roll-out, or set starts_on to the first day of coaching",
        )
    if min(len(coached), len(usual)) < LEAST_PER_ARM:
        raise DataError(
            f"providers: {len(coached)} coached and {len(usual)} in usual care",
            expected=f"{LEAST_PER_ARM} or more in each arm: one provider cannot be told from its arm",
            fix="recruit more providers; until then describe them side by side in words",
        )


def _check_wedge(rows: pd.DataFrame) -> None:
    starts = rows["coaching_start"]
    waves = rows.dropna(subset=["wave"]).groupby("wave")["coaching_start"].nunique()
    if starts.nunique() < LEAST_PER_ARM or (waves > 1).any():
        raise DataError(
            f"providers: {starts.nunique()} different days of coaching_start; "
            f"{int((waves > 1).sum())} waves with several",
            expected="design stepped_wedge: two or more days on which providers began, one day a wave",
            fix="fill coaching_start and wave, or write design: parallel where all began together",
        )


def period_of(days: pd.Series, providers: pd.DataFrame, trial: Trial) -> pd.Series:
    """Return the calendar period of each day: before and after `starts_on`, or between the starts of a wedge."""
    if trial.design == "stepped_wedge":
        edges = sorted(providers["coaching_start"].dropna().unique())
    else:
        edges = [pd.Timestamp(str(trial.starts_on))]
    when = pd.to_datetime(days)
    return sum(((when >= edge).astype(int) for edge in edges), start=pd.Series(0, index=days.index))


def groups_of(rows: pd.DataFrame, providers: pd.DataFrame, design: str) -> pd.Series:
    """Return the group of each row that began together: its wave in a roll-out, else its arm."""
    if design != "stepped_wedge":
        return rows["arm"].map({1: COACHED, 0: USUAL})
    place = {day: k + 1 for k, day in enumerate(sorted(providers["coaching_start"].dropna().unique()))}
    wave = providers.set_index("provider")["coaching_start"].map(place)
    return rows["provider"].map(wave).map(lambda k: f"wave {int(k)}", na_action="ignore").fillna(USUAL)


def with_arm(rows: pd.DataFrame, providers: pd.DataFrame, trial: Trial, *, day: str) -> pd.DataFrame:
    """Add provider letter, arm, stratum and period to rows with `provider_id`; rows of no provider of the trial go.

    The arm is that of the allocation: of the provider, or in a stepped wedge of the provider on that `day`.
    """
    out = rows.merge(providers[["provider_id", "provider", "arm", "coaching_start", "stratum"]], on="provider_id")
    out["period"] = period_of(out[day], providers, trial)
    if trial.design == "stepped_wedge":
        out["arm"] = (pd.to_datetime(out[day]) >= out["coaching_start"]).astype(int)
    return out.drop(columns="coaching_start")
