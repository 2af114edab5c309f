"""Money between the city's own accounts, and back to who sent it."""

from datetime import date

import pytest

from palika.errors import Conflict, Invalid
from services.tax.domain.ledger.accounts import MONEY, Account
from services.tax.domain.ledger.banking import deposit, give_back
from services.tax.domain.ledger.book import Book
from services.tax.domain.ledger.entries import Kind
from services.tax.domain.ledger.payments import apply_payment, suspend
from tests.support.ledgers import ORDER, posted

DAY = date(2026, 4, 10)
WAITING = posted(suspend(5_000, DAY, Account.BANK), 1, property=None)


def test_money_that_is_deposited_is_elsewhere_and_nobodys_dues_change():
    draft = deposit(5_000, DAY, Account.CASH, Account.BANK)
    book = Book.of([draft])
    assert draft.kind is Kind.DEPOSIT
    assert book.money == {Account.BANK: 5_000, Account.CASH: -5_000}
    assert (book.net, book.suspense) == (0, 0)


@pytest.mark.parametrize("account", sorted(set(Account) - MONEY))
def test_only_money_is_deposited(account):
    with pytest.raises(Invalid):
        deposit(1, DAY, account, Account.BANK)
    with pytest.raises(Invalid):
        deposit(1, DAY, Account.CASH, account)
    with pytest.raises(Invalid):
        give_back(WAITING, 0, 1, DAY, account)


@pytest.mark.parametrize("amount", [0, -1, 1.0, True, 10**16])
def test_what_is_no_amount(amount):
    with pytest.raises(Invalid):
        deposit(amount, DAY, Account.CASH, Account.BANK)
    with pytest.raises(Invalid):
        give_back(WAITING, 0, amount, DAY, Account.BANK)


def test_nothing_is_deposited_where_it_is():
    with pytest.raises(Invalid):
        deposit(1, DAY, Account.CASH, Account.CASH)


def test_what_waits_goes_back_in_parts_and_never_more_than_is_left():
    first = give_back(WAITING, 0, 2_000, DAY, Account.BANK)
    rest = give_back(WAITING, 2_000, 3_000, DAY, Account.BANK)
    book = Book.of([WAITING, first, rest])
    assert (book.suspense, book.money) == (0, {Account.BANK: 0})
    with pytest.raises(Conflict):
        give_back(WAITING, 2_000, 3_001, DAY, Account.BANK)
    with pytest.raises(Invalid, match="before the payment"):
        give_back(WAITING, 0, 1, date(2026, 4, 9), Account.BANK)


def test_what_is_a_propertys_does_not_go_back_from_suspense():
    paid = posted(apply_payment({}, 5_000, DAY, ORDER, Account.BANK), 2)
    with pytest.raises(Invalid, match="not in suspense"):
        give_back(paid, 0, 1, DAY, Account.BANK)
