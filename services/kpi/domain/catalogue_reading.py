"""What the files of the catalogue have in common: one reading a file, which notes every mistake."""

import math
import re
from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction
from typing import Any

from palika.reading import MISSING, Reading
from palika.text import Name
from services.kpi.domain.nearest import did_you_mean

Found = tuple[str, str, str]
"""A mistake: the file, the place in it (`kpis, 3, formula`), the rule."""

_DEVANAGARI = re.compile("[\u0904-\u0939]")
_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)
_LONGEST = 60
_LARGEST = 10**15


class Wrong(ValueError):
    """The catalogue has mistakes; `found` are all of them."""

    def __init__(self, found: Sequence[Found]) -> None:
        self.found = tuple(found)
        super().__init__("; ".join(f"{file}: {place}: {rule}" for file, place, rule in found))


class FileReading(Reading):
    """One file."""

    def table(self, place: str, raw: Any) -> Mapping[Any, Any]:
        """A mapping of whatever keys; an empty one if it is left out."""
        return {} if raw is None else self.mapping(place, raw, optional=None)

    def both(self, place: str, raw: Any) -> Name:
        """A text in Marathi and English; the Marathi is in Devanagari and the English is not."""
        if raw is MISSING:
            return Name("", "")
        given = self.mapping(place, raw, ("mr", "en"))
        texts = {}
        for language in ("mr", "en"):
            texts[language] = self.text(f"{place}, {language}", given[language])
            letters = bool(_DEVANAGARI.search(texts[language]))
            if texts[language] and letters != (language == "mr"):
                rule = "must be in Devanagari" if language == "mr" else "must be in English"
                self.wrong(f"{place}, {language}", rule)
        return Name(texts["mr"], texts["en"])

    def code(self, place: str, raw: Any) -> str:
        """A code: small letters and digits, parted by hyphens."""
        if isinstance(raw, str) and _CODE.fullmatch(raw) and len(raw) <= _LONGEST:
            return raw
        if raw is not MISSING:
            rule = f"small letters and digits, parted by -, at most {_LONGEST}; not {raw!r:.60}"
            self.wrong(place, rule)
        return ""

    def owner(self, place: str, raw: Any, posts: Collection[str]) -> str:
        """A post of the city; with no `posts`, any code."""
        code = self.code(place, raw)
        if code and posts and code not in posts:
            self.wrong(place, f"entry.yaml knows no post {code}{did_you_mean(code, posts)}")
        return code

    def some(self, place: str, raw: Any, known: Collection[str]) -> tuple[str, ...]:
        """A list, which may be empty, of words that are known, each once."""
        if not isinstance(raw, list):
            self.wrong(place, f"must be a list, not {raw!r:.60}")
            return ()
        found = [self.one_of(f"{place}, {at}", each, known) for at, each in enumerate(raw, 1)]
        if len(set(found)) != len(found):
            self.wrong(place, "the same twice")
        return tuple(each for each in known if each in found)

    def number(self, place: str, raw: Any) -> Fraction | None:
        """A number, exactly as it is written."""
        if type(raw) is int or (type(raw) is float and math.isfinite(raw)):
            number = Fraction(str(raw))
            if abs(number) <= _LARGEST:
                return number
        if raw is not MISSING:
            self.wrong(place, f"must be a number, not {raw!r:.60}")
        return None
