"""How to reach people, for the service that writes to them."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.eoffice.models import Person
from services.eoffice.organisation_store import current
from services.eoffice.queries import receipts


def contacts(session: Session, ids: Sequence[str], day: date) -> list[dict[str, Any]]:
    """How to reach the senders of receipts, and who holds a post on a day.

    Args:
        session: on the service's database.
        ids: of receipts; what is no id is the code of a post.
        day: in India. Who is on leave is stood in for by the linked officer.

    Returns:
        One for each that has left a telephone number or an e-mail address: ``id``, ``name``,
        ``phone``, ``email``, ``language``, ``number`` (of a receipt).
    """
    of_receipts = {each: key for each in ids if (key := _key(each)) is not None}
    posts = [each for each in ids if each not in of_receipts]
    found = receipts.contacts(session, list(of_receipts.values())) if of_receipts else []
    # As they were asked for, whichever way an id can be written.
    said = {str(key): each for each, key in of_receipts.items()}
    return [each | {"id": said[each["id"]]} for each in found] + _holders(session, posts, day)


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
    people = select(Person).where(Person.code.in_(set(holding.values())))
    known = {each.code: each for each in session.scalars(people)}
    return [
        {
            "id": post,
            "name": known[person].mr,
            "phone": known[person].phone,
            "email": known[person].email,
            "language": "mr",
            "number": None,
        }
        for post, person in holding.items()
        if person in known and (known[person].phone or known[person].email)
    ]
