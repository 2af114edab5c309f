"""A counter: its sessions, the cash and the cheques in its drawer, and the closing of a day.

A session is a cashier's at a counter on one day: ``open`` while money is taken, ``counted`` when
the cashier has counted the drawer, ``closed`` when a second person has looked at it. Nothing is
added to it after the count.
"""

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

from palika.errors import Conflict, Forbidden, Invalid
from palika.india import rupees
from palika.text import Name, is_blank
from services.tax.domain.money import LARGEST

MODES: Final = ("cash", "cheque")
"""What a counter takes."""

_NUMBER = re.compile(r"[0-9]{6}", re.ASCII)
_MICR = re.compile(r"[0-9]{9}", re.ASCII)
_IFSC = re.compile(r"[A-Z]{4}0[A-Z0-9]{6}", re.ASCII)
_PIECES_MAX: Final = 1_000_000


class Act(StrEnum):
    """What posts may do at counters: ``TAKE`` money, and ``SUPERVISE`` who does."""

    TAKE = "take"
    SUPERVISE = "supervise"


@dataclass(frozen=True, slots=True)
class CounterPosts:
    """Which posts have to do with counters (``channels.yaml``); each sees what is taken at them."""

    cashiers: frozenset[str]
    supervisors: frozenset[str]

    def may(self, post: str, roles: Set[str]) -> tuple[Act, ...]:
        """What a caller may do; an admin, and a service, may all.

        Args:
            post: the caller's, by its code.
            roles: the caller's.
        """
        if not roles.isdisjoint({"admin", "service"}):
            return tuple(Act)
        there = {Act.TAKE: self.cashiers, Act.SUPERVISE: self.supervisors}
        return tuple(act for act, posts in there.items() if post in posts)

    def check(self, post: str, roles: Set[str], *acts: Act) -> None:
        """Refuse who may do none of these.

        Raises:
            Forbidden: ``posts`` has those who may.
        """
        if not set(acts).isdisjoint(self.may(post, roles)):
            return
        there = {Act.TAKE: self.cashiers, Act.SUPERVISE: self.supervisors}
        posts = sorted(frozenset().union(*(there[act] for act in acts)))
        raise Forbidden(f"this is for {', '.join(posts)}", {"posts": posts})


class SessionState(StrEnum):
    """Of a session."""

    OPEN = "open"
    COUNTED = "counted"
    CLOSED = "closed"


class ChequeState(StrEnum):
    """Where a cheque is: ``in_hand`` at the counter, ``deposited`` with the bank, then ``cleared``
    or ``bounced``; one that is cleared may still come back. ``given_back`` is one that was taken by
    mistake."""

    IN_HAND = "in_hand"
    DEPOSITED = "deposited"
    CLEARED = "cleared"
    BOUNCED = "bounced"
    GIVEN_BACK = "given_back"


_STEPS: Final = {
    ChequeState.IN_HAND: {ChequeState.DEPOSITED, ChequeState.GIVEN_BACK},
    ChequeState.DEPOSITED: {ChequeState.CLEARED, ChequeState.BOUNCED},
    ChequeState.CLEARED: {ChequeState.BOUNCED},
    ChequeState.BOUNCED: set(),
    ChequeState.GIVEN_BACK: set(),
}


@dataclass(frozen=True, slots=True)
class ReturnReason:
    """Why a bank returned a cheque; ``fee`` is whether its drawer owes one for it."""

    code: str
    name: Name
    fee: bool


@dataclass(frozen=True, slots=True)
class ChequeRules:
    """What a city takes: see ``data/channels.yaml``.

    Attributes:
        valid_months: so long after its date a bank pays it.
        margin_days: so many days before that it must be here, to reach the bank in time.
        ahead_days: so many days its date may lie ahead.
        reasons: by their codes.
    """

    valid_months: int
    margin_days: int
    ahead_days: int
    reasons: Mapping[str, ReturnReason]

    def reason(self, code: str) -> ReturnReason:
        """The reason of a code. Raises Invalid: there is none."""
        if code not in self.reasons:
            known = ", ".join(self.reasons)
            raise Invalid("no such reason", {"reason": [f"must be one of {known}"]})
        return self.reasons[code]


@dataclass(frozen=True, slots=True)
class Cheque:
    """A cheque as it is written.

    Attributes:
        number: six digits.
        micr: city, bank and branch: nine digits at its foot.
        ifsc: of the branch, if it is printed there.
        bank: its name.
        dated: the day on it.
    """

    number: str
    micr: str
    ifsc: str | None
    bank: str
    dated: date

    def check(self, rules: ChequeRules, today: date) -> None:
        """Refuse one that no bank would pay.

        Three months: Reserve Bank of India, DBOD.AML BC.No.47/14.01.001/2011-12 of 4 November 2011
        (from 1 April 2012 no cheque is paid that is presented later than three months after its
        date). That none may be dated ahead, and the margin, are the city's (illustrative).

        Raises:
            Invalid: names each thing that is wrong.
        """
        wrong: dict[str, list[str]] = {}
        if not _NUMBER.fullmatch(self.number):
            wrong["number"] = ["must be the six digits of the cheque"]
        if not _MICR.fullmatch(self.micr):
            wrong["micr"] = ["must be the nine digits of its bank and branch"]
        if self.ifsc is not None and not _IFSC.fullmatch(self.ifsc):
            wrong["ifsc"] = ["must be like SBIN0000454: four letters, 0, six letters or digits"]
        last = add_months(self.dated, rules.valid_months)
        if self.dated > today + timedelta(days=rules.ahead_days):
            wrong["dated"] = [f"is dated ahead: {self.dated.isoformat()}"]
        elif today > last:
            wrong["dated"] = [f"is stale: it was payable to {last.isoformat()}"]
        elif today + timedelta(days=rules.margin_days) > last:
            wrong["dated"] = [
                f"is payable to {last.isoformat()} only: it would not reach the bank in time"
            ]
        if wrong:
            raise Invalid("not a cheque that is taken", wrong)


