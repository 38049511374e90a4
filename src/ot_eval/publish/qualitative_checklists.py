"""What COREQ and SRQR ask of a report on interviews: filled in from the data where it can be, else left to the author.

The numbers are theirs (COREQ: Tong, Sainsbury and Craig 2007; SRQR: O'Brien and others 2014); what each asks is in our
own short words. An answer is never made up: what the data do not hold says "author to complete".
"""

from __future__ import annotations

from dataclasses import dataclass

from ot_eval.outputs.released import Released
from ot_eval.outputs.table import Row, Table, listing

TO_COMPLETE = "author to complete"
HEAD = ("Item", "Asks for", "Answer")
NOT_TAKEN = "not used: the approach is reflexive"


@dataclass(frozen=True, slots=True)
class Item:
    """One item: its number, what it asks, and the fact or the table of this report that answers it."""

    number: str
    asks: str
    fact: str = ""
    table: str = ""
    where: str = ""


COREQ = (
    Item("1", "Who interviewed"),
    Item("2", "Their credentials"),
    Item("3", "Their occupation then"),
    Item("4", "Their gender"),
    Item("5", "Their experience and training"),
    Item("6", "Whether they knew those interviewed before"),
    Item("7", "What those interviewed knew of them"),
    Item("8", "Their interests and assumptions"),
    Item("9", "The approach behind the study", fact="approach"),
    Item("10", "How people were chosen"),
    Item("11", "How they were approached"),
    Item("12", "How many took part", fact="sample"),
    Item("13", "How many refused or left, and why"),
    Item("14", "Where the interviews took place"),
    Item("15", "Whether anybody else was there"),
    Item("16", "Who took part", table="interviewed", where="Who was interviewed"),
    Item("17", "The guide: questions, and whether it was tried out"),
    Item("18", "Whether interviews were repeated", fact="repeat_interviews"),
    Item("19", "Whether they were recorded"),
    Item("20", "Whether notes were made"),
    Item("21", "How long interviews were", fact="length"),
    Item("22", "Saturation", table="saturation", where="Do new codes still come up?"),
    Item("23", "Whether transcripts went back to those interviewed"),
    Item("24", "How many coded", fact="coders"),
    Item("25", "The coding tree", table="codebook", where="The codebook"),
    Item("26", "Whether themes came from the data or before them", fact="derivation"),
    Item("27", "The software", fact="coding_software"),
    Item("28", "Whether those interviewed commented on the findings"),
    Item("29", "Quotes, each with its speaker", fact="quotes"),
    Item("30", "Whether data and findings fit", table="quotes", where="In their words"),
    Item("31", "Major themes clearly shown", table="themes", where="Themes, and who spoke of them"),
    Item("32", "Minor themes and different cases", table="themes", where="Themes, column Quotes"),
)
SRQR = (
    Item("1", "A title that names the kind of study"),
    Item("2", "A summary"),
    Item("3", "The problem"),
    Item("4", "The question", where="The question, above", table="themes"),
    Item("5", "The approach", fact="approach"),
    Item("6", "The researchers and what they bring"),
    Item("7", "The context"),
    Item("8", "How people were sampled"),
    Item("9", "Ethics"),
    Item("10", "How data were collected"),
    Item("11", "The instruments of collection"),
    Item("12", "The units of study", fact="sample"),
    Item("13", "How data were processed", where="Data and limits: names out, then coded", table="themes"),
    Item("14", "How they were analysed", fact="derivation"),
    Item("15", "What makes them trustworthy", table="agreement", where="Do coders agree?"),
    Item("16", "The findings", table="themes", where="Themes, and who spoke of them"),
    Item("17", "Links to the data", fact="quotes"),
    Item("18", "What they mean beside what is known"),
    Item("19", "Limits", table="themes", where="Were the methods right for these data?"),
    Item("20", "Conflicts of interest"),
    Item("21", "Funding"),
)
REFLEXIVE = (
    "COREQ asks for things that a reflexive approach does not hold to, such as saturation and several coders. Braun "
    "and Clarke (2024) propose reporting guidelines of their own for it (RTARG)."
)


def checklists(released: Released) -> tuple[Table, ...]:
    """Return both tables for the experience strand; none for another."""
    if released.strand != "experience":
        return ()
    note = REFLEXIVE if released.facts.get("approach") == "reflexive" else ""
    return (
        listing("coreq", "COREQ: what a report on interviews says", HEAD, _rows(released, COREQ), note),
        listing("srqr", "SRQR: what a report on qualitative research says", HEAD, _rows(released, SRQR)),
    )


def _rows(released: Released, items: tuple[Item, ...]) -> list[Row]:
    return [Row(header=item.number, cells=(item.asks, _answer(released, item))) for item in items]


def _answer(released: Released, item: Item) -> str:
    if item.fact:
        return released.facts.get(item.fact, "") or TO_COMPLETE
    if item.table and released.table(item.table) is not None:
        return f"see: {item.where}"
    if item.table in ("saturation", "agreement") and released.facts.get("approach") == "reflexive":
        return NOT_TAKEN
    return TO_COMPLETE
