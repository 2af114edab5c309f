"""What citizens write to the city: the words by which they opt out and in are taken here.

``take_inbound`` is where each message over WhatsApp comes by. Besides a word about consent it keeps
nothing: neither the message nor who has sent it.
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.notify.commands.consent import one_word_at_a_time, say
from services.notify.domain import addresses
from services.notify.domain.care import Purpose
from services.notify.domain.consent_words import ConsentWords, Word
from services.notify.domain.messages import Answer, Failed, InboundText, Message, reply_id
from services.notify.domain.whatsapp import TextContent
from services.notify.domain.whatsapp_inbound import Chosen, Inbound, SaidText
from services.notify.models import Consent, Preference
from services.notify.models.chat import ConversationRow
from services.notify.secrets import Secrets

_log = logging.getLogger(__name__)
_WINDOW = timedelta(hours=23, minutes=55)
"""Meta takes free text for 24 hours after the citizen's message; what is close is not tried."""


@dataclass(frozen=True)
class Hearing:
    """What hearing citizens needs.

    Attributes:
        begin: opens a transaction on the service's database.
        words: the city's.
        answer: sends a message over WhatsApp.
        now: the present moment, aware.
    """

    begin: Callable[[], AbstractContextManager[Session]]
    words: ConsentWords
    secrets: Secrets
    answer: Callable[[Message], Answer]
    now: Callable[[], datetime]


def take_inbound(hearing: Hearing, message: Inbound) -> bool:
    """Take one message of a citizen over WhatsApp, in a transaction of its own.

    A word about consent is kept, and confirmed in a free message after the transaction, once:
    the same message again says nothing new. A confirmation that cannot be sent is lost, and the
    word stands.

    Returns:
        Whether it was a word about consent; nobody else needs to look at it then.
    """
    match message.said:
        case SaidText(text=text) | Chosen(title=text):
            word = hearing.words.read(text)
        case _:
            word = None
    number = addresses.mobile(message.sender)
    if word is None or number is None:
        return False
    with hearing.begin() as session:
        key = hearing.secrets.recipient(number)
        new = keep(session, key, word.purposes, word.agreed, "whatsapp", message.at)
        language = _chosen(session, key) or word.language
    if new and hearing.now() - message.at < _WINDOW:
        _confirm(hearing, number, replace(word, language=language))
    return True


def _chosen(session: Session, key: str) -> str | None:
    """The language that a citizen has chosen, in the conversation or else for messages; None: none.

    Words of one language are typed in conversations of another: थांबा is on every poster.
    """
    talked = session.scalar(
        select(ConversationRow.language).where(ConversationRow.recipient_key == key)
    )
    liked = select(Preference.language).where(Preference.recipient_key == key)
    return talked or session.scalar(liked)


def take_text(hearing: Hearing, message: InboundText) -> bool:
    """Take one text message of a citizen, in a transaction of its own.

    A word about consent is kept. Nothing is answered: for each text message the operators want to
    see a registered template.

    Returns:
        Whether it was such a word.
    """
    word = hearing.words.read(message.text)
    number = addresses.mobile(_international(message.sender))
    if word is None or number is None:
        return False
    with hearing.begin() as session:
        key = hearing.secrets.recipient(number)
        keep(session, key, word.purposes, word.agreed, "sms", message.at)
    return True


def _international(number: str) -> str:
    """Providers leave the + out."""
    return f"+{number}" if number.isascii() and number.isdigit() and len(number) > 10 else number


def keep(
    session: Session,
    key: str,
    purposes: Sequence[Purpose],
    agreed: bool,
    source: str,
    at: datetime,
) -> bool:
    """Keep a citizen's own word where it is newer than what is known; whether something was.

    A webhook that comes again, or late, takes back nothing that was said since.

    Args:
        session: in whose transaction.
        key: of the citizen's number.
        purposes: what the word is about.
        agreed: True: opted in.
        source: how it was said.
        at: when the citizen said it, aware.
    """
    one_word_at_a_time(session, key)
    new = []
    for purpose in purposes:
        last = session.scalars(
            select(Consent)
            .where(Consent.recipient_key == key, Consent.purpose == purpose)
            .order_by(Consent.id.desc())
            .limit(1)
        ).one_or_none()
        if last is None or last.said_at < at or (last.said_at == at and last.agreed != agreed):
            new.append(purpose)
    if new:
        say(session, key, new, agreed, source, at)
    return bool(new)


def _confirm(hearing: Hearing, number: str, word: Word) -> None:
    text = hearing.words.reply(word)
    attempt_id = reply_id()
    answer = hearing.answer(
        Message(
            delivery_id=attempt_id,
            attempt_id=attempt_id,
            address=number,
            language=word.language,
            subject="",
            body=text,
            template="consent",
            whatsapp=TextContent(text),
        )
    )
    if isinstance(answer, Failed):
        _log.warning("a word about consent could not be confirmed: %s", answer.reason)
