"""Whether what was signed is what stands there, and who signed it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from cryptography import x509
from sqlalchemy import inspect, select
from sqlalchemy.exc import DataError
from sqlalchemy.orm import Mapper, Session

from palika.auth import Identity
from palika.errors import Invalid
from services.eoffice.domain.chaining import canonical
from services.eoffice.models import Base, Certificate, Signature
from services.eoffice.organisation_store import actor
from services.eoffice.queries.sight import readable_file
from services.eoffice.signing.cms import check_detached
from services.eoffice.signing.trust import against


@dataclass(frozen=True, slots=True)
class Checked:
    """A signature, and why it does not count (None: it does)."""

    signature: Signature
    why: str | None


def asked(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> list[Checked]:
    """The signatures on the file ``args["id"]``, for a caller who may read it.

    Raises:
        NotFound: there is no such file that the post may read.
    """
    who = actor(session, caller, args["post"], now)
    return signatures(session, readable_file(session, who.post, args["id"]).id)


def signatures(session: Session, file: UUID) -> list[Checked]:
    """The signatures on a file, each checked, the oldest first."""
    known = known_certificates(session)
    ordered = select(Signature).where(Signature.file_id == file)
    found = session.scalars(ordered.order_by(Signature.signed_at, Signature.id)).all()
    return [Checked(each, check(session, each, known)) for each in found]


def check(session: Session, signature: Signature, known: Mapping[str, Certificate]) -> str | None:
    """Why a signature does not count; None: it does.

    It counts when it is over what the row says today, by a certificate of that officer's which
    counted when it was made.
    """
    certificate = known.get(signature.certificate)
    if certificate is None or certificate.person != signature.person:
        return f"the certificate is not {signature.person}'s"
    der = x509.load_der_x509_certificate(certificate.der)
    if (why := check_detached(signature.statement, signature.cms, der)) is not None:
        return why
    if (why := against(certificate, known, signature.signed_at)) is not None:
        return why
    said = json.loads(signature.statement)
    if _head(said) != json.loads(canonical(_own(signature))):
        return "the statement that was signed says otherwise"
    try:
        row = find_row(session, signature.row)
    except Invalid:
        return "what was signed is not there any more"
    if said["content"] != json.loads(canonical(content_of(row))):
        return "what was signed says something else now"
    return None


def _head(said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if name != "content"}


def _own(signature: Signature) -> dict[str, Any]:
    return {
        "id": signature.id,
        "row": signature.row,
        "post": signature.post,
        "person": signature.person,
        "capacity": signature.capacity,
        "certificate": signature.certificate,
        "at": signature.signed_at,
    }


def known_certificates(session: Session) -> dict[str, Certificate]:
    """The city's certificates by fingerprint."""
    return {each.fingerprint: each for each in session.scalars(select(Certificate))}


def content_of(row: Any) -> dict[str, Any]:
    """What is signed of a row, by the names of its columns."""
    return {name: getattr(row, name) for name in row.signed_columns}


def signable() -> dict[str, type[Any]]:
    """The models that an officer can sign a row of, by table: those with ``signed_columns``."""
    return {
        each.local_table.name: each.class_  # type: ignore[attr-defined]
        for each in Base.registry.mappers
        if hasattr(each.class_, "signed_columns")
    }


def find_row(session: Session, name: str) -> Any:
    """The row of a name (``movement:0197…,3``).

    Raises:
        Invalid: there is no such row, or none of its kind is signed.
    """
    table, _, key = name.partition(":")
    model = signable().get(table)
    if model is None:
        rule = f"{table!r} is not signed; must be one of: {', '.join(sorted(signable()))}"
        raise Invalid("that is not signed", {"row": [rule]})
    mapper: Mapper[Any] = inspect(model)
    parts = key.split(",")
    missing = no_row(name)
    if len(parts) != len(mapper.primary_key):
        raise missing
    try:
        values = [
            column.type.python_type(part)
            for column, part in zip(mapper.primary_key, parts, strict=True)
        ]
        row = session.get(model, tuple(values), populate_existing=True)
    except (ValueError, OverflowError, DataError) as error:
        raise missing from error
    if row is None:
        raise missing
    return row


def no_row(name: str) -> Invalid:
    """What refuses the name of a row that there is not."""
    return Invalid("no such row", {"row": [f"there is no {name}"]})
