"""What hangs on the telephone number that a citizen has proved."""

from typing import Final

from palika.auth import SYSTEM, Identity
from palika.errors import PalikaError
from services.portal.accounts.parts import parts
from services.portal.accounts.present import who
from services.portal.models import Citizen
from services.portal.rooms import services

_WAIT_S: Final = 1.5
"""What is beside the point of a page is not waited for longer."""


def own_phone() -> str:
    """The number that who is signed in has proved.

    Raises:
        Unavailable: the portal's database is away.
    """
    here = parts()
    with here.store.begin() as session:
        sealed = session.get_one(Citizen, who().citizen_id).phone
    assert sealed is not None, "who is signed in has a number"
    return here.keeping.phone(sealed)


def by_whatsapp(phone: str) -> Identity | None:
    """As whom the chatbot has filed for who has a number: WhatsApp has made sure of it as the code
    has, so both are one citizen.

    Returns:
        None: nobody has written from it of late.

    Raises:
        PalikaError: it cannot be known now.
    """
    with services(_WAIT_S, SYSTEM("portal")) as city:
        subject = city.notify.citizen_of(recipient=phone)["subject"]
    return None if subject is None else Identity.of(subject, "citizen")


def by_whatsapp_if_known() -> Identity | None:
    """The same of who is signed in; None, too, where it is not known now."""
    if who().citizen_id is None:
        return None
    try:
        return by_whatsapp(own_phone())
    except PalikaError:
        return None
