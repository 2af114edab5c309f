"""The tax service: its entrypoints, and nothing but (those by which money comes are in
``collecting.py``, the register's in ``register_desk.py``). Rules are in ``domain/``.
"""

from datetime import UTC, datetime
from typing import Any

from palika.roles import STAFF
from palika.rpc import rpc
from services.tax.campaigning import Campaigning
from services.tax.collecting import PAYERS, Collecting
from services.tax.commands.pay import pay
from services.tax.commands.raise_bill import raise_bill
from services.tax.commands.register_property import register_property
from services.tax.correlating import Correlating
from services.tax.documents.data import ladder
from services.tax.papers import Papers
from services.tax.queries import audience, dcb, dues, properties
from services.tax.recovering import Recovering
from services.tax.reference import (
    banks,
    billing,
    channels,
    collection,
    rates,
    recovery,
    register_rules,
    wards,
)
from services.tax.register_desk import RegisterDesk
from services.tax.schemas.audience import AudienceOf
from services.tax.schemas.collecting import Billing, Dues, Getting, OnDay, Paying
from services.tax.schemas.registering import ContactsOf, Registering
from services.tax.schemas.reporting import Reporting


class TaxService(Collecting, Papers, Recovering, Campaigning, RegisterDesk, Correlating):
    """Knows the properties, bills them, takes payments."""

    name = "tax"

    def __init__(self) -> None:
        # A mistake in the data is an error when the service starts, not when it is asked.
        billing()
        wards()
        rates()
        collection()
        register_rules()
        channels()
        banks()
        ladder()
        recovery()

    @rpc(Registering, roles=STAFF)
    def register_property(self, args: dict[str, Any]) -> dict[str, Any]:
        """Put a property on the roll."""
        with self.db.begin() as session:
            made = register_property(session, self.caller.identity, args, datetime.now(UTC))
        return properties.property_view(made)

    @rpc(Billing, roles=STAFF)
    def raise_bill(self, args: dict[str, Any]) -> dict[str, Any]:
        """Bill a property for a financial year, or a half of one."""
        with self.db.begin() as session:
            bill = raise_bill(session, self.caller.identity, args, datetime.now(UTC))
        return properties.bill_view(bill)

    # A citizen pays through the portal or a gateway, which vouches for the money.
    @rpc(Paying, roles=STAFF)
    def pay(self, args: dict[str, Any]) -> dict[str, Any]:
        """Take a payment for a property; the same reference is taken once."""
        with self.db.begin() as session:
            payment = pay(session, self.caller.identity, args, datetime.now(UTC))
        return properties.payment_view(payment)

    # Whoever has the number may pay for the property, and has to see what is owed; no owner is
    # named.
    @rpc(Getting, roles=PAYERS)
    def get(self, args: dict[str, Any]) -> dict[str, Any]:
        """A property with its bills; the staff see the payments and its matters too."""
        staff = self.caller.identity.has_any(STAFF)
        with self.db.begin() as session:
            return properties.get(session, args, datetime.now(UTC), staff=staff)

    @rpc(Dues, roles=PAYERS)
    def dues(self, args: dict[str, Any]) -> dict[str, Any]:
        """What settles all that a property owes, if it is paid on a day."""
        with self.db.begin() as session:
            return dues.dues(session, args, datetime.now(UTC))

    @rpc(OnDay, roles=STAFF)
    def statement(self, args: dict[str, Any]) -> dict[str, Any]:
        """How each rupee that a property owes on a day came about."""
        with self.db.begin() as session:
            return dues.explained(session, args, datetime.now(UTC))

    @rpc(Reporting, roles=STAFF)
    def dcb(self, args: dict[str, Any]) -> dict[str, Any]:
        """Demand, collection, balance of all properties, held against the ledger."""
        with self.db.begin() as session:
            return dcb.dcb(session, args, datetime.now(UTC))

    @rpc(ContactsOf, roles={"service"})
    def contacts(self, args: dict[str, Any]) -> list[dict[str, Any]]:
        """How to reach the owners of properties."""
        with self.db.begin() as session:
            return properties.contacts(session, args["ids"])

    @rpc(AudienceOf, roles={"service"})
    def audience(self, args: dict[str, Any]) -> dict[str, Any]:
        """Ids of the properties that a campaign is for, page by page."""
        with self.db.begin() as session:
            return audience.audience(session, args, datetime.now(UTC))
