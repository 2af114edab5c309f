"""What ``data/register.yaml`` says: fees, waiting times, and who has to clear what first."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from palika.reading import Reading
from palika.text import Name

REASONS: Final = ("sale", "gift", "inheritance", "court_order", "partition", "correction")
"""Why title passes, or is put right."""
FACTS: Final = (
    "document_number",
    "document_date",
    "registered_at",
    "consideration_paise",
    "market_value_paise",
    "died_on",
    "court",
)
"""What a deed, or what stands for one, says."""
MEANWHILE: Final = ("all", "undisputed", "nothing")
"""What may be recovered while an objection is open."""
_OTHER: Final = "other"
_MOST_DAYS: Final = 3650


@dataclass(frozen=True, slots=True)
class MutationRule:
    """How title passes for a reason.

    Attributes:
        needs: the facts that must be there.
        notice_days: from the application on, in which anybody may object; 0 is none.
        dues_cleared: nothing may be owed when it is ordered.
        fees: paise by use; ``other`` is every use that is not named.
    """

    name: Name
    needs: tuple[str, ...]
    notice_days: int
    dues_cleared: bool
    fees: Mapping[str, int]

    def fee(self, use: str | None) -> int:
        """In paise, for a property of a use; 0 is none."""
        return self.fees.get(use or _OTHER, self.fees[_OTHER])


@dataclass(frozen=True, slots=True)
class ObjectionRules:
    """How an assessment is objected to.

    Attributes:
        days: from the day of the bill or of the order on, the last one included.
        hearing_days: at least so many days before the hearing its notice goes out.
        most_adjournments: so many times a hearing may be put off.
        meanwhile: one of ``MEANWHILE``.
    """

    days: int
    hearing_days: int
    most_adjournments: int
    meanwhile: str


@dataclass(frozen=True, slots=True)
class RegisterRules:
    """All of it.

    Attributes:
        mutations: by reason.
        lapse: the claims that end when none of the owners stays.
        claim_fees: paise by claim.
        split_dues: ``divide`` among the parts, or ``clear_first``.
    """

    mutations: Mapping[str, MutationRule]
    lapse: frozenset[str]
    claim_fees: Mapping[str, int]
    split_dues: str
    objections: ObjectionRules


def register_rules(raw: Any) -> RegisterRules:
    """Check and build what a city wrote in ``data/register.yaml``.

    Raises:
        Mistakes: all that is missing or wrong.
    """
    reading = Reading()
    names = ("mutation", "lapse_on_transfer", "claim_fees", "split", "objections")
    table = reading.mapping("file", raw, names)
    reasons = reading.mapping("mutation", table["mutation"], REASONS)
    mutations = {
        reason: _mutation(reading, f"mutation, {reason}", reasons[reason]) for reason in REASONS
    }
    fees = {
        code: _fee(reading, place, each)
        for place, code, each in reading.entries("claim_fees", table["claim_fees"])
    }
    lapse = reading.mapping("lapse_on_transfer", table["lapse_on_transfer"], ("claims",), _BASIS)
    _basis(reading, "lapse_on_transfer", lapse)
    claims = [
        reading.text(place, each)
        for place, each in reading.items("lapse_on_transfer, claims", lapse["claims"])
    ]
    split = reading.mapping("split", table["split"], ("dues",), _BASIS)
    _basis(reading, "split", split)
    dues = reading.one_of("split, dues", split["dues"], ("divide", "clear_first"))
    found = RegisterRules(
        mutations, frozenset(claims), fees, dues, _objections(reading, table["objections"])
    )
    reading.stop_if_wrong()
    return found


_BASIS: Final = ("source", "illustrative", "note")


def _mutation(reading: Reading, place: str, raw: Any) -> MutationRule:
    needed = ("mr", "en", "needs", "notice_days", "dues_cleared", "fee_rupees")
    table = reading.mapping(place, raw, needed, _BASIS)
    _basis(reading, place, table)
    fees = reading.mapping(f"{place}, fee_rupees", table["fee_rupees"], (_OTHER,), None)
    return MutationRule(
        reading.name(place, table),
        reading.codes(f"{place}, needs", table["needs"], FACTS) if table["needs"] != [] else (),
        reading.whole(f"{place}, notice_days", table["notice_days"], 0, _MOST_DAYS),
        reading.flag(f"{place}, dues_cleared", table["dues_cleared"]),
        {use: reading.rupees(f"{place}, fee_rupees, {use}", fee) for use, fee in fees.items()},
    )


def _fee(reading: Reading, place: str, raw: Any) -> int:
    table = reading.mapping(place, raw, ("rupees",), _BASIS)
    _basis(reading, place, table)
    return reading.rupees(f"{place}, rupees", table["rupees"])


def _objections(reading: Reading, raw: Any) -> ObjectionRules:
    needed = ("days", "hearing_notice_days", "most_adjournments", "recover_meanwhile")
    table = reading.mapping("objections", raw, needed, _BASIS)
    _basis(reading, "objections", table)
    return ObjectionRules(
        reading.whole("objections, days", table["days"], 1, _MOST_DAYS),
        reading.whole(
            "objections, hearing_notice_days", table["hearing_notice_days"], 0, _MOST_DAYS
        ),
        reading.whole("objections, most_adjournments", table["most_adjournments"], 0, 100),
        reading.one_of("objections, recover_meanwhile", table["recover_meanwhile"], MEANWHILE),
    )


def _basis(reading: Reading, place: str, table: Mapping[str, Any]) -> None:
    """Each figure has a source, or says that it is an example."""
    if table.get("illustrative") is not True and not table.get("source"):
        reading.wrong(place, "needs a source, or illustrative: true")
