"""A bank's statement of account, read and checked to the paisa: what does not add up is none.

A file has lines of three sorts: at its head what it is of (account, period, opening balance), then
a row of column names with the transactions below, then totals at its foot. Which words a bank uses
is data (``data/banks.yaml``). All of these must hold, or nothing of the file counts:

- the account is one of the city's, the currency is rupees, the period is said;
- each row has all its columns, an amount in exactly one of debit and credit, and a day within the
  period; each balance is the one before it, plus what came in, less what went out;
- the foot is there, and its totals, its number of transactions and its closing balance are those of
  the rows: a file that is cut off, wherever, is found out.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from services.tax.domain.bank_layout import Layout, Statement, Transaction, paise_of

BYTES_MAX: Final = 20_000_000
ROWS_MAX: Final = 200_000
_CELL_MAX: Final = 2_000
_MISTAKES_MAX: Final = 100
_VALUE_DAYS: Final = timedelta(days=31)


class Refused(ValueError):
    """A file is no statement; ``found`` has each mistake as its line and the rule it breaks."""

    def __init__(self, found: Sequence[tuple[int, str]]) -> None:
        self.found = tuple(found)
        super().__init__("; ".join(f"line {line}: {rule}" for line, rule in found))


def text_of(content: bytes) -> str:
    """The text of a file. Raises Refused: too large, or not UTF-8 (a spreadsheet, an archive)."""
    if len(content) > BYTES_MAX:
        raise Refused([(1, f"file: must be of at most {BYTES_MAX} bytes")])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise Refused([(line, "file: must be text in UTF-8; save it as CSV UTF-8")]) from error
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise Refused([(line, "file: has a NUL; it is no CSV file")])
    return text


def read(content: bytes, layout: Layout, accounts: Sequence[str]) -> Statement:
    """A statement out of a file.

    Args:
        content: of the file.
        layout: of its bank.
        accounts: the numbers of the city's accounts at that bank.

    Raises:
        Refused: with each mistake, by its line.
    """
    reading = _File(layout)
    reading.go_through(text_of(content))
    return reading.statement(accounts)


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^0-9a-z]+", " ", text.lower()).split())


@dataclass
class _File:
    """One reading."""

    layout: Layout
    wrong: list[tuple[int, str]] = field(default_factory=list)
    head: dict[str, tuple[int, str]] = field(default_factory=dict)
    foot: dict[str, tuple[int, str]] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    width: int = 0
    rows: list[Transaction] = field(default_factory=list)
    last_line: int = 1

    def refuse(self, line: int, rule: str) -> None:
        self.wrong.append((line, rule))
        if len(self.wrong) >= _MISTAKES_MAX:
            raise Refused(self.wrong)

    def go_through(self, text: str) -> None:
        for line, cells in self._lines(text):
            self.last_line = line
            if not self.places:
                if not self._is_header(cells):
                    self._labels(line, cells, self.layout.head, self.head)
            elif self._begins_with_a_day(cells) or not self._labels(
                line, cells, self.layout.foot, self.foot
            ):
                # A payer chooses the words of a row; no word of it makes it a foot.
                self._row(line, cells)
        if text and not text.endswith(("\n", "\r")):
            self._refuse_cut()

    def _refuse_cut(self) -> None:
        # Some banks end their last line without an end of line: its foot is complete then.
        if not self._needed(self.layout.foot) <= self.foot.keys():
            self.refuse(self.last_line, "file: ends in the middle of a line")

    def _lines(self, text: str) -> Iterator[tuple[int, list[str]]]:
        reader = csv.reader(
            io.StringIO(text, newline=""), delimiter=self.layout.delimiter, strict=True
        )
        try:
            for cells in reader:
                cells = [each.strip() for each in cells]
                if any(len(each) > _CELL_MAX for each in cells):
                    self.refuse(reader.line_num, f"cell: must be of at most {_CELL_MAX} characters")
                elif any(cells):
                    yield reader.line_num, cells
        except csv.Error as error:
            self.refuse(reader.line_num, f"file: is no CSV from here on ({error})")

    def _begins_with_a_day(self, cells: list[str]) -> bool:
        place = self.places["booked_on"]
        return place < len(cells) and self.layout.day(cells[place]) is not None

    def _is_header(self, cells: list[str]) -> bool:
        named = [_plain(each) for each in cells]
        places = {}
        for column, words in self.layout.columns.items():
            for word in words:
                if _plain(word) in named:
                    places[column] = named.index(_plain(word))
                    break
        if places.keys() != self.layout.columns.keys():
            return False
        self.places, self.width = places, len(cells)
        return True

    @staticmethod
    def _needed(labels: Mapping[str, tuple[str, ...]]) -> set[str]:
        return {name for name, words in labels.items() if words}

    def _labels(
        self,
        line: int,
        cells: list[str],
        labels: Mapping[str, tuple[str, ...]],
        found: dict[str, tuple[int, str]],
    ) -> bool:
        """Whether the line has a label with its value: ``Opening Balance :,"1,00,000.00"``."""
        known = False
        for at, cell in enumerate(cells):
            words, colon, rest = cell.partition(":")
            for name, spellings in labels.items():
                if _plain(words) not in map(_plain, spellings):
                    continue
                after = next((each for each in cells[at + 1 :] if each), "")
                value = rest.strip() if colon and rest.strip() else after
                if name in found and found[name][1] != value:
                    self.refuse(line, f"{name}: is said twice, {found[name][1]!r} and {value!r}")
                found[name] = (line, value)
                known = True
        return known

    def _row(self, line: int, cells: list[str]) -> None:
        if len(self.rows) >= ROWS_MAX:
            self.refuse(line, f"file: must have at most {ROWS_MAX} transactions")
            raise Refused(self.wrong)
        if len(cells) != self.width:
            self.refuse(line, f"row: has {len(cells)} cells, the header {self.width}")
            return
        got = {column: cells[at] for column, at in self.places.items()}
        booked = self._day(line, "booked_on", got["booked_on"])
        value = got.get("value_date") or got["booked_on"]
        value_date = self._day(line, "value_date", value)
        amounts = {side: self._amount(line, side, got[side]) for side in ("debit", "credit")}
        balance = self._balance(line, got["balance"])
        if bool(amounts["debit"]) == bool(amounts["credit"]) and None not in amounts.values():
            self.refuse(line, "row: must have an amount in one of debit and credit")
            return
        if booked is None or value_date is None or balance is None or None in amounts.values():
            return
        reference, narration = got.get("reference", ""), got["narration"]
        self.rows.append(
            Transaction(
                line=line,
                booked_on=booked,
                value_date=value_date,
                narration=narration,
                reference=reference,
                utr=self.layout.utr_of(reference, narration),
                debit_paise=amounts["debit"] or 0,
                credit_paise=amounts["credit"] or 0,
                balance_paise=balance,
            )
        )

    def _day(self, line: int, name: str, text: str) -> date | None:
        day = self.layout.day(text)
        if day is None:
            self.refuse(line, f"{name}: must be a day like the bank's, not {text!r:.40}")
        return day

    def _amount(self, line: int, name: str, text: str) -> int | None:
        if text in ("", "-"):
            return 0
        paise = paise_of(text)
        if paise is None:
            self.refuse(line, f"{name}: must be rupees with two decimals, not {text!r:.40}")
        return paise

    def _balance(self, line: int, text: str, name: str = "balance") -> int | None:
        """An account may be overdrawn: ``-12.00``, ``12.00 Dr``."""
        bare, sign = text.strip(), 1
        for end, each in (("DR", -1), ("CR", 1)):
            if bare.upper().rstrip(".").endswith(end):
                bare, sign = bare.rstrip(".")[:-2].strip(), each
        if bare.startswith("-"):
            bare, sign = bare[1:], -sign
        paise = paise_of(bare)
        if paise is None:
            self.refuse(line, f"{name}: must be rupees with two decimals, not {text!r:.40}")
            return None
        return sign * paise

    # -- the whole ----------------------------------------------------------------------------

    def statement(self, accounts: Sequence[str]) -> Statement:
        if not self.places:
            # Without the names of the columns nothing else can be said of it.
            columns = ", ".join(words[0] for words in self.layout.columns.values())
            self.refuse(self.last_line, f"file: has no row of the columns {columns}")
            raise Refused(self.wrong)
        for name in sorted(self._needed(self.layout.head) - self.head.keys()):
            self.refuse(1, f"{name}: must be said above the transactions")
        for name in sorted(self._needed(self.layout.foot) - self.foot.keys()):
            self.refuse(self.last_line, f"{name}: must be said below them; is it half a statement?")
        account = self._account(accounts)
        currency = self.head.get("currency")
        if currency is not None and currency[1].upper() not in ("INR", "RS", "RUPEES", "₹"):
            self.refuse(currency[0], f"currency: must be INR, not {currency[1]!r:.20}")
        first, last = self._said_day("from"), self._said_day("to")
        if first is not None and last is not None:
            self._check_days(first, last)
        opening = self._said("opening", self.head)
        if opening is not None:
            self._check_chain(opening)
        closing = self._check_foot(opening)
        self._check_utrs()
        if self.wrong or None in (account, first, last, opening):
            raise Refused(sorted(self.wrong))
        assert account
        assert first
        assert last
        assert opening is not None
        return Statement(self.layout.code, account, first, last, opening, closing, tuple(self.rows))

    def _account(self, accounts: Sequence[str]) -> str | None:
        if "account" not in self.head:
            return None
        line, said = self.head["account"]
        bare = re.sub(r"[^0-9]", "", said.split("(")[0])
        if bare in accounts:
            return bare
        self.refuse(line, f"account: {said!r:.40} is none of the city's at {self.layout.name}")
        return None

    def _said_day(self, name: str) -> date | None:
        if name not in self.head:
            return None
        line, text = self.head[name]
        return self._day(line, name, text)

    def _said(self, name: str, of: Mapping[str, tuple[int, str]]) -> int | None:
        if name not in of:
            return None
        line, text = of[name]
        return self._balance(line, text, name)

    def _check_days(self, first: date, last: date) -> None:
        if first > last:
            self.refuse(self.head["to"][0], "to: must not be before from")
        before = first
        for row in self.rows:
            if not first <= row.booked_on <= last:
                self.refuse(
                    row.line, f"booked_on: {row.booked_on} is not within {first} and {last}"
                )
            elif row.booked_on < before:
                self.refuse(row.line, f"booked_on: {row.booked_on} comes after {before}")
            else:
                before = row.booked_on
            if abs(row.value_date - row.booked_on) > _VALUE_DAYS:
                self.refuse(
                    row.line,
                    f"value_date: {row.value_date} is more than {_VALUE_DAYS.days} days from the "
                    f"day of the row",
                )

    def _check_chain(self, opening: int) -> None:
        balance = opening
        for row in self.rows:
            balance += row.credit_paise - row.debit_paise
            if balance != row.balance_paise:
                rule = (
                    f"balance: must be {_rupees(balance)} after this row, not "
                    f"{_rupees(row.balance_paise)}; is a row before it missing?"
                )
                self.refuse(row.line, rule)
                balance = row.balance_paise

    def _check_foot(self, opening: int | None) -> int:
        sums = {
            "debits": sum(each.debit_paise for each in self.rows),
            "credits": sum(each.credit_paise for each in self.rows),
            "closing": self.rows[-1].balance_paise if self.rows else opening or 0,
        }
        for name, should in sums.items():
            said = self._said(name, self.foot)
            if said is not None and said != should:
                self.refuse(
                    self.foot[name][0],
                    f"{name}: the rows make {_rupees(should)}, not {_rupees(said)}",
                )
        if "count" in self.foot:
            line, text = self.foot["count"]
            if text != str(len(self.rows)):
                self.refuse(line, f"count: the file has {len(self.rows)} rows, not {text:.20}")
        return sums["closing"]

    def _check_utrs(self) -> None:
        met: dict[tuple[str, bool], int] = {}
        for row in self.rows:
            if row.utr is None:
                continue
            key = (row.utr, row.credit_paise > 0)
            if key in met:
                self.refuse(row.line, f"reference: {row.utr} is in line {met[key]} already")
            met.setdefault(key, row.line)


def _rupees(paise: int) -> str:
    return f"{'-' if paise < 0 else ''}{abs(paise) // 100}.{abs(paise) % 100:02d}"
