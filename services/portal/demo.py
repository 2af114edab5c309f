"""The accounts with which the city of sample work is tried out, and how they are signed in to.

Outside that city (``palika/demo.py``) they are closed, whatever their rows say: nobody signs in to
one, and who is signed in is not any more.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.config import settings
from palika.demo import CITIZEN, is_demo, is_made_up
from services.portal.domain import codes, totp
from services.portal.domain.rights import Post
from services.portal.keeping import Keeping
from services.portal.models import Account
from services.portal.reference import demo_people

BY: Final = "system:demo"
"""Who has made the accounts; it tells them from all others."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An officer who can be tried out; names by language."""

    person: str
    role: dict[str, str]
    names: dict[str, str]
    post: Post | None


@dataclass(frozen=True, slots=True)
class Hints:
    """What the pages say: ``password`` is everybody's, ``phone`` a citizen's number."""

    officers: tuple[Shown, ...]
    password: str
    phone: str


def in_demo() -> bool:
    """Whether this portal is that city's."""
    return is_demo(settings("portal"))


def is_closed(account: Account) -> bool:
    """Whether nobody may sign in to an account: it is disabled, or for trying out a city that this
    one is not."""
    return account.disabled_at is not None or (account.created_by == BY and not in_demo())


def password(keeping: Keeping) -> str:
    """The password of them all, out of the city's own keys: no two cities have the same."""
    word = keeping.digest("demo", "password")
    return f"visit the city {word[:4]}-{word[4:8]}"


def hints(session: Session, keeping: Keeping) -> Hints:
    """What the pages say, in that city."""
    people = demo_people()
    found = session.scalars(
        select(Account).where(Account.created_by == BY, Account.disabled_at.is_(None))
    )
    accounts = {each.person: each for each in found}
    officers = tuple(
        Shown(person, role, account.names, Post.of(account.posts[0]) if account.posts else None)
        for person, role in people.officers.items()
        if (account := accounts.get(person)) is not None
    )
    return Hints(officers, password(keeping), CITIZEN.removeprefix("+91"))


def code(account: Account, keeping: Keeping, now: datetime) -> str | None:
    """The next code of such an account's application that is taken, in place of the telephone that
    nobody has; None outside that city, of every other account, and while both were used."""
    if account.created_by != BY or not in_demo() or account.totp is None:
        return None
    present = totp.step_of(now)
    step = present if account.totp_step is None else max(present, account.totp_step + 1)
    if step > present + 1:
        return None
    return totp.code_at(bytes.fromhex(keeping.open(account.totp)["secret"]), step)


def citizen_code(keeping: Keeping, phone: str, code_id: UUID) -> str | None:
    """The code that is sent to the made-up number (E.164) of a citizen, whose telephone nobody has:
    out of the city's own keys, so that the page which asks for it can tell it; None outside that
    city, and of every other number."""
    if not in_demo() or not is_made_up(phone):
        return None
    drawn = int(keeping.digest("demo", str(code_id)), 16)
    return codes.new_code(lambda below: drawn % below)
