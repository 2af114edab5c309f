"""What the portal keeps: accounts and how they are signed in to, and who looked at whose data.

No password, code, token or telephone number stands here in clear: what is only compared is kept as
a digest, what is needed again is sealed (``keeping.py``).
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from palika.database import make_base
from services.portal.domain.sessions import Kept, Stage

Base = make_base()


class Account(Base):
    """An officer's. ``person`` is their code in the e-office; ``posts`` what it said at
    ``posts_asked_at`` (``domain/rights.Post``), an empty list where they hold none.

    ``totp`` is the sealed secret, in use from ``totp_at`` on; ``totp_step`` the last time step of
    which a code was accepted. ``disabled_at``: nobody signs in to it.
    """

    __tablename__ = "account"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person: Mapped[str] = mapped_column(Text, unique=True)
    names: Mapped[dict[str, str]] = mapped_column(JSONB)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    password: Mapped[str | None] = mapped_column(Text)
    password_at: Mapped[datetime | None]
    totp: Mapped[bytes | None]
    totp_at: Mapped[datetime | None]
    totp_step: Mapped[int | None] = mapped_column(BigInteger)
    posts: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    posts_asked_at: Mapped[datetime | None]
    signed_in_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]


class RecoveryCode(Base):
    """A word that stands once for a code of the telephone's application."""

    __tablename__ = "recovery_code"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), primary_key=True)
    digest: Mapped[str] = mapped_column(Text, primary_key=True)
    used_at: Mapped[datetime | None]


