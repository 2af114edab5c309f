"""How the bot reaches WhatsApp, text messages and what citizens want: what is told of it is so."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest

from palika.errors import Conflict, Unavailable
from services.notify import conversing, delivering, webhooks
from services.notify.chat import consents
from services.notify.chat.ports import CodeToSend, Saying
from services.notify.commands.consent import say
from services.notify.conversing import Conversing
from services.notify.domain.care import Purpose
from services.notify.domain.messages import Failed, Sent
from services.notify.domain.whatsapp import TextContent
from services.notify.domain.whatsapp_inbound import Chosen
from tests.integration.notify.chat.conftest import ASHA, SECRETS

KEY = SECRETS.recipient(ASHA)
CODE = CodeToSend(uuid4(), ASHA, "123456", 10, "mr")
SAYING = Saying(uuid4(), ASHA, "mr", TextContent("नमस्कार"))


class Service(Conversing):
    name = "notify"

    def __init__(self, state="sent"):
        self._state = state

    def send_now(self, name, asked):
        return {"state": self._state, "reason": "no_provider"}


@pytest.mark.parametrize("state", ["skipped", "failed_permanent", "expired"])
def test_a_code_that_was_not_sent_is_not_said_to_be(state):
    with pytest.raises(Unavailable, match="no_provider"):
        Service(state).chat_code(CODE)


@pytest.mark.parametrize("state", ["sent", "failed_temporary", "delivered"])
def test_a_code_that_is_on_its_way_is(state):
    Service(state).chat_code(CODE)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Sent("wamid.1"), None),
        (Failed(False, "meta_no_answer", uncertain=True), None),
        (Failed(False, "meta_throttled"), Unavailable),
        (Failed(True, "meta_not_here"), Conflict),
    ],
)
def test_a_reply_that_may_have_arrived_is_not_said_again(world, monkeypatch, answer, error):
    provider = SimpleNamespace(name="meta", send=lambda message: answer)
    monkeypatch.setattr(conversing, "meta", lambda: provider)
    monkeypatch.setattr(conversing, "take", lambda *args, **given: {"meta": (1, None)})
    service = Service()
    service.db = SimpleNamespace(begin=world.factory.begin)
    if error is None:
        service.chat_say(SAYING)
    else:
        with pytest.raises(error):
            service.chat_say(SAYING)


def test_without_a_number_at_whatsapp_all_wait_the_same_way(world, monkeypatch):
    monkeypatch.setattr(delivering, "carriers", lambda: SimpleNamespace(providers={}))
    service = Service()
    service.db = SimpleNamespace(begin=world.factory.begin)
    for ask in (
        lambda: service.chat_say(SAYING),
        lambda: service.chat_media("m1"),
    ):
        with pytest.raises(Unavailable, match="no number at WhatsApp"):
            ask()
    assert webhooks.meta is delivering.meta


# -- what citizens want ---------------------------------------------------------------------------


@pytest.fixture
def consenting(world):
    world.ports = replace(world.ports, consent=consents.keep)
    return world


def _agreed(world):
    rows = world.query(
        "SELECT DISTINCT ON (purpose) purpose, agreed FROM consent WHERE recipient_key = :key"
        " ORDER BY purpose, id DESC",
        key=KEY,
    )
    return {row.purpose for row in rows if row.agreed}


def test_starting_again_by_the_button_is_what_the_word_means_and_asks_for_no_news(consenting):
    consenting.hear("hi", "1", "band kara", Chosen("opted-out/start", "पुन्हा सुरू करा"))
    assert consenting.state() == "opted-in"
    assert _agreed(consenting) == {"service", "tax", "reminder"}


def test_a_stop_that_was_written_after_the_button_stands_whichever_is_kept_first(consenting):
    """The bot may come to the button later than a word about consent is taken."""
    consenting.hear("hi", "1", "band kara")
    pressed = consenting.inbound(Chosen("opted-out/start", "पुन्हा सुरू करा"))
    with consenting.factory.begin() as session:
        stopped = consenting.now + timedelta(seconds=5)
        say(session, KEY, [Purpose.REMINDER], False, "whatsapp", stopped)
    consenting.now += timedelta(seconds=60)
    consenting.receive(pressed)
    consenting.later(seconds=1)
    assert consenting.state() == "opted-in"
    assert _agreed(consenting) == {"service", "tax"}
