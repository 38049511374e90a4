"""Client Level Data values: every wording of Release 1 and 2 to one vocabulary, the Release 2 wording in lower case.

The shipped map is `reference/cld_values.csv` (source and status in each row); a council adds to it with
`data/cld_mapping.csv` or `.xlsx` (columns Variable, Release 2 value, Comparison). Only distinct values are looked at
here, never rows.
"""

from __future__ import annotations

import csv
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from ot_eval.data.cld_headers import FIELDS, bare
from ot_eval.data.formats import Unreadable, read_raw
from ot_eval.data.problems import ProblemList

INVALID = "invalid and not mapped"
RELEASE_1_ONLY = "release 1 specification only: not mapped"
ST_MAX = "short term support: st-max"
COMMUNITY = "long term support: community"
HOME_SUPPORT = "home support or domiciliary care"
MAPPING_FILES = ("cld_mapping.csv", "cld_mapping.xlsx")
LISTS = tuple(f.name for f in FIELDS if f.kind == "list")
_DASHES = str.maketrans({"\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2212": "-"})
_QUOTES = str.maketrans({"\u2018": "'", "\u2019": "'", "\u00a0": " "})


def folded(value: str) -> str:
    """Return a value as it is compared: lower case, one kind of dash and quote, single spaces, none at the ends.

    Examples
    --------
    >>> folded(" Home  Support ")
    'home support'
    """
    text = unicodedata.normalize("NFC", value).translate(_DASHES).translate(_QUOTES)
    return " ".join(text.casefold().split())


@dataclass(frozen=True, slots=True)
class ListedValue:
    """One wording of one list: what it means, in which release it is valid, and how well that is known."""

    variable: str
    given: str
    value: str
    release: str
    status: str


@cache
def shipped() -> tuple[ListedValue, ...]:
    """Return the shipped map."""
    path = files("ot_eval.data") / "reference" / "cld_values.csv"
    rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    return tuple(ListedValue(r["variable"], folded(r["given"]), r["value"], r["release"], r["status"]) for r in rows)


@dataclass(frozen=True, slots=True)
class ValueMap:
    """Every wording of every list, with the council's own mapping on top."""

    words: dict[str, dict[str, str]]
    releases: dict[str, dict[str, str]]
    from_council: int = 0

    @classmethod
    def of(cls, data: Path | None = None, problems: ProblemList | None = None) -> ValueMap:
        """Return the shipped map, and in `data` the council's own mapping file where there is one."""
        words: dict[str, dict[str, str]] = {name: {} for name in LISTS}
        releases: dict[str, dict[str, str]] = {name: {} for name in LISTS}
        for row in shipped():
            words[row.variable][row.given] = row.value
            releases[row.variable][row.given] = row.release
        added = 0
        for name in MAPPING_FILES:
            if data is not None and problems is not None and (data / name).exists():
                added += _add_mapping(data / name, words, problems)
        return cls(words, releases, added)

    def value(self, variable: str, given: str | None) -> str | None:
        """Return the vocabulary's word for one given value: None where blank, `INVALID` where nothing maps."""
        if given is None:
            return None
        word = folded(given)
        if word in ("", "null"):
            return None
        return self.words[variable].get(word, INVALID)

    def release_of(self, counts: dict[str, dict[str, int]]) -> str:
        """Return which release a file is worded in, from {variable: {given value: rows}}.

        Only wordings that one release alone uses are evidence.
        """
        seen = {"1": 0, "2": 0}
        for variable, values in counts.items():
            for given, n in values.items():
                release = self.releases[variable].get(folded(given))
                if release in seen:
                    seen[release] += n
        if not any(seen.values()):
            return "unknown"
        return "release 1" if seen["1"] > seen["2"] else "release 2" if seen["2"] > seen["1"] else "both"


def _add_mapping(path: Path, words: dict[str, dict[str, str]], problems: ProblemList) -> int:
    """Add a council's mapping file to `words` and return how many wordings it added or changed."""
    try:
        raw = read_raw(path)
    except Unreadable as error:
        problems.add(path.name, error.rule, "refused", note=error.note)
        return 0
    names = {bare(n): n for n in raw.table.column_names}
    wanted = ("Variable", "Release 2 value", "Comparison")
    absent = [w for w in wanted if bare(w) not in names]
    for name in absent:
        problems.add(path.name, "missing column", "refused", column=name)
    if absent:
        return 0
    known = {bare(h): f.name for f in FIELDS if f.kind == "list" for h in (*f.headers, f.name)}
    added, unknown = 0, 0
    variables, values, given = (raw.table.column(names[bare(w)]).to_pylist() for w in wanted)
    for variable, value, comparison in zip(variables, values, given, strict=True):
        word, target = folded(comparison or ""), folded(value or "")
        name = known.get(bare(variable or ""), "")
        if not word or not target:
            continue
        if not name:
            unknown += 1
            continue
        added += words[name].get(word) != target
        words[name][word] = target
    problems.add(path.name, "mapping for a field that is not read", "noted", column="Variable", count=unknown)
    return added
