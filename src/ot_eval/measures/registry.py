"""Every built-in instrument by the short name used in the `scores` table."""

from __future__ import annotations

from collections.abc import Mapping

from ot_eval.base.errors import RequestError, nearest
from ot_eval.measures.barthel_20 import BARTHEL_20
from ot_eval.measures.barthel_100 import BARTHEL_100
from ot_eval.measures.barthel_modified import MODIFIED_BARTHEL
from ot_eval.measures.change_rating import CHANGE_RATING
from ot_eval.measures.copm import COPM
from ot_eval.measures.elderly_mobility import ELDERLY_MOBILITY
from ot_eval.measures.eq5d import eq5d
from ot_eval.measures.eq5d_value_sets import VALUE_SETS
from ot_eval.measures.extended_adl import EXTENDED_ADL_22, EXTENDED_ADL_66
from ot_eval.measures.goal_attainment import GOAL_ATTAINMENT
from ot_eval.measures.instrument import Instrument
from ot_eval.measures.loneliness import LONELINESS
from ot_eval.measures.staff_wellbeing import ENGAGEMENT, TURNOVER_INTENTION, WORK_SOCIAL_ADJUSTMENT
from ot_eval.measures.therapy_outcomes import THERAPY_OUTCOMES
from ot_eval.measures.timed_up_and_go import TIMED_UP_AND_GO

PLAIN: tuple[Instrument, ...] = (
    MODIFIED_BARTHEL,
    BARTHEL_20,
    BARTHEL_100,
    COPM,
    GOAL_ATTAINMENT,
    ELDERLY_MOBILITY,
    TIMED_UP_AND_GO,
    THERAPY_OUTCOMES,
    LONELINESS,
    EXTENDED_ADL_66,
    EXTENDED_ADL_22,
    ENGAGEMENT,
    TURNOVER_INTENTION,
    WORK_SOCIAL_ADJUSTMENT,
    CHANGE_RATING,
)


def instruments(value_sets: tuple[str, ...] = (), extra: tuple[Instrument, ...] = ()) -> Mapping[str, Instrument]:
    """Return every instrument by name, EQ-5D with the value sets named, and the user's own (`extra`).

    Parameters
    ----------
    value_sets : EQ-5D value sets, for either questionnaire; each goes to the one it belongs to
    extra : instruments read by `user_instrument.read`, or ASCOT with the user's weights

    Raises
    ------
    RequestError
        A value set is unknown, or an extra instrument takes a name that is taken.
    """
    unknown = [name for name in value_sets if name not in VALUE_SETS]
    if unknown:
        eq5d(5, (unknown[0],))  # refuses, naming the sets there are
    levels = {n: tuple(v for v in value_sets if VALUE_SETS[v].n_levels == n) for n in (3, 5)}
    known = {i.name: i for i in (*PLAIN, *(eq5d(n, sets) for n, sets in levels.items()))}
    for own in extra:
        if own.name in known:
            raise RequestError(
                f"an instrument of your own is called '{own.name}', which is taken",
                expected="a name that no built-in instrument has",
                fix="give it another name, in its YAML file and in the scores table",
            )
        known[own.name] = own
    return known


def find(name: str, known: Mapping[str, Instrument]) -> Instrument:
    """Return the instrument called `name`; refuse an unknown name, pointing to the nearest one."""
    if name not in known:
        raise RequestError(
            f"the scores table names an instrument that is not known: '{name}'.{nearest(name, known)}",
            expected="one of " + ", ".join(sorted(known)),
            fix="correct the column 'instrument', or describe your own instrument in a YAML file",
        )
    return known[name]
