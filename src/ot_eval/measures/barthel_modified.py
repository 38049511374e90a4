"""Modified Barthel Index in Shah's five-level scoring (0-100), with the wheelchair ceiling of 90.

Every whole number from 0 to 100 can be reached, so a total never shows a wrong item: item values are checked.
"""

import pandas as pd

from ot_eval.measures.instrument import Instrument, Item, Licence, Rule, Score

FIVES = (0.0, 1.0, 3.0, 4.0, 5.0)
TENS = (0.0, 2.0, 5.0, 8.0, 10.0)
FIFTEENS = (0.0, 3.0, 8.0, 12.0, 15.0)
WALKING, WHEELCHAIR = "ambulation", "wheelchair_if_not_ambulant"
CEILING, WHEELCHAIR_CEILING = 100.0, 90.0

ITEMS = (
    Item(name="personal_hygiene", about="washing face and hands, teeth, hair, shaving", allowed=FIVES),
    Item(name="bathing", about="bath or shower", allowed=FIVES),
    Item(name="feeding", about="eating and drinking", allowed=TENS),
    Item(name="toilet", about="using the toilet", allowed=TENS),
    Item(name="stair_climbing", about="one flight of stairs", allowed=TENS),
    Item(name="dressing", about="dressing and undressing", allowed=TENS),
    Item(name="bowel_control", about="bowels", allowed=TENS),
    Item(name="bladder_control", about="bladder", allowed=TENS),
    Item(name="chair_bed_transfers", about="between bed and chair", allowed=FIFTEENS),
    Item(name=WALKING, about="walking", allowed=FIFTEENS),
    Item(name=WHEELCHAIR, about="moving a wheelchair; only for a person who does not walk", allowed=FIVES),
)
_ALWAYS = [item.name for item in ITEMS if item.name not in (WALKING, WHEELCHAIR)]

BANDS: dict[str, tuple[tuple[float, str], ...]] = {
    # RECALLED (Shah 1989): the upper end of each band and its name.
    "shah1989": (
        (24, "total dependence"),
        (49, "severe dependence"),
        (74, "moderate dependence"),
        (90, "mild dependence"),
        (99, "minimal dependence"),
        (100, "independent"),
    ),
    # Edges VERIFIED on scireproject.com; names RECALLED.
    "scire": (
        (20, "total dependence"),
        (60, "severe dependence"),
        (90, "moderate dependence"),
        (99, "slight dependence"),
        (100, "independent"),
    ),
}


def _wheelchair_user(frame: pd.DataFrame) -> pd.Series:
    return frame[WHEELCHAIR].notna() & frame[WALKING].fillna(0).eq(0)


def _total(frame: pd.DataFrame) -> pd.DataFrame:
    wheels = _wheelchair_user(frame)
    moving = frame[WALKING].where(~wheels, frame[WHEELCHAIR])
    total = frame[_ALWAYS].sum(axis="columns", skipna=False) + moving
    ceiling = wheels.map({True: WHEELCHAIR_CEILING, False: CEILING}).where(total.notna())
    return pd.DataFrame({"total": total, "ceiling": ceiling})


def band(total: pd.Series, scheme: str) -> pd.Series:
    """Return the named band of each total (points, 0-100); empty totals stay empty.

    Two published schemes disagree, so the scheme is named: "shah1989" or "scire".

    Examples
    --------
    >>> band(pd.Series([20.0, 61.0, 100.0]), "scire").tolist()
    ['total dependence', 'moderate dependence', 'independent']
    """
    edges, names = zip(*BANDS[scheme], strict=True)
    cut = pd.cut(total, bins=[-1.0, *edges], labels=list(names))
    return cut.astype(object)


MODIFIED_BARTHEL = Instrument(
    name="mbi",
    title="Modified Barthel Index (Shah 1989), 0-100",
    family="barthel",
    items=ITEMS,
    scores=(
        Score(name="total", about="everyday self-care and mobility", minimum=0, maximum=100, better="higher"),
        Score(
            name="ceiling",
            about="the highest total this person could have: 90 in a wheelchair, else 100",
            describes=True,
        ),
    ),
    total=_total,
    missing_rule=(
        "The total is missing when any item is missing. Walking or wheelchair, one of the two, must be there; "
        "the wheelchair item replaces walking for a person who does not walk."
    ),
    rules=(
        Rule(
            about="the wheelchair item is only for a person who does not walk (walking empty or 0)",
            broken=lambda frame: frame[WHEELCHAIR].notna() & frame[WALKING].gt(0),
        ),
    ),
    # 1.85 of 20 stretched to 9.25 of 100 is not a validated threshold, so no important change stands here.
    important_changes=(),
    licence=Licence(
        owner="Shah; J Clin Epidemiol (Elsevier)",
        condition="own-words labels only; ask the author for the form",
        status="RECALLED",
    ),
    source="Shah, Vanclay and Cooper 1989, J Clin Epidemiol 42:703",
    status="PARTLY_VERIFIED",
)
