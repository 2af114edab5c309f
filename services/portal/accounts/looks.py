"""That whoever of the office sees a citizen's data leaves a trace of it, before they see it.

The calls that the portal makes for the office are watched: once a method has answered that may have
a citizen's data in it, the page is held back unless it has said whose they are and why.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final

from flask import Response, request

from palika.auth import Identity
from palika.errors import Forbidden, PalikaError
from services.portal.accounts.parts import parts
from services.portal.accounts.present import who
from services.portal.commands.note_read import note_read
from services.portal.domain.reads import Reason, is_of_people

_OFFICE: Final = frozenset({"officer", "supervisor", "admin", "helpdesk"})

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Ledger:
    """What a request has seen, and what it has noted; shared by all threads that work for it."""

    seen: list[str] = field(default_factory=list)
    noted: bool = False
    problem: bool = False
    """It is answered by the application's own page of an error, which shows nobody's data."""


_ledger: ContextVar[Ledger | None] = ContextVar("looks", default=None)


class NotNoted(PalikaError):
    """A page would show a citizen's data and has not said so: a mistake of the page's."""

    code = "not_noted"


def begin() -> None:
    """A request begins: nothing is seen."""
    _ledger.set(Ledger())


def is_problem() -> None:
    """What is answered to this request is the page that says what has gone wrong."""
    ledger = _ledger.get()
    if ledger is not None:
        ledger.problem = True


def answered(identity: Identity, service: str, method: str) -> None:
    """A service has answered whoever of the office ``identity`` is."""
    ledger = _ledger.get()
    if ledger is None or identity.roles.isdisjoint(_OFFICE):
        return
    if is_of_people(service, method):
        ledger.seen.append(f"{service}.{method}")


def looked_at(whose: Iterable[str | None], why: Reason, note: str | None = None) -> None:
    """Write down that who is signed in looks at a citizen's data. The one way for pages of the
    office; to be called before the answer is made.

    Args:
        whose: ``citizen:<id>``, ``grievance:<number>``, ``property:<number>`` and so on; of a
            telephone number what ``phone`` makes of it. All of them, of a list; None says nothing,
            as ``filed_by`` of a grievance without a login does.
        why: the reason; ``Reason.OTHER`` needs a ``note``.

    Raises:
        Invalid: nobody's, or the reason is missing.
        Forbidden: who is signed in is not of the office.
        Unavailable: it cannot be written down for now; then nothing is shown.
    """
    present = who()
    if present.post is None:
        raise Forbidden("this is for the office")
    here = parts()
    with here.store.begin() as session:
        note_read(
            session,
            present.person,
            present.post.code,
            [each for each in whose if each is not None],
            str(request.endpoint),
            why,
            here.now(),
            note=note,
            session_id=present.session.id if present.session else None,
        )
    ledger = _ledger.get()
    if ledger is not None:
        ledger.noted = True


def shows_nobody() -> None:
    """Say that a page has nobody's data on it, though a method has answered that may have some: a
    list that was empty, or what was read and is not shown."""
    ledger = _ledger.get()
    if ledger is not None:
        ledger.seen.clear()


def looked_at_all(whose: Iterable[str | None], why: Reason) -> None:
    """The same of a list that may be empty: then nobody's data is shown, and nothing is written
    down. Raises as ``looked_at``."""
    found = [each for each in whose if each is not None]
    if found:
        looked_at(found, why)
    else:
        shows_nobody()


def of_grievance(found: Mapping[str, Any]) -> list[str]:
    """Whose data an answer about a grievance has in it: its own, its citizen's, as far as the
    office is told their login, and their telephone's where that is in the answer."""
    whose = [
        f"grievance:{found['number']}",
        *([found["filed_by"]] if found.get("filed_by") else []),
    ]
    return [*whose, phone(found["phone"])] if found.get("phone") else whose


def of_property(found: Mapping[str, Any]) -> list[str]:
    """The same about a property: its own, and its owners' by the telephones in the answer."""
    owners = found.get("owners") or []
    phones = [phone(each["phone"]) for each in owners if each.get("phone")]
    return [f"property:{found['number']}", *phones]


def phone(number: str) -> str:
    """How a look at what belongs to a telephone number (E.164) is written down."""
    return f"phone:{parts().keeping.of_phone(number)}"


def hold_back(problem: Callable[[Exception], Response]) -> Callable[[Response], Response]:
    """After a request: the answer, or ``problem`` in its place if it shows what was not noted.

    What only leads on shows nothing, and neither does the application's own page of an error. What
    a page answers itself is looked at whatever its status: a form with mistakes shows data, too.
    """

    def look(response: Response) -> Response:
        ledger = _ledger.get()
        if ledger is None or not ledger.seen or ledger.noted or ledger.problem:
            return response
        if 300 <= response.status_code < 400:
            return response
        seen = ", ".join(dict.fromkeys(ledger.seen))
        _log.error("%s shows what %s answered, and has not noted it", request.endpoint, seen)
        return problem(NotNoted("a look at a citizen's data was not noted"))

    return look
