"""What kinds of entries, heads and uses are called in both languages."""

from collections.abc import Mapping
from typing import Final

from palika.text import Name
from services.tax.domain.ledger.accounts import FEE_PREFIX, INTEREST, RECOVERY
from services.tax.domain.ledger.entries import Kind
from services.tax.domain.rates import Sheet

KINDS: Final[Mapping[Kind, Name]] = {
    Kind.DEMAND: Name("मागणी", "demand"),
    Kind.ADJUSTMENT: Name("आकारणीतील बदल", "adjustment"),
    Kind.INTEREST: Name("व्याज", "interest"),
    Kind.FEE: Name("शुल्क", "fee"),
    Kind.REBATE: Name("सवलत", "rebate"),
    Kind.WAIVER: Name("माफी", "waiver"),
    Kind.PAYMENT: Name("भरणा", "payment"),
    Kind.TRANSFER: Name("जमा रकमेचा वापर", "credit used"),
    Kind.CARRIED: Name("दुसऱ्या मिळकतीशी वर्ग", "carried from or to another property"),
    Kind.REFUND: Name("परतावा", "refund"),
    Kind.CHEQUE_BOUNCE: Name("धनादेश वटला नाही", "cheque bounced"),
    Kind.REVERSAL: Name("नोंद रद्द", "taken back"),
}
ADVANCE: Final = Name("आगाऊ रक्कम", "advance")
_INTEREST: Final = Name("व्याज", "Interest")
_FEES: Final[Mapping[str, Name]] = {
    "mutation": Name("हस्तांतर नोंद शुल्क", "Fee for a transfer of title"),
    "claim": Name("सवलत अर्ज शुल्क", "Fee of an application for a concession"),
    "cheque_bounce": Name("धनादेश न वटल्याचे शुल्क", "Fee for a bounced cheque"),
    "demand_notice": Name("मागणी नोटीस शुल्क", "Fee of a demand notice"),
    "warrant": Name("जप्ती वॉरंट शुल्क", "Fee of a warrant"),
    "attachment": Name("मिळकत जप्ती शुल्क", "Fee of an attachment"),
    "sealing": Name("मिळकत सील करण्याचे शुल्क", "Fee of a sealing"),
    RECOVERY.removeprefix(FEE_PREFIX): Name("जादा परताव्याची वसुली", "Refund to be given back"),
}
_FEE: Final = Name("शुल्क", "Fee")


def head_name(head: str, sheet: Sheet) -> Name:
    """What a head is called: a tax of the rate sheet, interest, or a fee.

    A fee without a name of its own is called by its code; a head that is none of these by itself.
    """
    if head in sheet.heads:
        return sheet.heads[head].name
    if head == INTEREST:
        return _INTEREST
    if head.startswith(FEE_PREFIX):
        code = head.removeprefix(FEE_PREFIX)
        return _FEES.get(code) or Name(f"{_FEE.mr} ({code})", f"{_FEE.en} ({code})")
    return Name(head, head)
