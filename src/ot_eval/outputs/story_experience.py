"""The experience strand in plain words: what those interviewed spoke of, in their words, and what is not known."""

from __future__ import annotations

import re

from ot_eval.outputs import figure_interviews as drawn
from ot_eval.outputs import figure_style, wording
from ot_eval.outputs.figures import Figure
from ot_eval.outputs.released import Released, ReleasedWords
from ot_eval.outputs.story import KeyFigure, Story
from ot_eval.outputs.table import Group, Row, Table, listing

MOST_NAMED = 3
LONGEST_QUOTE = 220
UNKNOWN = (
    "Those interviewed agreed to talk. Others may have lived it differently.",
    "A number such as 7 of 12 says how many of those interviewed spoke of it. It does not say how many of all people "
    "the service helps would.",
)
INTERVIEWED = (
    "Counts of those interviewed are shown as they are. They agreed to be reported, and they are no count of people in "
    "the records.",
    "Names were taken out of the interviews. All words printed were searched again for what could identify somebody.",
)
_OF = re.compile(r"(\d+) of (\d+)")


def story(released: Released) -> Story:
    """Return the manager's account of the experience strand."""
    common = _common(released)
    return Story(
        strand=released.strand,
        title=released.title,
        question=released.question,
        answer=_answer(common),
        answer_more=_differs(released),
        key_figures=tuple(_card(released, row) for row in common[:MOST_NAMED]),
        pictures=tuple(f for f in (themes_map(released),) if f),
        sure=_sure(released),
        means=(),
        unknown=(*UNKNOWN, *(c.sentence for c in released.checks if not c.passed)),
        included=_included(released),
        terms=("reablement",),
    )


def _common(released: Released) -> list[tuple[str, ...]]:
    """Return the rows of themes that somebody spoke of, those of most people first."""
    table = released.table("themes")
    rows = [r for r in table.rows if _spoke(r)] if table else []
    return sorted(rows, key=lambda r: -_spoke(r))


def _spoke(row: tuple[str, ...]) -> int:
    found = _OF.fullmatch(row[3])
    return int(found[1]) if found else 0


def _answer(common: list[tuple[str, ...]]) -> str:
    if not common:
        return "Nothing is coded yet, so nothing can be said."
    said = tuple(f"{r[0][:1].lower()}{r[0][1:]} ({r[3]})" for r in common[:MOST_NAMED])
    return f"Most of those interviewed spoke of {wording.listed(said)}."


def _differs(released: Released) -> str:
    """Say where the records and what people said do not fit, as analysts judged it."""
    table = released.table("beside_outcomes")
    rows = [r for r in table.rows if r[-2] == "discordant"] if table else []
    if not rows:
        return ""
    return (
        f"What people said and what the records show do not fit on {wording.listed(tuple(r[0].lower() for r in rows))}."
    )


def _card(released: Released, row: tuple[str, ...]) -> KeyFigure:
    quotes = released.table("quotes")
    own = [q for q in quotes.rows if q[0] == row[0] and len(q[1]) <= LONGEST_QUOTE] if quotes else []
    said = f" {own[0][1]} ({own[0][2]})" if own else ""
    return KeyFigure(heading=row[0], sentence=f"{row[3]} interviewed spoke of it.{said}")


def _sure(released: Released) -> tuple[str, ...]:
    said = [new] if (new := released.facts.get("new_codes", "")) else []
    if released.table("agreement") is not None:
        said.append("Two people coded the same interviews apart; the full report shows where they agreed.")
    if released.facts.get("approach") == "reflexive":
        said.append("The researcher made the themes in reading. Numbers of agreement would not say how good they are.")
    return tuple(said)


def _included(released: Released) -> tuple[str, ...]:
    sample = released.facts.get("sample", "")
    return (f"{sample[:1].upper()}{sample[1:]}.",) if sample else ()


def privacy(released: Released) -> tuple[str, ...]:
    """Return how privacy is protected, with what holds for words of people who were interviewed."""
    return (*released.policy.sentences(), *(INTERVIEWED if released.words else ()))


def saturation(released: Released) -> Figure | None:
    """Return the curve of codes heard; None where there is none."""
    table = released.table("saturation")
    if table is None:
        return None
    points = []
    for row in table.rows:
        low, _, high = row[3].partition(" to ")
        points.append(
            drawn.Heard(
                interviews=int(row[0]), heard=float(row[1]), middle=float(row[2]), low=float(low), high=float(high)
            )
        )
    subtitle = "Different codes heard as interviews go on; the band holds 95 in 100 random orders"
    return Figure(
        name="saturation",
        title=(released.facts.get("new_codes", "") or table.note).split(". ")[0].removesuffix("."),
        subtitle=subtitle,
        alt=f"Line chart. {subtitle}. From {points[0].heard:.0f} codes in the first interview to "
        f"{points[-1].heard:.0f} in {points[-1].interviews}. Every number stands in the table below.",
        table=None,
        draw=lambda size: drawn.saturation(points, size),
        wide=figure_style.WIDE,
        narrow=figure_style.NARROW,
    )


def themes_map(released: Released) -> Figure | None:
    """Return the map of participants and themes; None where they are too many for it."""
    table = released.table("who_said_what")
    if table is None:
        return None
    dots = [
        drawn.Dot(theme=row[0], who=who, state=state)
        for row in table.rows
        for who, state in zip(table.head[1:], row[1:], strict=True)
    ]
    spoke = {row[0]: sum(state == "mentioned" for state in row[1:]) for row in table.rows}
    most = max(spoke, key=lambda t: spoke[t])
    height = drawn.ROW * len(table.rows) + drawn.AXIS
    subtitle = "One row a theme, one column a person interviewed"
    return Figure(
        name="who-said-what",
        title="Who spoke of which theme",
        subtitle=subtitle,
        alt=f"Dot map. {subtitle}. Most spoke of {most}: {spoke[most]} of {len(table.head) - 1}. Every dot stands in "
        "the table below.",
        table=listing("who-said-what-table", table.caption, table.head, _rows(table)),
        draw=lambda size: drawn.themes_map(dots, size),
        wide=(figure_style.WIDE[0], height),
        narrow=(figure_style.NARROW[0], height + 20),
    )


def _rows(table: ReleasedWords) -> list[Row]:
    return [Row(header=row[0], cells=row[1:]) for row in table.rows]


GROUPED = {"themes": 1, "quotes": 0, "outcomes": 0}
"""Tables whose rows stand under headings, and the column that holds these."""


def table_of(table: ReleasedWords) -> Table:
    """Return a table of words for a page, without columns that are empty throughout."""
    keep = [k for k in range(len(table.head)) if k == 0 or any(row[k] not in ("", "0") for row in table.rows)]
    under = GROUPED.get(table.name)
    if under is not None:
        keep.remove(under)
    rows: dict[str, list[Row]] = {}
    for row in table.rows:
        cells = [row[k] for k in keep]
        rows.setdefault("" if under is None else row[under], []).append(Row(header=cells[0], cells=tuple(cells[1:])))
    return Table(
        name=f"{table.name.replace('_', '-')}-t1",
        caption=table.caption,
        head=tuple(table.head[k] for k in keep),
        groups=tuple(Group(heading=heading, rows=tuple(found)) for heading, found in rows.items()),
        note=table.note,
    )


def report_figures(released: Released, analysis: str) -> tuple[Figure, ...]:
    """Return the figures of an analysis in the full report."""
    made = {"saturation": saturation, "who_said_what": themes_map}.get(analysis)
    figure = made(released) if made else None
    return (figure,) if figure else ()
