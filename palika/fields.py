"""Kinds of marshmallow fields that the services' schemas share."""

import base64
from datetime import UTC, date, datetime
from typing import Any

from marshmallow import ValidationError, fields, validate

from palika.errors import Invalid
from palika.india import normal_phone
from palika.moments import in_utc
from palika.text import NO_TEXT, is_blank, plain_digits


class Words(fields.String):
    """Text for people: trimmed; something is seen of it; no control characters except tab and new
    line."""

    def __init__(self, longest: int, **options: Any) -> None:
        super().__init__(validate=validate.Length(max=longest), **options)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs).strip()
        found = NO_TEXT.search(text)
        if found is not None:
            raise ValidationError(
                f"has a character that cannot be stored: U+{ord(found[0]):04X} "
                f"at position {found.start() + 1}"
            )
        if is_blank(text):
            raise ValidationError("must not be empty")
        return text


class Phone(Words):
    """A telephone number, kept as ``+`` and digits."""

    def __init__(self, **options: Any) -> None:
        super().__init__(longest=30, **options)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        try:
            return normal_phone(super()._deserialize(value, attr, data, **kwargs))
        except Invalid as error:
            raise ValidationError(error.fields["phone"]) from error


class Base64(fields.Field[bytes]):
    """Bytes, in base64 when they come in: the body of a webhook, as it came."""

    def __init__(self, longest: int, **options: Any) -> None:
        """Prepare; ``longest`` is in characters of base64."""
        super().__init__(**options)
        self._longest = longest

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> bytes:
        if not isinstance(value, str):
            raise ValidationError("must be base64")
        if len(value) > self._longest:
            raise ValidationError(f"must not be longer than {self._longest} characters")
        try:
            return base64.b64decode(value, validate=True)
        except ValueError as error:
            raise ValidationError("must be base64") from error


class Date(fields.Date):
    """A day (2026-07-01), in either script's digits when it comes in."""

    def __init__(self, **options: Any) -> None:
        said = {"invalid": "must be a day like 2026-04-01"}
        super().__init__(**{"error_messages": said, **options})

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> date:
        given = plain_digits(value) if isinstance(value, str) else value
        day: date = super()._deserialize(given, attr, data, **kwargs)
        return day


class Moment(fields.AwareDateTime):
    """An aware time: ISO 8601 with a zone when it comes in, UTC with ``Z`` when it goes out; its
    digits may be of either script.

    It also takes an aware ``datetime``, so that events are made of what the models hold. It gives
    UTC, of the years that ``palika.moments`` names.
    """

    def __init__(self, **options: Any) -> None:
        said = "must be a time with its zone, like 2026-04-01T10:30:00+05:30"
        messages = dict.fromkeys(("invalid", "invalid_awareness"), said)
        super().__init__(**{"error_messages": messages, **options})

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> datetime:
        if not isinstance(value, datetime) or value.tzinfo is None:
            value = plain_digits(value) if isinstance(value, str) else value
            value = super()._deserialize(value, attr, data, **kwargs)
        try:
            return in_utc(value)
        except ValueError as error:
            raise ValidationError(str(error)) from error

    def _serialize(self, value: datetime | None, attr: Any, obj: Any, **kwargs: Any) -> Any:
        if value is None:
            return None
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
