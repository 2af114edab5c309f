"""Kinds of marshmallow fields that only this service's schemas have."""

from enum import IntEnum
from typing import Any

from marshmallow import ValidationError, fields

from palika import fields as shared
from services.eoffice.documents.setting import unprintable
from services.eoffice.domain.markup import TURNING


class Words(shared.Words):
    """Text for people, in which letters stand in the order in which they are shown: what an officer
    reads is what is kept."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if found := TURNING.search(text):
            raise ValidationError(
                f"has a character that turns the order of letters: U+{ord(found[0]):04X} "
                f"at position {found.start() + 1}"
            )
        return text


class Printed(Words):
    """Words that stand on papers: the fonts of documents have a glyph for each character. One rule
    for all that is printed (``documents.unprintable``): what a citizen is given, and what a court
    reads, says what was entered, and no codes in its place."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if none := unprintable(text):
            raise ValidationError(
                f"has what cannot be printed: {', '.join(none[:5])}; papers are printed in "
                "Devanagari, Latin and Urdu letters"
            )
        return text


class Grade(fields.Field[int]):
    """A grade of a scale, written as its name in small letters: ``top_secret``."""

    def __init__(self, scale: type[IntEnum], **options: Any) -> None:
        super().__init__(**options)
        self._scale = scale

    def _serialize(self, value: Any, attr: Any, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else self._scale(value).name.lower()

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> IntEnum:
        for each in self._scale:
            if value == each.name.lower():
                return each
        known = ", ".join(each.name.lower() for each in self._scale)
        raise ValidationError(f"must be one of: {known}")
