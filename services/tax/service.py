"""The tax service: its entrypoints, and nothing but. Rules are in ``domain/``."""

from datetime import UTC, datetime
from typing import Any

from palika.roles import STAFF
from palika.rpc import rpc
from palika.service import Service
from services.tax import queries
from services.tax.commands.pay import pay_bill
from services.tax.commands.raise_bill import raise_bill
from services.tax.commands.register_property import register_property
from services.tax.reference import billing, wards
from services.tax.schemas import Billing, ContactsOf, Getting, Paying, Registering


class TaxService(Service):
    """Knows the properties, bills them, takes payments."""

    name = "tax"

    def __init__(self) -> None:
        # A mistake in the data is an error when the service starts, not when it is asked.
        billing()
        wards()

    @rpc(Registering, roles=STAFF)
    def register_property(self, args: dict[str, Any]) -> dict[str, Any]:
        """Put a property on the roll."""
        with self.db.begin() as session:
            made = register_property(session, self.caller.identity, args, datetime.now(UTC))
        return queries.property_view(made)

    @rpc(Billing, roles=STAFF)
    def raise_bill(self, args: dict[str, Any]) -> dict[str, Any]:
        """Bill a property for a financial year."""
        with self.db.begin() as session:
            bill = raise_bill(session, self.caller.identity, args, datetime.now(UTC))
        return queries.bill_view(bill)

    # A citizen pays through the portal or a gateway, which vouches for the money.
    @rpc(Paying, roles=STAFF)
    def pay(self, args: dict[str, Any]) -> dict[str, Any]:
        """Take a payment for a bill; the same reference is taken once."""
        with self.db.begin() as session:
            payment = pay_bill(session, self.caller.identity, args, datetime.now(UTC))
        return queries.payment_view(payment)

    @rpc(Getting, roles=STAFF | {"citizen"})
    def get(self, args: dict[str, Any]) -> dict[str, Any]:
        """A property with its bills; the staff see the payments too."""
        with self.db.begin() as session:
            return queries.get(session, args, payments=self.caller.identity.has_any(STAFF))

    @rpc(ContactsOf, roles={"service"})
    def contacts(self, args: dict[str, Any]) -> list[dict[str, Any]]:
        """How to reach the owners of properties."""
        with self.db.begin() as session:
            return queries.contacts(session, args["ids"])
