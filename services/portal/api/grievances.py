"""Grievances and what can be filed."""

from typing import Any

from services.portal.accounts.looks import of_grievance
from services.portal.api import arguments as a
from services.portal.api.operations import OFFICE, Room, of_other, of_what
from services.portal.api.shapes import grievances as shapes
from services.portal.domain.reads import Reason

_STATUS = (
    *("filed", "acknowledged", "assigned", "in_progress", "waiting", "resolved", "closed"),
    *("rejected", "withdrawn", "merged"),
)
_REPORTS = ("pendency", "ageing", "sla", "reopens", "ratings", "heat")
_BY = ("department", "ward", "officer", "category", "parent_category")
_LARGEST_FILE = 10 * 1024 * 1024
_ONE = "/grievances/<uuid:id>"


def _several(longest: int = 100) -> Any:
    return a.many(a.words(longest))


def _filters() -> dict[str, Any]:
    return {
        "status": a.many(a.one_of(*_STATUS)),
        "open": a.yes(about="Whether somebody has still to do something."),
        "ward": _several(),
        "department": _several(),
        "category": _several(),
        "parent_category": _several(),
        "officer": _several(),
        "unassigned": a.yes(),
        "priority": a.many(a.one_of("low", "normal", "high", "emergency")),
        "timing": a.one_of("overdue", "due_soon", "breached", "late", "on_time"),
        "reopened": a.yes(),
        "filed_from": a.moment(),
        "filed_before": a.moment(),
        "text": a.words(500, about="A number, or words in Marathi or English."),
    }


def _version() -> Any:
    return a.whole(about="The one that you have read: the second of two who decide is told.")


room = Room("grievances", "grievance", "What citizens ask the city to put right.")

room.read(
    "/categories",
    "grievance.open311_services",
    "What can be filed.",
    shapes.Categories,
    opened=True,
    language=a.language(),
    shaped=lambda found: {"items": found["services"], "changed_at": found["changed_at"]},
)
room.read(
    "/categories/<code>",
    "grievance.open311_service",
    "One kind, with what it asks.",
    shapes.Category,
    opened=True,
    language=a.language(),
)
room.write(
    "/grievances",
    "grievance.file",
    "File a grievance; the answer has the `token` to follow it by, this once.",
    shapes.Filed,
    status=201,
    again="source_id",
    roles=("officer", "supervisor", "helpdesk", "citizen"),
    fixed={"channel": "app"},
    whose=of_what(of_grievance),
    category=a.words(100, required=True, about="The code of a kind."),
    description=a.words(4_000, required=True),
    ward=a.words(100),
    address=a.words(500),
    lat=a.degrees(90),
    lon=a.degrees(180),
    attributes=a.mapping(about="The answers to what the kind asks, by code."),
    media_url=a.code(2_000, about="Where a picture is; it is not fetched."),
    citizen_name=a.words(200),
    citizen_phone=a.phone(),
    citizen_email=a.email(),
    anonymous=a.yes(about="Nobody is kept as who filed it; its kind must allow that."),
    language=a.language(),
)
room.read(
    "/grievances",
    "grievance.list",
    "Grievances, for the office.",
    shapes.Grievances,
    roles=OFFICE,
    whose=of_what(of_grievance, "items"),
    why=Reason.SEARCH,
    order=a.one_of("newest", "oldest", "due"),
    **_filters(),
    **a.paging(longest=200),
)
room.read(
    "/grievances/count",
    "grievance.count",
    "How many they are; exact to 10,000.",
    shapes.Count,
    roles=OFFICE,
    **_filters(),
)
room.read(
    "/grievances/mine",
    "grievance.mine",
    "What this program has filed, the newest first.",
    shapes.Mine,
    roles=("citizen",),
    status=a.one_of(*_STATUS),
    **a.paging(longest=200),
)
room.read(
    "/grievances/report",
    "grievance.report",
    "Figures of a report.",
    shapes.Report,
    roles=OFFICE,
    name=a.one_of(*_REPORTS, required=True),
    by=a.one_of(*_BY),
    department=_several(),
    ward=_several(),
    from_day=a.code(20, about="`2026-07-01`, `today`, `today-7`."),
    to_day=a.code(20),
)
room.read(
    "/grievances/tracked/<token>",
    "grievance.track",
    "Where the grievance of a token stands, without a word that somebody wrote.",
    shapes.Tracked,
    opened=True,
)
room.read(
    _ONE,
    "grievance.get",
    "One grievance.",
    shapes.Whole,
    roles=(*OFFICE, "citizen"),
    whose=of_what(of_grievance),
)
room.read(
    f"{_ONE}/timeline",
    "grievance.get",
    "Its timeline.",
    shapes.Timeline,
    roles=(*OFFICE, "citizen"),
    whose=of_what(of_grievance),
    shaped=lambda found: {"items": found["timeline"], "next": None},
)
room.read(
    f"{_ONE}/contact",
    "grievance.contact",
    "Who filed it, for those who have to reach them; its timeline keeps who asked.",
    shapes.Contact,
    # Names and numbers are for who works on it, not for whoever counts and lists.
    scope="grievance:write",
    roles=OFFICE,
    whose=of_what(of_grievance),
)


