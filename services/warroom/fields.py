"""Kinds of marshmallow fields that only this service's schemas have."""

import re
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate

from palika.fields import Words
from palika.text import Name

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


class Names(Schema):
    """A name in both languages, in and out."""

    mr = Words(300, required=True)
    en = Words(300, required=True)

    @post_load
    def together(self, data: dict[str, Any], **_: Any) -> Name:
        """As the rules have it."""
        return Name(**data)
