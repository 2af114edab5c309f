"""A bill, or a payment, with all the entries that follow from it, in their order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product

from palika.errors import Invalid
from services.tax.domain.half_year import HalfYear
from services.tax.domain.ledger.accounts import CHARGES, Account
from services.tax.domain.ledger.book import Book, Key
from services.tax.domain.ledger.dues import adjust, demand
from services.tax.domain.ledger.entries import Draft, Entry, Kind
from services.tax.domain.ledger.interest import MonthlyInterest, Stay, charge_interest
from services.tax.domain.ledger.order import Order
from services.tax.domain.ledger.payments import apply_payment, check_waiting
from services.tax.domain.ledger.rewards import Amnesty, RebateOffer
from services.tax.domain.ledger.reworking import CREDIT_KINDS, rework
from services.tax.domain.ledger.transfers import settle

Reward = RebateOffer | Amnesty


@dataclass(frozen=True, slots=True)
class Rules:
    """What a city's rate sheet says about money that comes in.

    Attributes:
        order: in which it settles.
        interest: on what is late.
        offers: rebates for early payment.
        amnesties: waivers of interest.
    """

    order: Order
    interest: MonthlyInterest
    offers: tuple[RebateOffer, ...] = ()
    amnesties: tuple[Amnesty, ...] = ()


def bill(
    book: Book,
    half_year: HalfYear,
    heads: Mapping[str, int],
    on: date,
    late_from: date,
    rules: Rules,
    stays: Sequence[Stay] = (),
) -> list[Draft]:
    """The entries of a half-year's bill: its demand, and what an advance settles at once.

    Args:
        book: of the property, with value dates up to that day. It is not changed.
        half_year: that is billed.
        heads: paise by tax head, net of concessions.
        on: the day of the bill.
        late_from: the first day on which it is late.
        rules: the city's.
        stays: of courts.

    Raises:
        Invalid: as ``dues.demand`` does, or the half-year is billed already.
    """
    if half_year in book.taxes:
        raise Invalid("billed already", {"half_year": [f"{half_year} has a demand"]})
    demanded = demand(half_year, heads, on, late_from)
    if book.advance <= 0:
        return [demanded]
    trial = book.copy()
    trial.post(demanded)
    return [demanded, *_use(trial, None, on, rules, stays)]


def receive(
    entries: Sequence[Draft],
    amount_paise: int,
    on: date,
    source: Account,
    today: date,
    rules: Rules,
    stays: Sequence[Stay] = (),
) -> list[Draft]:
    """The entries of a payment: interest up to its day, what is forgone for it, itself.

    A rebate or a waiver is given if with it the payment settles all that it is about. Of several
    those are given together that forgo most, but nothing is forgone twice.

    Args:
        entries: of the property, all of them.
        amount_paise: at least 1.
        on: the day on which the money came.
        source: where it is now; SUSPENSE of what waited there.
        today: the day on which it is written down; if that is later, interest is corrected then.
        rules: the city's.
        stays: of courts.

    Returns:
        The payment is one of them. If it is written down late, what other payments of later days
        settle and cost is corrected, by entries with their value dates.

    Raises:
        Invalid: not an amount, no account that money comes into, or ``today`` is before ``on``.
    """
    if today < on:
        raise Invalid("not a payment", {"on": ["must not be after the day it is written down"]})
    paid = _Paid(amount_paise, source)
    found = _use(Book.of(entries, on), paid, on, rules, stays)
    found += _catch_up([*entries, *found], on, rules, stays)
    if today > on:
        found += _tidy([*entries, *found], today, rules, stays)
    return found


@dataclass(frozen=True, slots=True)
class Quote:
    """What settles all that is owed on a day.

    Attributes:
        dues: paise by due, above 0, with the interest up to the day.
        forgone: rebates and waivers for who pays it all that day.
        advance: the owner's credit.
    """

    dues: dict[Key, int]
    forgone: tuple[Draft, ...]
    advance: int

    @property
    def forgone_paise(self) -> int:
        """Of all rewards."""
        return -sum(
            line.paise
            for draft in self.forgone
            for line in draft.lines
            if line.account is Account.RECEIVABLE
        )

    @property
    def payable_paise(self) -> int:
        """What is to be paid that day; 0 when the credit is enough."""
        return max(sum(self.dues.values()) - self.forgone_paise - self.advance, 0)


def quote(book: Book, on: date, rules: Rules, stays: Sequence[Stay] = ()) -> Quote:
    """What settles all that is owed, if it is paid on a day.

    Args:
        book: of the property, with value dates up to that day. It is not changed.
        on: the day.
        rules: the city's.
        stays: of courts.
    """
    trial = book.copy()
    if (interest := charge_interest(trial, on, rules.interest, stays)) is not None:
        trial.post(interest)
    given = _choices(_offered(trial, on, rules))[0]
    return Quote(trial.open(), tuple(given), trial.advance)


def identify(
    entries: Sequence[Draft],
    waiting: Entry,
    taken_paise: int,
    amount_paise: int,
    today: date,
    rules: Rules,
    stays: Sequence[Stay] = (),
) -> list[Draft]:
    """The entries that give a payment, or a part of it, from suspense to the property it was for.

    It counts from the day on which the money came: the owner had paid.

    Args:
        entries: of the property, all of them.
        waiting: the entry in suspense.
        taken_paise: what earlier entries gave of it to properties.
        amount_paise: what this one is given.
        today: the day on which it is found out.
        rules: the city's.
        stays: of courts.

    Raises:
        Invalid: as ``payments.check_waiting`` and ``receive`` do.
        Conflict: more than is left of it.
    """
    check_waiting(waiting, taken_paise, amount_paise)
    on = waiting.value_date
    return receive(entries, amount_paise, on, Account.SUSPENSE, today, rules, stays)


@dataclass(frozen=True, slots=True)
class Revision:
    """What is right for a half-year after a reassessment or a changed rule: see ``dues.adjust``."""

    half_year: HalfYear
    heads: Mapping[str, int]
    back_to: date
    late_from: date | None = None


def revise(
    entries: Sequence[Draft],
    revisions: Sequence[Revision],
    today: date,
    rules: Rules,
    stays: Sequence[Stay] = (),
) -> list[Draft]:
    """The entries by which demands become what is right, back over years if need be.

    The rebates that were given and the interest that was charged become what they should have been;
    what was paid in excess settles what is open, and the rest is an advance (``refunds``).

    Args:
        entries: of the property, all of them.
        revisions: one for each half-year.
        today: the day of the order.
        rules: the city's.
        stays: of courts.

    Raises:
        Invalid: as ``dues.adjust`` does.
    """
    book = Book.of(entries)
    found = [
        draft
        for each in revisions
        for draft in adjust(book, each.half_year, each.heads, each.back_to, each.late_from)
    ]
    found += correct_rebates(entries, found, rules)
    return [*found, *_tidy([*entries, *found], today, rules, stays)]


def correct_rebates(
    entries: Sequence[Draft], changes: Sequence[Draft], rules: Rules
) -> list[Draft]:
    """The entries by which rebates that were given become those on a tax that was lowered.

    When the tax was raised the rebate stays: what was added was not paid in the window
    (illustrative).

    Args:
        entries: of the property, all before the changes.
        changes: adjustments, or what takes a demand or an adjustment back.
        rules: the city's.
    """
    before, after = Book.of(entries), Book.of([*entries, *changes])
    found = []
    for offer in rules.offers:
        days = [
            each.value_date
            for each in entries
            if each.kind is Kind.REBATE and each.lines[0].half_year in offer.half_years
        ]
        if days and offer.tax(after) < offer.tax(before):
            draft = offer.correct(after, max(days))
            found += [draft] if draft is not None else []
    return found


def _catch_up(
    entries: Sequence[Draft], since: date, rules: Rules, stays: Sequence[Stay]
) -> list[Draft]:
    """What a payment of the past makes of later days: when it was posted does not matter then.

    A later payment may have settled what this one had settled before: it settles the next due then,
    and the interest that was charged on its day was less. A reward that it would have earned with
    this one is not looked for.
    """
    touched = CREDIT_KINDS | {Kind.INTEREST}
    days = {each.value_date for each in entries if each.value_date > since and each.kind in touched}
    return rework(
        entries,
        days,
        rules.order,
        lambda book, day: charge_interest(book, day, rules.interest, stays),
    )


def _tidy(
    entries: Sequence[Draft], today: date, rules: Rules, stays: Sequence[Stay]
) -> list[Draft]:
    """Interest as it is right by now, and all credit used."""
    book = Book.of(entries, today)
    found = []
    if (interest := charge_interest(book, today, rules.interest, stays)) is not None:
        book.post(interest)
        found.append(interest)
    if (moved := settle(book, today, rules.order)) is not None:
        found.append(moved)
    return found


@dataclass(frozen=True, slots=True)
class _Paid:
    """A payment."""

    amount: int
    source: Account


def _use(
    book: Book, paid: _Paid | None, on: date, rules: Rules, stays: Sequence[Stay]
) -> list[Draft]:
    """Interest, rewards if they are earned, the payment, and the use of all credit.

    The book is the caller's own, and changed.
    """
    begun: list[Draft] = []
    if (interest := charge_interest(book, on, rules.interest, stays)) is not None:
        book.post(interest)
        begun.append(interest)
    offered = _offered(book, on, rules)
    for given in _choices(offered):
        done = [*begun, *given]
        trial = book.copy() if given else book
        for reward in given:
            trial.post(reward)
        if paid is not None:
            payment = apply_payment(trial.open(), paid.amount, on, rules.order, paid.source)
            trial.post(payment)
            done.append(payment)
        if (moved := settle(trial, on, rules.order)) is not None:
            trial.post(moved)
            done.append(moved)
        if all(_holds(reward, trial) for reward in given):
            break
    return done


def _offered(book: Book, on: date, rules: Rules) -> list[Draft]:
    """The rewards that there are on a day."""
    rewards: list[Reward] = [*rules.offers, *rules.amnesties]
    drafts = (reward.draft(book, on) for reward in rewards)
    return [draft for draft in drafts if draft is not None]


def _choices(offered: Sequence[Draft]) -> list[list[Draft]]:
    """What can be given together, what forgoes most first and nothing last."""
    found = []
    for chosen in product((True, False), repeat=len(offered)):
        given = [draft for draft, is_chosen in zip(offered, chosen, strict=True) if is_chosen]
        lines = [line for draft in given for line in draft.lines if line.account in CHARGES]
        if len({line[:3] for line in lines}) == len(lines):
            found.append((sum(line.paise for line in lines), given))
    return [given for _, given in sorted(found, key=lambda each: -each[0])]


def _holds(reward: Draft, book: Book) -> bool:
    """Whether all is paid that a reward needs, or could be with the advance."""
    return sum(book.open(reward.if_paid_to).values()) <= book.advance
