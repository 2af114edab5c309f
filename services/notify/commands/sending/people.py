"""What is known of those who are about to be written to: consent, preferences, today's count."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from services.notify.domain.care import Purpose
from services.notify.models import Consent, DayCount, Preference


@dataclass(frozen=True)
class People:
    """By the keys of their addresses.

    Attributes:
        said: the last word about a purpose, by key and purpose.
        preferred: the channels and the language that they like best, by key.
        sent: messages of a capped purpose on the day, by key and purpose.
    """

    said: Mapping[tuple[str, str], bool] = field(default_factory=dict)
    preferred: Mapping[str, tuple[tuple[str, ...], str | None]] = field(default_factory=dict)
    sent: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def last_word(self, keys: Collection[str], purpose: Purpose) -> bool | None:
        """What a citizen with these addresses has said: who has opted out by one, has by all."""
        words = [self.said[key, purpose] for key in keys if (key, purpose) in self.said]
        return all(words) if words else None

    def preference(self, keys: Collection[str]) -> tuple[tuple[str, ...], str | None]:
        """Channels and language of the first of these addresses that has some."""
        for key in keys:
            if key in self.preferred:
                return self.preferred[key]
        return (), None


def people(session: Session, keys: Collection[str], today: date) -> People:
    """Read them; a few statements, however many keys."""
    if not keys:
        return People()
    wanted = sorted(keys)
    last = (
        select(Consent.recipient_key, Consent.purpose, Consent.agreed)
        .where(Consent.recipient_key.in_(wanted))
        .order_by(Consent.recipient_key, Consent.purpose, Consent.id.desc())
        .ext(distinct_on(Consent.recipient_key, Consent.purpose))
    )
    preferred = select(Preference.recipient_key, Preference.channels, Preference.language).where(
        Preference.recipient_key.in_(wanted)
    )
    sent = select(DayCount.recipient_key, DayCount.purpose, DayCount.sent).where(
        DayCount.recipient_key.in_(wanted), DayCount.day == today
    )
    return People(
        {(key, purpose): agreed for key, purpose, agreed in session.execute(last)},
        {key: (tuple(liked), language) for key, liked, language in session.execute(preferred)},
        {(key, purpose): count for key, purpose, count in session.execute(sent)},
    )
