"""The words by which a citizen opts out and in: ``data/consent.yaml``, read and checked."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from palika.reading import Reading
from services.notify.domain.care import ALWAYS, Purpose
from services.notify.domain.wording import LANGUAGES

_NO_LETTER: Final = re.compile(r"[\s.,!?:;।'\"“”‘’*_~-]+")
_UNSEEN: Final = re.compile("[\u200b-\u200f\u2060\ufe0f\ufeff]")
"""Joiners and marks that keyboards put between letters, and nobody sees."""
_DEVANAGARI: Final = re.compile("[\u0900-\u097f]")
_OPTIONAL: Final = tuple(each.value for each in Purpose if each not in ALWAYS)
_LONGEST: Final = 60
"""Characters: what is longer is no such word."""


@dataclass(frozen=True, slots=True)
class Word:
    """What a citizen has said about being written to.

    Attributes:
        agreed: True: opted in.
        purposes: of what.
        language: that it was said in: mr or en.
    """

    agreed: bool
    purposes: tuple[Purpose, ...]
    language: str


@dataclass(frozen=True, slots=True)
class ConsentWords:
    """The city's words.

    Attributes:
        stop, start: normalised.
        beside: normalised words that change nothing around the others: ``please``.
        purposes: by normalised word what it is about.
        stops, starts: what the words mean when they stand alone.
        names: of the purposes, by language.
        replies: by ``agreed`` and language.
        by_name: what is added, by language, where something was stopped that the word alone does
            not begin again.
    """

    stop: frozenset[str]
    start: frozenset[str]
    beside: frozenset[str]
    purposes: Mapping[str, Purpose]
    stops: tuple[Purpose, ...]
    starts: tuple[Purpose, ...]
    names: Mapping[Purpose, Mapping[str, str]]
    replies: Mapping[bool, Mapping[str, str]]
    by_name: Mapping[str, str]

    def read(self, text: str) -> Word | None:
        """What a message says about consent; None when it says something else."""
        if len(text) > _LONGEST:
            return None
        written = normal(text)
        bare = " ".join(each for each in written.split() if each not in self.beside)
        language = "mr" if _DEVANAGARI.search(text) else "en"
        return self._read(written, language) or self._read(bare, language)

    def _read(self, said: str, language: str) -> Word | None:
        for agreed, words, alone in (
            (False, self.stop, self.stops),
            (True, self.start, self.starts),
        ):
            if said in words:
                return Word(agreed, alone, language)
            for about, purpose in self.purposes.items():
                if any(said in (f"{each} {about}", f"{about} {each}") for each in words):
                    return Word(agreed, (purpose,), language)
        return None

    def reply(self, word: Word) -> str:
        """What is answered to a word, in its language."""
        about = ", ".join(self.names[each][word.language] for each in word.purposes)
        said = self.replies[word.agreed][word.language].replace("{about}", about)
        more = not word.agreed and not set(word.purposes) <= set(self.starts)
        return f"{said} {self.by_name[word.language]}" if more else said


def normal(text: str) -> str:
    """Text as words are compared: no capital letters, no marks, single blanks."""
    folded = unicodedata.normalize("NFC", _UNSEEN.sub("", text)).casefold()
    return _NO_LETTER.sub(" ", folded).strip()


def read_consent_words(raw: Any) -> ConsentWords:
    """Check and build.

    Raises:
        Mistakes: each with its place and the rule that it breaks.
    """
    reading = Reading()
    keys = ("stop", "start", "beside", "purposes", "stops", "starts", "names", "replies")
    top = reading.mapping("", raw, keys)
    about = reading.mapping("purposes", top["purposes"], _OPTIONAL)
    purposes: dict[str, Purpose] = {}
    for key in _OPTIONAL:
        for word in _words(reading, f"purposes, {key}", about[key]):
            purposes[word] = Purpose(key)
    stop = _words(reading, "stop", top["stop"])
    start = _words(reading, "start", top["start"])
    if twice := sorted(stop & start):
        reading.wrong("start", f"{twice[0]} is a word of stop as well")
    beside = _words(reading, "beside", top["beside"])
    for word in sorted(beside & (stop | start | purposes.keys())):
        reading.wrong("beside", f"{word} says something: it would be passed over")
    names = reading.mapping("names", top["names"], _OPTIONAL)
    replies = reading.mapping("replies", top["replies"], ("stopped", "started", "by_name"))
    found = ConsentWords(
        stop=stop,
        start=start,
        beside=beside,
        purposes=purposes,
        stops=_purposes(reading, "stops", top["stops"]),
        starts=_purposes(reading, "starts", top["starts"]),
        names={
            Purpose(key): _by_language(reading, f"names, {key}", names[key]) for key in _OPTIONAL
        },
        replies={
            agreed: _by_language(reading, f"replies, {key}", replies[key])
            for agreed, key in ((False, "stopped"), (True, "started"))
        },
        by_name=_by_language(reading, "replies, by_name", replies["by_name"]),
    )
    reading.stop_if_wrong()
    return found


def _words(reading: Reading, place: str, raw: Any) -> frozenset[str]:
    found = set()
    for at, each in reading.items(place, raw):
        word = normal(text := reading.text(at, each))
        if text and not word:
            reading.wrong(at, "has no letter: a message of marks alone would say it")
        found.add(word)
    return frozenset(found)


def _purposes(reading: Reading, place: str, raw: Any) -> tuple[Purpose, ...]:
    named = [reading.one_of(at, each, _OPTIONAL) for at, each in reading.items(place, raw)]
    return tuple(Purpose(each) for each in dict.fromkeys(named) if each)


def _by_language(reading: Reading, place: str, raw: Any) -> Mapping[str, str]:
    table = reading.mapping(place, raw, LANGUAGES)
    return {key: reading.text(f"{place}, {key}", table[key]) for key in LANGUAGES}
