"""A letter's paper as it goes out: set, signed by its signatory, and kept for good."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.blocking import off_hub
from palika.errors import NotFound
from palika.india import day_of
from palika.store import Store, key_of
from services.eoffice.commands.sign import counting_signer
from services.eoffice.documents import LetterPaper, corporation, file_name, letter_pdf, page_count
from services.eoffice.domain.organisation import Actor
from services.eoffice.models import Certificate, Letter, Paper
from services.eoffice.signing.store import KeyStore, Signer

Send = Callable[..., Any]
"""``notify.send``: sends a message once, by its ``id``, however often it is asked."""


@dataclass(frozen=True, slots=True)
class Outward:
    """What a letter needs to go out: notify, the store of papers, the officers' keys."""

    send: Send
    store: Store
    keys: KeyStore


@dataclass(frozen=True, slots=True)
class Issued:
    """A letter's paper.

    Attributes:
        certificate: the fingerprint of the signatory's; None: it is not signed.
    """

    paper: Paper
    certificate: str | None


def issue(
    session: Session, outward: Outward, letter: Letter, said: LetterPaper, who: Actor, now: datetime
) -> Issued:
    """Set an approved letter that has its number, sign it with its signatory's key (PAdES), and
    keep it in the store; its row is the caller's to write down.

    A signatory who has neither a key nor a certificate here signs by hand. The bytes are there
    before the row is: a crash between the two leaves bytes that no row names, which are swept.

    Raises:
        NotFound: the signatory has a certificate, and no key that can be used.
        Conflict: the certificate of the signatory's key does not count now.
        Unavailable: the store does not answer.
    """
    number = str(letter.number)
    signer, certificate = _signatory(session, outward.keys, letter.approved_person, now)
    pdf = off_hub(letter_pdf, said, letter.language, day_of(now))
    pages = page_count(pdf)
    if signer is not None:
        pdf = off_hub(_signed, pdf, signer, number, corporation().in_(letter.language))
    key = key_of(pdf, now, ".pdf")
    off_hub(outward.store.put, key, pdf, "application/pdf")
    digest = hashlib.sha256(pdf).hexdigest()
    paper = Paper(
        id=uuid7(),
        name=file_name(number),
        key=key,
        source="application/pdf",
        size=len(pdf),
        pages=pages,
        sha256=digest,
        received_sha256=digest,
        added_by=who.post.code,
        added_at=now,
    )
    session.add(paper)
    return Issued(paper, certificate)


def _signatory(
    session: Session, keys: KeyStore, person: str | None, now: datetime
) -> tuple[Signer | None, str | None]:
    if person is None:
        return None, None
    try:
        return counting_signer(session, keys, person, now)
    except NotFound:
        counts = exists().where(Certificate.person == person, Certificate.revoked_at.is_(None))
        if session.scalar(select(counts)):
            raise
        return None, None


def _signed(pdf: bytes, signer: Signer, number: str, city: str) -> bytes:
    # The library takes its time to load: only a process that signs PDFs waits for it.
    from services.eoffice.signing.pdf import sign_pdf

    return sign_pdf(pdf, signer, reason=number, location=city)
