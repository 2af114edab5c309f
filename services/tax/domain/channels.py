"""How money is taken, as a city writes it: ``data/channels.yaml`` and ``data/banks.yaml``."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from palika.reading import Reading
from palika.text import Name
from services.tax.domain.bank_layout import COLUMNS, FOOT, HEAD, Layout
from services.tax.domain.counter import ChequeRules, CounterPosts, ReturnReason
from services.tax.domain.reconciliation import MatchRules, Posting, Purpose, Reference

ONLINE: Final = "ONLINE"
"""The place of what came through the gateway."""
BANK: Final = "BANK"
"""The place of what came to the bank's account."""

_PLACE = re.compile(r"[A-Z0-9]{2,12}", re.ASCII)
_PREFIX = re.compile(r"[A-Z]{1,6}", re.ASCII)
_REASON = re.compile(r"[0-9]{2}", re.ASCII)
_OPTIONAL_COLUMNS: Final = {"value_date", "reference"}
_COUNTER: Final = ("advance_at_most", "cashiers", "supervisors")
_NEEDED_HEAD: Final = ("account", "from", "to", "opening")


@dataclass(frozen=True, slots=True)
class AskingRules:
    """When an order is asked for at the gateway."""

    after: timedelta
    at_most_every: timedelta
    expires_after: timedelta

    def next(self, asked: int, now: datetime, expires_at: datetime) -> datetime:
        """When to ask again.

        Args:
            asked: how often it was.
            now: when it was last, or when the order was made.
            expires_at: of the order; it is asked for then, too.
        """
        wait = min(self.after * 2 ** min(asked, 20), self.at_most_every)
        return min(now + wait, max(expires_at, now + self.after))


@dataclass(frozen=True, slots=True)
class Channels:
    """All of ``channels.yaml``.

    Attributes:
        back_date_days: how long ago a payment or an objection at an office may have come.
        advance_at_most: how much more than is owed a counter takes, in paise.
        posts: who has to do with counters.
        cash: the denominations, in paise.
    """

    prefix: str
    places: Mapping[str, Name]
    asking: AskingRules
    back_date_days: int
    advance_at_most: int
    posts: CounterPosts
    cash: tuple[int, ...]
    cheques: ChequeRules
    matching: MatchRules


@dataclass(frozen=True, slots=True)
class Banks:
    """All of ``banks.yaml``: the layouts, and the accounts of each."""

    layouts: Mapping[str, Layout]
    accounts: Mapping[str, tuple[str, ...]]


def channels(raw: Any) -> Channels:
    """Check and build what a city wrote. Raises Mistakes: each with its place."""
    read = Reading()
    parts = ("receipts", "gateway", "office", "counter", "cash", "cheques", "matching")
    top = read.mapping("file", raw, parts)
    receipts = read.mapping("receipts", top["receipts"], ("prefix", "places"))
    prefix = read.text("receipts, prefix", receipts["prefix"])
    if prefix and not _PREFIX.fullmatch(prefix):
        read.wrong("receipts, prefix", "must be 1 to 6 capitals")
    office = read.mapping("office", top["office"], ("back_date_days",))
    counter = read.mapping("counter", top["counter"], _COUNTER)
    places = {}
    for code, name in read.mapping("receipts, places", receipts["places"], (), None).items():
        place = f"receipts, places, {code}"
        if not _PLACE.fullmatch(str(code)) or code in (ONLINE, BANK):
            read.wrong(place, "a place is 2 to 12 capitals and digits, and not ONLINE or BANK")
        places[str(code)] = read.name(place, read.mapping(place, name, ("mr", "en")))
    found = Channels(
        prefix=prefix,
        places=places,
        asking=_asking(read, top["gateway"]),
        back_date_days=read.whole("office, back_date_days", office["back_date_days"], 0, 366),
        advance_at_most=read.rupees("counter, advance_at_most", counter["advance_at_most"]),
        posts=CounterPosts(
            frozenset(_words(read, "counter, cashiers", counter["cashiers"])),
            frozenset(_words(read, "counter, supervisors", counter["supervisors"])),
        ),
        cash=tuple(read.rupees(place, each) for place, each in read.items("cash", top["cash"])),
        cheques=_cheques(read, top["cheques"]),
        matching=_matching(read, top["matching"]),
    )
    read.stop_if_wrong()
    return found


def _asking(read: Reading, raw: Any) -> AskingRules:
    fields = ("ask_after_min", "ask_at_most_every_min", "expire_after_h")
    given = read.mapping("gateway", raw, fields)
    after = read.whole("gateway, ask_after_min", given["ask_after_min"], 1, 600)
    every = read.whole(
        "gateway, ask_at_most_every_min", given["ask_at_most_every_min"], after, 1_440
    )
    hours = read.whole("gateway, expire_after_h", given["expire_after_h"], 1, 720)
    return AskingRules(timedelta(minutes=after), timedelta(minutes=every), timedelta(hours=hours))


