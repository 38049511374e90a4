"""Barthel Index as scored 0-20 (Collin 1988). A class of its own: never rescaled to 0-100 or to the modified index."""

from ot_eval.measures.instrument import ImportantChange, Instrument, Item, Licence, Score, add_up

ITEMS = (
    Item(name="bowels", about="bowels", allowed=(0, 1, 2)),
    Item(name="bladder", about="bladder", allowed=(0, 1, 2)),
    Item(name="grooming", about="face, hair, teeth, shaving", allowed=(0, 1)),
    Item(name="toilet_use", about="using the toilet", allowed=(0, 1, 2)),
    Item(name="feeding", about="eating", allowed=(0, 1, 2)),
    Item(name="transfer", about="between bed and chair", allowed=(0, 1, 2, 3)),
    Item(name="mobility", about="getting about indoors", allowed=(0, 1, 2, 3)),
    Item(name="dressing", about="dressing", allowed=(0, 1, 2)),
    Item(name="stairs", about="stairs", allowed=(0, 1, 2)),
    Item(name="bathing", about="bath or shower", allowed=(0, 1)),
)

BARTHEL_20 = Instrument(
    name="barthel20",
    title="Barthel Index (Collin 1988), 0-20",
    family="barthel",
    items=ITEMS,
    scores=(Score(name="total", about="everyday self-care and mobility", minimum=0, maximum=20, better="higher"),),
    total=add_up("total", tuple(i.name for i in ITEMS)),
    missing_rule="The total is missing when any item is missing.",
    important_changes=(
        ImportantChange(
            score="total",
            value=1.85,
            kind="MCID (anchor)",
            setting="people after stroke, n = 43",
            source="Hsieh 2007, 10.1177/1545968306294729",
            status="VERIFIED",
        ),
    ),
    detectable_changes=(
        ImportantChange(
            score="total",
            value=4.02,
            kind="MDC 95 (measurement error 1.45)",
            setting="people with chronic stroke, n = 56",
            source="scireproject.com from Hsieh 2007",
            status="VERIFIED",
        ),
    ),
    licence=Licence(owner="Collin, Wade", condition="widely reproduced in the NHS; cite", status="RECALLED"),
    source="Collin, Wade, Davies and Horne 1988, Int Disabil Stud 10:61",
    status="VERIFIED",
)
