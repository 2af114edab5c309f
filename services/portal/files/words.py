"""What the e-office's codes are called on the pages of files, and how a refusal is told."""

from collections.abc import Mapping
from typing import Any, Final

from palika.errors import Forbidden, Invalid, PalikaError
from services.portal.pages.formats import money
from services.portal.pages.words import N_, gettext
from services.portal.rooms import post_list

_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "secrecy": {
        "normal": N_("Normal"),
        "confidential": N_("Confidential"),
        "secret": N_("Secret"),
        "top_secret": N_("Top secret"),
    },
    "priority": {
        "ordinary": N_("Ordinary"),
        "urgent": N_("Urgent"),
        "most_urgent": N_("Most urgent"),
    },
    "status": {
        "open": N_("In process"),
        "parked": N_("Parked"),
        "closed": N_("Closed"),
        "filed": N_("Put in a file"),
        "weeded": N_("Weeded"),
        "archived": N_("Brought in"),
    },
    "letter": {
        "draft": N_("Draft"),
        "approved": N_("Approved"),
        "sending": N_("Being sent"),
        "dispatched": N_("Dispatched"),
        "discarded": N_("Given up"),
    },
    "kind": {
        "file": N_("File"),
        "note": N_("Note"),
        "paper": N_("Page"),
        "receipt": N_("Receipt"),
        "letter": N_("Letter"),
        "archived": N_("Brought in"),
    },
    "paper": {
        "enclosure": N_("Enclosure"),
        "note": N_("Office paper"),
        "receipt": N_("Receipt"),
        "issued": N_("Letter sent"),
    },
    "medium": {
        "letter": N_("Letter"),
        "email": N_("E-mail"),
        "hand": N_("Handed over"),
    },
    "channel": {
        "post": N_("By post"),
        "hand": N_("By hand"),
        "email": N_("By e-mail"),
        "whatsapp": N_("By WhatsApp"),
        "sms": N_("By text message"),
    },
    "capacity": {
        "regular": N_("own post"),
        "additional": N_("additional charge"),
        "linked": N_("standing in"),
    },
    "decision": {
        "approved": N_("Approved"),
        "refused": N_("Refused"),
        "returned": N_("Returned with an amount"),
        "cancelled": N_("Cancelled an approval"),
    },
    "reading": {
        "note_sheet": N_("Note sheet"),
        "contents": N_("Correspondence"),
        "paper": N_("Page"),
        "letter": N_("Letter"),
        "archive": N_("Archive"),
    },
    "move": {
        "put_up": N_("put up"),
        "forward": N_("forwarded"),
        "follow": N_("sent along its route"),
        "send_back": N_("sent back"),
        "pull_back": N_("pulled back"),
        "pull_up": N_("pulled up"),
        "transfer": N_("custody transferred"),
        "reopen": N_("opened again"),
        "return": N_("returned with an amount"),
        "send": N_("sent"),
    },
    "step": {
        "open": N_("Read"),
        "put_up": N_("Put up"),
        "forward": N_("Forward"),
        "follow_route": N_("Send along the route"),
        "send_back": N_("Send back"),
        "pull_back": N_("Pull back"),
        "pull_up": N_("Pull up"),
        "mark": N_("Ask several posts"),
        "answer": N_("Answer"),
        "gather": N_("Gather the answers"),
        "park": N_("Park"),
        "wake": N_("Take up again now"),
        "close": N_("Close the file"),
        "reopen": N_("Open the file again"),
        "set_priority": N_("Priority"),
        "set_due": N_("Due date"),
        "correct_file": N_("Correct subject or secrecy"),
        "approve": N_("Approve"),
        "refuse": N_("Refuse"),
        "return_with_amount": N_("Return with an amount"),
        "cancel_approval": N_("Cancel an approval"),
        "save_draft": N_("Save as a yellow note"),
        "take_back_note": N_("Take the note back"),
        "revise_letter": N_("Revise"),
        "approve_letter": N_("Approve the letter"),
        "return_letter": N_("Take the approval back"),
        "discard_letter": N_("Give the letter up"),
        "dispatch_letter": N_("Dispatch"),
        "send_receipt": N_("Send"),
        "receive_receipt": N_("It has come here"),
        "pull_back_receipt": N_("Pull back"),
        "pull_up_receipt": N_("Pull up"),
        "put_in_file": N_("Put in a file"),
        "start_file": N_("Open a file from it"),
        "close_receipt": N_("Close without a file"),
        "reopen_receipt": N_("Take up again"),
        "follow_up_receipt": N_("Look at it again on a day"),
    },
}

