"""Kinds of fields that the files of a site have. Mistakes name the field and the rule."""

import re
from datetime import date, datetime
from typing import Any, Final

from marshmallow import Schema, ValidationError, fields, validate

from palika.fields import Words
from palika.india import INDIA
from palika.text import Name, plain_digits

SLUG: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
UNFILLED: Final = "TODO"
"""Stands in what ``palika site new`` writes, until somebody has filled it in."""

_PATH: Final = re.compile(r"/[a-z0-9/_.#?=&%-]*", re.IGNORECASE)
_OUTSIDE: Final = re.compile(r"https://[^\s<>\"]+")


class Written(Words):
    """Text of a person, filled in."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if UNFILLED in text:
            raise ValidationError(f"is still to be written ({UNFILLED})")
        return text


class Both(fields.Field[Name]):
    """A text in both languages, ``{mr: …, en: …}``; loaded it is a ``palika.text.Name``."""

    def __init__(self, longest: int = 300, **options: Any) -> None:
        super().__init__(**options)
        self.longest = longest
        self._one = Written(longest)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Name:
        if not isinstance(value, dict):
            raise ValidationError("must be in both languages: {mr: …, en: …}")
        wrong: dict[str, Any] = {name: ["Unknown field."] for name in value if name not in _BOTH}
        texts: dict[str, str] = {}
        for language in _BOTH:
            if language not in value:
                wrong[language] = [f"the {_BOTH[language]} text is missing"]
                continue
            try:
                texts[language] = self._one.deserialize(value[language])
            except ValidationError as error:
                wrong[language] = error.messages
        if wrong:
            raise ValidationError(wrong)
        return Name(texts["mr"], texts["en"])


_BOTH: Final = {"mr": "Marathi", "en": "English"}


class Day(fields.Field[date]):
    """A day, as YAML has it: 2026-11-29."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> date:
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        raise ValidationError("must be a day like 2026-04-01")


class LocalMoment(fields.Field[datetime]):
    """A day and a time of India, 2026-12-14 15:00; loaded it is aware."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> datetime:
        if isinstance(value, str):
            try:
                value = datetime.strptime(plain_digits(value).strip(), "%Y-%m-%d %H:%M")  # noqa: DTZ007
            except ValueError:
                value = None
        if not isinstance(value, datetime):
            raise ValidationError("must be a day and a time like 2026-12-14 15:00")
        return value.replace(tzinfo=INDIA) if value.tzinfo is None else value.astimezone(INDIA)


def code(**options: Any) -> fields.Field[Any]:
    """A code, a slug: small letters, digits and hyphens."""
    rule = "must be small letters, digits and hyphens"
    return fields.String(validate=validate.Regexp(rf"\A{SLUG.pattern}\Z", error=rule), **options)


def codes(**options: Any) -> fields.Field[Any]:
    """Several of them."""
    return fields.List(code(), **_empty_unless(options))


def texts(longest: int = 400, **options: Any) -> fields.Field[Any]:
    """Several texts in both languages."""
    return fields.List(Both(longest), **_empty_unless(options))


def _empty_unless(options: dict[str, Any]) -> dict[str, Any]:
    return options if options.get("required") else {"load_default": [], **options}


def paise(**options: Any) -> fields.Field[Any]:
    """An amount in paise, a whole number of 0 or more."""
    rule = "must be a whole number of paise, 0 or more"
    return fields.Integer(
        strict=True,
        validate=validate.Range(0, 10**15, error=rule),
        error_messages={"invalid": rule},
        **options,
    )


def address(**options: Any) -> fields.Field[Any]:
    """Where a link leads: ``/services/…`` of the site itself, without a language, or ``https://…``."""

    def check(value: str) -> None:
        if not (_PATH.fullmatch(value) or _OUTSIDE.fullmatch(value)):
            raise ValidationError("must be an address like /services/name or https://…")

    return fields.String(validate=check, **options)


class Strict(Schema):
    """Fields that are not known are mistakes, as marshmallow has it."""
