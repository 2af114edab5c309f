"""The connections to the services: shared, never by two threads at once."""

import dataclasses

import pytest

from palika.auth import Identity
from palika.config import settings
from palika.errors import Unavailable
from palika.rpc import Client
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


def test_what_is_answered_and_to_whom_is_told_and_what_fails_is_not(monkeypatch):
    answers = iter([{"number": 1}, Unavailable("away")])

    def invoke(client, service, method, arguments):
        found = next(answers)
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(Client, "_invoke", invoke)
    calls = Calls(dataclasses.replace(settings(), workers=1))
    told = []
    calls.tell(lambda *what: told.append(what))
    with calls.as_(ASHA) as services:
        assert services.grievance.get(number=1) == {"number": 1}
        with pytest.raises(Unavailable):
            services.grievance.get(number=2)
    assert told == [(ASHA, "grievance", "get")]
