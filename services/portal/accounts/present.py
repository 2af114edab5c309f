"""Who is there: found out once a request, and only when somebody asks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from flask import g, request

from palika.auth import ANONYMOUS, Identity
from palika.errors import Unavailable
from services.portal.accounts import cookies
from services.portal.accounts.parts import parts
from services.portal.commands.hold_session import rotate
from services.portal.commands.take import take
from services.portal.domain.limits import Limit
from services.portal.domain.rights import PORTALS_OWN, Post, chosen, seal_of
from services.portal.domain.scopes import is_token
from services.portal.domain.sessions import Stage
from services.portal.errors import SignInNeeded
from services.portal.models import Account, ApiToken, Citizen, WebSession
from services.portal.queries.signed_in import SignedIn, signed_in, token_holder

_BEARER: Final = "Bearer "
_WALLS: Final = frozenset({"wall.screen", "wall.data"})
"""A screen has its token in a cookie, for a browser sends no other; these routes only read."""


@dataclass(frozen=True, slots=True)
class Present:
    """Who asks.

    Attributes:
        identity: towards the services; an officer's is the post that they act for, with no more
            rights than that post has: looking after the installation is the portal's own matter.
        own_roles: those that count in the portal alone.
        person: an officer's code in the e-office.
        names: theirs, by language.
        posts: for which the officer acts, ``post`` the one that was chosen.
        scopes: of a program's token; None: it is a person with a session.
        half: a session that waits for its second factor, which is good for nothing else.
    """

    identity: Identity
    account_id: UUID | None = None
    citizen_id: UUID | None = None
    session: WebSession | None = None
    person: str = ""
    names: Mapping[str, str] | None = None
    posts: tuple[Post, ...] = ()
    post: Post | None = None
    scopes: frozenset[str] | None = None
    half: WebSession | None = None
    own_roles: frozenset[str] = frozenset()

    @property
    def roles(self) -> frozenset[str]:
        """Those of the identity, and the portal's own."""
        return self.identity.roles | self.own_roles

    @property
    def is_somebody(self) -> bool:
        """Whether anybody is signed in, to the end; an officer without a post is."""
        return self.account_id is not None or self.citizen_id is not None or self.scopes is not None

    @property
    def is_officer(self) -> bool:
        """Whether it is an officer, whatever post they hold."""
        return self.account_id is not None


NOBODY: Final = Present(ANONYMOUS)


def who() -> Present:
    """Who has sent this request: a program that the door has let in by its token, else who is
    signed in by the session.

    Raises:
        Unavailable: the portal's database is away, or an officer's posts are not known for now.
    """
    if "present" not in g:
        g.present = _by_session()
    found: Present = g.present
    return found


def who_if_known() -> Present:
    """The same for what is beside the point of a page: nobody, while it cannot be found out."""
    try:
        return who()
    except Unavailable:
        return NOBODY


def program() -> Present | None:
    """Who acts by the token of this request; None: it brings none.

    Raises:
        SignInNeeded: the token is none of the city's, or over.
        TooMany: it has called too often.
        Unavailable: as above.
    """
    given = request.headers.get("Authorization", "")
    token = given.removeprefix(_BEARER).strip() if given.startswith(_BEARER) else ""
    if not token and request.endpoint in _WALLS and not given:
        token = cookies.read(cookies.WALL)
    if not token and not given.startswith(_BEARER):
        return None
    if "program" not in g:
        g.program = _by_token(token)
    found: Present = g.program
    return found


def act_as(found: Present) -> None:
    """From here on this request is a program's, whoever's cookies are beside its token."""
    g.present = found


def forget() -> None:
    """Find out anew who is there: somebody has signed in or out."""
    g.pop("present", None)


def be(token: str) -> None:
    """From this answer on the browser has this key."""
    cookies.put(cookies.SESSION, token)
    g.key = token
    forget()


def be_nobody() -> None:
    """From this answer on nobody is signed in on the browser."""
    cookies.drop(cookies.SESSION)
    g.present = NOBODY


def _by_session() -> Present:
    token = g.get("key") or cookies.read(cookies.SESSION)
    if not token:
        return NOBODY
    here, now = parts(), parts().now()
    with here.store.begin() as session:
        found = signed_in(session, here.keeping, token, now)
    if found is None:
        return NOBODY
    if found.row.stage != Stage.WHOLE:
        return Present(ANONYMOUS, half=found.row)
    if found.account is not None:
        return _officer(found, found.account, now)
    assert found.citizen is not None
    return _citizen(found.row, found.citizen)


def _citizen(row: WebSession, citizen: Citizen) -> Present:
    identity = Identity.of(f"citizen:{citizen.id}", "citizen")
    return Present(identity, citizen_id=citizen.id, session=row)


def _officer(found: SignedIn, account: Account, now: datetime) -> Present:
    held = _held(account, now)
    post = chosen(held, found.row.post)
    roles = parts().roles.of(post) if post else frozenset[str]()
    seal = seal_of(post, roles)
    if seal != found.row.rights and not found.by_old_key:
        _renew(found.row, post, seal, now)
    return Present(
        _identity(post, roles, account),
        account_id=account.id,
        session=found.row,
        person=account.person,
        names=account.names,
        posts=tuple(held),
        post=post,
        own_roles=roles & PORTALS_OWN,
    )


def _renew(row: WebSession, post: Post | None, seal: str, now: datetime) -> None:
    """Other rights, another key. Of several requests at once the first one renews it."""
    here = parts()
    with here.store.begin() as session:
        fresh = session.get(WebSession, row.id, with_for_update=True)
        if fresh is None or fresh.rights == seal:
            return
        first = not fresh.rights
        fresh.rights, fresh.post = seal, post.code if post else None
        if not first:
            cookies.put(cookies.SESSION, rotate(session, here.keeping, fresh, now).token)
            g.key = cookies.pending(cookies.SESSION)


def _by_token(token: str) -> Present:
    here, now = parts(), parts().now()
    if not is_token(token):
        raise SignInNeeded("this is no token of the city's")
    with here.store.begin() as session:
        found = token_holder(session, here.keeping, token, now)
        if found is None:
            raise SignInNeeded("this token is not known, or over")
        row, account = found
        take(session, Limit.CALLS_OF_TOKEN, str(row.id), now)
    scopes = frozenset(row.scopes)
    if account is None:
        return Present(Identity.of(f"api:{row.name}", "citizen"), scopes=scopes)
    return _of_post(row, account, scopes, now)


def _of_post(row: ApiToken, account: Account, scopes: frozenset[str], now: datetime) -> Present:
    held = _held(account, now)
    post = next((each for each in held if each.code == row.post), None)
    if post is None:
        raise SignInNeeded("the post that this token acts for is not its officer's any more")
    roles = parts().roles.of(post)
    return Present(
        _identity(post, roles, account),
        account_id=account.id,
        person=account.person,
        names=account.names,
        posts=(post,),
        post=post,
        scopes=scopes,
        own_roles=roles & PORTALS_OWN,
    )


def _held(account: Account, now: datetime) -> list[Post]:
    return parts().posts.fresh(
        account.id, account.person, account.posts, account.posts_asked_at, now
    )


def _identity(post: Post | None, roles: frozenset[str], account: Account) -> Identity:
    # Who holds no post is known, and may do nothing.
    name = post.code if post else account.person
    kind = "helpdesk" if "helpdesk" in roles else "officer"
    return Identity(f"{kind}:{name}", roles - PORTALS_OWN, account.person)
