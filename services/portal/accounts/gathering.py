"""Everything that the city keeps of a citizen, asked of the services that can say it; and that they
forget it, as far as they may."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from palika.auth import SYSTEM, Identity
from palika.errors import PalikaError, Unavailable
from services.portal.accounts.looks import phone
from services.portal.accounts.parts import Parts
from services.portal.accounts.present import Present
from services.portal.errors import TooMany
from services.portal.models import Citizen
from services.portal.queries.reads import looks_at
from services.portal.queries.sessions import of_citizen

_PAGE = 100
_MOST_PAGES = 50
_SELF: Final = SYSTEM("portal")


def gathered(here: Parts, present: Present) -> dict[str, Any]:
    """By service what it keeps, or ``{"away": true}``. Moments are ISO 8601 in UTC.

    Raises:
        Unavailable: the portal's own database is away.
    """
    assert present.citizen_id is not None
    with here.store.begin() as session:
        own = of_citizen(session, present.citizen_id)
        citizen = session.get_one(Citizen, present.citizen_id)
        assert citizen.phone is not None
        number = here.keeping.phone(citizen.phone)
        looks = looks_at(session, {present.identity.subject, phone(number)})
    own["phone"] = number
    own["looks"] = [
        {"at": each.at.isoformat(), "post": each.post, "what": each.what, "why": each.why}
        for each in looks
    ]
    return {
        "made_at": here.now().isoformat(),
        "portal": own,
        "grievances": _asked(here, present.identity, _grievances),
        "grievances_over_whatsapp": _over_whatsapp(here, number),
        "messages": _asked(here, _SELF, lambda services: _messages(services, number)),
        "inbox": _asked(here, _SELF, lambda services: services.notify.inbox(recipient=number)),
        "consent": _asked(here, _SELF, lambda services: services.notify.consent(recipient=number)),
        "consent_history": _asked(
            here, _SELF, lambda services: services.notify.consent_history(recipient=number)
        ),
        "property_tax": _asked(here, _SELF, lambda services: services.tax.kept_of(phone=number)),
    }


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What a service says of being asked to forget: what it has erased, and what stays and why;
    ``away``: it was not asked, or has not answered."""

    service: str
    erased: Sequence[Mapping[str, Any]] = ()
    stays: Sequence[Mapping[str, Any]] = ()
    away: bool = False


def forgotten(here: Parts, present: Present) -> list[Forgotten]:
    """Ask each service to forget who is signed in, as far as it may. Asked again, it does the rest.

    The login of the chatbot is asked for first: once notify has forgotten, it is not known any
    more.

    Raises:
        Unavailable: the portal's own database is away.
    """
    assert present.citizen_id is not None
    with here.store.begin() as session:
        sealed = session.get_one(Citizen, present.citizen_id).phone
    assert sealed is not None
    number = here.keeping.phone(sealed)
    found = [
        _told("grievance", _asked(here, _SELF, lambda city: _forget_filed(city, present, number))),
        _told("tax", _asked(here, _SELF, lambda city: city.tax.kept_of(phone=number))),
    ]
    if not found[0].away:
        found.append(
            _told("notify", _asked(here, _SELF, lambda city: city.notify.forget(recipient=number)))
        )
    else:
        found.append(Forgotten("notify", away=True))
    return found


def _forget_filed(city: Any, present: Present, number: str) -> Any:
    chatbot = city.notify.citizen_of(recipient=number)["subject"]
    subjects = [present.identity.subject, *([chatbot] if chatbot else [])]
    return city.grievance.forget(phone=number, subjects=subjects)


def _told(service: str, answer: Mapping[str, Any]) -> Forgotten:
    if "erased" not in answer:
        return Forgotten(service, away=True)
    return Forgotten(service, answer["erased"], answer["stays"])


def _over_whatsapp(here: Parts, number: str) -> Any:
    told = _asked(here, _SELF, lambda services: services.notify.citizen_of(recipient=number))
    if "subject" not in told:
        return told
    subject = told["subject"]
    return _asked(here, Identity.of(subject, "citizen"), _grievances) if subject else []


def _asked(here: Parts, identity: Identity, ask: Any) -> Any:
    """What a service answers; asked by the portal itself where it is by the proved number."""
    try:
        with here.calls.as_(identity) as services:
            return ask(services)
    except (Unavailable, TooMany):
        return {"away": True}
    except PalikaError as error:
        return {"refused": error.message}


def _grievances(services: Any) -> list[Any]:
    found: list[Any] = []
    cursor = None
    for _ in range(_MOST_PAGES):
        page = services.grievance.mine(limit=_PAGE, cursor=cursor)
        found += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    return found


def _messages(services: Any, number: str) -> list[Any]:
    found: list[Any] = []
    after = None
    for _ in range(_MOST_PAGES):
        page = services.notify.deliveries(recipient=number, limit=_PAGE, after=after)
        found += page["deliveries"]
        after = page["next"]
        if after is None:
            break
    return found
