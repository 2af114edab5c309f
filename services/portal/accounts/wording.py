"""Words of accounts that stand in no page: why somebody looked, and what is wrong with a form."""

from typing import Final

from services.portal.domain.reads import Reason
from services.portal.pages.words import N_, gettext

_WHY: Final = {
    Reason.HANDLES: N_("it is on their desk"),
    Reason.CALLER: N_("the citizen was at the counter or on the telephone"),
    Reason.SUPERVISES: N_("it is on a desk that reports to them"),
    Reason.SEARCH: N_("it was among what a search had found"),
    Reason.OTHER: N_("another reason, which they have written down"),
}
SERVICES: Final = {
    "portal": N_("Your account on this site"),
    "grievance": N_("Grievances"),
    "tax": N_("Property tax"),
    "notify": N_("Messages"),
}
"""Who has erased something, or kept it."""
THINGS: Final = {
    "contact": N_("grievances in which your name and number stood"),
    "following": N_("grievances of others that you followed"),
    "open": N_("grievances that are being worked on"),
    "recent": N_("grievances that have ended not long ago"),
    "record": N_("grievances without your name"),
    "owner": N_("entries as an owner in the register of properties"),
    "message": N_("messages"),
    "inbox": N_("messages on this site"),
    "chat": N_("messages to the chatbot and questions to an officer"),
    "property_link": N_("properties that were linked to your WhatsApp"),
    "preference": N_("what you liked best for messages"),
    "consent": N_("words about consent"),
    "call": N_("calls"),
}
"""What was erased or stays."""
RULES: Final = (
    N_("must have 12 characters or more"),
    N_("must have at most 256 characters"),
    N_("is one that many people use"),
    N_("must not have your name or code in it"),
    N_("is only a few characters over and over, or a row of keys"),
    N_("must be a 10-digit Indian mobile number"),
    N_("this form is too old, or not of this site; open its page again"),
)
"""What rules and refusals say that are made where there is no page."""


def reasons() -> dict[str, str]:
    """Why somebody looked, in the language of the page, by the reason's code."""
    return {reason.value: gettext(words) for reason, words in _WHY.items()}
