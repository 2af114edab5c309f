"""What programs send: kinds of fields, and how a query or a body of JSON is read.

A schema here says what a service takes, so that the document can tell it; whether it is right is
the service's to say. ``tests/unit/portal/test_api_arguments.py`` holds each to its service's own.
"""

from typing import Any, Final

from flask import request
from marshmallow import RAISE, Schema, ValidationError, fields, validate
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import RequestEntityTooLarge

from palika.errors import Invalid
from palika.fields import Date, Moment, Phone, Words
from palika.india import normal_phone
from services.portal.open311.arguments import check_utf8

NOTE: Final = 2_000
LANGUAGES: Final = ("mr", "en")
_WRONG: Final = "wrong arguments"


class Parser(FlaskParser):
    """Reads arguments; what is not asked for is refused, so that nothing is lost in silence."""

    DEFAULT_VALIDATION_STATUS = 400
    DEFAULT_UNKNOWN_BY_LOCATION = {"query": RAISE, "json": RAISE}

    def load_querystring(self, req: Any, schema: Schema) -> Any:
        check_utf8(req.query_string)
        return super().load_querystring(req, schema)

    def load_json(self, req: Any, schema: Schema) -> Any:
        if not req.is_json:
            if req.get_data(cache=True):
                raise Invalid(_WRONG, {"body": ["must be JSON, as application/json"]})
            return {}
        try:
            given = req.get_json(silent=False)
        except RequestEntityTooLarge:
            raise
        except (ValueError, RecursionError) as error:
            raise Invalid(_WRONG, {"body": ["must be JSON"]}) from error
        except Exception as error:
            # Flask's own word for it is an exception of HTTP.
            raise Invalid(_WRONG, {"body": ["must be JSON"]}) from error
        if not isinstance(given, dict):
            raise Invalid(_WRONG, {"body": ["must be an object of JSON"]})
        return given

    def handle_error(self, error: ValidationError, *_: Any, **__: Any) -> Any:
        (messages,) = error.normalized_messages().values()
        raise Invalid(_WRONG, messages) from error


def check_query() -> None:
    """Refuse a query where none is taken.

    Raises:
        Invalid: names each argument.
    """
    if request.args:
        raise Invalid(_WRONG, {name: ["Unknown field."] for name in request.args})


def schema_of(name: str, given: dict[str, Any]) -> type[Schema]:
    """A schema of these fields, which takes no others."""

    class Meta:
        unknown = RAISE
        ordered = True

    return type(name, (Schema,), {**given, "Meta": Meta})


def words(longest: int = NOTE, *, required: bool = False, about: str = "") -> fields.Field[Any]:
    """Text that people read."""
    return Words(longest, required=required, metadata=_told(about))


def code(longest: int = 100, *, required: bool = False, about: str = "") -> fields.Field[Any]:
    """A code, or the name of something."""
    length = validate.Length(1, longest)
    return fields.String(required=required, validate=length, metadata=_told(about))


def long_text(longest: int, *, required: bool = False, about: str = "") -> fields.Field[Any]:
    """Text that is taken as it is: base64, or a note with its marks."""
    length = validate.Length(max=longest)
    return fields.String(required=required, validate=length, metadata=_told(about))


def one_of(*values: str, required: bool = False, about: str = "") -> fields.Field[Any]:
    """One of a few words."""
    chosen = validate.OneOf(values)
    return fields.String(required=required, validate=chosen, metadata=_told(about))


def language(about: str = "Marathi, if nothing is said.") -> fields.Field[Any]:
    """The city's two."""
    return one_of(*LANGUAGES, about=about)


def key(*, required: bool = False, about: str = "") -> fields.Field[Any]:
    """An id."""
    return fields.UUID(required=required, metadata=_told(about))


def whole(
    least: int | None = None, most: int | None = None, *, required: bool = False, about: str = ""
) -> fields.Field[Any]:
    """A whole number, in either location."""
    between = validate.Range(least, most)
    return fields.Integer(required=required, validate=between, metadata=_told(about))


def degrees(most: int, *, required: bool = False) -> fields.Field[Any]:
    """A latitude or a longitude."""
    between = validate.Range(-most, most)
    return fields.Float(required=required, allow_nan=False, validate=between)


def yes(*, required: bool = False, about: str = "") -> fields.Field[Any]:
    """Yes or no; in a query ``true`` and ``false``."""
    return fields.Boolean(
        required=required, truthy={True, "true"}, falsy={False, "false"}, metadata=_told(about)
    )


def day(*, required: bool = False, none: bool = False, about: str = "") -> fields.Field[Any]:
    """A day, ``2026-07-01``."""
    return Date(required=required, allow_none=none, metadata=_told(about))


def moment(*, required: bool = False, about: str = "") -> fields.Field[Any]:
    """A time with its zone."""
    return Moment(required=required, metadata=_told(about))


def phone(*, required: bool = False, about: str = "") -> fields.Field[Any]:
    """A telephone number."""
    return Phone(required=required, metadata=_told(about))


class _Recipient(Words):
    """A telephone number, as ``+`` and digits, or an address of e-mail: what notify knows somebody
    by, and what is written down of who has looked at them."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if "@" in text:
            return text.casefold()
        try:
            return normal_phone(text)
        except Invalid as error:
            raise ValidationError("must be a telephone number or an address of e-mail") from error


def recipient(*, required: bool = False) -> fields.Field[Any]:
    """Who is told something."""
    about = "A telephone number or an address of e-mail."
    return _Recipient(254, required=required, metadata=_told(about))


def email() -> fields.Field[Any]:
    """An address of e-mail."""
    return fields.Email(validate=validate.Length(max=254))


def many(
    inner: fields.Field[Any], least: int = 1, most: int = 100, *, required: bool = False,
    about: str = "",
) -> fields.Field[Any]:  # fmt: skip
    """Several; in a query the argument is there several times."""
    length = validate.Length(least, most)
    return fields.List(inner, required=required, validate=length, metadata=_told(about))


def rows(schema: type[Schema], most: int, *, required: bool = True) -> fields.Field[Any]:
    """Several objects."""
    length = validate.Length(1, most)
    return fields.List(fields.Nested(schema), required=required, validate=length)


def anything(*, required: bool = False, about: str = "") -> fields.Field[Any]:
    """A value whose kind depends on something else."""
    return fields.Raw(required=required, metadata=_told(about))


def mapping(*, required: bool = False, about: str = "") -> fields.Field[Any]:
    """An object whose names depend on something else."""
    return fields.Dict(keys=fields.String(), required=required, metadata=_told(about))


def paging(most: int = 200, longest: int = 1_000) -> dict[str, fields.Field[Any]]:
    """A page of a list: where it begins and how long it is."""
    return {
        "cursor": code(longest, about="The `next` of the page before, with the same filters."),
        "limit": whole(1, most, about="How many at most."),
    }


def _told(about: str) -> dict[str, str]:
    return {"description": about} if about else {}
