"""The tax service's tables. Money is integer paise."""

from services.tax.models.bank import BankLine, BankStatement, SuspenseUse
from services.tax.models.base import Base
from services.tax.models.billing import Bill
from services.tax.models.billrun import BillRun, BillRunChunk, BillRunProblem
from services.tax.models.counter import (
    Cheque,
    ChequeStep,
    CounterPayment,
    CounterSession,
    DepositSlip,
    Receipt,
    ReceiptSeries,
)
from services.tax.models.holding import Hold
from services.tax.models.ledger import LedgerEntry
from services.tax.models.mutation import Mutation
from services.tax.models.notice import Certificate, Notice, Service
from services.tax.models.objection import Objection, ObjectionStep
from services.tax.models.online import (
    GatewayDispute,
    GatewayNotice,
    GatewayRefund,
    GatewayRefusal,
    PaymentOrder,
)
from services.tax.models.payment import Payment
from services.tax.models.recovery import (
    Campaign,
    CampaignItem,
    RecoveryAct,
    RecoveryModel,
    RecoveryPromise,
    RecoveryScore,
)
from services.tax.models.register import Owner, OwnerWord, Property, PropertyState, RegisterOrder
from services.tax.models.revision import CreditRefund, RefundInstalment, RuleRevision
from services.tax.models.tie import Tie

__all__ = [
    "BankLine",
    "BankStatement",
    "Base",
    "Bill",
    "BillRun",
    "BillRunChunk",
    "BillRunProblem",
    "Campaign",
    "CampaignItem",
    "Certificate",
    "Cheque",
    "ChequeStep",
    "CounterPayment",
    "CounterSession",
    "CreditRefund",
    "DepositSlip",
    "GatewayDispute",
    "GatewayNotice",
    "GatewayRefund",
    "GatewayRefusal",
    "Hold",
    "LedgerEntry",
    "Mutation",
    "Notice",
    "Objection",
    "ObjectionStep",
    "Owner",
    "OwnerWord",
    "Payment",
    "PaymentOrder",
    "Property",
    "PropertyState",
    "Receipt",
    "ReceiptSeries",
    "RecoveryAct",
    "RecoveryModel",
    "RecoveryPromise",
    "RecoveryScore",
    "RefundInstalment",
    "RegisterOrder",
    "RuleRevision",
    "Service",
    "SuspenseUse",
    "Tie",
]
