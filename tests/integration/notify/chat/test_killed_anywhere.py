"""A process is killed at any point of a conversation: another goes on as if nothing had been."""

from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import text

from services.notify.chat.silence import sweep
from services.notify.chat.turns import Bot
from tests.integration.notify.chat.conftest import ASHA, SECRETS, World

pytestmark = pytest.mark.slow

KEY = SECRETS.recipient(ASHA)
TYPED = (
    "hi", "1", "takrar", "khadda", "1", "मोठा खड्डा", "कर्वे रस्ता", "नाही", "हो",
    "menu", "tax", "1", "code", "कर", "1", "bill", "menu", "person", "का?",
)  # fmt: skip


STRIDE = 13


class Killed(BaseException):
    """The process is gone."""


class Mortal:
    """Ports on which a process dies at one of its dealings with the world, before or after it."""

    def __init__(self, world, dies_at):
        self.left = dies_at
        ports = world.ports
        self.ports = replace(
            ports,
            begin=self._begin(ports.begin),
            call=self._around(ports.call),
            say=self._around(ports.say),
            send_code=self._around(ports.send_code),
        )

    def _point(self):
        self.left -= 1
        if self.left == 0:
            raise Killed

    def _around(self, port):
        def mortal(*args, **kwargs):
            self._point()
            found = port(*args, **kwargs)
            self._point()
            return found

        return mortal

    def _begin(self, begin):
        @contextmanager
        def mortal():
            self._point()
            with begin() as session:
                yield session
                self._point()
            self._point()

        return mortal


def _talk(factory, dies_at):
    """What is said, each message once; what was filed; how many points were passed."""
    with factory.begin() as session:
        session.execute(
            text("TRUNCATE conversation, conversation_message, property_link, link_code, handover")
        )
    world = World(factory)
    mortal = Mortal(world, dies_at)
    for typed in TYPED:
        heard = world.codes[-1].code if typed == "code" else typed
        world.receive(world.inbound(heard))
        try:
            Bot(mortal.ports).run(KEY)
        except Killed:
            world.now = world.now.replace(minute=world.now.minute + 2)
            sweep(world.ports, lambda: False)
    said = {each.id: getattr(each.content, "text", each.content) for each in world.said}
    copies = len(world.said) - len(said)
    states = {row.state for row in world.query("SELECT state FROM conversation_message")}
    asked = world.query("SELECT 1 FROM handover")
    return (list(said.values()), len(world.city.filed), len(asked), states), copies, mortal.left


def test_it_goes_on_wherever_it_was_killed(world):
    never = 100_000
    whole, copies, left = _talk(world.factory, never)
    assert (whole[1:], copies) == ((1, 1, {"done"}), 0)
    assert len(whole[0]) == len(TYPED) + 1
    points = never - left
    assert points > 200
    # A stride of a prime meets every kind of point; all of them (STRIDE = 1) take five minutes.
    for dies_at in range(1, points + 1, STRIDE):
        outcome, copies, _ = _talk(world.factory, dies_at)
        assert outcome == whole, dies_at
        # Only what had just left when the process died may come a second time.
        assert copies <= 1, dies_at
