"""What people said: themes, who spoke of them, quotes, and themes beside outcomes of the same people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ot_eval.base.results import WordTable
from ot_eval.coding.framework_matrix import JOINT, summaries
from ot_eval.coding.theme_counts import MENTIONED, NOT_ASKED, NOT_KNOWN, SILENT, facets, together
from ot_eval.studies.experience_data import GREW
from ot_eval.studies.experience_desk import ExperienceDesk

MOST_IN_MAP = 30
"""Participants up to which each has a column; with more, counts say it."""
MOST_PAIRS = 15
FACETS = {
    "experience": "What happened (experience)",
    "attitude": "How the person values it (attitude)",
    "belief": "What the person holds to be so (belief)",
    "view": "What the person says should be (view)",
    "context": "Life around it (context)",
}


def who_was_asked(desk: ExperienceDesk) -> Iterator[WordTable]:
    """Give those interviewed by age band and sex; kinds that few people share stand together."""
    total = len(desk.participants)
    rows = [("Interviewed", str(total)), ("Interviews", str(len(desk.interviews)))]
    rows.append(("Agreed to be quoted", f"{sum(p.consent for p in desk.participants)} of {total}"))
    kinds = Counter(desk.tag(p.label).removeprefix(p.label).lstrip(", ") for p in desk.participants)
    told = sorted((k, n) for k, n in kinds.items() if k)
    rows += [(f"{k[:1].upper()}{k[1:]}", f"{n} of {total}") for k, n in told]
    if kinds[""]:
        rows.append(("Not told, so that nobody can be picked out", f"{kinds['']} of {total}"))
    yield WordTable(
        analysis="interviewed",
        name="interviewed",
        caption="Who was interviewed",
        head=("", "How many"),
        rows=tuple(rows),
    )


def themes(desk: ExperienceDesk) -> Iterator[WordTable]:
    """Give each theme: what it is, who spoke of it, who was asked and did not, and quotes for and against."""
    found, chosen = desk.states(), desk.quotes()
    rows = []
    for theme in desk.book.all():
        if not theme.codable:
            continue
        code = theme.code
        states = Counter(found[p.label, code] for p in desk.participants)
        stands = Counter(q.stand for q in chosen if q.code == code)
        against = {q.interview_id for q in chosen if q.code == code and q.stand == "against"}
        path = desk.book.path(code)
        others = [
            f"{states[state]} {said}"
            for state, said in (
                (SILENT, "asked, did not"),
                (NOT_ASKED, "not asked"),
                (NOT_KNOWN, "not noted whether asked"),
            )
            if states[state]
        ]
        spoke = f"{states[MENTIONED]} of {len(desk.participants)}"
        negative = f"; {len(against)} negative case{'s' if len(against) > 1 else ''}" if against else ""
        printed = f"{stands['for']} for, {stands['against']} against{negative}" if stands else "none"
        part_of = path[0] if len(path) > 1 else ""
        rows.append((theme.label, part_of, theme.definition, spoke, "; ".join(others) or "nobody", printed))
    yield WordTable(
        analysis="themes",
        name="themes",
        caption="Themes, and who spoke of them",
        head=("Theme", "Part of", "What it is", "Spoke of it", "The others", "Quotes"),
        rows=tuple(rows),
        note="Negative cases are those interviewed whose quoted words speak against the theme.",
    )


def who_said_what(desk: ExperienceDesk) -> Iterator[WordTable]:
    """Give the map of participants and themes, where there are few enough for each to have a column."""
    if len(desk.participants) > MOST_IN_MAP:
        return
    found = desk.states()
    rows = [(desk.book.of(code).label, *(found[p.label, code] for p in desk.participants)) for code in desk.book.names]
    yield WordTable(
        analysis="who_said_what",
        name="who_said_what",
        caption="Who spoke of which theme",
        head=("Theme", *(p.label for p in desk.participants)),
        rows=tuple(rows),
    )


def quotes(desk: ExperienceDesk) -> Iterator[WordTable]:
    """Give the quotes chosen for print, theme by theme, those against a theme after those for it."""
    who = desk.of_interview()
    ordered = sorted(desk.quotes(), key=lambda q: (desk.book.names.index(q.code), q.stand == "against"))
    rows = [(desk.book.of(q.code).label, f"“{q.words}”", desk.tag(who[q.interview_id].label), q.stand) for q in ordered]
    if rows:
        yield WordTable(
            analysis="quotes",
            name="quotes",
            caption="In their words",
            head=("Theme", "Words", "Who", "Speaks"),
            rows=tuple(rows),
            spoken=("Words",),
            note="Each stands in the transcript as printed, without names; … stands where words are left out.",
        )
    written = summaries(desk.participants, desk.written)
    yield WordTable(
        analysis="charted",
        name="charted",
        caption="How far the framework matrix is filled in",
        head=("", "How many"),
        rows=(
            ("Cells of participants who spoke of the theme", str(sum(s == MENTIONED for s in desk.states().values()))),
            ("Summaries that analysts wrote", str(len(written))),
        ),
        note="The matrix itself stays with the study: a row of it could be recognised.",
    )


def beside_outcomes(desk: ExperienceDesk) -> Iterator[WordTable]:
    """Give themes beside outcomes of the same people: the analysts' judgement, then outcomes in bands where agreed."""
    found = desk.states()
    judged, outcomes = [], []
    for code in desk.book.names:
        fit, words = (w.value if (w := desk.written.get((JOINT, code, c))) else "" for c in ("fit", "words"))
        spoke = [p.label for p in desk.participants if found[p.label, code] == MENTIONED]
        others = [p.label for p in desk.participants if p.label not in spoke]
        label = desk.book.of(code).label
        if fit or words:
            judged.append((label, f"{len(spoke)} of {len(desk.participants)}", fit or "not judged", words))
        groups = ((f"{len(spoke)} who spoke of it", spoke), (f"{len(others)} who did not", others))
        outcomes += [(label, who, *_banded(desk, labels)) for who, labels in groups if labels]
    if judged:
        yield WordTable(
            analysis="beside_outcomes",
            name="beside_outcomes",
            caption="What people said beside what the records show of the same people",
            head=("Theme", "Spoke of it", "How they fit", "What it means"),
            rows=tuple(judged),
            spoken=("What it means",),
            note="Judged by analysts. Those interviewed are few and were not drawn by lot, so no test is made.",
        )
    if desk.protocol.experience.outcomes_published:
        yield WordTable(
            analysis="beside_outcomes",
            name="outcomes",
            caption="Outcomes of those who spoke of a theme, and of those who did not",
            head=(
                "Theme",
                "Who",
                "Barthel: higher, the same, lower, not known",
                "Home care grew",
                f"Therapist seen by day {desk.protocol.coding.early_days}",
            ),
            rows=tuple(outcomes),
            note="Barthel from the first assessment to the end of reablement. Those who did not speak of it include "
            "those who were not asked.",
        )


