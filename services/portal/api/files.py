"""Files of the e-office: desks, notes, movement, decisions."""

from typing import Any

from services.portal.api import arguments as a
from services.portal.api.operations import OFFICE, Room
from services.portal.api.shapes import files as shapes
from services.portal.api.shapes import notes
from services.portal.domain.reads import Reason
from services.portal.files import searching

_ONE = "/files/<uuid:id>"
PRIORITIES = ("ordinary", "urgent", "most_urgent")
SECRECY = ("normal", "confidential", "secret", "top_secret")
_KINDS = ("file", "note", "paper", "receipt", "letter", "archived")

room = Room("files", "files", "Files of the e-office, for the post that the token acts for.")


def _in_search(found: Any, _: Any) -> list[str]:
    return searching.whose(found["items"])


def _list(
    path: str, method: str, summary: str, answer: Any, longest: int = 200, **fields: Any
) -> None:
    room.read(path, f"eoffice.{method}", summary, answer, roles=OFFICE, **fields,
              **a.paging(100 if method == "search" else 200, longest))  # fmt: skip


_list("/files/inbox", "inbox", "What lies on the desk.", shapes.Inbox, 300, unseen=a.yes(),
      overdue=a.yes(), priority=a.one_of(*PRIORITIES))  # fmt: skip
_list("/files/sent", "sent", "What the desk has sent on.", shapes.Sent, 300)
_list("/files/parked", "parked", "What is put aside until a day.", shapes.Parked, 300)
_list("/files/drafts", "drafts", "Notes that are not confirmed yet.", notes.Drafts)
_list("/files", "list", "Files that the post may see.", shapes.Files,
      status=a.one_of("open", "parked", "closed"), held_by=a.words(100), department=a.words(100),
      opened_from=a.moment(), opened_before=a.moment())  # fmt: skip
_list("/files/search", "search", "Search in files, notes, papers, receipts and letters.",
      shapes.Search, whose=_in_search, why=Reason.SEARCH,
      words=a.words(300, required=True), kinds=a.many(a.one_of(*_KINDS), 1, 6),
      department=a.words(100), from_day=a.day(), to_day=a.day())  # fmt: skip
room.write(
    "/files",
    "eoffice.open_file",
    "Open a file.",
    shapes.File,
    status=201,
    again="id",
    roles=OFFICE,
    subject=a.words(500, required=True),
    department=a.words(100),
    section=a.words(100),
    head=a.words(100),
    language=a.language(),
    secrecy=a.one_of(*SECRECY),
    priority=a.one_of(*PRIORITIES),
    public=a.yes(),
    due_on=a.day(),
)
room.read(
    "/files/tracked",
    "eoffice.track",
    "Where a public file stands.",
    shapes.Tracked,
    opened=True,
    number=a.words(100, required=True),
)
room.read(_ONE, "eoffice.get", "One file.", shapes.File, roles=OFFICE)
room.read(f"{_ONE}/notes", "eoffice.note_sheet", "Its note sheet.", notes.NoteSheet, roles=OFFICE)
room.read(
    f"{_ONE}/note-sheet.pdf",
    "eoffice.note_sheet_pdf",
    "Its note sheet as PDF.",
    None,
    media=("application/pdf",),
    roles=OFFICE,
    language=a.language(),
)
room.read(
    f"{_ONE}/history",
    "eoffice.history",
    "What was done with it.",
    shapes.History,
    roles=OFFICE,
    after=a.whole(0, 2_147_483_647),
    limit=a.whole(1, 200),
)
room.read(
    f"{_ONE}/approvals", "eoffice.approvals", "What was decided in it.", notes.Approvals,
    roles=OFFICE,
)  # fmt: skip
room.read("/drafts/<uuid:id>", "eoffice.draft", "A note that is not confirmed.", notes.Draft,
          roles=OFFICE)  # fmt: skip
room.write(
    "/drafts/<uuid:id>",
    "eoffice.save_draft",
    "Begin a note under an id of your making, or save it again.",
    notes.Draft,
    method="PUT",
    roles=OFFICE,
    file_id=a.key(required=True),
    markup=a.long_text(100_000, required=True),
    language=a.language(),
    for_post=a.words(100, about="For whom it is written, if not for oneself."),
    version=a.whole(about="The one that you have read, when it is saved again."),
)
room.write(
    "/drafts/<uuid:id>/confirm",
    "eoffice.confirm_note",
    "Put the note into its file, for good.",
    notes.Confirmed,
    again="step",
    roles=OFFICE,
    version=a.whole(),
)
room.write(
    "/drafts/<uuid:id>/discard",
    "eoffice.discard_draft",
    "Throw it away.",
    notes.Discarded,
    again="step",
    roles=OFFICE,
    version=a.whole(),
)


def _act(
    name: str, summary: str, *, again: str = "step", answer: Any = None, method: str = "",
    **fields: Any,
) -> None:  # fmt: skip
    room.write(
        f"{_ONE}/{name}",
        f"eoffice.{method or name.replace('-', '_')}",
        summary,
        answer or shapes.Moved,
        again=again,
        roles=OFFICE,
        version=a.whole(),
        **fields,
    )


def _decided() -> dict[str, Any]:
    return {
        "power": a.words(100, about="The code of the power that is used."),
        "amount_paise": a.whole(1, 10**15),
    }


room.write(
    f"{_ONE}/open", "eoffice.open", "Look into it; that it was seen is written down.", shapes.File,
    again="step", roles=OFFICE,
)  # fmt: skip
_act("forward", "Send it to another post.", to=a.words(100, required=True), remark=a.words())
_act("put-up", "Put it up to the post above, or one further up.", to=a.words(100), remark=a.words())
_act("send-back", "Send it back.", to=a.words(100), remark=a.words())
_act("pull-back", "Take it back from who has not looked at it.", remark=a.words())
_act("pull-up", "Take it up from a desk below.", remark=a.words())
_act("park", "Put it aside until a day.", wake_on=a.day(required=True),
     reason=a.words(required=True))  # fmt: skip
_act("wake", "Take it up again.")
_act("mark", "Ask other posts something.", posts=a.many(a.words(100), 1, 50, required=True),
     question=a.words(required=True), due_on=a.day())  # fmt: skip
_act("close", "Close it.", anyway=a.yes(), remark=a.words())
_act("reopen", "Open it again.", remark=a.words(required=True))
_act("approve", "Approve, within one's power.", again="decision_id", answer=shapes.Decided,
     remark=a.words(), route=a.yes(), **_decided())  # fmt: skip
_act("refuse", "Refuse.", again="decision_id", answer=shapes.Decided,
     remark=a.words(required=True), **_decided())  # fmt: skip
room.write(
    f"{_ONE}/answer",
    "eoffice.answer",
    "Answer what was asked.",
    shapes.Moved,
    again="step",
    roles=OFFICE,
    version=a.whole(),
    marking=a.key(),
    answer=a.words(20_000, required=True),
)
