"""The entrypoints, on a real database."""

import threading
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from palika.roles import HELPDESK
from palika.rpc import rpc_methods
from services.notify.chatting import Chatting
from tests.integration.notify.chat.conftest import ASHA, BALU


class Service(Chatting):
    name = "notify"

    def __init__(self, world):
        self.db = SimpleNamespace(begin=world.factory.begin)
        self.rpc = SimpleNamespace(as_=lambda identity: _Services(world, identity))
        self._world = world

    def chat_say(self, saying):
        self._world.said.append(saying)

    def chat_code(self, code):
        self._world.codes.append(code)

    def chat_media(self, media_id):
        return b""

    def chat_consent(self, session, key, agreed, now):
        self._world.consents.append((key, agreed))


class _Services:
    def __init__(self, world, identity):
        self._world, self._identity = world, identity

    def __getattr__(self, service):
        def method(name):
            return lambda **given: self._world.city.call(self._identity, service, name, **given)

        return _Named(method)


class _Named:
    def __init__(self, method):
        self._method = method

    def __getattr__(self, name):
        return self._method(name)


@pytest.fixture
def service(world, tmp_path, monkeypatch):
    monkeypatch.setenv("PALIKA_VAR", str(tmp_path / "var"))
    from services.notify.secrets import city_secrets

    city_secrets.cache_clear()
    world.now = datetime.now(UTC)
    yield Service(world)
    city_secrets.cache_clear()


def test_what_is_heard_is_answered_in_the_citizens_turn(service, world):
    keys = service.hear([world.inbound("hi"), world.inbound("hi", BALU), world.inbound("1")])
    assert len(keys) == 2
    assert world.said == []
    service.take_turns_soon(keys)
    service.chat_turns(lambda: False)
    assert sorted(each.address for each in world.said) == [ASHA, ASHA, BALU]
    service.take_turns_soon(service.hear([world.inbound("tax"), world.inbound("1")]))
    service.chat_turns(lambda: False)
    assert world.codes[0].phone == ASHA


def test_who_writes_while_another_is_answered_slowly_does_not_wait(service, world):
    """Tax thinks for one citizen; the other comes when that has begun, and is answered first."""
    begun, answered = threading.Event(), threading.Event()

    def slow(called, method):
        begun.set()
        assert answered.wait(20)

    say = service.chat_say
    service.chat_say = lambda saying: (say(saying), saying.address == BALU and answered.set())
    service.take_turns_soon(service.hear([world.inbound("hi"), world.inbound("1")]))
    service.chat_turns(lambda: False)
    world.city.before = slow
    service.take_turns_soon(service.hear([world.inbound("tax"), world.inbound("1")]))
    turns = threading.Thread(target=lambda: service.chat_turns(lambda: False))
    turns.start()
    assert begun.wait(20)
    service.take_turns_soon(service.hear([world.inbound("hi", BALU)]))
    turns.join(30)
    assert [each.address for each in world.said][-2:] == [BALU, ASHA]


def test_what_was_left_lying_is_answered_by_the_sweeper(service, world):
    service.hear([world.inbound("hi")])
    service.chat_silence(lambda: False)
    assert len(world.said) == 1


def test_questions_are_read_and_answered_by_people_only():
    methods = {each.name: each.roles for each in rpc_methods(Chatting)}
    people = {HELPDESK, "officer", "supervisor", "admin"}
    assert methods == {"chat_handovers": people, "chat_answer": people}


def test_a_service_that_cannot_send_does_not_start():
    class Half(Chatting):
        name = "notify"

    with pytest.raises(TypeError, match="chat_say"):
        Half()
