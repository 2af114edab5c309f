"""Property tax in the words of who owes it."""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from services.portal.citizen.filing import wards
from services.portal.pages.formats import day_in, digits
from services.portal.pages.words import N_, gettext

_HALF: Final = re.compile(r"(\d{4}-\d{2})/([12])", re.ASCII)
_USES: Final = {
    "residential": N_("Residential"),
    "commercial": N_("Commercial"),
    "industrial": N_("Industrial"),
    "institutional": N_("Institutional"),
    "open_plot": N_("Open plot"),
    "mixed": N_("Mixed use"),
}
_STANDINGS: Final = {
    "active": N_("On the roll"),
    "demolished": N_("Demolished"),
    "split": N_("Divided: others are in its place"),
    "merged": N_("Joined: another is in its place"),
}
_GIVEN: Final = {
    "rebate": N_("Rebate for paying early"),
    "waiver": N_("Interest that is waived"),
}
_BILLS: Final = {
    "unpaid": N_("Not paid"),
    "part_paid": N_("Paid in part"),
    "paid": N_("Paid"),
    "carried": N_("Carried to another property"),
}
_MODES: Final = {
    "upi": N_("UPI"),
    "card": N_("Card"),
    "netbanking": N_("Net banking"),
    "wallet": N_("Wallet"),
    "neft": N_("Bank transfer"),
    "cash": N_("Cash"),
    "cheque": N_("Cheque"),
}
_TAKEN_BACK: Final = {
    "refund": N_("It was given back to who has paid."),
    "dispute": N_("The payer's bank has asked for it back."),
    "other": N_("An officer has taken it back; ask at your ward office."),
}
_KINDS: Final = {
    "bill": N_("Bill"),
    "receipt": N_("Tax receipt"),
    "notice": N_("Notice"),
    "no-dues": N_("No-dues certificate"),
}


def use(code: str) -> str:
    """What a use is called."""
    return gettext(_USES.get(code, code))


def standing(code: str) -> str:
    """What the state of a property is called."""
    return gettext(_STANDINGS.get(code, code))


def mode(code: str | None) -> str:
    """How it was paid; empty, if it was not."""
    return gettext(_MODES.get(code, code)) if code else ""


def taken_back(order: Mapping[str, Any]) -> str:
    """Why a payment does not stand any more; empty: it does."""
    code = order["taken_back"]
    return gettext(_TAKEN_BACK.get(code, _TAKEN_BACK["other"])) if code else ""


def kind(code: str) -> str:
    """What a document is called."""
    return gettext(_KINDS.get(code, code))


def bill_status(code: str) -> str:
    """Whether a bill is paid."""
    return gettext(_BILLS.get(code, code))


def ward(code: str) -> str:
    """The name of a ward; its code, if the site has no office of it."""
    return dict(wards()).get(code, code)


def half_year(text: str) -> str:
    """``2026-27/1`` in words; a whole year is as it is."""
    found = _HALF.fullmatch(text)
    if found is None:
        return digits(text)
    if found[2] == "1":
        return gettext("%(year)s, April to September", year=digits(found[1]))
    return gettext("%(year)s, October to March", year=digits(found[1]))


def owed(told: Mapping[str, Any]) -> dict[str, Any]:
    """What is owed, as ``tax.dues`` tells it: the dues by half-year, each with its lines."""
    halves: dict[str, dict[str, Any]] = {}
    for each in told["dues"]:
        half = halves.setdefault(
            each["half_year"], {"name": half_year(each["half_year"]), "lines": [], "paise": 0}
        )
        half["lines"].append({"called": each["called"], "paise": each["paise"]})
        half["paise"] += each["paise"]
    return {
        **told,
        "halves": list(halves.values()),
        "sum_paise": sum(half["paise"] for half in halves.values()),
        "given": [
            {"called": gettext(_GIVEN.get(each["kind"], each["kind"])), "paise": each["paise"]}
            for each in told["forgone"]
        ],
        "until_day": day_in(told.get("until")),
    }


def property_told(told: Mapping[str, Any]) -> dict[str, Any]:
    """A property, as ``tax.get`` tells it, with its words."""
    return {
        **told,
        "ward_name": ward(told["ward"]),
        "use_name": use(told["use"]),
        "standing": standing(told["status"]),
        "bills": [
            {
                **each,
                "status_name": bill_status(each["status"]),
                "due_day": day_in(each["due_on"]),
                "period_name": half_year(each["period"]),
                "payments": [
                    {**one, "day": day_in(one["received_on"]), "mode_name": mode(one["mode"])}
                    for one in each.get("payments", ())
                ],
            }
            for each in told["bills"]
        ],
    }


def document_told(each: Mapping[str, Any]) -> dict[str, Any]:
    """A document of ``tax.documents_of``: ``query`` is what is signed of its link."""
    return {
        **each,
        "kind_name": kind(each["kind"]),
        "day": day_in(each["issued_on"]),
        "query": urlsplit(each["link"]).query,
    }
