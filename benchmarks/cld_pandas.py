"""The rules of `ot_eval` for Client Level Data, written a second time in plain pandas and Python.

It is the named peer of `benchmarks/cld.py` and an independent check: it was written from the rules' text, without
reading `ot_eval.derive`, and shares no code with it. It keeps to what a careful analyst would write at a desk: pandas
for tables, a loop over people for what happens to each.

    python benchmarks/cld_pandas.py FOLDER [answers.json]

FOLDER holds the quarterly files (CSV or Parquet). Where a rule can be read in two ways, the reading taken stands in a
comment that begins with "Reading:".
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pandas as pd
from cld_pandas_2a import ascof_2a, describe_clusters, events_by_person
from cld_pandas_follow import Line, follow, level_on, level_steps, overwritten_lines, package_histories
from cld_pandas_read import find_people, iso, latest_known, merge_history, period_ends, read_folder
from cld_pandas_words import OPEN, Rules


@dataclass
class Answers:
    """What the peer found; days are ISO dates."""

    data_end: str = ""
    periods: dict = field(default_factory=dict)
    rows: dict = field(default_factory=dict)
    clusters: list = field(default_factory=list)
    follow_up: list = field(default_factory=list)
    attrition: dict = field(default_factory=dict)
    ascof_2a: dict = field(default_factory=dict)
    second_readings: dict = field(default_factory=dict)


def analyse(rows: pd.DataFrame, rules: Rules, style: str = "recut") -> Answers:
    """Everything, from rows as read to answers."""
    rows = rows.assign(person=find_people(rows))
    ends = period_ends(rows, rules)
    data_end = ends[-1]
    events = merge_history(rows, ends)
    death = {k: int(v) for k, v in latest_known(rows, "death", ()).items()}
    birth = latest_known(rows, "birth", ())
    people = events_by_person(events, death)
    clusters = describe_clusters(people, birth, death, rules)
    answers = Answers(data_end=iso(data_end), periods={n: iso(e) for n, e in enumerate(ends)})
    answers.rows = {"read": len(rows), "events": len(events), "people": rows["person"].nunique()}
    answers.clusters = [{**asdict(c), "start": iso(c.start), "end": iso(c.end)} for c in clusters]
    answers.ascof_2a = ascof_2a(clusters, data_end)
    histories = package_histories(rows, ends) if style == "overwritten" else {}
    results = _follow_all(people, clusters, death, data_end, rules, histories, ends)
    answers.follow_up = [r for _, r in results if isinstance(r, dict)]
    answers.attrition = dict(Counter(r for _, r in results if isinstance(r, str)))
    answers.second_readings = _second_readings(people, clusters, rules)
    return answers


def _follow_all(people, clusters, death, data_end, rules, histories, ends) -> list:
    by_person = defaultdict(list)
    for c in clusters:
        by_person[c.person].append(c)
    results = []
    for person, found in by_person.items():
        # Reading: the index episode is the person's first ended cluster at 18 or over; it is not replaced by a later
        # one if it has no package on day 7.
        adult = [c for c in found if c.end < OPEN and c.sequel != "under 18"]
        if not adult:
            results.append((person, "no ended episode at 18 or over"))
            continue
        index, events = adult[0], people[person]
        lines = [Line(e.start, e.end, e.hours, e.provider, e.start, e.rank) for e in events if e.home]
        if person in histories:
            lines = overwritten_lines(histories[person], ends, index.end, rules)
        results.append((person, follow(person, index, lines, events, death.get(person, OPEN), data_end, rules)))
    return results


def _second_readings(people, clusters, rules) -> dict:
    """How many people the other reading of rule 20 would add: a later cluster has a package on day 7, the first not."""
    by_person = defaultdict(list)
    for c in clusters:
        if c.end < OPEN and c.sequel != "under 18":
            by_person[c.person].append(c)
    later = 0
    for person, found in by_person.items():
        steps = level_steps([Line(e.start, e.end, e.hours) for e in people[person] if e.home])
        has = [level_on(steps, c.end + rules.set_up) > 0 for c in found]
        later += (not has[0]) and any(has)
    return {"a later episode has a package on day 7 and the first has not": later}


def summary(answers: Answers) -> dict:
    """Counts that say at a glance what was found."""
    return {
        "data_end": answers.data_end,
        "rows": answers.rows,
        "clusters": len(answers.clusters),
        "open": sum(c["sequel"] == "open" for c in answers.clusters),
        "followed": len(answers.follow_up),
        "ends": dict(Counter(f["kind"] for f in answers.follow_up)),
        "clients": dict(Counter(f["client"] for f in answers.follow_up)),
        "attrition": answers.attrition,
        "ascof_2a": answers.ascof_2a,
        "second_readings": answers.second_readings,
    }


def main() -> None:
    """Read a folder, print what was found, and save the answers if a file is named."""
    answers = analyse(read_folder(Path(sys.argv[1])), Rules())
    print(json.dumps(summary(answers), indent=1))
    if len(sys.argv) > 2:
        Path(sys.argv[2]).write_text(json.dumps(asdict(answers), indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
