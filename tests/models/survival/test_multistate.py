"""State occupancy against R's illness-death fit, against cumulative incidence, and by known truth."""

import numpy as np
import pandas as pd
import pytest

from ot_eval.base.errors import AnalysisRefused
from ot_eval.models.clusters import single_people
from ot_eval.models.competing import cumulative_incidence
from ot_eval.models.multistate import influence, occupancy, state_occupancy
from ot_eval.models.restricted_mean import restricted_mean
from ot_eval.models.state_rows import read_moves

CLOSED = 1e-9
STATES = ("well", "pcm", "death")


@pytest.fixture(scope="module")
def illness_death(dataset):
    rows = dataset("mgus2_states")
    rows = rows.rename(columns={"id": "person_id", "tstart": "entry_day", "tstop": "exit_day"})
    rows["event"] = rows["state"].replace({"censor": "none"})
    rows["state"] = np.where(rows["entry_day"] == 0, "well", "pcm")
    return rows


def test_occupancy_errors_and_time_in_state_equal_r(golden, illness_death, about, relative):
    wanted = golden("multistate_mgus2")
    moves = read_moves(illness_death, STATES)
    found = occupancy(moves)
    square, _ = influence(moves, found, single_people(illness_death), ())
    for row, day in enumerate(wanted["times"]):
        assert relative(found.share[day], wanted["pstate"][row]) < CLOSED
        assert relative(np.sqrt(square[day]), wanted["se"][row]) < CLOSED
    _, times = state_occupancy(illness_death, states=STATES, about=about, horizons=(2400,))
    assert relative([t.value for t in times], wanted["rmean_2400"]) < CLOSED


def _competing(rng, n=400):
    time = rng.integers(1, 60, n)
    event = rng.choice(["increase", "death", "none"], n)
    return pd.DataFrame({"person_id": np.arange(n), "entry_day": 0, "exit_day": time, "event": event, "state": "home"})


def test_with_one_move_a_person_it_is_cumulative_incidence_and_restricted_mean(about, relative):
    frame = _competing(np.random.default_rng(2))
    curves, times = state_occupancy(frame, states=("home", "increase", "death"), about=about, horizons=(50,))
    single = cumulative_incidence(frame, cause="increase", about=about)[0]
    assert relative(curves[1].value[:50], single.value[:50]) < CLOSED
    assert relative(curves[1].lower[:50], single.lower[:50]) < 1e-7
    mean = restricted_mean(frame, horizon=50, about=about)[0]
    assert (times[0].value, times[0].se) == pytest.approx((mean.value, mean.se), rel=1e-9)
    assert sum(t.value for t in times) == pytest.approx(50)


def test_known_occupancy_is_recovered_when_people_come_and_go(about):
    """Home <-> hospital with daily chances 0.03 and 0.10, death 0.005 from hospital, seen for 120 days."""
    rng = np.random.default_rng(3)
    n, days = 4_000, 120
    truth = np.zeros((days + 1, 3))
    truth[0, 0] = 1
    step = np.array([[0.97, 0.03, 0], [0.10, 0.895, 0.005], [0, 0, 1]])
    for day in range(days):
        truth[day + 1] = truth[day] @ step
    state = np.zeros(n, dtype=int)
    rows, since = [], np.zeros(n, dtype=int)
    end = rng.integers(30, days + 1, n)
    names = np.array(["home", "hospital", "dead"])
    for day in range(1, days + 1):
        chance = rng.random(n)
        new = np.where(state == 0, (chance < 0.03) * 1, state)
        new = np.where(state == 1, np.where(chance < 0.10, 0, np.where(chance < 0.105, 2, 1)), new)
        for i in np.flatnonzero((new != state) & (day <= end) & (state < 2)):
            rows.append((i, since[i], day, names[state[i]], names[new[i]]))
            since[i] = day
        state = np.where(day <= end, new, state)
        over = np.flatnonzero((day == end) & (state < 2) & (since < day))
        rows += [(i, since[i], day, names[state[i]], "none") for i in over]
    frame = pd.DataFrame(rows, columns=["person_id", "entry_day", "exit_day", "state", "event"])
    curves, _ = state_occupancy(frame, states=tuple(names), about=about)
    for k, curve in enumerate(curves):
        assert curve.lower[90] - 0.01 <= truth[90, k] <= curve.upper[90] + 0.01
        assert curve.value[90] == pytest.approx(truth[90, k], abs=0.03)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"entry_day": [0, 6]}, "1 gaps"),
        ({"state": ["home", "dead"]}, "1 rows not in the state moved to"),
        ({"entry_day": [2, 5]}, "1 people begin after day 0"),
        ({"entry_day": [0, 4]}, "begin before the person's last one ended"),
    ],
)
def test_a_broken_chain_of_states_is_refused(change, message):
    rows = pd.DataFrame({
        "person_id": ["a", "a"], "entry_day": [0, 5], "exit_day": [5, 9],
        "state": ["home", "hospital"], "event": ["hospital", "none"],
    })  # fmt: skip
    assert len(read_moves(rows, ("home", "hospital", "dead")).exit) == 2
    with pytest.raises(AnalysisRefused, match=message):
        read_moves(rows.assign(**change), ("home", "hospital", "dead"))
