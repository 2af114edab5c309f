"""Receipts: what has come to the city on paper or by e-mail."""

from typing import Any

from services.portal.api import arguments as a
from services.portal.api.files import PRIORITIES, SECRECY
from services.portal.api.operations import OFFICE, Room, of, of_each
from services.portal.api.shapes import receipts as shapes
from services.portal.domain.reads import Reason

_ONE = "/receipts/<uuid:id>"

room = Room("receipts", "files", "What has come to the city on paper or by e-mail.")

room.read(
    "/receipts",
    "eoffice.receipts",
    "Receipts that the post may see.",
    shapes.Receipts,
    roles=OFFICE,
    whose=of_each("receipt"),
    why=Reason.SEARCH,
    status=a.one_of("open", "filed", "closed", "weeded"),
    medium=a.one_of("letter", "email", "hand"),
    office=a.words(100),
    department=a.words(100),
    category=a.words(100),
    held_by=a.words(100),
    overdue=a.yes(),
    diarised_from=a.moment(),
    diarised_before=a.moment(),
    **a.paging(longest=200),
)
room.write(
    "/receipts",
    "eoffice.diarise",
    "Diarise what has come.",
    shapes.Receipt,
    status=201,
    again="id",
    roles=OFFICE,
    whose=of("receipt"),
    medium=a.one_of("letter", "email", "hand", required=True),
    subject=a.words(500, required=True),
    sender_name=a.words(300, required=True),
    sender_kind=a.words(100),
    sender_address=a.words(1_000),
    sender_phone=a.phone(),
    sender_email=a.email(),
    category=a.words(100),
    ref=a.words(200, about="The sender's own number."),
    dated=a.day(),
    received_on=a.day(),
    language=a.language(),
    secrecy=a.one_of(*SECRECY),
    priority=a.one_of(*PRIORITIES),
    vip=a.yes(),
    due_on=a.day(),
    remark=a.words(),
)
room.read(_ONE, "eoffice.receipt", "One receipt.", shapes.Receipt, roles=OFFICE,
          whose=of("receipt"))  # fmt: skip


def _act(name: str, method: str, summary: str, **fields: Any) -> None:
    room.write(
        f"{_ONE}/{name}",
        f"eoffice.{method}",
        summary,
        shapes.Receipt,
        again="step",
        roles=OFFICE,
        whose=of("receipt"),
        version=a.whole(),
        **fields,
    )


_act("send", "send_receipt", "Send it to another post.", to=a.words(100, required=True),
     remark=a.words())  # fmt: skip
_act("receive", "receive_receipt", "Say that it has come to the desk.")
_act("put-in-file", "put_in_file", "Put it into a file.", file_id=a.key(),
     file_number=a.words(100))  # fmt: skip
_act("close", "close_receipt", "Close it without a file.", remark=a.words(required=True))
