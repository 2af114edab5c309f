"""Reading what a city wrote in YAML: it goes on after a mistake, so that each one is told at once.

A place is where a value stands, for whoever has to mend the file: ``heads, water, rules, 2``; what
stands in a list counts from 1.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from palika.text import Name

_CODE = re.compile(r"[a-z0-9]+([_-][a-z0-9]+)*", re.ASCII)
_LONGEST_CODE = 60
_PLACES_OF_PERCENT = 4
_LARGEST = 10**15

MISSING: Any = object()
"""Stands for what is not there, which is told once, where it should be."""


class Mistakes(ValueError):
    """What is wrong: each mistake as its place and the rule that it breaks."""

    def __init__(self, found: Sequence[tuple[str, str]]) -> None:
        self.found = tuple(found)
        super().__init__("; ".join(f"{place}: {rule}" for place, rule in found))


class Reading:
    """One reading. What is wrong is noted and something harmless given in its place.

    Attributes:
        found: the mistakes so far, as their places and rules.
    """

    def __init__(self) -> None:
        self.found: list[tuple[str, str]] = []

    def wrong(self, place: str, rule: str) -> None:
        """Note a mistake, once."""
        if (place, rule) not in self.found:
            self.found.append((place, rule))

    def doubts(self, place: str) -> bool:
        """Whether there is a mistake at a place, or in what stands there: what follows from it is
        no mistake of its own."""
        return any(at == place or at.startswith(f"{place}, ") for at, _ in self.found)

    def stop_if_wrong(self) -> None:
        """End the reading if there are mistakes. Raises Mistakes."""
        if self.found:
            raise Mistakes(self.found)

    def mapping(
        self,
        place: str,
        raw: Any,
        needed: Collection[str] = (),
        optional: Collection[str] | None = (),
    ) -> Mapping[str, Any]:
        """A mapping with these keys and no other; with any keys when ``optional`` is None.

        What is needed and not there is ``MISSING``.
        """
        if not isinstance(raw, Mapping):
            self._refuse(place, raw, "must be a mapping")
            return dict.fromkeys(needed, MISSING)
        # A misspelt key is one mistake, and told as one.
        told = []
        if missing := [key for key in needed if key not in raw]:
            told.append(f"{', '.join(missing)} missing")
        if optional is not None:
            known = [*needed, *optional]
            if unknown := [str(key) for key in raw if key not in known]:
                told.append(f"{', '.join(unknown)} not known; must be of: {', '.join(known)}")
        if told:
            self.wrong(place, "; ".join(told))
        return {**dict.fromkeys(needed, MISSING), **raw}

    def entries(self, place: str, raw: Any) -> Iterator[tuple[str, str, Any]]:
        """Each entry of a mapping of codes: its place, code and content; one at least."""
        table = self.mapping(place, raw, optional=None)
        if isinstance(raw, Mapping) and not raw:
            self.wrong(place, "there must be one at least")
        for code, each in table.items():
            inner = f"{place}, {code}"
            if isinstance(code, str) and _CODE.fullmatch(code) and len(code) <= _LONGEST_CODE:
                yield inner, code, each
            else:
                self.wrong(
                    inner, "a code is small letters and digits, parted by - or _, and of at most 60"
                )

    def items(self, place: str, raw: Any) -> Iterator[tuple[str, Any]]:
        """Each item of a list of one at least: its place and content."""
        if not isinstance(raw, list | tuple):
            self._refuse(place, raw, "must be a list")
            return
        if not raw:
            self.wrong(place, "there must be one at least")
        for at, each in enumerate(raw, 1):
            yield f"{place}, {at}", each

    def codes(self, place: str, raw: Any, known: Collection[str]) -> tuple[str, ...]:
        """A list of codes that are known, each once, in the order of ``known``; or ``all``."""
        if raw == "all":
            return tuple(known)
        given: set[str] = set()
        for inner, each in self.items(place, raw):
            code = self.one_of(inner, each, known)
            if code in given:
                self.wrong(inner, f"{code} is there twice")
            elif code:
                given.add(code)
        return tuple(code for code in known if code in given)

    def one_of(self, place: str, raw: Any, known: Collection[str]) -> str:
        """One of several words; empty when it is none of them."""
        if isinstance(raw, str) and raw in known:
            return raw
        self._refuse(place, raw, f"must be one of {', '.join(known)}")
        return ""

    def name(self, place: str, raw: Mapping[str, Any]) -> Name:
        """The names under ``mr`` and ``en``."""
        mr, en = raw.get("mr"), raw.get("en")
        if isinstance(mr, str) and mr.strip() and isinstance(en, str) and en.strip():
            return Name(mr.strip(), en.strip())
        self.wrong(place, "needs a name in mr and in en")
        return Name("", "")

    def text(self, place: str, raw: Any) -> str:
        """Text that is not empty."""
        if isinstance(raw, str) and raw.strip():
            return " ".join(raw.split())
        self._refuse(place, raw, "must be text")
        return ""

    def flag(self, place: str, raw: Any) -> bool:
        """Yes or no."""
        if isinstance(raw, bool):
            return raw
        self._refuse(place, raw, "must be true or false")
        return False

    def whole(self, place: str, raw: Any, least: int, most: int) -> int:
        """A whole number within bounds."""
        if type(raw) is int and least <= raw <= most:
            return raw
        self._refuse(place, raw, f"must be a whole number from {least} to {most}")
        return least

    def day(self, place: str, raw: Any) -> date:
        """A day, as 2026-04-01."""
        if type(raw) is date:
            return raw
        self._refuse(place, raw, "must be a day like 2026-04-01")
        return date.min

    def percent(self, place: str, raw: Any, most: int = 100) -> Fraction:
        """An exact percentage from 0 to ``most``, with four decimals at the most."""
        number = self._decimal(raw, _PLACES_OF_PERCENT)
        if number is not None and 0 <= number <= most:
            return Fraction(number)
        self._refuse(
            place,
            raw,
            f"must be a percentage from 0 to {most}, with {_PLACES_OF_PERCENT} decimals at the "
            "most",
        )
        return Fraction(0)

    def rupees(self, place: str, raw: Any) -> int:
        """Rupees, with two decimals at the most, as paise; 0 or more."""
        number = self._decimal(raw, 2)
        if number is not None and 0 <= number * 100 <= _LARGEST:
            return int(number * 100)
        self._refuse(place, raw, "must be rupees, with two decimals at the most")
        return 0

    def hundredths(self, place: str, raw: Any, most: int) -> int:
        """A number above 0, with two decimals at the most, as hundredths."""
        number = self._decimal(raw, 2)
        if number is not None and 0 < number <= most:
            return int(number * 100)
        self._refuse(
            place,
            raw,
            f"must be a number above 0 and of at most {most}, with two decimals at the most",
        )
        return 1

    def _refuse(self, place: str, raw: Any, rule: str) -> None:
        if raw is not MISSING:
            self.wrong(place, f"{rule}, not {_shown(raw)}")

    @staticmethod
    def _decimal(raw: Any, places: int) -> Decimal | None:
        """An exact number; a float is none, since it is not what was written."""
        if type(raw) is int and abs(raw) <= _LARGEST:
            return Decimal(raw)
        if isinstance(raw, Decimal) and raw.is_finite() and abs(raw) <= _LARGEST:
            exponent = raw.as_tuple().exponent
            if isinstance(exponent, int) and exponent >= -places:
                return raw
        return None


def _shown(raw: Any) -> str:
    return str(raw) if isinstance(raw, Decimal | date) else f"{raw!r:.60}"
