"""The tax service's tables. Money is integer paise."""

from services.tax.models.base import Base
from services.tax.models.billing import Bill
from services.tax.models.holding import Hold
from services.tax.models.ledger import LedgerEntry
from services.tax.models.mutation import Mutation
from services.tax.models.objection import Objection, ObjectionStep
from services.tax.models.payment import Payment
from services.tax.models.register import Owner, OwnerWord, Property, PropertyState, RegisterOrder
from services.tax.models.revision import RefundInstalment, RuleRevision

__all__ = [
    "Base",
    "Bill",
    "Hold",
    "LedgerEntry",
    "Mutation",
    "Objection",
    "ObjectionStep",
    "Owner",
    "OwnerWord",
    "Payment",
    "Property",
    "PropertyState",
    "RefundInstalment",
    "RegisterOrder",
    "RuleRevision",
]
