"""Property tax: what is due, bills, receipts, notices, of properties that the citizen has linked.

Each time the register is asked anew whether it still has the number that the property was linked
by: who has sold it, or whose number was changed at the ward office, sees nothing any more.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from palika.errors import Conflict, Forbidden, Invalid, NotFound
from services.notify.chat.actions.at import At
from services.notify.domain import addresses
from services.notify.domain.chat.conversation import Outcome
from services.notify.domain.chat.speaking import filled
from services.notify.domain.wording import day, moment, money
from services.notify.models.chat import PropertyLink

_ROWS = 9
"""Of receipts or notices, the newest first."""
_NOTICES = 5
_LAPSED = Outcome("lapsed")


@dataclass(frozen=True, slots=True)
class Linked:
    """A property that is the citizen's to see, and the owner's number that says so."""

    id: str
    number: str
    address: str
    phone: str = field(repr=False)


def properties(at: At) -> Outcome:
    """Which properties are linked."""
    with at.ports.begin() as session:
        found = session.scalars(
            select(PropertyLink)
            .where(PropertyLink.recipient_key == at.key, PropertyLink.ended_at.is_(None))
            .order_by(PropertyLink.linked_at, PropertyLink.number)
        ).all()
    if not found:
        return Outcome("none")
    if len(found) == 1:
        return Outcome("one", {"property": str(found[0].property_id)})
    rows = [{"id": str(each.property_id), "title": each.number} for each in found]
    return Outcome("many", {"properties": rows})


def open_property(at: At) -> Outcome:
    """The property that was chosen."""
    linked = linked_property(at)
    if linked is None:
        return _LAPSED
    return Outcome("ok", {"number": linked.number, "where": linked.address})


def dues(at: At) -> Outcome:
    """What settles all of it today."""
    linked = linked_property(at)
    if linked is None:
        return _LAPSED
    found = at.ask("tax", "dues", id=linked.id)
    if found["payable_paise"] <= 0:
        return Outcome("nothing")
    rebate = sum(each["paise"] for each in found["forgone"])
    told = {"amount": money(rebate, at.language)}
    return Outcome(
        "owed",
        {
            "payable": money(found["payable_paise"], at.language),
            "on": day(found["on"], at.language),
            "forgone": filled(at.called("rebate"), told) if rebate > 0 else "",
        },
    )


def pay_link(at: At) -> Outcome:
    """A link by which all of it is paid; asked for again while it is open, it is the same one."""
    linked = linked_property(at)
    if linked is None:
        return _LAPSED
    if at.ask("tax", "dues", id=linked.id)["payable_paise"] <= 0:
        return Outcome("nothing")
    try:
        made = at.ask("tax", "pay_link", id=linked.id)
    except (Conflict, Invalid):
        # Less than the gateway takes, or it refuses: the bill's own code is the other way.
        return Outcome("refused")
    return Outcome(
        "sent",
        {
            "payable": money(made["amount_paise"], at.language),
            "link": made["link_url"],
            "until": moment(made["expires_at"], at.language),
        },
    )


def bill(at: At) -> Outcome:
    """The newest bill, as PDF."""
    linked = linked_property(at)
    if linked is None:
        return _LAPSED
    bills = _documents(at, linked, "bill")
    if bills is None:
        return _LAPSED
    if not bills:
        return Outcome("none")
    return Outcome("sent", documents=[_sent(at, bills[0], "bill_caption")])


def receipts(at: At) -> Outcome:
    """The receipts that there are."""
    linked = linked_property(at)
    found = None if linked is None else _documents(at, linked, "receipt")
    if found is None:
        return _LAPSED
    if not found:
        return Outcome("none")
    rows = [
        {
            "id": each["number"],
            "title": money(each["amount_paise"], at.language),
            "text": f"{day(each['issued_on'], at.language)} · {each['number']}",
        }
        for each in found[:_ROWS]
    ]
    return Outcome("some", {"receipts": rows})


def receipt(at: At) -> Outcome:
    """The receipt that was chosen, as PDF."""
    return _chosen(at, "receipt")


def notices(at: At) -> Outcome:
    """The notices that were issued: those that are the owner's to read; of those of the time of an
    earlier owner, whom their text names, which step and when."""
    linked = linked_property(at)
    own = None if linked is None else _documents(at, linked, "notice")
    if linked is None or own is None:
        return _LAPSED
    found = at.ask("tax", "notices", id=linked.id)["notices"]
    issued = [each for each in found if each["issued_on"] and not each["cancelled_why"]]
    readable = {each["number"] for each in own}
    lines = [
        f"{day(each['issued_on'], at.language)}: {at.called(each['step'])}"
        for each in issued
        if each["number"] not in readable
    ]
    told = {"lines": "\n".join(lines[:_NOTICES])}
    before = filled(at.called("notices_before"), told) if lines else ""
    rows = [
        {
            "id": each["number"],
            "title": at.called(each["step"]),
            "text": f"{day(each['issued_on'], at.language)} · {each['number']}",
        }
        for each in issued
        if each["number"] in readable
    ][:_ROWS]
    if rows:
        return Outcome("some", {"notices": rows, "before": before})
    return Outcome("before", {"before": before}) if lines else Outcome("none")


def notice(at: At) -> Outcome:
    """The notice that was chosen, as PDF."""
    return _chosen(at, "notice")


def unlink(at: At) -> Outcome:
    """The citizen does not want it any more."""
    _end(at, UUID(at.memory["property"]), "unlinked")
    return Outcome("done", over=True)


def linked_property(at: At) -> Linked | None:
    """The chosen property, if it is linked and the register still has the number; a link that does
    not hold any more is ended.

    Raises:
        Unavailable: tax does not answer.
    """
    key = UUID(at.memory["property"])
    now = at.now
    with at.ports.begin() as session:
        link = session.scalars(
            select(PropertyLink).where(
                PropertyLink.recipient_key == at.key,
                PropertyLink.property_id == key,
                PropertyLink.ended_at.is_(None),
            )
        ).one_or_none()
    if link is None:
        return None
    if link.used_at < now - timedelta(days=at.ports.table.rules.link_unused_days):
        _end(at, key, "unused")
        return None
    owned = exactly(at, link.number)
    phone = None
    if owned is not None and owned["id"] == str(key):
        phone = next(
            (
                each
                for each in phones_of(owned)
                if at.ports.secrets.recipient(each) == link.phone_key
            ),
            None,
        )
    if owned is None or phone is None:
        _end(at, key, "register_changed")
        return None
    with at.ports.begin() as session:
        session.execute(update(PropertyLink).where(PropertyLink.id == link.id).values(used_at=now))
    return Linked(owned["id"], owned["number"], owned["address"] or "", phone)


def exactly(at: At, number: str) -> Mapping[str, Any] | None:
    """The property of exactly this number with its owners of today; None: there is none."""
    # Of all that begin so, the one that is nothing else comes first.
    items = at.ask("tax", "look_up", number=number, limit=1)["items"]
    found: Mapping[str, Any] | None = items[0] if items else None
    return found if found is not None and found["number"] == number else None


def phones_of(owned: Mapping[str, Any]) -> list[str]:
    """The mobile numbers of a property's owners, in their order, in E.164."""
    given = [each["phone"] for each in owned["owners"] if each["phone"]]
    return [number for each in given if (number := addresses.mobile(each)) is not None]


