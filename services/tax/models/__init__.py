"""The tax service's tables. Money is integer paise."""

from services.tax.models.base import Base
from services.tax.models.billing import Bill
from services.tax.models.billrun import BillRun, BillRunChunk, BillRunProblem
from services.tax.models.ledger import LedgerEntry
from services.tax.models.payment import Payment
from services.tax.models.register import Owner, Property, PropertyState, RegisterOrder

__all__ = [
    "Base",
    "Bill",
    "BillRun",
    "BillRunChunk",
    "BillRunProblem",
    "LedgerEntry",
    "Owner",
    "Payment",
    "Property",
    "PropertyState",
    "RegisterOrder",
]
