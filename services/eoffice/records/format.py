"""The form of ``file.json``, as ``data/records/file.schema.json`` describes it."""

from marshmallow import Schema, fields, validate

from services.eoffice.documents import OFFICE
from services.eoffice.records.document import FORMAT, SEALED, VERSION

_HEX = validate.Regexp(r"^[0-9a-f]{64}\Z")


class _Name(Schema):
    mr = fields.String(required=True)
    en = fields.String(required=True)


class _Origin(_Name):
    code = fields.String(validate=validate.Regexp(OFFICE))


class _File(Schema):
    id = fields.UUID(required=True)
    number = fields.String(required=True, validate=validate.Length(1, 200))
    subject = fields.String(required=True, validate=validate.Length(1, 2_000))
    department = fields.String(required=True)
    head = fields.String(required=True)
    language = fields.String(required=True, validate=validate.OneOf(["mr", "en"]))
    secrecy = fields.String(
        required=True,
        validate=validate.OneOf(["normal", "confidential", "secret", "top_secret"]),
    )
    opened_at = fields.AwareDateTime(required=True)
    closed_at = fields.AwareDateTime(required=True)


class _Former(_Name):
    kind = fields.String(required=True, validate=validate.OneOf(["departments", "posts", "people"]))
    code = fields.String(required=True)
    until = fields.AwareDateTime(required=True)


class _Names(Schema):
    departments = fields.Dict(fields.String(), fields.Nested(_Name), required=True)
    heads = fields.Dict(fields.String(), fields.Nested(_Name), required=True)
    posts = fields.Dict(fields.String(), fields.Nested(_Name), required=True)
    people = fields.Dict(fields.String(), fields.Nested(_Name), required=True)
    former = fields.List(fields.Nested(_Former))


class _Act(Schema):
    position = fields.Integer(strict=True, required=True, validate=validate.Range(min=1))
    verb = fields.String(required=True)
    at = fields.AwareDateTime(required=True)
    post = fields.String(required=True, allow_none=True)
    person = fields.String(required=True, allow_none=True)
    capacity = fields.String(required=True, allow_none=True)
    data = fields.Dict(fields.String(), required=True)
    rows = fields.Dict(
        fields.String(),
        fields.Tuple((fields.Integer(strict=True), fields.String())),
        required=True,
    )
    key = fields.String(required=True)
    mac = fields.String(required=True, validate=_HEX)


class _Chain(Schema):
    id = fields.UUID(required=True)
    kind = fields.String(required=True)
    acts = fields.List(fields.Nested(_Act), required=True)


class _Root(Schema):
    root = fields.Integer(strict=True, required=True)
    length = fields.Integer(strict=True, required=True)
    head = fields.String(required=True)


class _Record(Schema):
    chains = fields.List(fields.Nested(_Chain), required=True, validate=validate.Length(min=1))
    roots = fields.List(fields.Nested(_Root), required=True)


_Rows = Schema.from_dict(
    {each: fields.List(fields.Dict(fields.String()), required=True) for each in SEALED},
    name="_Rows",
)


class Document(Schema):
    """The whole; what it does not know it refuses."""

    format = fields.String(required=True, validate=validate.Equal(FORMAT))
    version = fields.Integer(strict=True, required=True, validate=validate.Equal(VERSION))
    origin = fields.Nested(_Origin, required=True)
    file = fields.Nested(_File, required=True)
    names = fields.Nested(_Names, required=True)
    rows = fields.Nested(_Rows, required=True)
    certificates = fields.List(fields.Dict(fields.String()), required=True)
    paths = fields.Dict(fields.String(), fields.String(), required=True)
    record = fields.Nested(_Record, required=True)
