"""Makes and ends the tokens by which programs act; in a transaction of the caller's."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.errors import Conflict, Invalid, NotFound
from services.portal.domain.scopes import LONGEST, NAME, new_token, unknown
from services.portal.keeping import Keeping
from services.portal.models import Account, ApiToken


def add_token(
    session: Session,
    keeping: Keeping,
    name: str,
    scopes: Sequence[str],
    length: timedelta,
    by: str,
    now: datetime,
    *,
    account: Account | None = None,
    post: str | None = None,
) -> str:
    """A program's token; it is shown once, and kept as a digest.

    Args:
        name: of the program; ``api:<name>`` to the services, where it acts for nobody.
        account, post: as whom it acts: a post that the officer holds, for as long as they do.

    Raises:
        Invalid: the name, a scope, the length or the post.
        Conflict: the name is taken.
    """
    wrong: dict[str, list[str]] = {}
    if not NAME.fullmatch(name):
        wrong["name"] = ["must be 2 to 50 small letters, digits and . _ -"]
    if not scopes:
        wrong["scopes"] = ["name one at least"]
    elif odd := unknown(scopes):
        wrong["scopes"] = [f"there is no scope {', '.join(odd)}"]
    if not timedelta() < length <= LONGEST:
        wrong["days"] = [f"must be 1 to {LONGEST.days} days"]
    if account is not None and post not in {each["code"] for each in account.posts}:
        wrong["post"] = [f"{account.person} does not hold it"]
    if wrong:
        raise Invalid("not a token", wrong)
    if session.scalar(select(ApiToken.id).where(ApiToken.name == name)) is not None:
        raise Conflict(f"there is, or was, a token {name}: what it did stays under its name")
    token = new_token()
    session.add(
        ApiToken(
            id=uuid7(),
            name=name,
            digest=keeping.of_token(token),
            scopes=sorted(set(scopes)),
            account_id=account.id if account else None,
            post=post if account else None,
            created_at=now,
            created_by=by,
            until=now + length,
            used_at=None,
            ended_at=None,
        )
    )
    return token


def end_token(session: Session, name: str, now: datetime) -> None:
    """It is good for nothing any more. Raises NotFound: there is none of that name in use."""
    ended = session.execute(
        update(ApiToken)
        .where(ApiToken.name == name, ApiToken.ended_at.is_(None))
        .values(ended_at=now)
        .returning(ApiToken.id)
    )
    if ended.first() is None:
        raise NotFound(f"there is no token {name} in use")
