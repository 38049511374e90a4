"""Roles and modes in the service's own words. The words are those of a council's contacts export (synthetic sample)."""

import pytest

from ot_eval.base.errors import RequestError
from ot_eval.base.protocol import Protocol, Reading
from ot_eval.data.own_words import OwnWords
from ot_eval.data.schema import CARERS, CONTACTS, PEOPLE, PROVIDERS

ROLE, MODE, ARM = CONTACTS.column("staff_role"), CONTACTS.column("mode"), PROVIDERS.column("arm")


@pytest.mark.parametrize(
    ("word", "role"),
    [
        ("OT", "occupational_therapist"),
        (" ot", "occupational_therapist"),
        ("O.T.", "occupational_therapist"),
        ("Occupational Therapist", "occupational_therapist"),
        ("SENIOR OCCUPATIONAL THERAPIST ", "occupational_therapist"),
        ("Band 6 OT", "occupational_therapist"),
        ("Occupational Therapist (Band 7)", "occupational_therapist"),
        ("Lead Reablement OT", "occupational_therapist"),
        ("occupational_therapist", "occupational_therapist"),
        ("OTA", "ot_assistant"),
        ("Occupational Therapy Assistant", "ot_assistant"),
        ("Senior OT Assistant", "ot_assistant"),
        ("Trusted Assessor", "other"),
        ("Reablement Support Worker", "reablement_support_worker"),
        ("Physiotherapist", "physiotherapist"),
        ("Social Worker", "social_worker"),
        ("Student Occupational Therapist", None),  # not registered: never counted as a therapist without being told
        ("Podiatrist", None),
        ("rotten", None),
    ],
)
def test_roles(word, role):
    assert OwnWords.of().value(ROLE, word) == role


@pytest.mark.parametrize(
    ("column", "word", "value"),
    [
        (MODE, "Home visit", "home_visit"),
        (MODE, "Joint visit", "home_visit"),
        (MODE, "Telephone", "phone"),
        (MODE, "Video", "video"),
        (MODE, "No access", "other"),
        (MODE, "Cancelled", "other"),
        (ARM, "usual", "usual_care"),
        (ARM, "coached", "coached"),
        (ARM, "maybe", None),
        (PEOPLE.column("sex"), "F", "female"),
        (PEOPLE.column("dementia"), "Y", "yes"),
        (PEOPLE.column("lives_with_carer"), "No", "no"),
        (CARERS.column("role"), "RSW", "reablement_support_worker"),
    ],
)
def test_other_lists(column, word, value):
    assert OwnWords.of().value(column, word) == value


def with_reading(**reading):
    return Protocol(study="test", title="A test", question="What happens?", reading=Reading(**reading))


def test_the_protocol_adds_words_and_wins():
    words = OwnWords.of(
        with_reading(role_words={"Rehab Tech": "ot_assistant", "OT": "other"}, mode_words={"FT": "video"})
    )
    assert words.value(ROLE, "rehab  tech") == "ot_assistant"
    assert words.value(ROLE, "OT") == "other"
    assert words.value(MODE, "ft") == "video"


def test_a_word_mapped_to_no_role_is_refused_with_the_nearest():
    with pytest.raises(RequestError, match=r"role_words.*Did you mean 'ot_assistant'") as caught:
        OwnWords.of(with_reading(role_words={"Rehab Tech": "ot_asistant"}))
    assert caught.value.exit_code == 2