def _step(name: str, summary: str, roles: tuple[str, ...] = OFFICE, **fields: Any) -> None:
    room.write(
        f"{_ONE}/{name}",
        f"grievance.{name}",
        summary,
        shapes.Grievance,
        roles=roles,
        whose=of_what(of_grievance),
        version=_version(),
        **fields,
    )


_BOTH = (*OFFICE, "citizen")
_step("acknowledge", "Say that it has been read.", note=a.words())
_step("assign", "Give it to an officer.", officer=a.code(required=True, about="Their post."))
_step("start", "Say that the work has begun.", note=a.words())
_step("wait", "Ask its citizen something; until the answer the clock stands still.",
      question=a.words(required=True))  # fmt: skip
_step("answer", "The citizen's answer, or an officer's note of it.", _BOTH,
      answer=a.words(required=True))  # fmt: skip
_step("comment", "Say something; an officer for officers only, unless it is public.", _BOTH,
      text=a.words(required=True), public=a.yes())  # fmt: skip
_step("resolve", "Say that it is put right.", remark=a.words(required=True))
_step("reject", "Refuse it, for one of the city's reasons.",
      rejection=a.words(100, required=True, about="The code of a reason."),
      remark=a.words())  # fmt: skip
_step("transfer", "Send it to where it belongs.", category=a.words(100, required=True),
      department=a.words(100), note=a.words())  # fmt: skip
_step("merge", "Say that it is the same as another one.", into=a.key(required=True),
      note=a.words())  # fmt: skip
_step("link", "Say that it has to do with another one.", other=a.key(required=True))
_step("unlink", "Take such a link away.", other=a.key(required=True))
_step("reopen", "Say that it is not put right after all.", _BOTH, reason=a.words(required=True),
      code=a.one_of("not_done", "badly_done", "came_back", "other"))  # fmt: skip
_step("rate", "The citizen's word on the resolution: closes it, or opens it again.", ("citizen",),
      rating=a.whole(1, 5, required=True), comment=a.words(), satisfied=a.yes())  # fmt: skip
_step("close", "The citizen has nothing more to say.", ("citizen",))
_step("withdraw", "The citizen takes it back.", ("citizen",), reason=a.words())
room.write(
    f"{_ONE}/attachments",
    "grievance.attach",
    "Attach a photograph, paper or recording: at most 10 MiB.",
    shapes.Attached,
    status=201,
    roles=_BOTH,
    whose=of_other("grievance", "grievance.get"),
    largest=_LARGEST_FILE * 4 // 3 + 100_000,
    kind=a.one_of("photo_before", "photo_after", "document", "audio", required=True),
    content_base64=a.long_text(_LARGEST_FILE * 4 // 3 + 4, required=True),
    public=a.yes(about="No: the citizen does not see it."),
    version=_version(),
)
room.read(
    f"{_ONE}/attachments/<uuid:attachment_id>",
    "grievance.attachment",
    "One attachment, or its thumbnail.",
    None,
    media=("image/jpeg", "image/png", "image/webp", "application/pdf", "audio/ogg", "audio/mpeg"),
    roles=_BOTH,
    whose=of_other("grievance", "grievance.get"),
    thumbnail=a.yes(),
)
