"""What the table of states asks for: each action is a function that says what it came to.

It is done outside of any lock, and may be done twice (a crash, a turn that was lost): the second
time comes to the same. ``Unavailable`` need not be caught: the bot says that it does not work now.
"""

from collections.abc import Callable, Mapping
from typing import Final

from services.notify.chat.actions import filing, following, linking, people, tax
from services.notify.chat.actions.at import At
from services.notify.domain.chat.conversation import Outcome

ACTIONS: Final[Mapping[str, Callable[[At], Outcome]]] = {
    "properties": tax.properties,
    "property": tax.open_property,
    "dues": tax.dues,
    "pay_link": tax.pay_link,
    "bill": tax.bill,
    "receipts": tax.receipts,
    "receipt": tax.receipt,
    "notices": tax.notices,
    "notice": tax.notice,
    "unlink": tax.unlink,
    "code_to_this_number": linking.code_to_this_number,
    "code_for_property": linking.code_for_property,
    "check_code": linking.check_code,
    "match": filing.match,
    "groups": filing.groups,
    "kinds": filing.kinds,
    "question": filing.question,
    "place": filing.place,
    "file": filing.file,
    "grievances": following.grievances,
    "grievance": following.grievance,
    "rate": following.rate,
    "reopen": following.reopen,
    "answer": following.answer,
    "call_person": people.call_person,
    "tell_person": people.tell_person,
    "leave_person": people.leave_person,
    "opt_out": people.opt_out,
    "opt_in": people.opt_in,
}


def perform(at: At) -> Outcome:
    """Do what a conversation asks for.

    Raises:
        Unavailable: a service does not answer.
        PalikaError: a service answers what the action does not expect.
    """
    return ACTIONS[at.action.name](at)


__all__ = ["ACTIONS", "At", "perform"]
