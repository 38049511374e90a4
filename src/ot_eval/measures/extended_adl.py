"""Nottingham Extended Activities of Daily Living: 22 items, scored 0-3 (0-66) or yes/no (0-22). Never mixed."""

from ot_eval.measures.instrument import Instrument, Item, Licence, Score, add_up

ABOUT = {
    "walk_outside": "walking outside",
    "climb_stairs": "stairs",
    "car": "in and out of a car",
    "uneven_ground": "walking on uneven ground",
    "cross_roads": "crossing roads",
    "public_transport": "bus or train",
    "feed_self": "eating",
    "hot_drink": "making a hot drink",
    "carry_drinks": "carrying drinks between rooms",
    "wash_up": "washing up",
    "hot_snack": "making a hot snack",
    "money": "handling money when out",
    "wash_small_clothes": "washing small clothes",
    "housework": "housework",
    "shopping": "shopping",
    "full_wash": "a full clothes wash",
    "read": "reading",
    "phone": "using the telephone",
    "write_letters": "writing",
    "go_out": "going out to see people",
    "garden": "looking after a garden",
    "drive": "driving",
}
_LICENCE = Licence(owner="Nouri and Lincoln, Nottingham", condition="ask and cite; own-words labels", status="RECALLED")
_SOURCE = "Nouri and Lincoln 1987, Clin Rehabil 1:301; 0-66 scoring after Wu 2011"
_MISSING = "The total is missing when any item is missing."


def _neadl(name: str, title: str, highest: int) -> Instrument:
    allowed = tuple(float(v) for v in range(highest + 1))
    return Instrument(
        name=name,
        title=title,
        family="neadl",
        items=tuple(Item(name=item, about=about, allowed=allowed) for item, about in ABOUT.items()),
        scores=(Score(name="total", about="extended activities", minimum=0, maximum=highest * len(ABOUT)),),
        total=add_up("total", tuple(ABOUT)),
        missing_rule=_MISSING,
        licence=_LICENCE,
        source=_SOURCE,
        status="RECALLED",
    )


EXTENDED_ADL_66 = _neadl("neadl66", "Nottingham Extended ADL, 0-66", 3)
EXTENDED_ADL_22 = _neadl("neadl22", "Nottingham Extended ADL, 0-22", 1)
