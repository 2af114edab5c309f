"""What the city has sent to the proved number: what about, when, over what, and what became of it.

Its text is not kept (services/notify/README.md), but of what waits on this site.
"""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, request

from palika.auth import SYSTEM
from services.portal.accounts.doors import door
from services.portal.accounts.numbers import own_phone
from services.portal.asking import Question
from services.portal.messages.consents import CHANNELS, NAMES
from services.portal.pages.formats import moment_in
from services.portal.pages.words import N_, gettext
from services.portal.rooms import ask, page

_PAGE: Final = 25
_ABOUT: Final = {
    "login.code": N_("Your code to sign in"),
    "link.code": N_("Your code for a property"),
    "chat.answer": N_("An answer to your question"),
    "campaign.news": N_("News of the city"),
    "eoffice.receipt_diarised": N_("Your letter has reached the office"),
    "eoffice.letter_email": N_("A letter from the office"),
    "eoffice.letter_whatsapp": N_("A letter from the office"),
    "eoffice.letter_sms": N_("A letter from the office"),
    "grievance.filed": N_("Your grievance is filed"),
    "grievance.acknowledged": N_("Your grievance was read by the office"),
    "grievance.waiting": N_("A question about your grievance"),
    "grievance.wait_over": N_("No answer has come; your grievance goes on"),
    "grievance.resolved": N_("Your grievance: put right, says the office"),
    "grievance.reopened": N_("Your grievance was opened again"),
    "grievance.closed": N_("Your grievance was closed"),
    "grievance.rejected": N_("Your grievance was not accepted"),
    "grievance.transferred": N_("Your grievance was sent to where it belongs"),
    "grievance.merged": N_("Your grievance was joined with another"),
    "grievance.unmerged": N_("Your grievance goes on by itself again"),
    "grievance.appealed": N_("Your appeal was made"),
    "grievance.appeal_overdue": N_("Your appeal was not decided in time"),
    "grievance.appeal_decided": N_("Your appeal was decided"),
    "grievance.restored": N_("Your grievance was taken up again"),
    "grievance.withdrawn": N_("You took your grievance back"),
    "grievance.commented": N_("A word from the office on your grievance"),
    "grievance.breached": N_("Your grievance is late"),
    "tax.billed": N_("Your property tax bill"),
    "tax.paid": N_("Your payment of property tax"),
    "tax.notice_issued": N_("A notice about property tax"),
    "tax.payment_reversed": N_("A payment was taken back"),
    "tax.reminder_due": N_("Property tax is due"),
    "tax.objected": N_("Your objection was filed"),
    "tax.hearing_set": N_("The hearing of your objection"),
    "tax.objection_decided": N_("Your objection was decided"),
    "tax.reassessed": N_("Your property was assessed anew"),
    "tax.transferred": N_("The title of a property has passed"),
    "tax.held": N_("Recovery of your tax has stopped"),
    "tax.released": N_("Recovery of your tax goes on"),
    "tax.replaced": N_("Your property was divided or joined"),
}
"""What a message is about, by its template; of others, by what they are for."""
_STATES: Final = {
    "created": (N_("On its way"), ""),
    "sending": (N_("On its way"), ""),
    "failed_temporary": (N_("On its way"), ""),
    "sent": (N_("Sent"), ""),
    "delivered": (N_("Arrived"), "good"),
    "read": (N_("Read"), "good"),
    "failed_permanent": (N_("Did not arrive"), "warning"),
    "expired": (N_("Did not arrive in time"), "warning"),
    "skipped": (N_("Not sent"), ""),
    "cancelled": (N_("Not sent"), ""),
}
_WHY: Final = {
    "opted_out": N_("you did not want it"),
    "no_address": N_("there was no number to send it to"),
    "no_channel": N_("it could not be sent to this number"),
    "stale_event": N_("it was too old"),
    "daily_cap": N_("you had enough messages that day"),
    "quiet_hours": N_("it waits for the morning"),
}


def add_to(pages: Blueprint) -> None:
    """Add the page to the blueprint."""
    pages.add_url_rule("/messages", "mine", mine)


@door("citizen")
def mine() -> Response:
    """The messages, the newest first."""
    recipient = own_phone()
    asked: dict[str, Any] = {"recipient": recipient, "limit": _PAGE, "after": _after()}
    found = ask(
        as_=SYSTEM("portal"),
        sent=Question("notify", "deliveries", asked),
        inbox=Question("notify", "inbox", {"recipient": recipient, "limit": _PAGE}),
    )
    sent, inbox = found["sent"], found["inbox"]
    return page(
        "messages/mine.html",
        503 if sent.missing and inbox.missing else 200,
        rows=None if sent.missing else [_told(each) for each in sent.value["deliveries"]],
        next=None if sent.missing else sent.value["next"],
        inbox=None if inbox.missing else [_waiting(each) for each in inbox.value["messages"]],
    )


def _after() -> str | None:
    try:
        return str(UUID(request.args.get("after", "")))
    except ValueError:
        return None


def about(template: str, purpose: str) -> str:
    """What a message is about."""
    return gettext(_ABOUT.get(template) or NAMES.get(purpose, purpose))


def _told(each: Mapping[str, Any]) -> dict[str, Any]:
    state, kind = _STATES.get(each["state"], (each["state"], ""))
    why = _WHY.get(each["reason"] or "") if kind != "good" else None
    return {
        "about": about(each["template"], each["purpose"]),
        "at": moment_in(each["sent_at"] or each["created_at"]),
        "channel": gettext(CHANNELS[each["channel"]]) if each["channel"] in CHANNELS else None,
        "state": gettext(state),
        "kind": kind,
        "why": gettext(why) if why else None,
    }


def _waiting(each: Mapping[str, Any]) -> dict[str, Any]:
    return {**each, "at": moment_in(each["at"])}
