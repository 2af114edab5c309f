"""Properties, what they owe, and how it is paid."""

from collections.abc import Mapping
from typing import Any

from palika.india import normal_phone
from services.portal.accounts.looks import of_property, phone
from services.portal.api import arguments as a
from services.portal.api.operations import ANYONE, OFFICE, Room, of, of_other, of_what
from services.portal.api.shapes import properties as shapes
from services.portal.domain.limits import Limit
from services.portal.domain.reads import Reason

_ONE = "/properties/<uuid:id>"
_BOTH = (*OFFICE, "citizen")


def _of_document(found: Any, given: Any) -> list[str]:
    # Of money of which it is not known whose it is there is the receipt's own number only.
    return [f"property:{found['property_number'] or ''.join(given['number'].split())}"]


def _of_order(found: Any, _: Any) -> list[str]:
    # Money whose property is not known is nobody's so far.
    return [f"property:{found['property_number']}"] if found["property_number"] else []


_Floor = a.schema_of(
    "EstimateFloor",
    {
        "floor": a.words(100, required=True),
        "area_sqm": a.anything(required=True, about="Square metres, to two places: 62.5"),
        "use": a.words(100, required=True),
        "class": a.words(100, about="How it is built."),
        "built_in": a.whole(1600, 2200),
        "occupancy": a.words(100, required=True),
    },
)


def _looked_up(found: Any, given: Mapping[str, Any]) -> list[str]:
    whose = of_what(of_property, "items")(found, given)
    # Whose number it is was looked for, whatever has been found.
    return [*whose, phone(normal_phone(given["phone"]))] if given.get("phone") else whose


room = Room("properties", "property", "Property tax: what is owed, and how it is paid.")

room.read(
    "/properties",
    "tax.look_up",
    "Look a property up: by the beginning of its number, by telephone number, or by name. "
    "A program alone gives the whole number, or a whole name and the ward.",
    shapes.LookedUp,
    roles=ANYONE,
    whose=_looked_up,
    why=Reason.SEARCH,
    counted=Limit.PROPERTIES_OF_PROGRAM_A_DAY,
    number=a.words(50),
    phone=a.phone(),
    name=a.words(200),
    ward=a.words(100),
    **a.paging(50),
)
room.read(
    _ONE, "tax.get", "One property with its bills.", shapes.Property,
    roles=_BOTH, whose=of("property"), counted=Limit.PROPERTIES_OF_PROGRAM_A_DAY,
)  # fmt: skip
room.read(
    f"{_ONE}/dues",
    "tax.dues",
    "What settles all of it on a day.",
    shapes.Dues,
    roles=_BOTH,
    whose=of("property"),
    on=a.day(about="Today, if nothing is said."),
)
room.read(
    f"{_ONE}/register",
    "tax.register",
    "What is known of it on a day, with all orders.",
    shapes.Register,
    roles=ANYONE,
    whose=of("property"),
    counted=Limit.PROPERTIES_OF_PROGRAM_A_DAY,
    on=a.day(),
    known_at=a.moment(about="What was known then."),
)
room.read(
    f"{_ONE}/statement",
    "tax.statement",
    "How each rupee came about.",
    shapes.Statement,
    roles=OFFICE,
    whose=of("property"),
    on=a.day(),
)
room.write(
    f"{_ONE}/pay-link",
    "tax.pay_link",
    "The link by which it is paid over UPI.",
    shapes.PayLink,
    roles=ANYONE,
    whose=of_other("property", "tax.register"),
    counted=Limit.LINKS_OF_PROGRAM_A_DAY,
    amount_paise=a.whole(1, about="All that is owed, if nothing is said."),
)
room.write(
    "/orders",
    "tax.make_order",
    "An order of the payment gateway, to be paid with its own checkout.",
    shapes.Order,
    status=201,
    again="key",
    roles=_BOTH,
    whose=of_other("property", "tax.register", "property_id"),
    counted=Limit.LINKS_OF_PROGRAM_A_DAY,
    property_id=a.key(required=True),
    amount_paise=a.whole(1, required=True),
)
room.read(
    "/orders/<uuid:order_id>",
    "tax.order",
    "What became of an order.",
    shapes.OrderStanding,
    roles=_BOTH,
    whose=_of_order,
)
room.write(
    "/properties/estimate",
    "tax.estimate",
    "The tax of a property as it is described, each step in both languages. Nothing is kept.",
    shapes.Estimate,
    scope="property:read",
    again="",
    roles=ANYONE,
    period=a.words(9, required=True, about="`2026-27`"),
    zone=a.words(100, required=True),
    floors=a.rows(_Floor, 500),
    claims=a.many(a.words(100), 0, 20),
)
room.read(
    "/tax-documents",
    "tax.document",
    "A bill, receipt, notice or certificate, as PDF.",
    None,
    media=("application/pdf",),
    roles=OFFICE,
    whose=_of_document,
    kind=a.one_of("bill", "receipt", "notice", "no-dues", required=True),
    number=a.words(100, required=True),
    language=a.language(),
)
room.read(
    "/properties/collection",
    "tax.dcb",
    "Demand, collection and balance, and whether it is what the ledger has.",
    shapes.Collection,
    roles=OFFICE,
    from_day=a.day(),
    to_day=a.day(),
    by=a.many(a.one_of("ward", "zone", "use", "year", "half_year", "head"), 1, 6),
    ward=a.many(a.words(100), 1, 50),
)
