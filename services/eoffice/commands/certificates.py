"""Take certificates in, issue them, and revoke them.

Issuing makes a key in a store that no transaction covers. So the key lies there under a name of its
own until its certificate is committed, and is in use from then on (``sign.counting_signer`` goes by
the certificates); what is left of an end in between, the next issuing puts in use or removes.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from palika.errors import Conflict, Invalid, NotFound
from services.eoffice.commands.keep_paper import Begin
from services.eoffice.commands.load import locked
from services.eoffice.models import Certificate
from services.eoffice.organisation_store import ORGANISATION, current
from services.eoffice.sealing import act
from services.eoffice.signing.authority import authority, issue
from services.eoffice.signing.store import SoftwareStore
from services.eoffice.signing.trust import (
    fingerprint,
    is_authority,
    issued_by,
    may_sign,
    read_certificate,
    refusal,
)

_CERTIFYING = 0x656F6368
SUPERSEDED = "superseded by"
"""With this the reason begins why a certificate was revoked whose place another took."""


def add_certificate(
    session: Session, data: bytes, person: str | None, now: datetime
) -> Certificate:
    """Take a certificate in; one that is here already is given back.

    Args:
        data: PEM or DER.
        person: whose it is; None: an authority's, which is trusted from now on.

    Raises:
        Invalid: it is none, has expired, is too weak, may not do what it is for, or was issued by
            no authority that is here; or there is no such person.
        Conflict: it is here as somebody else's.
    """
    certificate = read_certificate(data)
    _one_at_a_time(session)
    print_ = fingerprint(certificate)
    known = session.get(Certificate, print_)
    if known is not None:
        if known.person != person:
            raise Conflict("the certificate is somebody else's", {"person": known.person})
        return known
    if person is not None and person not in current(session).people:
        raise Invalid("no such person", {"person": [f"there is no officer {person!r}"]})
    if certificate.not_valid_after_utc < now:
        raise refusal(f"it has expired on {certificate.not_valid_after_utc:%d-%m-%Y}")
    row = Certificate(
        fingerprint=print_,
        person=person,
        issuer=_issuer(session, certificate, person, now),
        subject=certificate.subject.rfc4514_string(),
        serial=f"{certificate.serial_number:x}",
        der=certificate.public_bytes(Encoding.DER),
        not_before=certificate.not_valid_before_utc.astimezone(UTC),
        not_after=certificate.not_valid_after_utc.astimezone(UTC),
        added_at=now,
        revoked_at=None,
        revoked_why=None,
    )
    session.add(row)
    data_of_act = {"fingerprint": print_, "person": person}
    act(session, ORGANISATION, "organisation", "certificate_added", None, now, data_of_act)
    return row


def _issuer(
    session: Session, certificate: x509.Certificate, person: str | None, now: datetime
) -> str | None:
    if person is None:
        if not is_authority(certificate):
            raise refusal("it is no authority's: basicConstraints CA and keyCertSign must be there")
        if issued_by(certificate, certificate):
            return None
    elif not may_sign(certificate):
        raise refusal("its key is not for signing: no digitalSignature, no nonRepudiation")
    for each in _authorities(session):
        above = x509.load_der_x509_certificate(each.der)
        if each.validity.against(now) is None and issued_by(certificate, above):
            return each.fingerprint
    issuer = certificate.issuer.rfc4514_string()
    raise refusal(f"it was issued by no authority that is trusted here, but by {issuer}")


def _authorities(session: Session) -> Sequence[Certificate]:
    return session.scalars(select(Certificate).where(Certificate.person.is_(None))).all()


def issue_certificate(
    begin: Begin, store: SoftwareStore, person: str, city: str, now: datetime
) -> Certificate:
    """A new key for an officer, with a certificate of the city's own authority. Those that it takes
    the place of count no more; the key before stays in use until that is committed.

    Args:
        city: the authority's name, where there is none yet.

    Raises:
        NotFound: there is no such officer; or a key cannot be opened.
        Invalid: the authority's certificate does not count.
    """
    with begin() as session:
        _one_at_a_time(session)
        _settle(session, store)
        known = current(session).people.get(person)
        if known is None:
            raise NotFound(f"there is no officer {person}", {"person": person})
        above = authority(store, city, now)
        add_certificate(session, above.certificate.public_bytes(Encoding.DER), None, now)
        before = _certificate_of_key(store, person)
        made = issue(above, person, known.en, now)
        store.lay_by(person, made)
        row = add_certificate(session, made.certificate.public_bytes(Encoding.DER), person, now)
        supersede_certificates(session, row, before, now)
    with begin() as session:
        _one_at_a_time(session)
        _settle(session, store)
    return row


def _one_at_a_time(session: Session) -> None:
    """Whoever issues, adds or revokes waits here for others who do, before anything is locked: so
    none of them reads what another is about to change. And nobody else writes into the store: what
    lies there has a certificate by now, or will never have one."""
    session.execute(select(func.pg_advisory_xact_lock(_CERTIFYING)))


def _settle(session: Session, store: SoftwareStore) -> None:
    """Put those keys in use that were laid by and whose certificate counts; remove the others."""
    store.tidy()
    for person, signer in store.waiting():
        row = session.get(Certificate, fingerprint(signer.certificate))
        if row is not None and row.person == person and row.revoked_at is None:
            store.use(person, signer)
        else:
            store.drop(person, signer)


def _certificate_of_key(store: SoftwareStore, person: str) -> str | None:
    """The fingerprint of the certificate of the key that a store has; None: it has none."""
    try:
        return fingerprint(store.signer(person).certificate)
    except NotFound:
        return None


def supersede_certificates(
    session: Session, new: Certificate, replaced: str | None, now: datetime
) -> list[Certificate]:
    """Let those count no more whose place a certificate takes that the city's authority has issued:
    of the same officer those by the same authority, and that of the key which was replaced. What
    they have signed before stays signed.

    Args:
        new: the officer's certificate from now on.
        replaced: the fingerprint of the certificate of the key that the store had before.

    Returns:
        Those that counted until now.
    """
    _one_at_a_time(session)
    theirs = select(Certificate.fingerprint).where(
        Certificate.person == new.person,
        Certificate.fingerprint != new.fingerprint,
        Certificate.revoked_at.is_(None),
        (Certificate.issuer == new.issuer) | (Certificate.fingerprint == (replaced or "")),
    )
    why = f"{SUPERSEDED} {new.fingerprint}"
    found = session.scalars(theirs.order_by(Certificate.added_at, Certificate.fingerprint)).all()
    return [revoke_certificate(session, each, why, now) for each in found]


def revoke_certificate(session: Session, print_: str, why: str, now: datetime) -> Certificate:
    """Let a certificate count no more from now on; what it has signed before stays signed.

    Raises:
        NotFound: there is no such certificate.
        Conflict: it is revoked already.
    """
    _one_at_a_time(session)
    row = locked(session, Certificate, print_)
    if row is None:
        raise NotFound(f"there is no certificate {print_}", {"fingerprint": print_})
    if row.revoked_at is not None:
        raise Conflict("it is revoked already", {"revoked_at": row.revoked_at.isoformat()})
    row.revoked_at = now
    row.revoked_why = why
    done = {"fingerprint": print_, "why": why}
    act(session, ORGANISATION, "organisation", "certificate_revoked", None, now, done)
    return row
