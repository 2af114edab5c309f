"""Kinds of marshmallow fields that only this service's schemas are made of."""

from typing import Any

from marshmallow import ValidationError

from palika.errors import Invalid
from palika.fields import Words
from services.tax.domain.contact import normal_phone


class Phone(Words):
    """A telephone number, kept as ``+`` and digits."""

    def __init__(self, **options: Any) -> None:
        super().__init__(longest=30, **options)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        try:
            return normal_phone(super()._deserialize(value, attr, data, **kwargs))
        except Invalid as error:
            raise ValidationError(error.fields["phone"]) from error
