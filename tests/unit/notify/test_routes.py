"""Which channel: the city's order, the citizen's wish, and why a channel was left out."""

from services.notify.domain.routes import Channel, Nowhere, Route, find, order

WHATSAPP, SMS, EMAIL, VOICE = Channel.WHATSAPP, Channel.SMS, Channel.EMAIL, Channel.VOICE
ALL = (WHATSAPP, SMS, EMAIL)
PHONE = "+919812345610"


def test_what_the_citizen_prefers_comes_first_and_only_what_is_offered():
    assert order(ALL, [EMAIL, VOICE]) == (EMAIL, WHATSAPP, SMS)
    assert order(ALL, []) == ALL


def test_the_first_channel_that_can_be_used_with_what_is_behind_it():
    found = find(ALL, (), {WHATSAPP: PHONE, SMS: PHONE}, {WHATSAPP: "opted_out"})
    assert found == Route(SMS, PHONE, {WHATSAPP: "opted_out"}, (EMAIL,), False)


def test_what_was_tried_to_its_end_is_passed_over():
    found = find(ALL, {WHATSAPP}, {WHATSAPP: PHONE, SMS: PHONE}, {})
    assert found == Route(SMS, PHONE, {}, (EMAIL,), False)


def test_it_goes_onward_where_a_channel_behind_could_be_used():
    reached = {WHATSAPP: PHONE, SMS: PHONE}
    assert find(ALL, (), reached, {}).onward
    assert not find(ALL, {SMS}, reached, {}).onward
    assert not find(ALL, (), reached, {SMS: "no_provider"}).onward
    assert not find(ALL, (), {WHATSAPP: PHONE, SMS: None}, {}).onward


def test_no_address_and_a_wrong_one_are_told_apart():
    found = find(ALL, (), {WHATSAPP: None, SMS: None}, {})
    assert found == Nowhere(
        {WHATSAPP: "invalid_address", SMS: "invalid_address", EMAIL: "no_address"}
    )
    assert found.reason == "no_channel"


def test_one_reason_of_all_channels_is_the_reason():
    assert find(ALL, (), {}, {}).reason == "no_address"
    assert find(ALL, ALL, {}, {}) == Nowhere({})
