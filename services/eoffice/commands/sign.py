"""An officer signs what they have written: a note, an approval, a move."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Conflict, Forbidden, NotFound
from services.eoffice.commands.asked_again import made_before
from services.eoffice.commands.kept import check_kept
from services.eoffice.commands.load import load_locked, one_at_a_time
from services.eoffice.domain.organisation import Actor
from services.eoffice.domain.signing import Statement
from services.eoffice.models import Certificate, Signature
from services.eoffice.organisation_store import actor
from services.eoffice.queries.sight import check_sight
from services.eoffice.sealing import act
from services.eoffice.sealing.record import name_of
from services.eoffice.signing.checking import (
    check,
    content_of,
    find_row,
    known_certificates,
    no_row,
)
from services.eoffice.signing.store import KeyStore, Signer
from services.eoffice.signing.trust import against, fingerprint


def sign_row(
    session: Session, store: KeyStore, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Signature:
    """Sign the row that ``args["row"]`` names (``movement:…``) with the officer's own key.

    It is signed once, however often that is asked: signed by the officer already, it is that
    signature, if it is over what the row says now.

    Raises:
        Invalid: there is no such row (any more) that the post may read, or none of its kind is
            signed.
        Forbidden: a service asks, or it is not the officer's own row.
        NotFound: the officer has no key.
        Conflict: the officer's certificate does not count now, or is not known here; the id was
            used before for another signature; or the file was weeded.
    """
    who = actor(session, caller, args["post"], now)
    # Who asks twice waits here, as in all commands: before the file and not behind it.
    one_at_a_time(session, args["id"])
    file = load_locked(session, find_row(session, args["row"]).file_id)
    # Until the file was locked it may have been taken back, or weeded.
    row = find_row(session, args["row"])
    author = getattr(row, row.signed_by)
    if author != who.person:
        try:
            check_sight(session, who.post, file, "row", args["row"])
        except NotFound as hidden:
            raise no_row(args["row"]) from hidden
    check_kept(session, file, "sign in")
    name = name_of(row)
    if who.person is None:
        raise Forbidden("an officer signs, not a service", {"row": name})
    if author != who.person:
        raise Forbidden(f"{name} is not {who.person}'s own", {"row": name, "of": author})
    asked = {"row": name, "person": who.person}
    if (known := made_before(session, Signature, args["id"], asked)) is not None:
        return known
    return _signed(session, store, row, who, now, args["id"])


def _there(session: Session, name: str, file: UUID, person: str) -> Signature | None:
    """The officer's signature on a row, if it is over what the row says now."""
    asked = select(Signature).where(
        Signature.file_id == file, Signature.row == name, Signature.person == person
    )
    found = session.scalars(asked.order_by(Signature.signed_at, Signature.id)).all()
    checked = check(session, found, known_certificates(session)) if found else []
    return next((each.signature for each in checked if each.why is None), None)


def _signed(
    session: Session, store: KeyStore, row: Any, who: Actor, now: datetime, id: UUID | None
) -> Signature:
    """Sign a row of a locked file that is the officer's own, or give what is there of that."""
    # Only a process that signs has the library of CMS in memory.
    from services.eoffice.signing.cms import sign_detached

    assert who.person is not None  # a service signs nothing
    name = name_of(row)
    signer, certificate = counting_signer(session, store, who.person, now)
    if (there := _there(session, name, row.file_id, who.person)) is not None:
        return there
    statement = Statement(
        id=id or uuid7(),
        row=name,
        content=content_of(row),
        post=who.post.code,
        person=who.person,
        capacity=who.capacity,
        certificate=certificate,
        at=now,
    )
    signature = Signature(
        id=statement.id,
        file_id=row.file_id,
        row=name,
        post=statement.post,
        person=statement.person,
        capacity=statement.capacity,
        certificate=certificate,
        statement=statement.said(),
        cms=sign_detached(statement.said(), signer, now),
        signed_at=now,
    )
    session.add(signature)
    act(session, row.file_id, "file", "signed", who, now, {"row": name})
    return signature


def counting_signer(
    session: Session, store: KeyStore, person: str, now: datetime
) -> tuple[Signer, str]:
    """The key of an officer whose certificate counts now, and the fingerprint of that.

    Raises:
        NotFound: the officer has no key.
        Conflict: its certificate does not count, or is not known here.
    """
    refusal: Conflict | None = None
    for signer in store.signers(person):
        try:
            return signer, _counting_certificate(session, signer, person, now)
        except Conflict as error:
            # Of several the first is the one in use, and what is said of it counts.
            refusal = refusal or error
    assert refusal is not None  # there is a key, or it is NotFound
    raise refusal


def _counting_certificate(session: Session, signer: Signer, person: str, now: datetime) -> str:
    """The fingerprint of a signer's certificate, which counts now.

    Raises:
        Conflict: it does not count, or is not known here.
    """
    print_ = fingerprint(signer.certificate)
    row = session.get(Certificate, print_)
    if (
        row is None
        or row.person != person
        or row.der != signer.certificate.public_bytes(Encoding.DER)
    ):
        raise Conflict(f"the certificate of {person}'s key is not known here", {"person": person})
    if (why := against(row, known_certificates(session), now)) is not None:
        raise Conflict(f"{person} cannot sign: {why}", {"person": person, "why": why})
    return print_
