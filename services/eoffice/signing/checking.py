"""Whether what was signed is what stands there, and who signed it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from cryptography import x509
from sqlalchemy import inspect, select, tuple_
from sqlalchemy.exc import DataError
from sqlalchemy.orm import Mapper, Session

from palika.auth import Identity
from palika.errors import Invalid
from services.eoffice.domain.chaining import canonical
from services.eoffice.models import Base, Certificate, Signature
from services.eoffice.models.base import as_written
from services.eoffice.organisation_store import actor
from services.eoffice.queries.sight import readable_file
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
    ordered = select(Signature).where(Signature.file_id == file)
    found = session.scalars(ordered.order_by(Signature.signed_at, Signature.id)).all()
    return check(session, found, known_certificates(session))


def check(
    session: Session, signatures: Sequence[Signature], known: Mapping[str, Certificate]
) -> list[Checked]:
    """Why each of these signatures does not count; None: it does.

    It counts when it is over what the row says today, by a certificate of that officer's which
    counted when it was made. The rows are read with one query a table.
    """
    whys = {each.id: _against_itself(each, known) for each in signatures}
    # Only names that were signed are looked up: others may be of no form at all.
    rows = find_rows(session, [each.row for each in signatures if whys[each.id] is None])
    return [Checked(each, whys[each.id] or _against(each, rows)) for each in signatures]


def why_not(
    certificate: Certificate | None,
    person: str | None,
    known: Mapping[str, Certificate],
    data: bytes,
    cms: bytes,
    at: datetime,
) -> str | None:
    """Why a CMS is not that person's signature over ``data`` with this certificate, made when it
    counted; None: it is."""
    if certificate is None or certificate.person != person:
        return f"the certificate is not {person}'s"
    # Only a process that checks signatures has the library of CMS in memory.
    from services.eoffice.signing.cms import check_detached

    try:
        der = x509.load_der_x509_certificate(certificate.der)
        return check_detached(data, cms, der) or against(certificate, known, at)
    except ValueError as error:
        return f"a certificate cannot be read ({error})"


def _against_itself(signature: Signature, known: Mapping[str, Certificate]) -> str | None:
    certificate = known.get(signature.certificate)
    why = why_not(
        *(certificate, signature.person, known),
        *(signature.statement, signature.cms, signature.signed_at),
    )
    if why is not None:
        return why
    if _head(json.loads(signature.statement)) != json.loads(canonical(_own(signature))):
        return "the statement that was signed says otherwise"
    return None


def _against(signature: Signature, rows: Mapping[str, Any]) -> str | None:
    row = rows.get(signature.row)
    if row is None:
        return "what was signed is not there any more"
    said = json.loads(signature.statement)
    try:
        now = json.loads(canonical(content_of(row)))
    except TypeError as error:
        return f"what was signed holds what was never written: {error}"
    if said["content"] != now:
        return "what was signed says something else now"
    if signature.file_id != row.file_id:
        return "what was signed is in another file"
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
    """What is signed of a row, by the names of its columns; what came later as in an act's digest
    (``as_written``), or what was signed before would differ."""
    columns = [row.__table__.c[name] for name in row.signed_columns]
    return as_written(columns, {each.name: getattr(row, each.name) for each in columns})


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
    table = name.partition(":")[0]
    if table not in signable():
        rule = f"{table!r} is not signed; must be one of: {', '.join(sorted(signable()))}"
        raise Invalid("that is not signed", {"row": [rule]})
    try:
        row = find_rows(session, [name]).get(name)
    except DataError as error:
        raise no_row(name) from error
    if row is None:
        raise no_row(name)
    return row


def find_rows(session: Session, names: Sequence[str]) -> dict[str, Any]:
    """The rows of such names, as they are now; those that are not there are left out.

    Raises:
        DataError: a number in a name is greater than any row's.
    """
    wanted: dict[str, dict[tuple[Any, ...], str]] = {}
    for name in names:
        table, _, key = name.partition(":")
        if (parts := _key(table, key)) is not None:
            wanted.setdefault(table, {})[parts] = name
    found = {}
    for table, keys in wanted.items():
        mapper: Mapper[Any] = inspect(signable()[table])
        chosen = select(mapper.class_).where(tuple_(*mapper.primary_key).in_(keys))
        fresh = chosen.execution_options(populate_existing=True)
        for row in session.scalars(fresh):
            found[keys[tuple(mapper.primary_key_from_instance(row))]] = row
    return found


def _key(table: str, key: str) -> tuple[Any, ...] | None:
    """The parts of a primary key; None: there can be no such row."""
    model = signable().get(table)
    if model is None:
        return None
    mapper: Mapper[Any] = inspect(model)
    parts = key.split(",")
    if len(parts) != len(mapper.primary_key):
        return None
    try:
        return tuple(
            column.type.python_type(part)
            for column, part in zip(mapper.primary_key, parts, strict=True)
        )
    except (ValueError, OverflowError):
        return None


def no_row(name: str) -> Invalid:
    """What refuses the name of a row that there is not."""
    return Invalid("no such row", {"row": [f"there is no {name}"]})
