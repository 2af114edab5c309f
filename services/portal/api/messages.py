"""Messages to citizens: what became of them, consent, campaigns."""

from typing import Any

from services.portal.accounts.looks import phone
from services.portal.api import arguments as a
from services.portal.api.operations import OFFICE, Room, of_asked
from services.portal.api.shapes import messages as shapes
from services.portal.domain.reads import Reason

_STATES = (
    *("created", "sending", "sent", "delivered", "read", "failed_temporary", "failed_permanent"),
    *("expired", "skipped", "cancelled"),
)
_CAMPAIGN = "/campaigns/<uuid:id>"

room = Room("messages", "messages", "Messages to citizens, their consent, and campaigns.")


def _of_messages(found: Any, _: Any) -> list[str]:
    return [f"message:{each['id']}" for each in found["deliveries"]]


def _list_of(name: str) -> Any:
    """A page as all pages of the API are."""
    return lambda found: {"items": found[name], "next": found["next"]}


def _of_campaign(_: Any, given: Any) -> list[str]:
    return [f"message:campaign-{given['id']}"]


def _of_recipient(_: Any, given: Any) -> list[str]:
    return [phone(given["recipient"])]


room.read(
    "/messages",
    "notify.deliveries",
    "Messages, the newest first.",
    shapes.Messages,
    roles=OFFICE,
    whose=_of_messages,
    why=Reason.SEARCH,
    shaped=_list_of("deliveries"),
    recipient=a.recipient(),
    event_id=a.key(),
    recipient_ref=a.code(about="As `grievance:<id>`."),
    state=a.one_of(*_STATES),
    template=a.code(),
    reason=a.code(),
    after=a.key(about="The `next` of the page before."),
    limit=a.whole(1, 500),
)
room.read(
    "/messages/<uuid:id>",
    "notify.get",
    "One message, with its attempts and receipts.",
    shapes.Message,
    roles=OFFICE,
    whose=of_asked("message"),
)
room.read("/consents", "notify.consent", "What somebody has agreed to be told.", shapes.Consent,
          roles=OFFICE, whose=_of_recipient, recipient=a.recipient(required=True))  # fmt: skip
room.write(
    "/consents",
    "notify.set_consent",
    "Write down what somebody has said.",
    shapes.Consent,
    method="PUT",
    roles=OFFICE,
    whose=_of_recipient,
    fixed={"source": "officer"},
    recipient=a.recipient(required=True),
    purposes=a.many(a.one_of("service", "tax", "reminder", "news"), 1, 4, required=True),
    agreed=a.yes(required=True),
)
room.read("/templates", "notify.templates", "What can be sent.", shapes.Templates, roles=OFFICE,
          shaped=lambda found: {"items": found, "next": None})  # fmt: skip
room.write(
    "/templates/preview",
    "notify.preview",
    "What a message would say. Nothing is sent.",
    shapes.Preview,
    again="",
    roles=OFFICE,
    whose=lambda *_: [],
    template=a.code(required=True),
    language=a.one_of("mr", "en", "hi", required=True),
    channel=a.one_of("whatsapp", "sms", "email", "voice", "inbox"),
    version=a.whole(1, 2_147_483_647),
    fields=a.mapping(),
)
room.read(
    "/campaigns",
    "notify.campaigns",
    "Campaigns, the newest first.",
    shapes.Campaigns,
    roles=OFFICE,
    shaped=_list_of("campaigns"),
    state=a.one_of("loading", "draft", "scheduled", "running", "paused", "done", "cancelled"),
    after=a.key(),
    limit=a.whole(1, 500),
)
room.write(
    "/campaigns",
    "notify.draft_campaign",
    "Draft one.",
    shapes.Campaign,
    status=201,
    roles=OFFICE,
    name=a.words(100, required=True),
    template=a.code(required=True),
    audience=a.code(50, required=True, about="The service that knows whom it is for: `tax`."),
    query=a.code(50, required=True, about="Its question: `owing`."),
    arguments=a.mapping(),
    fields=a.mapping(),
    start_at=a.moment(),
    hours_from=a.code(8, about="`09:00`"),
    hours_to=a.code(8),
    per_minute=a.whole(1, 1_000_000),
)
room.read(_CAMPAIGN, "notify.campaign", "One campaign, how far it is, and what it costs.",
          shapes.Campaign, roles=OFFICE)  # fmt: skip
room.read(
    f"{_CAMPAIGN}/rejections", "notify.campaign_rejections", "To whom nothing is sent, and why.",
    shapes.Rejections, roles=OFFICE, whose=_of_campaign,
    shaped=_list_of("rejections"),
    after=a.whole(0, 2_147_483_647), limit=a.whole(1, 500),
)  # fmt: skip


def _act(name: str, summary: str, roles: tuple[str, ...] = OFFICE, **fields: Any) -> None:
    room.write(f"{_CAMPAIGN}/{name}", f"notify.{name}_campaign", summary, shapes.Campaign,
               roles=roles, **fields)  # fmt: skip


_CHIEF = ("supervisor",)
_act("estimate", "Work out whom it would reach and what it would cost.")
_act("approve", "Approve it; not one's own.", _CHIEF)
_act("start", "Start it, or say when.", _CHIEF, at=a.moment())
_act("pause", "Let it rest.")
_act("resume", "Let it go on.", _CHIEF)
_act("cancel", "End it.")
