"""The ladder of recovery as a city writes it: see ``data/notices.yaml``."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from palika.number_words import devanagari
from palika.text import Name
from services.tax.domain.notices import BILL, Ladder, StepRule, StopRule
from services.tax.domain.rates_rules import RulesReading

_OF_BASIS = ("source", "illustrative", "note")
_LONGEST_WAIT = 3_650
_NEEDED = ("mr", "en", "after", "waits_days", "fee_rupees", "least_rupees", "signed", "rule")
_SIGNED_AFTER_FIRST = "a step after the first one touches goods or premises: a person signs it"


def ladder(raw: Any) -> Ladder:
    """Make the ladder of what a city wrote.

    Args:
        raw: as YAML has it, with exact decimals: a float is refused.

    Raises:
        Mistakes: all that is missing, breaks a rule or contradicts something else.
    """
    return _Reader().read(raw)


def counted(raw: Any) -> tuple[Ladder, int, int]:
    """The ladder, how many rules it has, and how many of these cite a source. Raises as
    ``ladder``."""
    reader = _Reader()
    return reader.read(raw), reader.rules_read, reader.sourced_read


class _Reader(RulesReading):
    def read(self, raw: Any) -> Ladder:
        top = self.mapping("file", raw, ("sources", "repeat", "steps", "stops"))
        self.stop_if_wrong()
        self.read_sources(top["sources"])
        repeat = self.mapping("repeat", top["repeat"], ("months",), _OF_BASIS)
        self.basis("repeat", repeat, date.min, date.min)
        months = self.whole("repeat, months", repeat["months"], 1, 120)
        steps: dict[str, StepRule] = {}
        for place, code, each in self.entries("steps", top["steps"]):
            steps[code] = self._step(place, code, each, steps)
        if steps and BILL in steps:
            self.wrong(f"steps, {BILL}", "is what the ladder begins after, and no step of it")
        stops = {
            code: self._stop(place, code, each)
            for place, code, each in self.entries("stops", top["stops"])
        }
        for code in self.sources.keys() - self.cited:
            self.wrong(f"sources, {code}", "nothing cites it")
        self.stop_if_wrong()
        return Ladder(steps, stops, months)

    def _step(self, place: str, code: str, raw: Any, before: Mapping[str, StepRule]) -> StepRule:
        table = self.mapping(place, raw, _NEEDED, _OF_BASIS)
        # In the order of the file: a step waits for an earlier one, so there is no circle.
        known = tuple(before) if before else (BILL,)
        after = self.one_of(f"{place}, after", table["after"], known)
        signed = self.flag(f"{place}, signed", table["signed"])
        if before and table["signed"] is False:
            self.wrong(f"{place}, signed", _SIGNED_AFTER_FIRST)
        days = self.whole(f"{place}, waits_days", table["waits_days"], 1, _LONGEST_WAIT)
        return StepRule(
            code,
            self.name(place, table),
            after,
            days,
            self.rupees(f"{place}, fee_rupees", table["fee_rupees"]),
            self.rupees(f"{place}, least_rupees", table["least_rupees"]),
            signed,
            self._with_days(f"{place}, rule", table["rule"], days),
            self.basis(place, table, date.min, date.min),
        )

    def _stop(self, place: str, code: str, raw: Any) -> StopRule:
        table = self.mapping(place, raw, ("mr", "en", "rule"), _OF_BASIS)
        return StopRule(
            code,
            self.name(place, table),
            self._words(f"{place}, rule", table["rule"]),
            self.basis(place, table, date.min, date.min),
        )

    def _with_days(self, place: str, raw: Any, days: int) -> Name:
        """Words that name the waiting time as ``{days}``, so that both are never at odds."""
        words = self._words(place, raw)
        if words.mr and not all("{days}" in text for text in (words.mr, words.en)):
            self.wrong(place, "must name the waiting time, as {days}, in mr and in en")
        return Name(
            words.mr.replace("{days}", devanagari(days)), words.en.replace("{days}", str(days))
        )

    def _words(self, place: str, raw: Any) -> Name:
        return self.name(place, self.mapping(place, raw, ("mr", "en")))
