"""Elderly Mobility Scale (0-20)."""

from ot_eval.measures.instrument import Instrument, Item, Licence, Score, add_up

ITEMS = (
    Item(name="lying_to_sitting", about="from lying to sitting", allowed=(0, 1, 2)),
    Item(name="sitting_to_lying", about="from sitting to lying", allowed=(0, 1, 2)),
    Item(name="sitting_to_standing", about="from sitting to standing", allowed=(0, 1, 2, 3)),
    Item(name="standing", about="standing", allowed=(0, 1, 2, 3)),
    Item(name="gait", about="walking, with or without aid", allowed=(0, 1, 2, 3)),
    Item(name="timed_walk", about="six metres, timed", allowed=(0, 1, 2, 3)),
    Item(name="functional_reach", about="reaching forward", allowed=(0, 2, 4)),
)

ELDERLY_MOBILITY = Instrument(
    name="ems",
    title="Elderly Mobility Scale, 0-20",
    family="ems",
    items=ITEMS,
    scores=(Score(name="total", about="mobility", minimum=0, maximum=20),),
    total=add_up("total", tuple(i.name for i in ITEMS)),
    missing_rule="The total is missing when any item is missing.",
    licence=Licence(owner="Smith 1994", condition="widely reproduced; cite; own-words labels", status="RECALLED"),
    source="Smith 1994, Physiotherapy 80:744; item values from memory, they add to the published maximum of 20",
    status="RECALLED",
)
