"""A bill, its ledger entries and its event as lines of text for COPY."""

import os
import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import orjson

from palika.events import Event
from services.tax.commands.raise_bill import bill_values, billed_data
from services.tax.domain.billing import Asked
from services.tax.domain.half_year import HalfYear
from services.tax.domain.ledger.accounts import Account
from services.tax.domain.ledger.entries import Draft
from services.tax.ledger_store import code_of, demanded
from services.tax.schemas.events import BILLED

BILLS: Final = (
    "bill (id, number, property_id, period, amount_paise, arrears_paise, advance_paise, "
    "rateable_value_paise, lines, known_on, billed_at, due_on, version)"
)
ENTRIES: Final = (
    "ledger_entry (id, property_id, kind, value_date, posted_at, reference, late_from, if_paid_to, "
    "undoes, half_year, accounts, half_years, heads, paise)"
)
OUTBOX: Final = "outbox (event_id, type, exchange, routing_key, mandatory, body)"
_NULL: Final = "\\N"
_SPECIAL: Final = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}


class Ids:
    """UUIDv7 as text, each greater than the one before; a fifth of the price of ``uuid6.uuid7``."""

    _COUNTED = 1 << 12

    def __init__(self) -> None:
        self._ms = 0
        self._count = 0

    def take(self, count: int) -> list[str]:
        """So many new ones."""
        random = os.urandom(8 * count).hex()
        self._ms = max(self._ms, time.time_ns() // 1_000_000)
        found = []
        for at in range(0, 16 * count, 16):
            if self._count == self._COUNTED:
                self._ms, self._count = self._ms + 1, 0
            ms = f"{self._ms:012x}"
            # Two bits of the fourth group say which UUID it is: 8, 9, a or b.
            variant = "89ab"[int(random[at], 16) & 3]
            found.append(
                f"{ms[:8]}-{ms[8:]}-7{self._count:03x}-{variant}{random[at + 1 : at + 4]}-"
                f"{random[at + 4 : at + 16]}"
            )
            self._count += 1
        return found


class Rows:
    """The lines of a chunk, in the order of its bills.

    What is written is what ``raise_bill`` writes: a test compares the two, row by row.

    Attributes:
        bills, entries, events: lines of ``BILLS``, ``ENTRIES`` and ``OUTBOX``.
        demanded_paise: of all bills.
    """

    def __init__(self, period: str, now: datetime) -> None:
        """Prepare.

        Args:
            period: of the bills.
            now: their moment, aware.
        """
        self._period = period
        self._now = now
        self._moment = now.isoformat()
        self._told: str = BILLED.schema.dump({"billed_at": now})["billed_at"]
        name = BILLED.name
        self._event_start = f"{name}\t{name.exchange}\t{name.routing_key}\t"
        self._event_start += f"{'t' if BILLED.logged else 'f'}\t"
        self._ids = Ids()
        self.clear()

    def clear(self) -> None:
        """Begin the next chunk."""
        self.bills: list[str] = []
        self.entries: list[str] = []
        self.events: list[str] = []
        self.demanded_paise = 0

    def add(self, property_id: str, ward: str, number: str, asked: Asked) -> None:
        """Add a bill with its entries and its event.

        Raises:
            ValueError: the event does not fit its schema; the first of a chunk is looked at.
        """
        bill_id, event_id, *entry_ids = self._ids.take(2 + len(asked.drafts))
        values = bill_values(bill_id, property_id, number, self._period, asked, self._now)
        self.bills.append(self._bill(values))
        for id_, draft in zip(entry_ids, asked.drafts, strict=True):
            self.entries.append(self._entry(id_, property_id, number, draft))
        self.events.append(self._event(event_id, values, ward))
        self.demanded_paise += asked.amount_paise

    def _bill(self, values: dict[str, Any]) -> str:
        lines = escaped(orjson.dumps(values["lines"]).decode())
        return (
            f"{values['id']}\t{escaped(values['number'])}\t{values['property_id']}\t"
            f"{values['period']}\t{values['amount_paise']}\t{values['arrears_paise']}\t"
            f"{values['advance_paise']}\t{values['rateable_value_paise']}\t{lines}\t"
            f"{values['known_on']}\t{self._moment}\t{values['due_on']}\t{values['version']}\n"
        )

    def _entry(self, id_: str, property_id: str, number: str, draft: Draft) -> str:
        accounts, half_years, heads, paise = zip(*draft.lines, strict=True)
        half_year = demanded(draft)
        return (
            f"{id_}\t{property_id}\t{draft.kind}\t{draft.value_date}\t{self._moment}\t"
            f"{escaped(number)}\t{draft.late_from or _NULL}\t"
            f"{code_of(draft.if_paid_to) if draft.if_paid_to else _NULL}\t"
            f"{draft.undoes or _NULL}\t{half_year or _NULL}\t{_accounts(accounts)}\t"
            f"{_half_years(half_years)}\t{_heads(heads)}\t{{{','.join(map(str, paise))}}}\n"
        )

    def _event(self, id_: str, values: dict[str, Any], ward: str) -> str:
        data = billed_data(values, ward) | {"billed_at": self._told}
        if not self.events and BILLED.schema.dump(BILLED.schema.load(data)) != data:
            raise ValueError(f"not the data of {BILLED.name}: {data}")
        event = Event(id_, str(BILLED.name), values["id"], self._now, data, values["version"])
        return f"{id_}\t{self._event_start}{escaped(event.to_json())}\n"


def escaped(text: str) -> str:
    """A text as COPY takes it."""
    for sign, written in _SPECIAL.items():
        if sign in text:
            text = text.replace(sign, written)
    return text


# A year's demands have few different shapes, and each of them is written a million times.
@lru_cache(maxsize=4096)
def _accounts(accounts: tuple[Account, ...]) -> str:
    return _array(accounts)


@lru_cache(maxsize=4096)
def _half_years(half_years: tuple[HalfYear | None, ...]) -> str:
    return "{" + ",".join(str(code_of(each)) if each else "NULL" for each in half_years) + "}"


@lru_cache(maxsize=4096)
def _heads(heads: tuple[str, ...]) -> str:
    return _array(heads)


def _array(texts: Iterable[str]) -> str:
    quoted = (text.replace("\\", "\\\\").replace('"', '\\"') for text in texts)
    return escaped("{" + ",".join(f'"{each}"' for each in quoted) + "}")


def joined(lines: Sequence[str]) -> bytes:
    """The lines as bytes."""
    return "".join(lines).encode()
