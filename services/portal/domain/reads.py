"""Whose data somebody of the office has looked at, and why."""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from palika.errors import Invalid

NOTE_MAX: Final = 300
_MATTERS: Final = (
    *("citizen", "grievance", "property", "file", "paper", "receipt", "letter", "message"),
    "phone",
)
_WHOSE: Final = re.compile(rf"(?:{'|'.join(_MATTERS)}):\S{{1,150}}")


class Reason(StrEnum):
    """Why. The last one needs words of the reader's own."""

    HANDLES = "handles"
    """It is on the reader's desk."""
    CALLER = "caller"
    """The citizen is at the counter or on the telephone."""
    SUPERVISES = "supervises"
    """It is on a desk that reports to the reader."""
    SEARCH = "search"
    """It was among what a search has found."""
    OTHER = "other"


def checked(whose: Iterable[str], reason: str, note: str | None) -> tuple[list[str], str | None]:
    """What may be written down of a look: whose data, once each, and the note.

    Raises:
        Invalid: nobody's, not of that form, an unknown reason, or one without the words it needs.
    """
    found = sorted(set(whose))
    wrong: dict[str, list[str]] = {}
    if not found:
        wrong["whose"] = ["name whose data it is"]
    elif odd := [each for each in found if not _WHOSE.fullmatch(each)]:
        wrong["whose"] = [f"{odd[0][:40]!r} is no kind and name, as grievance:GRV-2026-000001"]
    if reason not in list(Reason):
        wrong["why"] = [f"must be one of {', '.join(Reason)}"]
    said = (note or "").strip()
    if reason == Reason.OTHER and len(said) < 5:
        wrong["note"] = ["say in a few words why"]
    if len(said) > NOTE_MAX:
        wrong["note"] = [f"at most {NOTE_MAX} characters"]
    if wrong:
        raise Invalid("a look at a citizen's data is not written down so", wrong)
    return found, said or None


_WITHOUT_PEOPLE: Final = frozenset({"kpi", "warroom"})
"""Services that know no citizens."""
_NAMES_MATTERS: Final = frozenset({"kpi.trace"})
"""Their methods that name people's grievances, files and bills all the same: the records that a
number is made of."""
_OF_NOBODY: Final = {
    # What the office says to itself. (Who reads its files, the e-office keeps: decision 0033.) Who
    # has written to the city, and who is written to, is on receipts, papers and letters.
    "eoffice": frozenset(
        {
            *("abolish_post", "add_person", "add_post", "change_reporting", "directory", "holders"),
            *("import_organisation", "my_posts", "posts", "rename", "transfer_person"),
            *("vacate_post", "delegate", "delegations", "end_leave", "leaves", "powers"),
            *("revoke_delegation", "take_leave", "approvals", "approve", "cancel_approval"),
            *("refuse", "return_with_amount", "answer", "close", "count", "desk", "follow_route"),
            *("forward", "gather", "get", "history", "inbox", "list", "mark", "marked"),
            *("matters_of", "open", "open_file", "park", "parked", "pull_back", "pull_up"),
            *("put_up", "remove_route", "reopen", "report", "report_file", "routes", "save_route"),
            *("send_back", "sent", "set_due", "set_priority", "sign", "signatures", "tie", "tied"),
            *("transfer_custody", "untie", "wake", "confirm_note", "discard_draft", "draft"),
            *("drafts", "note_sheet", "note_sheet_pdf", "readings", "save_draft"),
            *("cover", "forms", "suggest"),
            *("take_back_note", "decide_weeding", "hold_file", "lift_hold", "propose_weeding"),
            *("record_file", "record_of", "records_due", "weeding", "weedings"),
        }
    ),
    "grievance": frozenset(
        {
            *("count", "officers", "open311_service", "open311_services", "published", "report"),
            *("delete_view", "save_view", "views", "set_leave", "cancel_leave", "set_officer"),
            *("sample_results", "matters_of", "track", "rejections", "steps"),
        }
    ),
    "tax": frozenset(
        {
            *("dcb", "counters", "count_counter", "close_counter", "open_counter", "campaign"),
            *(
                "approve_campaign",
                "cancel_campaign",
                "what_if",
                "verify",
                "matters_of",
                "estimate",
                "estimate_terms",
            ),
            *("my_counter", "deposit_cash", "deposit_cheques", "cheques"),
        }
    ),
    "notify": frozenset(
        {
            *("report", "templates", "preview", "save_template", "campaign", "campaigns"),
            *("approve_campaign", "cancel_campaign", "draft_campaign", "estimate_campaign"),
            *("pause_campaign", "resume_campaign", "start_campaign", "reached"),
            "upload_campaign",
        }
    ),
}
"""Of services that know citizens, the methods whose answer has nobody's data in it."""


def of_nobody() -> dict[str, frozenset[str]]:
    """Those lists, by service."""
    return dict(_OF_NOBODY)


def is_of_people(service: str, method: str) -> bool:
    """Whether what a method answers to the office may have a citizen's data in it. Of what stands
    in no list, it may."""
    if service in _WITHOUT_PEOPLE:
        return f"{service}.{method}" in _NAMES_MATTERS
    return method not in _OF_NOBODY.get(service, frozenset())
