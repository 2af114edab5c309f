"""Kinds of marshmallow fields that only this service's schemas are made of."""

from datetime import UTC, datetime
from typing import Any

from marshmallow import ValidationError, fields, validate

from palika.fields import Words
from palika.text import plain_digits
from services.grievance.domain.days import day
from services.grievance.domain.numbering import as_printed


class OneOrMany(fields.List):
    """One value or a list of them; it is a list when it is loaded, without repeats."""

    def __init__(self, inner: fields.Field, **options: Any) -> None:
        super().__init__(inner, validate=validate.Length(1, 100), **options)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> list[Any]:
        given = value if isinstance(value, list) else [value]
        return list(dict.fromkeys(super()._deserialize(given, attr, data, **kwargs)))


class Day(fields.String):
    """A day in India (``domain/days.py``), kept as it is said, in plain digits: a saved view's
    today moves on."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            day(text, datetime.now(UTC))
        except ValueError as error:
            raise ValidationError(str(error)) from error
        return plain_digits(text)


class Number(Words):
    """A grievance's number, in whichever case and digits; it is as printed when it is loaded."""

    def __init__(self, longest: int = 40, **options: Any) -> None:
        super().__init__(longest, **options)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        return as_printed(super()._deserialize(value, attr, data, **kwargs))