def _cheques(read: Reading, raw: Any) -> ChequeRules:
    fields = ("valid_months", "margin_days", "ahead_days", "reasons")
    given = read.mapping("cheques", raw, fields)
    reasons = {}
    for code, each in read.mapping("cheques, reasons", given["reasons"], (), None).items():
        place = f"cheques, reasons, {code}"
        if not isinstance(code, str) or not _REASON.fullmatch(code):
            read.wrong(place, 'a reason is two digits in quotes, like "01"')
        said = read.mapping(place, each, ("mr", "en", "fee"))
        fee = read.flag(f"{place}, fee", said["fee"])
        reasons[str(code)] = ReturnReason(str(code), read.name(place, said), fee)
    return ChequeRules(
        valid_months=read.whole("cheques, valid_months", given["valid_months"], 1, 12),
        margin_days=read.whole("cheques, margin_days", given["margin_days"], 0, 60),
        ahead_days=read.whole("cheques, ahead_days", given["ahead_days"], 0, 366),
        reasons=reasons,
    )


def _matching(read: Reading, raw: Any) -> MatchRules:
    fields = (
        "references",
        "purposes",
        "weights",
        "least_score",
        "least_name",
        "titles",
        "posting",
    )
    given = read.mapping("matching", raw, fields)
    references = read.mapping("matching, references", given["references"], tuple(Reference))
    purposes = []
    for place, each in read.items("matching, purposes", given["purposes"]):
        said = read.mapping(place, each, ("words", "purpose"))
        purpose = read.one_of(f"{place}, purpose", said["purpose"], tuple(Purpose))
        words = _pattern(read, f"{place}, words", said["words"])
        if purpose and words is not None:
            purposes.append((words, Purpose(purpose)))
    weights = read.mapping("matching, weights", given["weights"], ("reference", "amount", "name"))
    weighed = {
        name: read.whole(f"matching, weights, {name}", weights[name], 0, 100)
        for name in ("reference", "amount", "name")
    }
    if not read.found and sum(weighed.values()) != 100:
        read.wrong("matching, weights", "must sum to 100")
    posting = read.one_of("matching, posting", given["posting"], tuple(Posting))
    titles = [
        read.text(place, each) for place, each in read.items("matching, titles", given["titles"])
    ]
    return MatchRules(
        patterns={
            kind: _patterns(read, f"matching, references, {kind}", references[kind])
            for kind in Reference
        },
        purposes=tuple(purposes),
        weights=weighed,
        least_score=read.whole("matching, least_score", given["least_score"], 1, 100),
        least_name=read.whole("matching, least_name", given["least_name"], 1, 100),
        titles=frozenset(each.casefold() for each in titles),
        posting=Posting(posting or Posting.NEVER),
    )


def banks(raw: Any) -> Banks:
    """Check and build what a city wrote of its banks. Raises Mistakes: each with its place."""
    read = Reading()
    top = read.mapping("file", raw, ("layouts",))
    layouts, accounts = {}, {}
    for place, code, each in read.entries("layouts", top["layouts"]):
        fields = ("name", "accounts", "delimiter", "dates", "columns", "head", "foot", "utr")
        given = read.mapping(place, each, fields)
        delimiter = read.one_of(f"{place}, delimiter", given["delimiter"], (",", ";", "\t", "|"))
        layouts[code] = Layout(
            code=code,
            name=read.text(f"{place}, name", given["name"]),
            delimiter=delimiter or ",",
            dates=_words(read, f"{place}, dates", given["dates"]),
            columns=_spellings(
                read,
                f"{place}, columns",
                given["columns"],
                tuple(each for each in COLUMNS if each not in _OPTIONAL_COLUMNS),
                COLUMNS,
            ),
            head=_spellings(read, f"{place}, head", given["head"], _NEEDED_HEAD, HEAD),
            foot=_spellings(read, f"{place}, foot", given["foot"], ("credits", "closing"), FOOT),
            utr=_patterns(read, f"{place}, utr", given["utr"]),
        )
        accounts[code] = _words(read, f"{place}, accounts", given["accounts"])
    read.stop_if_wrong()
    return Banks(layouts, accounts)


def _spellings(
    read: Reading, place: str, raw: Any, needed: tuple[str, ...], known: tuple[str, ...]
) -> dict[str, tuple[str, ...]]:
    given = read.mapping(place, raw, needed, [each for each in known if each not in needed])
    return {name: _words(read, f"{place}, {name}", given[name]) for name in known if name in given}


def _words(read: Reading, place: str, raw: Any) -> tuple[str, ...]:
    return tuple(read.text(inner, each) for inner, each in read.items(place, raw))


def _patterns(read: Reading, place: str, raw: Any) -> tuple[re.Pattern[str], ...]:
    found = (_pattern(read, inner, each) for inner, each in read.items(place, raw))
    return tuple(each for each in found if each is not None)


def _pattern(read: Reading, place: str, raw: Any) -> re.Pattern[str] | None:
    if not isinstance(raw, str) or not raw:
        read.wrong(place, "must be a regular expression")
        return None
    try:
        return re.compile(raw)
    except re.error as error:
        read.wrong(place, f"is no regular expression: {error}")
        return None
