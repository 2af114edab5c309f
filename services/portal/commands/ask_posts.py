"""Asks the e-office which posts an officer holds, and remembers the answer."""

import logging
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import update

from palika.auth import SYSTEM
from palika.errors import Invalid, Unavailable
from services.portal.calls import Calls
from services.portal.domain.rights import ASK_LATER, Post, may_use_old, must_ask
from services.portal.errors import TooMany
from services.portal.models import Account
from services.portal.store import Store

_PATIENCE_S: Final = 2.0
"""A page waits no longer for it; what is known counts meanwhile."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Rest:
    """Until when the e-office is not asked, since it has not answered; one for all requests."""

    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Posts:
    """Where they are asked for."""

    store: Store
    calls: Calls
    rest: Rest = field(default_factory=Rest)

    def known(self, person: str, timeout_s: float | None = None) -> dict[str, Any]:
        """What the e-office says of an officer: ``person`` (code and names) and ``items``; waited
        for as long as the settings say, if ``timeout_s`` does not.

        Raises:
            Invalid: it knows no such officer.
            Unavailable: it does not answer.
        """
        with self.calls.as_(SYSTEM("portal"), timeout_s) as services:
            found: dict[str, Any] = services.eoffice.my_posts(person=person)
        return found

    def fresh(
        self,
        account_id: UUID,
        person: str,
        posts: list[dict[str, Any]],
        asked_at: datetime | None,
        now: datetime,
    ) -> list[Post]:
        """The posts of an officer, no older than ``rights.ASK_AGAIN``.

        While the e-office does not answer, what is known counts for a while: nobody can be
        transferred then, for that is done there. It is asked once in ``rights.ASK_LATER`` then,
        for all officers together, so that its absence costs pages nothing.

        Args:
            posts: what is known, since ``asked_at``.

        Raises:
            Unavailable: it does not answer, and what is known is too old.
        """
        if not must_ask(asked_at, now):
            return [Post.of(each) for each in posts]
        if self.rest.until is not None and now < self.rest.until:
            return _old(posts, asked_at, now)
        if self.rest.until is not None:
            # One asks whether it is there again; the others go on without.
            self.rest.until = now + ASK_LATER
        try:
            told = self.known(person, _PATIENCE_S)
        except Invalid:
            # Who has left the city's service holds nothing.
            told = {"items": [], "person": None}
        except (Unavailable, TooMany) as error:
            _log.warning("the e-office does not say who holds which post: %s", error)
            self.rest.until = now + ASK_LATER
            return _old(posts, asked_at, now)
        self.rest.until = None
        found = [Post.of(each) for each in told["items"]]
        values: dict[str, Any] = {
            "posts": [each.to_dict() for each in found],
            "posts_asked_at": now,
        }
        if told["person"] is not None:
            values["names"] = {name: told["person"][name] for name in ("mr", "en")}
        with self.store.begin() as session:
            session.execute(update(Account).where(Account.id == account_id).values(**values))
        return found


def _old(posts: list[dict[str, Any]], asked_at: datetime | None, now: datetime) -> list[Post]:
    if not may_use_old(asked_at, now):
        raise Unavailable("what your posts are is not known just now; try again")
    return [Post.of(each) for each in posts]