def _banded(desk: ExperienceDesk, labels: Sequence[str]) -> tuple[str, str, str]:
    """Return outcomes of a group in bands, as numbers out of its size."""
    rows = desk.rows.loc[list(labels)]
    n = len(rows)
    change = [float(v) for v in rows["change"] if v]
    days = [int(v) for v in rows["ot_day"] if v]
    grew = sum(v.startswith(f"{GREW},") for v in rows["package"])
    early = sum(d <= desk.protocol.coding.early_days for d in days)
    bands = (sum(c > 0 for c in change), sum(c == 0 for c in change), sum(c < 0 for c in change), n - len(change))
    return ", ".join(map(str, bands)), f"{grew} of {n}", f"{early} of {n}"


def said_together(desk: ExperienceDesk) -> Iterator[WordTable]:
    """Give the pairs of codes that most participants have on one and the same turn."""
    pairs = sorted(together(desk.participants, desk.mine).items(), key=lambda x: (-x[1], x[0]))
    rows = [
        (desk.book.of(a).label, desk.book.of(b).label, f"{n} of {len(desk.participants)}")
        for (a, b), n in pairs[:MOST_PAIRS]
        if n > 1
    ]
    if rows:
        yield WordTable(
            analysis="said_together",
            name="said_together",
            caption="Themes spoken of in one breath",
            head=("Theme", "With", "How many"),
            rows=tuple(rows),
        )


def kinds_of_talk(desk: ExperienceDesk) -> Iterator[WordTable]:
    """Give how many spoke of experience, attitude, belief and view, as the codes they were given are marked."""
    found = facets(desk.participants, desk.mine, desk.book)
    rows = [(said, f"{found[f]} of {len(desk.participants)}") for f, said in FACETS.items() if f in found]
    if rows:
        yield WordTable(
            analysis="kinds_of_talk",
            name="kinds_of_talk",
            caption="Experience, attitudes, beliefs and views, as people coded them",
            head=("Kind", "How many"),
            rows=tuple(rows),
            note="No program judged feelings: the codebook says of each code which kind it is.",
        )