_FIELDS: Final[Mapping[str, str]] = {
    "to": N_("To which post"),
    "remark": N_("Remark"),
    "reason": N_("Why?"),
    "question": N_("What you ask"),
    "posts": N_("Which posts"),
    "answer": N_("Your answer"),
    "wake_on": N_("Until which day"),
    "due_on": N_("Due on"),
    "priority": N_("Priority"),
    "power": N_("Sanctioned under"),
    "amount": N_("Amount in rupees"),
    "amount_paise": N_("Amount in rupees"),
    "route": N_("Route"),
    "markup": N_("Text of the note"),
    "subject": N_("Subject"),
    "head": N_("Subject head"),
    "department": N_("Department"),
    "section": N_("Section"),
    "secrecy": N_("Secrecy"),
    "title": N_("What it is"),
    "paper": N_("Paper (PDF or scan)"),
    "papers": N_("Paper (PDF or scan)"),
    "template": N_("Kind of letter"),
    "to_name": N_("To whom"),
    "to_address": N_("Postal address"),
    "to_email": N_("E-mail"),
    "to_phone": N_("Mobile number"),
    "body": N_("Text of the letter"),
    "channel": N_("How it goes out"),
    "tracking": N_("Number of the post office, or who took it"),
    "sender_name": N_("Sender"),
    "sender_address": N_("Postal address"),
    "sender_phone": N_("Mobile number"),
    "sender_email": N_("E-mail"),
    "sender_kind": N_("Kind of sender"),
    "medium": N_("How it came"),
    "category": N_("Category"),
    "ref": N_("The sender's number"),
    "dated": N_("Dated"),
    "received_on": N_("Received on"),
    "file_number": N_("Number of the file"),
    "on": N_("Day"),
    "words": N_("Search"),
}
"""What fields of forms are called, by the names that the e-office has for them."""

_WITH: Final = N_("It is with %(post)s.")
_MAY: Final = N_("This is for: %(posts)s.")
_NOBODY: Final = N_(
    "No post has this power; it goes to the standing committee or the general body."
)
_LEGAL: Final = N_("You can do now: %(steps)s.")
_NOTHING: Final = N_("You can do nothing with it now.")
_MOST: Final = N_("Up to %(amount)s may be sanctioned here.")
_NO_POWER: Final = N_("Your post may sanction nothing under this head.")


def word(kind: str, code: Any) -> str:
    """What a code is called, in the language of the page; the code itself, if it has no word."""
    found = _WORDS[kind].get(str(code))
    return str(code).replace("_", " ") if found is None else gettext(found)


def fields() -> dict[str, str]:
    """What fields are called in the language of the page."""
    return {name: gettext(found) for name, found in _FIELDS.items()}


def choices(kind: str, codes: Any) -> list[tuple[str, str]]:
    """Codes with their words, as the choices of a field."""
    return [(code, word(kind, code)) for code in codes]


def instead(error: PalikaError) -> list[str]:
    """What else the e-office says with a refusal: who has it, who may, and what is legal."""
    details = error.details
    lines: list[str] = []
    if isinstance(error, Invalid):
        return lines
    held = details.get("held_by")
    if isinstance(held, str):
        lines.append(gettext(_WITH, post=post_list([held])))
    if isinstance(most := details.get("most_paise"), int):
        lines.append(gettext(_MOST, amount=money(most)) if most else gettext(_NO_POWER))
    if "may" in details:
        may = [str(each) for each in details["may"] or []]
        lines.append(gettext(_MAY, posts=post_list(may)) if may else gettext(_NOBODY))
    if "legal" in details:
        steps = [word("step", each) for each in details["legal"] if each != "open"]
        lines.append(gettext(_LEGAL, steps=", ".join(steps)) if steps else gettext(_NOTHING))
    return lines


def is_for_others(error: PalikaError) -> bool:
    """Whether somebody else may do what was refused, to whom it can be sent."""
    return isinstance(error, Forbidden) and bool(error.details.get("may"))
