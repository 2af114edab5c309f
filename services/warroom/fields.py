"""Kinds of marshmallow fields that only this service's schemas have."""

import re
from datetime import date
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from palika.fields import Date, Words
from palika.text import Name
from services.warroom.domain.import_lines import FIRST_YEAR, LAST_YEAR, wrong_script

_CODE = re.compile(r"[A-Za-z0-9]+([./_-][A-Za-z0-9]+)*")


class Code(fields.String):
    """A code of letters and digits, with single ``.``, ``/``, ``_`` or ``-`` between."""

    def __init__(self, longest: int = 60, **options: Any) -> None:
        super().__init__(validate=validate.Length(max=longest), **options)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs).strip()
        if not _CODE.fullmatch(text):
            raise ValidationError("must be letters and digits, with single - _ . or / between")
        return text


class Day(Date):
    """A day of the years that an import takes too: a year that is mistyped is refused here, before
    any report of the city reckons with it."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> date:
        day = super()._deserialize(value, attr, data, **kwargs)
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise ValidationError(f"must be of the years {FIRST_YEAR} to {LAST_YEAR}")
        return day


class Names(Schema):
    """A name in both languages, in and out."""

    mr = Words(300, required=True)
    en = Words(300, required=True)

    @validates_schema(skip_on_field_errors=True)
    def own_scripts(self, data: dict[str, Any], **_: Any) -> None:
        """Each is in its own script."""
        wrong = {each: wrong_script(each, data[each]) for each in ("mr", "en")}
        if any(wrong.values()):
            raise ValidationError({each: [rule] for each, rule in wrong.items() if rule})

    @post_load
    def together(self, data: dict[str, Any], **_: Any) -> Name:
        """As the rules have it."""
        return Name(**data)
