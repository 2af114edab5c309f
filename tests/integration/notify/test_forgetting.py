"""Who asks notify to be forgotten; and the words that a citizen has agreed to."""

from datetime import timedelta

from sqlalchemy import func, select
from uuid6 import uuid7

from services.notify import tries
from services.notify.commands.consent import prefer, say
from services.notify.commands.forget import forget_citizen
from services.notify.domain.care import Purpose
from services.notify.domain.routes import Channel
from services.notify.models import (
    Consent,
    ConversationRow,
    Delivery,
    InboxMessage,
    LinkCode,
    NumberTry,
    Preference,
    ProviderMonth,
    Tried,
)
from services.notify.queries.consent import chat_subject, consent, history
from tests.support.notify import CONTACT, NOW, SECRETS

KEY = SECRETS.recipient(CONTACT["phone"])
OTHER = SECRETS.recipient("+919850011223")


def counts(told) -> dict[str, int]:
    return {each["what"]: each["count"] for each in told}


def rows(desk, model) -> int:
    with desk.begin() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_messages_that_have_ended_go_and_the_proof_of_consent_stays(desk):
    desk.channels = ("sms",)
    desk.happen()
    desk.run()
    with desk.begin() as session:
        say(session, KEY, [Purpose.NEWS], False, "portal", NOW, "News of the city.")
        prefer(session, KEY, [Channel.SMS], "mr", NOW)
        session.add(
            InboxMessage(
                id=uuid7(),
                attempt_id=uuid7(),
                recipient_key=KEY,
                sealed=b"x",
                template="tax.paid",
                language="mr",
                created_at=NOW,
            )
        )
        session.add(ConversationRow(recipient_key=KEY, began_at=NOW, heard_at=NOW, contact=b"x"))
        session.flush()
        before = session.scalar(select(func.count()).select_from(Delivery))
        under_way = forget_citizen(session, KEY)
    # What was sent and not yet heard of is under way: it is forgotten when it has ended.
    assert before == 1
    assert counts(under_way["erased"]) == {"inbox": 1, "preference": 1}
    assert counts(under_way["stays"]) == {"consent": 1, "message": 1}
    with desk.begin() as session:
        session.execute(Delivery.__table__.update().values(state="delivered"))
        told = forget_citizen(session, KEY)
    assert counts(told["erased"]) == {"message": 1}
    assert counts(told["stays"]) == {"consent": 1}
    assert (rows(desk, Delivery), rows(desk, Preference), rows(desk, InboxMessage)) == (0, 0, 0)
    assert rows(desk, Consent) == 1
    assert rows(desk, ProviderMonth) == 1, "the month is still counted"
    with desk.begin() as session:
        row = session.get_one(ConversationRow, KEY)
        assert (row.contact, row.memory, row.state) == (None, None, "")
        assert forget_citizen(session, KEY)["erased"] == []


def test_to_be_forgotten_gives_nobody_new_tries_or_codes(desk):
    with desk.begin() as session:
        for _ in range(3):
            tries.count(session, KEY, Tried.PROPERTY_NUMBER, NOW)
        session.add(
            LinkCode(
                id=uuid7(),
                recipient_key=KEY,
                phone_key=OTHER,
                properties=[],
                code_hash="x",
                asked_by="message",
                made_at=NOW,
                expires_at=NOW + timedelta(minutes=10),
            )
        )
        session.flush()
        forget_citizen(session, KEY)
    assert (rows(desk, LinkCode), rows(desk, NumberTry)) == (1, 1)
    with desk.begin() as session:
        assert tries.count(session, KEY, Tried.PROPERTY_NUMBER, NOW) == 4


def test_each_word_is_kept_with_what_the_citizen_was_shown(desk):
    with desk.begin() as session:
        say(session, KEY, [Purpose.TAX], True, "portal", NOW, "मिळकतकर: देयके, पावत्या व नोटिसा.")
        say(session, KEY, [Purpose.TAX], False, "sms", NOW + timedelta(hours=1))
        session.flush()
        words = history(session, KEY)["words"]
        now = consent(session, KEY)["purposes"]["tax"]
    assert [(each["agreed"], each["wording"]) for each in words] == [
        (False, None),
        (True, "मिळकतकर: देयके, पावत्या व नोटिसा."),
    ]
    assert (now["told"], now["source"], now["wording"]) == (False, "sms", None)


def test_the_chatbots_citizen_is_known_as_long_as_the_number_has_not_been_silent(desk):
    with desk.begin() as session:
        assert chat_subject(session, OTHER, NOW) is None
        session.add(ConversationRow(recipient_key=OTHER, began_at=NOW, heard_at=NOW, tenure=3))
        session.flush()
        assert chat_subject(session, OTHER, NOW) == f"citizen:whatsapp:{OTHER}:3"
        assert chat_subject(session, OTHER, NOW + timedelta(hours=1)) is None