class Invitation(Base):
    """By its link an officer chooses a password, once."""

    __tablename__ = "invitation"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    digest: Mapped[str] = mapped_column(Text, unique=True)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(Text)
    until: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Citizen(Base):
    """Who has proved that a telephone number is theirs; ``citizen:<id>`` to the services.

    Of a number one row counts (``ended_at`` is None). It ends when the citizen wants to be
    forgotten, or has stayed away so long that the number may be another's; then the number is not
    in it any more.
    """

    __tablename__ = "citizen"
    __table_args__ = (
        Index(
            "uq_citizen_phone_digest",
            "phone_digest",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    phone_digest: Mapped[str | None] = mapped_column(Text)
    phone: Mapped[bytes | None]
    language: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class OneTimeCode(Base):
    """A code that was sent to a telephone number, until it is used or of no use."""

    __tablename__ = "one_time_code"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    phone_digest: Mapped[str] = mapped_column(Text, index=True)
    phone: Mapped[bytes]
    digest: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    until: Mapped[datetime] = mapped_column(index=True)
    tries: Mapped[int]
    used_at: Mapped[datetime | None]


class WebSession(Base):
    """Somebody signed in on a device, an officer or a citizen.

    ``digest`` is of the token in the device's cookie, ``before`` of the one that it has replaced at
    ``rotated_at``. ``stage`` is what is still to be done (``domain/sessions.Stage``); ``rights``
    tells whether the rights are still those of the last request; ``place`` is the network that it
    came from, without the end of its address.
    """

    __tablename__ = "web_session"
    __table_args__ = (
        CheckConstraint("(account_id IS NULL) <> (citizen_id IS NULL)", name="whose"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(Text, unique=True)
    before: Mapped[str | None] = mapped_column(Text, unique=True)
    rotated_at: Mapped[datetime]
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"), index=True)
    citizen_id: Mapped[UUID | None] = mapped_column(ForeignKey("citizen.id"), index=True)
    stage: Mapped[str] = mapped_column(Text)
    way: Mapped[str] = mapped_column(Text)
    rights: Mapped[str] = mapped_column(Text)
    post: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    device: Mapped[str] = mapped_column(Text)
    place: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    until: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(Text)

    def kept(self) -> Kept:
        """As the rules have it (``domain/sessions.is_over``)."""
        return Kept(
            Stage(self.stage),
            self.account_id is not None,
            self.created_at,
            self.seen_at,
            self.until,
            self.ended_at is not None,
        )


class Failure(Base):
    """How often it was tried in vain: ``scope`` says who is counted, ``digest`` which of them."""

    __tablename__ = "failure"

    scope: Mapped[str] = mapped_column(Text, primary_key=True)
    digest: Mapped[str] = mapped_column(Text, primary_key=True)
    count: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(index=True)
    free_at: Mapped[datetime]


class Taken(Base):
    """How much of a limit was taken within a window of time that begins at ``since``."""

    __tablename__ = "taken"

    limit: Mapped[str] = mapped_column(Text, primary_key=True)
    digest: Mapped[str] = mapped_column(Text, primary_key=True)
    since: Mapped[datetime] = mapped_column(primary_key=True, index=True)
    count: Mapped[int]


class ApiToken(Base):
    """By it a program acts: as an officer's post (``account_id``, ``post``), or as itself."""

    __tablename__ = "api_token"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    digest: Mapped[str] = mapped_column(Text, unique=True)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"), index=True)
    post: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(Text)
    until: Mapped[datetime]
    used_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class DataRead(Base):
    """That somebody of the office looked at a citizen's data. Rows are never changed.

    ``reader`` is the person, ``post`` the one for which they acted; ``what`` names the page or
    method, ``why`` the reason (``domain/reads.REASONS``), ``note`` what the reader added.
    """

    __tablename__ = "data_read"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    reader: Mapped[str] = mapped_column(Text, index=True)
    post: Mapped[str] = mapped_column(Text)
    what: Mapped[str] = mapped_column(Text)
    why: Mapped[str] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)
    session_id: Mapped[UUID | None]


class DataReadOf(Base):
    """Whose data it was: a subject (``citizen:…``), a matter (``property:…``, ``grievance:…``), or
    the keyed digest of a telephone number (``phone:…``)."""

    __tablename__ = "data_read_of"
    __table_args__ = (Index("ix_data_read_of_whose", "whose", "read_id"),)

    read_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("data_read.id"), primary_key=True)
    whose: Mapped[str] = mapped_column(Text, primary_key=True)


class GrievanceDraft(Base):
    """What somebody has typed of a grievance that is not filed yet, and for a while after.

    ``token`` is the digest of the browser's, ``typed`` and ``photo`` are sealed; ``number`` is set
    once it is filed, and ``followed_by`` the sealed token by which it is followed.
    """

    __tablename__ = "grievance_draft"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(Text, unique=True)
    typed: Mapped[bytes]
    photo: Mapped[bytes | None]
    number: Mapped[str | None] = mapped_column(Text)
    followed_by: Mapped[bytes | None]
    until: Mapped[datetime] = mapped_column(index=True)


class SiteDraft(Base):
    """A page of the site that somebody is changing; one at a time of each page, until it is out.

    ``typed`` has the words of the form, also those that are not right yet; ``text.mr`` and
    ``text.en`` are the texts. ``revision`` counts what was saved. ``based_on`` is the digest of the
    page as it was looked at last (empty: there was none), ``authors`` all who have a hand in it.
    ``removal``: the page is to be taken down. Names are kept as they were: posts change hands.
    """

    __tablename__ = "site_draft"
    __table_args__ = (UniqueConstraint("kind", "slug"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    slug: Mapped[str] = mapped_column(Text)
    site: Mapped[str | None] = mapped_column(Text)
    department: Mapped[str | None] = mapped_column(Text, index=True)
    state: Mapped[str] = mapped_column(Text)
    removal: Mapped[bool]
    typed: Mapped[dict[str, Any]] = mapped_column(JSONB)
    revision: Mapped[int]
    based_on: Mapped[str] = mapped_column(Text)
    authors: Mapped[list[str]] = mapped_column(ARRAY(Text))
    author: Mapped[dict[str, Any]] = mapped_column(JSONB)
    note: Mapped[str] = mapped_column(Text)
    rolls_back_to: Mapped[int | None]
    changed_at: Mapped[datetime]
    sent_back: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    publish_at: Mapped[datetime | None] = mapped_column(index=True)
    reviewer: Mapped[dict[str, Any] | None] = mapped_column(JSONB)


class SiteSave(Base):
    """What of a draft was saved, each time: so two who write at once lose nothing."""

    __tablename__ = "site_save"

    draft_id: Mapped[UUID] = mapped_column(
        ForeignKey("site_draft.id", ondelete="CASCADE"), primary_key=True
    )
    revision: Mapped[int] = mapped_column(primary_key=True)
    typed: Mapped[dict[str, Any]] = mapped_column(JSONB)
    author: Mapped[dict[str, Any]] = mapped_column(JSONB)
    at: Mapped[datetime]


class SiteVersion(Base):
    """A page as it was put out; rows are never changed. ``facts``, ``mr`` and ``en`` are its files,
    word for word; without ``facts`` it was taken down. ``seq`` counts all pages' versions, in the
    order in which they came; ``origin``: ``editor``, ``files`` (as it was found when it was edited
    first) or ``import``."""

    __tablename__ = "site_version"
    __table_args__ = (UniqueConstraint("kind", "slug", "number"),)

    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    slug: Mapped[str] = mapped_column(Text)
    number: Mapped[int]
    site: Mapped[str | None] = mapped_column(Text)
    facts: Mapped[str | None] = mapped_column(Text)
    mr: Mapped[str | None] = mapped_column(Text)
    en: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime]
    author: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    reviewer: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    note: Mapped[str] = mapped_column(Text)
    origin: Mapped[str] = mapped_column(Text)
    rolls_back_to: Mapped[int | None]


class SiteFile(Base):
    """A file or photograph that was put in; its name is never used for another one. It lies below
    ``folder`` (``files``, ``sites/roads/photos``)."""

    __tablename__ = "site_file"
    __table_args__ = (UniqueConstraint("folder", "name"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    folder: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    content: Mapped[bytes]
    kind: Mapped[str] = mapped_column(Text)
    slug: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    author: Mapped[dict[str, Any]] = mapped_column(JSONB)


class SiteAct(Base):
    """Who did what to a page of the site, and when (``domain/editing.Act``). Rows are never
    changed."""

    __tablename__ = "site_act"
    __table_args__ = (Index("ix_site_act_page", "kind", "slug", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(Text)
    slug: Mapped[str] = mapped_column(Text)
    what: Mapped[str] = mapped_column(Text)
    hand: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    note: Mapped[str] = mapped_column(Text)


class BulkAct(Base):
    """An act that an officer has chosen for many grievances, and what became of it at each.

    ``chosen`` are their ids, numbers and the versions that were seen. From ``begun_at`` on the act
    is the one whose words are sealed in ``given``: sent again, it goes on with those of which no
    ``outcomes`` are known. Each has a call id of its own, made of this one's id.
    """

    __tablename__ = "bulk_act"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    post: Mapped[str] = mapped_column(Text)
    act: Mapped[str] = mapped_column(Text)
    chosen: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    given: Mapped[bytes | None]
    outcomes: Mapped[dict[str, dict[str, str]]] = mapped_column(JSONB)
    begun_at: Mapped[datetime | None]
    until: Mapped[datetime] = mapped_column(index=True)
