"""Statements of banks, as the tests write them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

ACCOUNT = "50200012345678"


def money(paise: int) -> str:
    """``1234.50``."""
    return f"{'-' if paise < 0 else ''}{abs(paise) // 100}.{abs(paise) % 100:02d}"


@dataclass(frozen=True)
class Row:
    """A row: ``paise`` above 0 came in; ``gap`` is what its balance is wrong by."""

    paise: int
    narration: str = "NEFT CR-SOMEBODY"
    reference: str = ""
    on: date = date(2026, 4, 10)
    value: date | None = None
    gap: int = 0


@dataclass(frozen=True)
class Sheet:
    """A statement in the layout ``hdfc-style`` (or ``sbi-style``); its totals are right unless
    ``foot`` says otherwise."""

    rows: Sequence[Row] = ()
    opening: int = 1_000_00
    account: str = ACCOUNT
    currency: str = "INR"
    first: date = date(2026, 4, 1)
    last: date = date(2026, 4, 30)
    head: dict[str, str] = field(default_factory=dict)
    foot: dict[str, str] = field(default_factory=dict)
    style: str = "hdfc-style"

    def but(self, **changes: object) -> "Sheet":
        """The same, with changes."""
        return replace(self, **changes)  # type: ignore[arg-type]

    def lines(self) -> list[str]:
        """Its lines, without their ends."""
        return self._sbi() if self.style == "sbi-style" else self._hdfc()

    def content(self) -> bytes:
        """The file."""
        return ("\n".join(self.lines()) + "\n").encode()

    @property
    def closing(self) -> int:
        """In paise."""
        return self.opening + sum(each.paise for each in self.rows)

    def _balances(self) -> list[int]:
        found, balance = [], self.opening
        for each in self.rows:
            balance += each.paise
            found.append(balance + each.gap)
        return found

    def _foot(self, names: tuple[str, str, str, str]) -> list[str]:
        values = {
            "debits": money(-sum(each.paise for each in self.rows if each.paise < 0)),
            "credits": money(sum(each.paise for each in self.rows if each.paise > 0)),
            "count": str(len(self.rows)),
            "closing": money(self.closing),
        } | self.foot
        said = zip(values, names, strict=True)
        return [f"{name},{values[key]}" for key, name in said if values[key]]

    def _head(self, names: tuple[str, str, str, str, str], form: str) -> list[str]:
        values = {
            "account": self.account,
            "currency": self.currency,
            "from": self.first.strftime(form),
            "to": self.last.strftime(form),
            "opening": money(self.opening),
        } | self.head
        said = zip(values, names, strict=True)
        return [f"{name} :,{values[key]}" for key, name in said if values[key]]

    def _hdfc(self) -> list[str]:
        head = self._head(("Account No", "Currency", "From", "To", "Opening Balance"), "%d/%m/%y")
        columns = (
            "Date,Narration,Chq./Ref.No.,Value Dt,Withdrawal Amt.,Deposit Amt.,Closing Balance"
        )
        rows = [
            ",".join(
                [
                    each.on.strftime("%d/%m/%y"),
                    f'"{each.narration}"',
                    each.reference,
                    (each.value or each.on).strftime("%d/%m/%y"),
                    money(-each.paise) if each.paise < 0 else "",
                    money(each.paise) if each.paise > 0 else "",
                    money(balance),
                ]
            )
            for each, balance in zip(self.rows, self._balances(), strict=True)
        ]
        foot = self._foot(("Total Debits", "Total Credits", "Transactions", "Closing Bal"))
        return [*head, "", columns, *rows, "", *foot]

    def _sbi(self) -> list[str]:
        form = "%d %b %Y"
        names = ("Account Number", "Currency", "Start Date", "End Date", "Balance as on Start Date")
        columns = "Txn Date,Value Date,Description,Ref No./Cheque No.,Debit,Credit,Balance"
        rows = [
            ",".join(
                [
                    each.on.strftime(form),
                    (each.value or each.on).strftime(form),
                    f'"{each.narration}"',
                    each.reference,
                    money(-each.paise) if each.paise < 0 else "-",
                    money(each.paise) if each.paise > 0 else "-",
                    money(balance),
                ]
            )
            for each, balance in zip(self.rows, self._balances(), strict=True)
        ]
        foot = self._foot(
            ("Total Debit", "Total Credit", "Number of Transactions", "Balance as on End Date")
        )
        return [*self._head(names, form), columns, *rows, *foot]
