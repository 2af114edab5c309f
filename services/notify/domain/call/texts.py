"""What is said: the fields in a text, its parts in another language, and both made speech."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from palika.text import Name
from services.notify.domain import speech
from services.notify.domain.call.states import FACTS, Fact

_FIELD = re.compile(r"\{([a-z_]{1,30})\}")
_OTHER = re.compile(r"\[(mr|en)\|([^\[\]{}|]+)\]")
_SIGNS: Final = frozenset("{}[]|")


@dataclass(frozen=True, slots=True)
class Said:
    """Words to be spoken, in one language. They may be private: they are not shown by Python.

    Attributes:
        code: of the text: the state that says it, or ``again``, ``unheard``.
        language: mr or en.
        text: all words.
    """

    code: str
    language: str
    text: str

    def __repr__(self) -> str:
        return f"Said({self.code!r}, {self.language!r}, …)"


def fields_of(text: str) -> set[str]:
    """The names of the fields in a text."""
    return set(_FIELD.findall(text))


def is_well_formed(text: str) -> bool:
    """Whether all that looks like a field, or a part in another language, is one."""
    return _SIGNS.isdisjoint(_FIELD.sub("", _OTHER.sub("", text)))


def spoken(
    code: str, text: Name, language: str, facts: Mapping[str, Any], constants: Mapping[str, str]
) -> list[Said]:
    """A text with its fields filled, as parts of one language each.

    Raises:
        KeyError: a fact is not known: the table was not checked.
    """

    def worded(found: re.Match[str]) -> str:
        name = found[1]
        if name in constants:
            return speech.phone(constants[name], language)
        return _worded(FACTS[name], facts[name], language)

    parts: list[Said] = []
    end = 0
    whole = text.in_(language)
    for other in _OTHER.finditer(whole):
        parts.append(Said(code, language, _FIELD.sub(worded, whole[end : other.start()])))
        parts.append(Said(code, other[1], other[2]))
        end = other.end()
    parts.append(Said(code, language, _FIELD.sub(worded, whole[end:])))
    return [
        Said(each.code, each.language, each.text.strip()) for each in parts if each.text.strip()
    ]


def _worded(kind: Fact, value: Any, language: str) -> str:
    match kind:
        case Fact.AMOUNT:
            return speech.amount(value, language)
        case Fact.DAY:
            day = value if isinstance(value, date) else date.fromisoformat(value)
            return speech.day(day, language)
        case Fact.ID:
            return speech.digits(value, language)
        case Fact.PHONE:
            return speech.phone(value, language)
        case Fact.WORDS:
            words: str = value.get(language) or value["en"]
            return words
        case Fact.SECRET:
            raise KeyError("a secret is not said")