def _documents(at: At, linked: Linked, kind: str) -> list[Mapping[str, Any]] | None:
    """Those of the owner; None: the register does not have them as an owner."""
    try:
        found = at.ask("tax", "documents_of", id=linked.id, phone=linked.phone, limit=50)
    except (Forbidden, NotFound):
        return None
    return [each for each in found["items"] if each["kind"] == kind]


def _chosen(at: At, kind: str) -> Outcome:
    """The document of a kind whose number was chosen under the name of the kind."""
    linked = linked_property(at)
    found = None if linked is None else _documents(at, linked, kind)
    if found is None:
        return _LAPSED
    chosen = [each for each in found if each["number"] == at.memory[kind]]
    if not chosen:
        return Outcome("none")
    return Outcome("sent", documents=[_sent(at, chosen[0], f"{kind}_caption")])


def _sent(at: At, document: Mapping[str, Any], caption: str) -> Mapping[str, Any]:
    return {
        "caption": filled(at.called(caption), {"number": document["number"]}),
        "service": "tax",
        "method": "document_by_link",
        "arguments": {"link": document["link"], "language": at.language},
    }


def _end(at: At, property_id: UUID, why: str) -> None:
    with at.ports.begin() as session:
        session.execute(
            update(PropertyLink)
            .where(
                PropertyLink.recipient_key == at.key,
                PropertyLink.property_id == property_id,
                PropertyLink.ended_at.is_(None),
            )
            .values(ended_at=at.now, ended_why=why)
        )
