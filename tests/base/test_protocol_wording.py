"""pydantic's own English must not reach a reader, whatever is put in place of whatever word."""

import json

import pytest
from pydantic import BaseModel, ValidationError

from ot_eval.base.protocol import Protocol
from ot_eval.base.protocol_wording import reword

WRONG = (None, True, 3, -3, 0.5, 1e9, "", "x", "2026-02-31", "01/02/2026", [], ["x"], [None], {}, {"a": 1}, {"": "b"})


def words(part: type[BaseModel], place: tuple[str, ...] = ()):
    for name, info in part.model_fields.items():
        yield (*place, name)
        if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel):
            yield from words(info.annotation, (*place, name))


def nested(place, value):
    for name in reversed(place):
        value = {name: value}
    return value


@pytest.mark.parametrize("place", list(words(Protocol)), ids=".".join)
def test_every_wrong_value_of_every_word_is_reworded(place):
    said = []
    for value in WRONG:
        try:
            Protocol.model_validate_json(json.dumps(nested(place, value)), strict=True)
        except ValidationError as error:
            found = [(e["msg"], reword(e)) for e in error.errors() if e["loc"][: len(place)] == place]
            assert all(original not in ours for original, ours in found)
            said += [ours for _, ours in found]
    assert said
    assert not any("Input should" in text or "pattern" in text or "tuple" in text for text in said)


def test_a_choice_lists_what_it_may_be():
    with pytest.raises(ValidationError) as caught:
        Protocol.model_validate_json('{"cluster": "provider"}', strict=True)
    (error,) = (e for e in caught.value.errors() if e["loc"] == ("cluster",))
    assert reword(error) == "cluster may be provider_id or none; it is 'provider'. Did you mean 'provider_id'?"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '{"progress": {"important_changes": [{"scroe": "x"}]}}',
            "'scroe' is not a word the section progress.important_changes knows. Did you mean 'score'?",
        ),
        (
            '{"in_reach": {"bed": {"nam": "x"}}}',
            "'nam' is not a word the section in_reach.bed knows. Did you mean 'name'?",
        ),
        ('{"per_day": {}}', "'per_day' is not a word the protocol knows. It belongs to the section in_reach.bed."),
    ],
)
def test_a_word_in_a_list_of_records_is_told_the_nearest(text, said):
    with pytest.raises(ValidationError) as caught:
        Protocol.model_validate_json(text, strict=True)
    assert said in [reword(e) for e in caught.value.errors()]
