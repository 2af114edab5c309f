"""What the register and its desks keep of a person, who is known by a proved telephone number."""

from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.tax.models import Objection, Owner, Property, RegisterOrder

_MOST: Final = 500
_WHY: Final = {
    "mr": (
        "मिळकतींच्या नोंदवहीतील मालकांची नोंद कराच्या आकारणीचा आधार आहे; देयके, नोटिसा व पावत्या तिच्यावरून "
        "पाठवल्या जातात. आदेशाशिवाय ती बदलता किंवा पुसता येत नाही. क्रमांक बदलला "
        "असल्यास क्षेत्रीय कार्यालयात कळवा."
    ),
    "en": (
        "The entry of owners in the register of properties is what the tax is assessed "
        "by; bills, notices "
        "and receipts are sent by it. It is neither changed nor erased without an "
        "order. If your number has "
        "changed, tell the ward office."
    ),
}
"""Illustrative: that a record which a law wants kept need not be erased is section 8(7) of the
Digital Personal Data Protection Act, 2023; for how long a city keeps its register is its own
rule."""


def kept_of(session: Session, phone: str) -> dict[str, Any]:
    """What is kept under a telephone number: as an owner of today or of before.

    Returns:
        ``owner``: each entry with the property's ``number``, the owner's ``name``, ``email`` and
        ``language``, the day it holds ``from``, and whether it is that of ``today``;
        ``objections``: how many are about these properties; ``erased``: nothing; ``stays``: what,
        how many, and ``why`` (mr, en; ``illustrative``).
    """
    rows = session.execute(
        select(Owner, Property, RegisterOrder)
        .join(Property, Property.id == Owner.property_id)
        .join(RegisterOrder, RegisterOrder.id == Owner.order_id)
        .where(Owner.phone == phone)
        .order_by(Property.number, RegisterOrder.effective_from)
        .limit(_MOST)
    ).all()
    ids = {owed.id for _, owed, _ in rows}
    objections = session.scalar(
        select(func.count()).select_from(Objection).where(Objection.property_id.in_(ids))
    )
    stays = []
    if rows:
        stays.append({"what": "owner", "count": len(rows), "why": _WHY, "illustrative": True})
    return {
        "owner": [
            {
                "number": owed.number,
                "name": owner.name,
                "email": owner.email,
                "language": owner.language,
                "from": order.effective_from.isoformat(),
                "today": owed.owners_order_id == owner.order_id,
            }
            for owner, owed, order in rows
        ],
        "objections": objections,
        "erased": [],
        "stays": stays,
    }
