"""Help for reading: concordance, keyness, collocations, topics and ranked passages, each against what is known."""

import numpy as np
import pytest

from ot_eval.base.errors import AnalysisRefused
from ot_eval.coding.concordance import concordance
from ot_eval.coding.keywords import collocations, g2, keyness
from ot_eval.coding.rank_passages import rank
from ot_eval.coding.segments import turns_of
from ot_eval.coding.topics import topics

TURNS = turns_of(
    "I01",
    [
        ("interviewer", "And the bath?"),
        ("participant", "The bath was hard. I bathed on my own, with [daughter] near, didn't I?"),
        ("participant", "Bathing is what I wanted."),
    ],
)
BATH = ["the bath board made the bath safe again today", "we tried the bath board together in the bathroom"]
CLUB = ["friends at the club play cards on tuesday evenings", "the club bus takes friends for cards and tea"]


def test_a_word_in_its_places_without_the_interviewer():
    got = concordance(TURNS, "bath*")
    assert [(p.segment_id, p.word) for p in got] == [
        ("I01-0002", "bath"),
        ("I01-0002", "bathed"),
        ("I01-0003", "Bathing"),
    ]
    assert got[1].after == "on my own with [daughter] near didn't I"
    assert concordance(TURNS, "bat") == ()


def test_keyness_by_hand():
    """2 (20 ln(20 / 12.5) + 5 ln(5 / 12.5)) = 9.6372, worked out with pocket calculator."""
    assert g2(20, 5, 1000, 1000) == pytest.approx(9.6372, abs=0.00005)
    assert g2(5, 20, 1000, 1000) == pytest.approx(g2(20, 5, 1000, 1000))
    inside, outside = [("P1", "rail rail rail"), ("P2", "rail rail step")], [("P3", "step step step tea tea tea")]
    got = keyness(inside, outside)
    assert [(k.word, k.inside, k.outside, k.people) for k in got] == [("rail", 5, 0, 2)]
    with pytest.raises(AnalysisRefused):
        keyness(inside, [])


def test_words_side_by_side_with_people_beside():
    spoken = [(f"P{k % 3}", "the perching stool was there and I used the perching stool") for k in range(4)]
    got = collocations(spoken, fewest=3)
    assert (got[0].first, got[0].second, got[0].times, got[0].people) == ("perching", "stool", 8, 3)
    assert collocations(spoken, fewest=9) == ()


def invented(n, seed):
    rng = np.random.default_rng(seed)
    return [(f"P{k % 6}", (BATH if k % 2 else CLUB)[int(rng.integers(2))]) for k in range(n)]


def test_topics_find_what_was_put_in_and_say_how_steady_they_are():
    got = topics(invented(80, 1), 2, seed=1)
    words = [set(t.words[:4]) for t in got]
    assert any("bath" in w and "club" not in w for w in words)
    assert any("club" in w and "bath" not in w for w in words)
    rng = np.random.default_rng(2)
    vocabulary = [a + b for a in ("ba", "ke", "li", "mo", "nu", "po") for b in ("sta", "rin", "lop", "der", "fim")]
    noise = [(f"P{k % 6}", " ".join(rng.choice(vocabulary, 12))) for k in range(80)]
    unsteady = [t.stability for t in topics(noise, 4, seed=1)]
    assert max(unsteady) < min(t.stability for t in got), "noise is not steady, and that is told"


def test_topics_of_too_little_are_refused():
    with pytest.raises(AnalysisRefused):
        topics(invented(10, 1), 2, seed=1)


def test_passages_are_ranked_and_judged_on_other_interviews():
    spoken = invented(120, 3)
    has = ["bath" in text for _, text in spoken]
    hidden = [h and k % 10 != 0 for k, h in enumerate(has)]
    interviews = [who for who, _ in spoken]
    got = rank([t for _, t in spoken], hidden, interviews, seed=1)
    assert got.precision > 0.8 > got.by_chance
    left = sum(has) - sum(hidden)
    assert all(has[k] for k in got.order[:left])
    rng = np.random.default_rng(0)
    shuffled = [bool(x) for x in rng.random(len(spoken)) < 0.3]
    blind = rank([t for _, t in spoken], shuffled, interviews, seed=1)
    assert blind.precision < 0.55, "codes that have nothing to do with the words cannot be ranked"


def test_ranking_from_too_few_is_refused():
    with pytest.raises(AnalysisRefused):
        rank(["a b", "c d"], [True, False], ["I1", "I2"], seed=1)
