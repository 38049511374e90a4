"""Barthel Index as first published: 0-100 in steps of five (Mahoney and Barthel 1965). A class of its own."""

from ot_eval.measures.instrument import Instrument, Item, Licence, Score, add_up

ITEMS = (
    Item(name="feeding", about="eating", allowed=(0, 5, 10)),
    Item(name="wheelchair_bed_transfer", about="between bed and chair", allowed=(0, 5, 10, 15)),
    Item(name="grooming", about="face, hair, teeth, shaving", allowed=(0, 5)),
    Item(name="toilet", about="using the toilet", allowed=(0, 5, 10)),
    Item(name="bathing", about="bath or shower", allowed=(0, 5)),
    Item(name="walking_level", about="walking on the level; 5 = moves a wheelchair instead", allowed=(0, 5, 10, 15)),
    Item(name="stairs", about="stairs", allowed=(0, 5, 10)),
    Item(name="dressing", about="dressing", allowed=(0, 5, 10)),
    Item(name="bowels", about="bowels", allowed=(0, 5, 10)),
    Item(name="bladder", about="bladder", allowed=(0, 5, 10)),
)

BARTHEL_100 = Instrument(
    name="barthel100",
    title="Barthel Index (Mahoney and Barthel 1965), 0-100 in fives",
    family="barthel",
    items=ITEMS,
    scores=(Score(name="total", about="everyday self-care and mobility", minimum=0, maximum=100, better="higher"),),
    total=add_up("total", tuple(i.name for i in ITEMS)),
    missing_rule="The total is missing when any item is missing.",
    licence=Licence(
        owner="Maryland State Medical Society",
        condition="non-commercial use with citation; own-words labels only",
        status="RECALLED",
    ),
    source="Mahoney and Barthel 1965, Md State Med J 14:61",
    status="RECALLED",
)
