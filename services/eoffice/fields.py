"""Kinds of marshmallow fields that only this service's schemas have."""

from enum import IntEnum
from typing import Any

from marshmallow import ValidationError, fields


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
