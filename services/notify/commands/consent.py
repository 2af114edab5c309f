"""What citizens say about being written to: for what, over what, in which language."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.errors import Invalid
from palika.outbox import record
from services.notify.domain.care import ALWAYS, Purpose
from services.notify.domain.routes import Channel
from services.notify.models import Consent, Preference
from services.notify.schemas.events import OPTED_OUT


def one_word_at_a_time(session: Session, recipient_key: str) -> None:
    """Who keeps a word of this citizen waits here until others that do have committed."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(recipient_key, 0))))


def say(
    session: Session,
    recipient_key: str,
    purposes: Sequence[Purpose],
    agreed: bool,
    source: str,
    now: datetime,
    wording: str | None = None,
) -> None:
    """Keep a citizen's word, in the caller's transaction; of an opt-out the others are told.

    Args:
        recipient_key: of the address by which it was said.
        purposes: one or several.
        agreed: True: opted in.
        source: one of ``SOURCES``.
        now: aware.
        wording: what the citizen was shown, where that is known.

    Raises:
        Invalid: nobody can opt out of one of the purposes.
    """
    if always := [each for each in purposes if each in ALWAYS]:
        raise Invalid(
            "Nobody can opt out of this.",
            {"purposes": [f"{each}: is always sent" for each in always]},
        )
    one_word_at_a_time(session, recipient_key)
    for purpose in purposes:
        session.add(
            Consent(
                id=uuid7(),
                recipient_key=recipient_key,
                purpose=purpose,
                agreed=agreed,
                source=source,
                said_at=now,
                wording=wording,
            )
        )
    if not agreed:
        told = {"recipient_key": recipient_key, "source": source, "said_at": now.isoformat()}
        record(
            session,
            *(
                OPTED_OUT.new(subject=recipient_key, data=told | {"purpose": purpose}, time=now)
                for purpose in purposes
            ),
        )


def prefer(
    session: Session,
    recipient_key: str,
    channels: Sequence[Channel],
    language: str | None,
    now: datetime,
) -> None:
    """Keep which channels a citizen likes best, in the caller's transaction; it replaces the last.

    Args:
        channels: the best first; empty: as the city has it.
        language: None: as the contact says.
    """
    liked = {"channels": list(channels), "language": language, "changed_at": now}
    session.execute(
        insert(Preference)
        .values(recipient_key=recipient_key, **liked)
        .on_conflict_do_update(index_elements=["recipient_key"], set_=liked)
    )
