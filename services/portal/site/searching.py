"""Search over everything the site says, in both languages at once.

Words are made comparable by ``palika/words.py``; its glossary and the two texts of each document
let a Marathi word find the English page, and the reverse.
"""

import difflib
import math
import re
import threading
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from palika.text import Name, plain_digits
from palika.words import query_tokens, tokens, words
from services.portal.content import Content, Document, Site, markdown
from services.portal.content.links import address_of

_TITLE, _KEYWORD, _SUMMARY, _TEXT = 10.0, 7.0, 4.0, 1.0
_SATURATION: Final = 2.0
_KINDS_FIRST: Final = {
    "services": 1.6,
    "departments": 1.3,
    "pages": 1.2,
    "news": 0.8,
    "tenders": 0.8,
}
"""Who searches mostly wants to do something."""
_CLOSE: Final = 0.72
_LEAST: Final = 3


_GRIEVANCE: Final = re.compile(r"[A-Z]{1,10}-\d{4}-\d{1,12}", re.ASCII)
_PROPERTY: Final = re.compile(r"(?=.*\d)[A-Z0-9][A-Z0-9/-]{7,49}", re.ASCII)


def number_in(query: str) -> tuple[str, str] | None:
    """What a query is the number of, if it has the form of one, ``grievance`` or ``property``, and
    the number as it is written; whether there is one of it nobody is told here."""
    text = plain_digits(query).strip().upper()
    if _GRIEVANCE.fullmatch(text):
        return "grievance", text
    return ("property", text) if _PROPERTY.fullmatch(text) else None


@dataclass(frozen=True, slots=True)
class Entry:
    """A thing that can be found; ``address`` is without a language."""

    kind: str
    address: str
    title: Name
    summary: Name
    keywords: tuple[str, ...]
    texts: tuple[str, ...]
    whose: str | None


@dataclass(frozen=True, slots=True)
class Found:
    """What a search has found.

    Attributes:
        hits: the best first, of the kind that was asked for.
        kinds: how many of each kind.
        suggestion: the query with words that there are, if it found nothing.
    """

    hits: list[Entry] = field(default_factory=list)
    kinds: dict[str, int] = field(default_factory=dict)
    suggestion: str | None = None


class Index:
    """An index of the content; making it takes some hundred milliseconds.

    Attributes:
        of: of which version and day it is.
    """

    def __init__(self, content: Content, today: date) -> None:
        """Read all words of what is out on a day."""
        self.of = content.version, today
        out = (each for each in content.all() if each.shown(today))
        self._entries = [*map(_of_document, out), *map(_of_site, content.sites.values())]
        self._weights: dict[str, dict[int, float]] = defaultdict(dict)
        # The words that can be suggested, by script: nobody types one and reads the other.
        self._written: dict[bool, set[str]] = {True: set(), False: set()}
        for number, entry in enumerate(self._entries):
            self._add(number, entry)

    def _add(self, number: int, entry: Entry) -> None:
        parts = (
            (_TITLE, (entry.title.mr, entry.title.en)),
            (_KEYWORD, entry.keywords),
            (_SUMMARY, (entry.summary.mr, entry.summary.en)),
            (_TEXT, entry.texts),
        )
        for weight, texts in parts:
            for token, count in Counter(_all_tokens(texts)).items():
                row = self._weights[token]
                row[number] = row.get(number, 0.0) + weight * count / (count + _SATURATION)
            if weight != _TEXT:
                for text in texts:
                    self._learn(text)

    def _learn(self, text: str) -> None:
        for word in words(text):
            if len(word) >= _LEAST and not word.isdigit():
                self._written[word.isascii()].add(word)

    def find(self, query: str, kind: str = "") -> Found:
        """What has all words of a query or, if nothing has, as many of them as there are.

        Args:
            query: as somebody typed it.
            kind: only hits of this kind; all, if empty.
        """
        wanted = query_tokens(query)
        if not wanted:
            return Found()
        scores = self._scored(wanted)
        if not scores:
            return Found(suggestion=self._suggested(query))
        ranked = sorted(scores, key=lambda number: (-scores[number], number))
        entries = [self._entries[number] for number in ranked]
        counts = Counter(each.kind for each in entries)
        suggestion = (
            None if all(each in self._weights for each in wanted) else self._suggested(query)
        )
        return Found(
            [each for each in entries if kind in ("", each.kind)], dict(counts), suggestion
        )

    def _scored(self, wanted: list[str]) -> dict[int, float]:
        known = [each for each in wanted if each in self._weights]
        if not known:
            return {}
        scores: dict[int, float] = {}
        having: Counter[int] = Counter()
        for token in known:
            row = self._weights[token]
            rare = math.log(1 + len(self._entries) / len(row))
            for number, weight in row.items():
                having[number] += 1
                scores[number] = scores.get(number, 0.0) + weight * rare
        most = max(having.values())
        return {
            number: score * _KINDS_FIRST.get(self._entries[number].kind, 1.0)
            for number, score in scores.items()
            if having[number] == most
        }

    def _suggested(self, query: str) -> str | None:
        """The query with each unknown word in place of a written one that looks like it."""
        found, changed = [], False
        for word in words(query):
            if any(token in self._weights for token in tokens(word)):
                found.append(word)
                continue
            better = difflib.get_close_matches(word, self._written[word.isascii()], 1, _CLOSE)
            found += better
            changed = changed or bool(better)
        return " ".join(found) if changed else None


_making = threading.Lock()
_made: list[Index] = []


def search_index(content: Content, today: date) -> Index:
    """The index of this content; made at the first search of a day, or after it has changed."""
    with _making:
        if not _made or _made[0].of != (content.version, today):
            _made[:] = [Index(content, today)]
        return _made[0]


def _of_document(document: Document) -> Entry:
    facts = document.facts
    keywords = (*facts["keywords"]["mr"], *facts["keywords"]["en"], *facts["tags"])
    return Entry(
        document.kind,
        address_of(document),
        document.title,
        document.summary,
        (*keywords, *_names(facts)),
        tuple(markdown.plain(text) for text in document.texts.values()),
        document.site,
    )


def _of_site(site: Site) -> Entry:
    return Entry(
        "departments",
        f"/departments/{site.slug}",
        site.name,
        site.summary,
        (site.facts["head"].mr, site.facts["head"].en),
        tuple(markdown.plain(text) for text in site.texts.values()),
        site.slug,
    )


def _names(facts: Any) -> Iterable[str]:
    """What else of a document people search: its number, its place, who holds a post."""
    for name in ("number", "name", "place", "areas", "address", "office", "ward"):
        value = facts.get(name)
        if isinstance(value, Name):
            yield from (value.mr, value.en)
        elif value:
            yield str(value)


def _all_tokens(texts: Iterable[str]) -> Iterable[str]:
    for text in texts:
        yield from tokens(text)
