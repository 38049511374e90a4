"""Scales for staff and for impaired functioning, fielded by the coaching and skills strands: UWES-9, TIS-6, WSAS."""

from ot_eval.measures.instrument import ImportantChange, Instrument, Item, Licence, Score, add_up, average

SEVEN = tuple(float(v) for v in range(7))
FIVE = tuple(float(v) for v in range(1, 6))
NINE = tuple(float(v) for v in range(9))
_PARTS = {"vigour": (1, 2, 5), "dedication": (3, 4, 7), "absorption": (6, 8, 9)}


def _names(stem: str, numbers: tuple[int, ...]) -> tuple[str, ...]:
    return tuple(f"{stem}{n}" for n in numbers)


ENGAGEMENT = Instrument(
    name="uwes9",
    title="Utrecht Work Engagement Scale, nine items, 0-6",
    family="uwes9",
    items=tuple(Item(name=f"w{n}", about=f"item {n}; 0 never to 6 every day", allowed=SEVEN) for n in range(1, 10)),
    scores=(
        Score(name="total", about="engagement with work", minimum=0, maximum=6),
        *(Score(name=part, about=part, minimum=0, maximum=6) for part in _PARTS),
    ),
    total=average({"total": _names("w", tuple(range(1, 10))), **{p: _names("w", n) for p, n in _PARTS.items()}}),
    missing_rule="A mean is missing when any of its items is missing.",
    licence=Licence(
        owner="Schaufeli and Bakker",
        condition="free for non-commercial research; commercial use needs permission; no wording shipped",
        status="PARTLY_VERIFIED",
    ),
    source="Schaufeli and Bakker, manual; Schaufeli 2006",
    status="RECALLED",
)

TURNOVER_INTENTION = Instrument(
    name="tis6",
    title="Turnover Intention Scale, six items, 6-30",
    family="tis6",
    items=tuple(
        Item(name=f"t{n}", about=f"item {n}, already turned so that 5 = wants to leave", allowed=FIVE)
        for n in range(1, 7)
    ),
    scores=(Score(name="total", about="intention to leave; midpoint 18", minimum=6, maximum=30, better="lower"),),
    total=add_up("total", _names("t", tuple(range(1, 7)))),
    missing_rule="The total is missing when any item is missing.",
    licence=Licence(
        owner="Roodt; Bothma and Roodt 2013",
        condition="academic use with notice to the author",
        status="PARTLY_VERIFIED",
    ),
    source="Bothma and Roodt 2013",
    status="RECALLED",
)

WORK_SOCIAL_ADJUSTMENT = Instrument(
    name="wsas",
    title="Work and Social Adjustment Scale, 0-40",
    family="wsas",
    items=tuple(
        Item(name=f"a{n}", about=f"item {n}; 0 not at all to 8 very severely", allowed=NINE) for n in range(1, 6)
    ),
    scores=(
        Score(
            name="total",
            about="impaired functioning; 10 and 20 are the usual cut points",
            minimum=0,
            maximum=40,
            better="lower",
        ),
    ),
    total=add_up("total", _names("a", tuple(range(1, 6)))),
    missing_rule="The total is missing when any item is missing.",
    important_changes=(
        ImportantChange(
            score="total",
            value=8.0,
            kind="MCID",
            setting="not stated in what was read",
            source="Zahra 2014",
            status="RECALLED",
        ),
    ),
    licence=Licence(
        owner="Marks; Mundt", condition="permission said to be free; no wording shipped", status="RECALLED"
    ),
    source="Mundt 2002, Br J Psychiatry 180:461",
    status="RECALLED",
)
