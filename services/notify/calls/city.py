"""The city's other services, as a call asks them."""

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from palika.errors import NotFound
from palika.text import Name, plain_digits
from services.notify.calls.outside import PROPERTY_ID, Facts, Owner
from services.notify.domain.call.states import OWED, PROPERTY, STATUS, VERIFY

_VERIFIED_BY: Final = 4


class City:
    """See ``outside.Outside``; over RPC."""

    def __init__(
        self,
        tax: Callable[[], Any],
        grievance: Callable[[], Any],
        statuses: Mapping[str, Name],
    ) -> None:
        """Prepare.

        Args:
            tax: the tax service, for this service's own identity.
            grievance: the grievance service, for the helpdesk's identity: what a telephone number
                has filed is told to no other, and who asked is kept.
            statuses: how those of a grievance are spoken; one that is not there, as its code.
        """
        self._tax = tax
        self._grievance = grievance
        self._statuses = statuses

    def owner(self, property_id: UUID) -> Owner | None:
        """See ``Outside``."""
        found = self._tax().contacts(ids=[str(property_id)])
        if not found:
            return None
        contact = found[0]
        try:
            facts = self._facts(str(property_id), contact["number"])
        except NotFound:
            return None
        return Owner(contact["phone"], contact["language"], facts)

    def dues(self, phone: str) -> Facts | None:
        """See ``Outside``."""
        found = self._tax().look_up(phone=phone, limit=2)["items"]
        if len(found) != 1:
            return None
        return self._facts(found[0]["id"], found[0]["number"])

    def grievance(self, digits: str, phone: str) -> Facts | None:
        """See ``Outside``."""
        cursor = None
        while True:
            page = self._grievance().look_up(phone=phone, cursor=cursor)
            for each in page["items"]:
                if digits_in(each["number"]) == digits:
                    code = each["status"]
                    status = self._statuses.get(code, Name(code, code))
                    return {STATUS: {"mr": status.mr, "en": status.en}}
            cursor = page["next"]
            if cursor is None:
                return None

    def _facts(self, property_id: str, number: str) -> Facts:
        owed = self._tax().dues(id=property_id)["payable_paise"]
        return {
            PROPERTY_ID: property_id,
            PROPERTY: number,
            OWED: owed,
            # A number of fewer digits is dialled with zeros before it.
            VERIFY: digits_in(number).zfill(_VERIFIED_BY)[-_VERIFIED_BY:],
        }


def digits_in(number: str) -> str:
    """The digits of an id, of either script, as 0 to 9."""
    return "".join(each for each in plain_digits(number) if each.isascii() and each.isdigit())
