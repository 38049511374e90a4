"""UCLA three-item loneliness scale (3-9). A higher score is lonelier."""

from ot_eval.measures.instrument import Instrument, Item, Licence, Score, add_up

FREQUENCY = (1.0, 2.0, 3.0)
ITEMS = (
    Item(name="companionship", about="lacking company; 1 hardly ever to 3 often", allowed=FREQUENCY),
    Item(name="left_out", about="left out; 1 hardly ever to 3 often", allowed=FREQUENCY),
    Item(name="isolated", about="cut off from others; 1 hardly ever to 3 often", allowed=FREQUENCY),
)

LONELINESS = Instrument(
    name="ucla3",
    title="UCLA loneliness, three items, 3-9",
    family="ucla3",
    items=ITEMS,
    scores=(Score(name="total", about="loneliness", minimum=3, maximum=9, better="lower"),),
    total=add_up("total", tuple(i.name for i in ITEMS)),
    missing_rule="The total is missing when any item is missing.",
    licence=Licence(
        owner="the authors; recommended by ONS",
        condition="use the wording on the ONS page under its own licence",
        status="RECALLED",
    ),
    source="Hughes 2004, Res Aging 26:655",
    status="RECALLED",
)
