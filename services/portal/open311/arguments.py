"""What clients send, as the standard names it."""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote_to_bytes

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate, validates_schema
from webargs.flaskparser import FlaskParser
from webargs.multidictproxy import MultiDictProxy
from werkzeug.datastructures import MultiDict

from palika.errors import Invalid
from services.portal.open311 import times

MOST = 1_000
"""The standard's own: at most so many requests in one answer."""
_FORM = "application/x-www-form-urlencoded"
_NAME, _NAMED = 100, 10
"""So many bytes of a name, and so many names, are told again."""
_UTF8 = "must be text in UTF-8"
_ATTRIBUTE = re.compile(r"attribute\[([^\[\]]{1,100})\](\[\d*\])?")


class Parser(FlaskParser):
    """Reads arguments; an empty one is as one that is not there, as the standard has it."""

    DEFAULT_VALIDATION_STATUS = 400
    DEFAULT_UNKNOWN_BY_LOCATION = {"query": EXCLUDE, "form": EXCLUDE}

    def load_querystring(self, req: Any, schema: Schema) -> Any:
        check_utf8(req.query_string)
        return _given(req.args, schema)

    def load_form(self, req: Any, schema: Schema) -> Any:
        check_utf8(req.query_string)
        if req.mimetype == _FORM:
            check_utf8(req.get_data(cache=True))
        elif any("\ufffd" in each for _, each in req.form.items(multi=True)):
            raise Invalid("wrong arguments", {"form": [_UTF8]})
        # Some clients put api_key and jurisdiction_id into the address of a POST.
        return _given(req.values, schema)

    def handle_error(self, error: ValidationError, *_: Any, **__: Any) -> Any:
        (messages,) = error.normalized_messages().values()
        raise Invalid("wrong arguments", messages) from error


def check_utf8(encoded: bytes) -> None:
    """Refuse a form, or the arguments of an address, of which a part is in no UTF-8: it would be
    kept as something that nobody wrote.

    Raises:
        Invalid: names the arguments that are not, some at most.
    """
    wrong = {}
    for pair in encoded.split(b"&"):
        name, _, _ = pair.partition(b"=")
        try:
            unquote_to_bytes(pair).decode()
        except UnicodeDecodeError:
            wrong[unquote_to_bytes(name[:_NAME]).decode("utf-8", "replace")] = [_UTF8]
            if len(wrong) == _NAMED:
                break
    if wrong:
        raise Invalid("wrong arguments", wrong)


def _given(values: Any, schema: Schema) -> Any:
    given = MultiDict((name, each) for name, each in values.items(multi=True) if each.strip())
    return MultiDictProxy(given, schema)


class Several(fields.String):
    """Values with commas between; the argument may also be there several times."""

    is_multiple = True

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        parts = [part.strip() for each in value for part in each.split(",")]
        found = list(dict.fromkeys(part for part in parts if part))
        if not 1 <= len(found) <= MOST or any(len(each) > 200 for each in found):
            raise ValidationError(f"must be 1 to {MOST} values with commas between")
        return found


class Status(Several):
    """Some of the two."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        found = [each.lower() for each in super()._deserialize(value, attr, data, **kwargs)]
        if not {"open", "closed"}.issuperset(found):
            raise ValidationError("must be open, closed or both")
        return list(dict.fromkeys(found))


class Moment(fields.String):
    """A time in the W3C's form; with ``to_its_end`` a day means its last second."""

    def __init__(self, *, to_its_end: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self._to_its_end = to_its_end

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return times.read(text, to_its_end=self._to_its_end)
        except ValueError as error:
            raise ValidationError(str(error)) from error


class Common(Schema):
    """What every request may have."""

    jurisdiction_id = fields.String(
        metadata={"description": "Of the city; needed only where the endpoint says so."}
    )
    locale = fields.String(
        metadata={"description": "mr or en; else Accept-Language decides, else the city."}
    )
    api_key = fields.String(
        metadata={"description": "To read it is not needed; it shows what it has filed privately."}
    )


class Asked(Common):
    """The filters of GET requests."""

    service_request_id = Several(
        metadata={"description": "Ids with commas between; they override all other filters."}
    )
    service_code = Several(metadata={"description": "Codes with commas between."})
    start_date = Moment(
        metadata={"description": "The earliest requested_datetime.", "format": "date-time"}
    )
    end_date = Moment(
        to_its_end=True,
        metadata={
            "description": "The latest requested_datetime, 90 days later at most; a whole day.",
            "format": "date-time",
        },
    )
    status = Status(
        metadata={
            "description": "open, closed, or both with a comma between.",
            "pattern": "^(open|closed)(,(open|closed))*$",
        }
    )
    page = fields.Integer(
        load_default=1,
        validate=validate.Range(1, 1_000),
        metadata={"description": "The first page is 1."},
    )
    page_size = fields.Integer(load_default=MOST, validate=validate.Range(1, MOST))


class Report(Common):
    """A request that is filed; ``attribute[code]`` come beside it."""

    service_code = fields.String(required=True, validate=validate.Length(1, 100))
    lat = fields.Float(allow_nan=False)
    long = fields.Float(allow_nan=False)
    address_string = fields.String()
    address_id = fields.String(metadata={"description": "The city has none; refused alone."})
    description = fields.String(metadata={"description": "At most 4,000 characters."})
    email = fields.String()
    first_name = fields.String()
    last_name = fields.String()
    phone = fields.String()
    media_url = fields.List(
        fields.String(),
        validate=validate.Length(max=1, error="one picture is taken"),
        metadata={"description": "Where a picture is, http or https; it is not fetched."},
    )
    device_id = fields.String(metadata={"description": "Taken, and not kept."})
    account_id = fields.String(metadata={"description": "Taken, and not kept."})

    @validates_schema(skip_on_field_errors=True)
    def somewhere(self, data: dict[str, Any], **_: Any) -> None:
        """A place is needed: the point, or the words for it."""
        point = [name for name in ("lat", "long") if name in data]
        if len(point) == 1:
            missing = "long" if point == ["lat"] else "lat"
            raise ValidationError("lat and long come together", missing)
        if not point and "address_string" not in data:
            rule = "lat and long, or address_string, must be there"
            if "address_id" in data:
                rule += "; address_id alone says nothing here"
            raise ValidationError(rule, "address_string")


def attributes(values: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The answers among a form's fields: ``attribute[code]``, also repeated or with ``[]``.

    A question that is answered once has a text, one that is answered several times a list. Empty
    answers are none.
    """
    found: dict[str, list[str]] = {}
    for name, text in values:
        match = _ATTRIBUTE.fullmatch(name)
        if match and text.strip():
            found.setdefault(match[1], []).append(text)
    return {code: texts if len(texts) > 1 else texts[0] for code, texts in found.items()}
