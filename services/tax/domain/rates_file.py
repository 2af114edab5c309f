"""A rate sheet as a city writes it: see ``data/rates/pune.yaml`` and the README."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any, TypeVar

from palika.text import Name
from services.tax.domain.amnesty import Offer, Scheme
from services.tax.domain.half_year import HalfYear
from services.tax.domain.history import Basis, Dated, History
from services.tax.domain.interest import InterestRule
from services.tax.domain.rates import (
    BASES,
    OCCUPANCIES,
    OPEN_PLOT,
    USES,
    Band,
    Cell,
    Concession,
    Deduction,
    Head,
    LettingValue,
    Rate,
    Sheet,
)
from services.tax.domain.rates_rules import (
    HALVES,
    OF_BASIS,
    RulesReading,
    bands_of,
    interest_of,
    letting_values_of,
    percent_of,
    rates_of,
    relief_of,
    tiers_of,
)
from services.tax.domain.rebates import EarlyPayment, Window
from services.tax.domain.rounding import UNITS, Rounding

_NEEDED = (
    *("city", "covers", "rounding", "sources", "zones", "classes", "letting_values"),
    *("depreciation", "heads", "early_payment", "interest"),
)
_OPTIONAL = ("deductions", "concessions", "concessions_cap", "amnesty")
_RATE = ("percent", "slabs", "in_parts", "by_use")
K = TypeVar("K")
T = TypeVar("T")


def sheet(raw: Any) -> Sheet:
    """Make the rate sheet of what a city wrote.

    Args:
        raw: as YAML has it, with exact decimals: a float is refused.

    Raises:
        Mistakes: all that is missing, breaks a rule, leaves a gap or contradicts something else.
    """
    return _Reader().read(raw)


def counted(raw: Any) -> tuple[Sheet, int, int]:
    """The sheet, how many rules it has, and how many of these cite a source; the others are
    illustrative. Raises as ``sheet``."""
    reader = _Reader()
    found = reader.read(raw)
    return found, reader.rules_read, reader.sourced_read


class _Reader(RulesReading):
    def read(self, raw: Any) -> Sheet:
        top = self.mapping("file", raw, _NEEDED, _OPTIONAL)
        # Without these nothing else can be judged.
        self.stop_if_wrong()
        self.read_sources(top["sources"])
        covers = self.mapping("covers", top["covers"], ("from", "to"))
        self.first = self.half_year("covers, from", covers["from"])
        self.last = self.half_year("covers, to", covers["to"])
        if self.last < self.first:
            self.wrong("covers", "ends before it begins")
        self.stop_if_wrong()
        self.last_day = self.last.last_day
        nearest = self.mapping("rounding", top["rounding"], ("nearest", "half"))
        unit = self.one_of("rounding, nearest", nearest["nearest"], UNITS)
        self.one_of("rounding, half", nearest["half"], ("up",))
        self.zones = self._zones(top["zones"])
        self.classes = self._names("classes", top["classes"])
        found = Sheet(
            self.name("city", self.mapping("city", top["city"], ("mr", "en"))),
            self.first,
            self.last,
            Rounding(UNITS.get(unit, 1)),
            self.zones,
            self.classes,
            self._letting_values(top["letting_values"]),
            self._depreciation(top["depreciation"]),
            self._deductions(top.get("deductions")),
            heads := self._heads(top["heads"]),
            self._concessions(top.get("concessions"), heads),
            self._cap(top.get("concessions_cap")),
            self._early_payment(top["early_payment"], heads),
            self._interest(top["interest"]),
            self._amnesty(top.get("amnesty")),
            self.sources,
        )
        for claim in {each.code for each in found.deductions} & found.concessions.keys():
            self.wrong(f"concessions, {claim}", "there is a deduction of this code")
        for code in self.sources.keys() - self.cited:
            self.wrong(f"sources, {code}", "nothing cites it")
        self.stop_if_wrong()
        return found

    def _names(self, place: str, raw: Any) -> dict[str, Name]:
        return {
            code: self.name(inner, self.mapping(inner, each, ("mr", "en")))
            for inner, code, each in self.entries(place, raw)
        }

    def _zones(self, raw: Any) -> dict[str, Name]:
        """The zones' names; what has joined the city later has values from then on only."""
        found = {}
        self.zone_from: dict[str, HalfYear] = {}
        for place, code, each in self.entries("zones", raw):
            table = self.mapping(place, each, ("mr", "en"), ("from",))
            found[code] = self.name(place, table)
            begins = self.half_year(f"{place}, from", table["from"]) if "from" in table else None
            if begins is not None and not self.first <= begins <= self.last:
                self.wrong(f"{place}, from", "is not covered by the sheet")
            self.zone_from[code] = max(begins or self.first, self.first)
        return found

    # -- what the value is made of ------------------------------------------------------------

    def _letting_values(self, raw: Any) -> dict[Cell, History[LettingValue]]:
        place = "letting_values"
        read = partial(letting_values_of, self, zones=self.zones, classes=self.classes)
        rules = self.rules(
            f"{place}, rules", self._rules_in(place, raw), ("per", "rupees"), (), read
        )
        histories = self._by_key(rules)
        for zone in self.zones:
            for use in USES:
                cells: list[Cell] = [(zone, use, code) for code in self.classes]
                if use == OPEN_PLOT:
                    cells = [(zone, use, None)]
                begins = self.zone_from[zone]
                gaps = [
                    cell[2] or "" for cell in cells if not self._begins(histories.get(cell), begins)
                ]
                if gaps:
                    what = ", ".join(filter(None, (zone, use, *gaps)))
                    self.wrong(place, f"a gap: no value at {begins} for {what}")
        return histories

    def _depreciation(self, raw: Any) -> dict[str, History[tuple[Band, ...]]]:
        place = "depreciation"
        read = partial(bands_of, self, classes=self.classes)
        rules = self.rules(f"{place}, rules", self._rules_in(place, raw), ("bands",), (), read)
        histories = self._by_key(rules)
        for code in self.classes:
            if not self._begins(histories.get(code)):
                self.wrong(place, f"a gap: no bands at {self.first} for {code}")
        return histories

    def _deductions(self, raw: Any) -> tuple[Deduction, ...]:
        found = []
        for place, code, each in self.entries("deductions", raw) if raw is not None else ():
            table = self.mapping(
                place, each, ("mr", "en", "rules"), ("uses", "occupancies", "claimed")
            )
            read = partial(percent_of, self)
            rules = self.rules(f"{place}, rules", table["rules"], ("percent",), (), read)
            found.append(
                Deduction(
                    code,
                    self.name(place, table),
                    frozenset(self.codes(f"{place}, uses", table.get("uses", "all"), USES)),
                    frozenset(
                        self.codes(
                            f"{place}, occupancies", table.get("occupancies", "all"), OCCUPANCIES
                        )
                    ),
                    self.flag(f"{place}, claimed", table.get("claimed", False)),
                    self.history(rules),
                )
            )
        return tuple(found)

    # -- what the tax is made of --------------------------------------------------------------

    def _heads(self, raw: Any) -> dict[str, Head]:
        found = {}
        for place, code, each in self.entries("heads", raw):
            table = self.mapping(place, each, ("mr", "en", "rules"), ("base",))
            base = self.one_of(f"{place}, base", table.get("base", BASES[0]), BASES)
            read = partial(rates_of, self)
            rules: list[tuple[str, Dated[Mapping[str, Rate]]]] = self.rules(
                f"{place}, rules", table["rules"], (), _RATE, read
            )
            found[code] = Head(code, self.name(place, table), base, self.history(rules))
        return found

    def _concessions(self, raw: Any, heads: Mapping[str, Head]) -> dict[str, Concession]:
        if raw is None:
            return {}
        listed = list(self.entries("concessions", raw))
        known = [code for _, code, _ in listed]
        found = {}
        for place, code, each in listed:
            table = self.mapping(
                place, each, ("mr", "en", "heads", "combines_with", "rules"), ("uses",)
            )
            read = partial(relief_of, self)
            rules = self.rules(
                f"{place}, rules", table["rules"], ("percent",), ("cap_rupees",), read
            )
            with_ = table["combines_with"]
            others = self.codes(f"{place}, combines_with", with_, known) if with_ != "none" else ()
            found[code] = Concession(
                code,
                self.name(place, table),
                self.codes(f"{place}, heads", table["heads"], heads),
                frozenset(self.codes(f"{place}, uses", table.get("uses", "all"), USES)),
                frozenset(others) - {code},
                self.history(rules),
            )
        for code, concession in found.items():
            for other in sorted(concession.combines_with):
                if other in found and code not in found[other].combines_with:
                    self.wrong(
                        f"concessions, {code}, combines_with",
                        f"{other} does not combine with {code}: it must hold both ways",
                    )
        return found

    def _cap(self, raw: Any) -> History[Any]:
        place = "concessions_cap"
        if raw is None:
            return History()
        read = partial(percent_of, self)
        rules = self._rules_in(place, raw)
        return self.history(self.rules(f"{place}, rules", rules, ("percent",), (), read))

    # -- when it is paid ----------------------------------------------------------------------

    def _early_payment(self, raw: Any, heads: Mapping[str, Head]) -> EarlyPayment:
        place = "early_payment"
        table = self.mapping(place, raw, ("mr", "en", "heads", "rules", "windows"))
        read = partial(tiers_of, self)
        rules = self.rules(f"{place}, rules", table["rules"], ("tiers",), (), read)
        tiers = self.history(rules)
        if not self._begins(tiers):
            self.wrong(f"{place}, rules", f"a gap: nothing holds at {self.first}")
        return EarlyPayment(
            self.name(place, table),
            {
                code: heads[code].name
                for code in self.codes(f"{place}, heads", table["heads"], heads)
            },
            tiers,
            self._windows(f"{place}, windows", table["windows"]),
        )

    def _windows(self, place: str, raw: Any) -> dict[int, History[Window | None]]:
        by_year: dict[int, list[tuple[str, Dated[Window | None]]]] = defaultdict(list)
        for inner, each in self.items(place, raw):
            table = self.mapping(inner, each, ("year",), ("from", "to", "none", *OF_BASIS))
            year = self.year(f"{inner}, year", table["year"])
            if not self.first.year <= year <= self.last.year:
                self.wrong(f"{inner}, year", "is not covered by the sheet")
            begins, ends = date(year, 4, 1), date(year + 1, 3, 31)
            window = None
            if "none" not in table:
                if "from" not in table or "to" not in table:
                    self.wrong(inner, "must have either from and to, or none: true")
                    continue
                window = Window(
                    self.day(f"{inner}, from", table["from"]),
                    self.day(f"{inner}, to", table["to"]),
                )
                if date.min in (window.first_day, window.last_day):
                    continue
                if not begins <= window.first_day <= window.last_day <= ends:
                    self.wrong(inner, "must run from a day of its year to a later one of it")
            elif table["none"] is not True or "from" in table or "to" in table:
                self.wrong(inner, "must have either from and to, or none: true")
            # Without decided_on it is the usual one; two of them contradict each other.
            by_year[year].append((inner, Dated(window, self.basis(inner, table, begins, begins))))
        missing = [
            HalfYear(year, 1).financial_year
            for year in range(self.first.year, self.last.year + 1)
            if year not in by_year
        ]
        if missing:
            self.wrong(
                place,
                f"a gap: no window for {', '.join(missing)}; none: true says that there was none",
            )
        return {year: self.history(rules) for year, rules in by_year.items()}

    def _interest(self, raw: Any) -> History[InterestRule]:
        place = "interest"
        read = partial(interest_of, self)
        needed = ("percent_a_month", *HALVES)
        rules = self.rules(f"{place}, rules", self._rules_in(place, raw), needed, (), read)
        history = self.history(rules)
        if not self._begins(history):
            self.wrong(f"{place}, rules", f"a gap: nothing holds at {self.first}")
        return history

    def _amnesty(self, raw: Any) -> dict[str, Scheme]:
        found = {}
        for place, code, each in self.entries("amnesty", raw) if raw is not None else ():
            needed = ("mr", "en", "arrears_to", "lump_sum", "steps")
            table = self.mapping(place, each, needed, ("dues_below_rupees",))
            lump_sum = self.flag(f"{place}, lump_sum", table["lump_sum"])
            if table["lump_sum"] is False:
                self.wrong(f"{place}, lump_sum", "must be true: the ledger waives for no part")
            offers: list[Offer] = []
            for inner, step in self.items(f"{place}, steps", table["steps"]):
                offers.append(self._offer(inner, step))
                for at, other in enumerate(offers[:-1], 1):
                    if (
                        other.first_day <= offers[-1].last_day
                        and offers[-1].first_day <= other.last_day
                        and other.basis.decided_on == offers[-1].basis.decided_on
                    ):
                        self.wrong(inner, f"overlaps with step {at}, decided on the same day")
            found[code] = Scheme(
                code,
                self.name(place, table),
                self.half_year(f"{place}, arrears_to", table["arrears_to"]),
                lump_sum,
                tuple(offers),
                self.rupees(f"{place}, dues_below_rupees", table["dues_below_rupees"])
                if "dues_below_rupees" in table
                else None,
            )
        return found

    def _offer(self, place: str, raw: Any) -> Offer:
        table = self.mapping(place, raw, ("from", "to", "percent"), OF_BASIS)
        begins, ends = (self.day(f"{place}, {key}", table[key]) for key in ("from", "to"))
        if date.min < ends < begins:
            self.wrong(place, "ends before it begins")
        basis: Basis = self.basis(place, table, begins, begins)
        if basis.decided_on > begins > date.min:
            self.wrong(f"{place}, decided_on", "must not be after the step begins")
        return Offer(begins, ends, percent_of(self, place, table), basis)

    # -- what several parts need --------------------------------------------------------------

    def _rules_in(self, place: str, raw: Any) -> Any:
        return self.mapping(place, raw, ("rules",))["rules"]

    def _by_key(self, rules: list[tuple[str, Dated[dict[K, T]]]]) -> dict[K, History[T]]:
        """The history of each key of rules that each set several."""
        by_key: dict[K, list[tuple[str, Dated[T]]]] = defaultdict(list)
        for place, rule in rules:
            for key, value in rule.value.items():
                by_key[key].append((place, Dated(value, rule.basis)))
        return {key: self.history(listed) for key, listed in by_key.items()}

    def _begins(self, history: History[T] | None, from_: HalfYear | None = None) -> bool:
        """Whether something holds, and is known, when the sheet (or a part of it) begins."""
        day = (from_ or self.first).first_day
        return history is not None and history.at(day, day) is not None