def add_months(day: date, months: int) -> date:
    """The same day of a later month; of 30 November in three months: 28 or 29 February."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for back in range(4):
        try:
            return date(year, month + 1, day.day - back)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


def check_step(number: str, state: ChequeState, then: ChequeState) -> None:
    """Refuse a step that a cheque cannot take from where it is. Raises Conflict."""
    if then not in _STEPS[state]:
        raise Conflict(
            f"cheque {number} is {state.value}: it cannot be {then.value.replace('_', ' ')} now",
            {"state": state.value, "step": then.value},
        )


def count_cash(pieces: Mapping[int, int], denominations: Sequence[int]) -> int:
    """The paise of notes and coins.

    Args:
        pieces: how many of each denomination, which is in paise.
        denominations: those that there are.

    Raises:
        Invalid: names what there is not, and what is no count.
    """
    wrong = {}
    for worth, count in pieces.items():
        if worth not in denominations:
            wrong[str(worth)] = ["there is no such note or coin (paise)"]
        elif type(count) is not int or not 0 <= count <= _PIECES_MAX:
            wrong[str(worth)] = [f"must be how many there are, 0 to {_PIECES_MAX}"]
    if wrong:
        raise Invalid("not a count of cash", {"cash": wrong})
    return sum(worth * count for worth, count in pieces.items())


@dataclass(frozen=True, slots=True)
class Difference:
    """Of one mode, what the books have and what was counted, in paise, and why they differ."""

    mode: str
    books_paise: int
    counted_paise: int
    explanation: str | None = None

    @property
    def paise(self) -> int:
        """Above 0 there is more than the books have."""
        return self.counted_paise - self.books_paise

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "mode": self.mode,
            "books_paise": self.books_paise,
            "counted_paise": self.counted_paise,
            "difference_paise": self.paise,
            "explanation": self.explanation,
        }


def compare(
    books: Mapping[str, int], counted: Mapping[str, int], explanations: Mapping[str, str]
) -> list[Difference]:
    """The books against the count, mode by mode, each with the explanation of its difference.

    Raises:
        Invalid: not an amount of a mode.
    """
    for mode, paise in counted.items():
        if mode not in MODES or type(paise) is not int or not 0 <= paise <= LARGEST:
            raise Invalid("not a count", {mode: ["must be paise, 0 or more, of cash or cheques"]})
    return [
        Difference(mode, books.get(mode, 0), counted.get(mode, 0), explanations.get(mode))
        for mode in MODES
    ]


def check_explained(differences: Sequence[Difference]) -> None:
    """Refuse a difference that nobody explains. Raises Invalid."""
    wrong = {
        each.mode: [f"must say why there is a difference: {rupees(each.paise)}"]
        for each in differences
        if each.paise and (each.explanation is None or is_blank(each.explanation))
    }
    if wrong:
        raise Invalid("the count is not what the books have", {"explanations": wrong})


def check_amount(
    amount: int, owed: int, advance: int, *, supervisor: bool, reason: str | None
) -> None:
    """Refuse an amount that can only be mistyped.

    Args:
        amount: what is taken, in paise.
        owed: less all credit, in paise: below 0 so much is there in advance.
        advance: how much may be there in advance then, in paise.
        supervisor: whether a supervisor takes it.
        reason: theirs.

    Raises:
        Invalid: it is more, and no supervisor takes it with a reason.
    """
    most = max(owed + advance, 0)
    if amount <= most or (supervisor and reason is not None):
        return
    raise Invalid(
        "more than is taken at a counter",
        {
            "amount_paise": [
                f"must be at most {rupees(most)}: {rupees(max(owed, 0))} are owed, and "
                f"{rupees(advance)} may be in advance; a supervisor takes more, with the reason"
            ]
        },
    )


def check_online(amount: int, owed: int, advance: int) -> None:
    """Refuse an amount that can only be mistyped, where its payer chooses it: nobody sees it before
    it is paid, and to give it back costs the gateway's fee.

    Args:
        amount: as ``check_amount`` has it, and so are the others.

    Raises:
        Invalid: it is more than is owed and may be in advance.
    """
    most = max(owed + advance, 0)
    if amount > most:
        raise Invalid(
            "more than is taken online",
            {
                "amount_paise": [
                    f"must be at most {rupees(most)}: {rupees(max(owed, 0))} are owed, and "
                    f"{rupees(advance)} may be in advance"
                ]
            },
        )


def check_open(state: SessionState, day: date, today: date) -> None:
    """Refuse to add to a session that is counted, or of another day. Raises Conflict."""
    if state is not SessionState.OPEN:
        raise Conflict(f"the session is {state.value}: nothing can be added", {"state": state})
    if day != today:
        raise Conflict(
            f"the session is of {day.isoformat()}: it must be closed first", {"day": str(day)}
        )


def check_closer(state: SessionState, cashier: str, closer: str) -> None:
    """Refuse a closing that is not due, or by the cashier themselves.

    Raises:
        Conflict: the session is not counted, or closed already.
        Forbidden: who counted it may not close it.
    """
    if state is not SessionState.COUNTED:
        raise Conflict(f"the session is {state.value}: it cannot be closed", {"state": state})
    if cashier == closer:
        raise Forbidden("who has counted a session does not close it: a second person does")
