"""How to reach people, for the service that writes to them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.eoffice.models import Person
from services.eoffice.organisation_store import current
from services.eoffice.queries import receipts

_OFFICER: Final = "officer:"
"""As an identity names an officer."""


def contacts(session: Session, ids: Sequence[str], day: date) -> list[dict[str, Any]]:
    """How to reach the senders of receipts, and who holds a post on a day.

    Args:
        session: on the service's database.
        ids: of receipts; ``officer:<code>`` is an officer, whoever stands in for them; what is no
            id is the code of a post.
        day: in India. Who is on leave is stood in for by the linked officer.

    Returns:
        One for each that has left a telephone number or an e-mail address: ``id``, ``name``,
        ``phone``, ``email``, ``language`` (of an officer the one in which they are written to),
        ``number`` (of a receipt).
    """
    of_receipts = {each: key for each in ids if (key := _key(each)) is not None}
    officers = [each for each in ids if each.startswith(_OFFICER)]
    posts = [each for each in ids if each not in of_receipts and not each.startswith(_OFFICER)]
    found = receipts.contacts(session, list(of_receipts.values())) if of_receipts else []
    # As they were asked for, whichever way an id can be written.
    said = {str(key): each for each, key in of_receipts.items()}
    receipts_found = [each | {"id": said[each["id"]]} for each in found]
    return receipts_found + _holders(session, posts, day) + _officers(session, officers, day)


def _key(said: str) -> UUID | None:
    try:
        return UUID(said)
    except ValueError:
        return None


def _holders(session: Session, posts: Iterable[str], day: date) -> list[dict[str, Any]]:
    organisation = current(session) if posts else None
    if organisation is None:
        return []
    holding: dict[str, str] = {}
    for post in posts:
        person = organisation.holder(post, day)
        if person is not None:
            holding[post] = organisation.linked(person, day) or person
    return _reached(session, holding)


def _officers(session: Session, ids: Iterable[str], day: date) -> list[dict[str, Any]]:
    """Officers themselves, while they are in the city's service."""
    organisation = current(session) if ids else None
    if organisation is None:
        return []
    wanted: dict[str, str] = {}
    for each in ids:
        known = organisation.people.get(each.removeprefix(_OFFICER))
        if known and known.since <= day and (known.until is None or day <= known.until):
            wanted[each] = known.code
    return _reached(session, wanted)


def _reached(session: Session, wanted: Mapping[str, str]) -> list[dict[str, Any]]:
    """What is known of people, by the id under which each was asked for."""
    people = select(Person).where(Person.code.in_(set(wanted.values())))
    known = {each.code: each for each in session.scalars(people)}
    return [
        {
            "id": asked,
            "name": known[person].en if known[person].language == "en" else known[person].mr,
            "phone": known[person].phone,
            "email": known[person].email,
            "language": known[person].language,
            "number": None,
        }
        for asked, person in wanted.items()
        if person in known and (known[person].phone or known[person].email)
    ]
