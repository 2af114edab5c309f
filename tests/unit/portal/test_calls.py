"""The connections to the services: shared, never by two threads at once."""

import dataclasses

import pytest

from palika.auth import Identity
from palika.config import settings
from services.portal.calls import Calls
from services.portal.errors import TooMany

ASHA = Identity.of("open311:asha", "citizen")


def test_who_finds_no_connection_free_is_told_to_come_again_later():
    calls = Calls(dataclasses.replace(settings(), workers=2), patience_s=0.01)
    with calls.as_(ASHA) as first, calls.as_(ASHA) as second:
        assert first is not second
        with pytest.raises(TooMany), calls.as_(ASHA):
            pass
    # What was given back is there for the next one, the last one first.
    with calls.as_(ASHA) as again:
        assert again is first


def test_a_connection_comes_back_from_a_call_that_failed():
    calls = Calls(dataclasses.replace(settings(), workers=1), patience_s=0.01)
    with pytest.raises(KeyError), calls.as_(ASHA):
        raise KeyError
    with calls.as_(ASHA):
        pass
