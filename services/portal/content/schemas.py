"""The files of a site: what each may say. ``data/site/README.md`` tells it to who writes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from marshmallow import ValidationError, fields, validate, validates_schema

from services.portal.content.fields import (
    Both,
    Day,
    LocalMoment,
    Strict,
    Written,
    address,
    code,
    codes,
    paise,
    texts,
)

NOTICE_KINDS: Final = ("public", "hearing", "water", "traffic", "recruitment", "auction", "health")
DOCUMENT_KINDS: Final = (
    *("act", "rules", "policy", "budget", "plan", "report", "form", "circular", "charter"),
    *("minutes", "resolution", "map", "guide"),
)
OFFICE_KINDS: Final = ("head", "ward", "hospital", "fire", "centre", "other")
GROUPS: Final = ("commissioner", "elected", "head", "ward", "officer")


class Link(Strict):
    """A link with its words."""

    title = Both(200, required=True)
    url = address(required=True)


class Source(Strict):
    """Where a fact is from; a law has no address."""

    title = Both(300, required=True)
    url = address(load_default=None)


class Contact(Strict):
    """How an office is reached."""

    address = Both(400, required=True)
    phone = Written(60, required=True)
    email = Written(120, load_default=None)
    hours = Both(200, load_default=None)


class Quick(Strict):
    """A task of the start page."""

    title = Both(60, required=True)
    hint = Both(120, required=True)
    icon = code(required=True)
    url = address(required=True)


class Emergency(Strict):
    """A number that is called in need."""

    name = Both(80, required=True)
    phone = Written(20, required=True)


class CitySchema(Strict):
    """``site.yaml`` of the whole site."""

    name = Both(120, required=True)
    short = Both(40, required=True)
    motto = Both(160, required=True)
    # Said at the foot of every page, where this is not a real corporation's site.
    model = Both(400, load_default=None)
    devanagari_digits = fields.Boolean(required=True)
    owner = Both(120, required=True)
    contact = fields.Nested(Contact, required=True)
    helpline = fields.Nested(Emergency, required=True)
    emergency = fields.List(
        fields.Nested(Emergency), required=True, validate=validate.Length(min=1)
    )
    quick = fields.List(fields.Nested(Quick), required=True, validate=validate.Length(min=1))
    popular = codes()
    figures = fields.List(fields.String(), load_default=[])
    audiences = fields.Dict(code(), Both(80), required=True)
    departments = fields.Dict(code(), Both(120), required=True)
    links = fields.List(fields.Nested(Link), load_default=[])


class Picture(Strict):
    """A photograph of a gallery."""

    file = Written(120, required=True)
    alt = Both(200, required=True)
    caption = Both(300, required=True)
    credit = Both(120, required=True)


class SiteSchema(Strict):
    """``sites/<slug>/site.yaml``: a micro-site."""

    name = Both(120, required=True)
    summary = Both(400, required=True)
    kind = fields.String(validate=validate.OneOf(("department", "programme")), required=True)
    department = code(required=True)
    icon = code(load_default="office")
    head = Both(120, required=True)
    contact = fields.Nested(Contact, required=True)
    kpis = fields.List(fields.String(), load_default=[])
    grievances = codes()
    gallery = fields.List(fields.Nested(Picture), load_default=[])
    links = fields.List(fields.Nested(Link), load_default=[])
    updated = Day(required=True)
    illustrative = fields.List(fields.String(), load_default=[])
    sources = fields.List(fields.Nested(Source), load_default=[])


class Keywords(Strict):
    """Words by which a document is found, beside those in it."""

    mr = fields.List(Written(60), load_default=[])
    en = fields.List(Written(60), load_default=[])


class DocumentSchema(Strict):
    """What every document has."""

    title = Both(200, required=True)
    summary = Both(500, required=True)
    department = code(load_default=None)
    updated = Day(required=True)
    tags = codes()
    keywords = fields.Nested(Keywords, load_default={"mr": [], "en": []})
    sources = fields.List(fields.Nested(Source), load_default=[])
    # Of which fields the figures are examples, because no source was found for them.
    illustrative = fields.List(fields.String(), load_default=[])
    from_ = Day(data_key="from", load_default=None)
    until = Day(load_default=None)

    @validates_schema
    def ends_after_it_begins(self, data: Mapping[str, Any], **_: Any) -> None:
        """``until`` is not before ``from``."""
        first, last = data.get("from_"), data.get("until")
        if first is not None and last is not None and last < first:
            raise ValidationError("must not be before from", "until")


class Fee(Strict):
    """What is paid; 0 paise is free of charge."""

    paise = paise(load_default=None)
    text = Both(300, load_default=None)

    @validates_schema
    def says_something(self, data: Mapping[str, Any], **_: Any) -> None:
        """One of the two at least."""
        if data.get("paise") is None and data.get("text") is None:
            raise ValidationError("must have paise or text", "text")


class Limit(Strict):
    """In how many days; under the Right to Public Services Act, if it is notified so."""

    days = fields.Integer(strict=True, validate=validate.Range(0, 3_650), load_default=None)
    text = Both(200, load_default=None)
    rts = fields.Boolean(load_default=False)

    @validates_schema
    def says_something(self, data: Mapping[str, Any], **_: Any) -> None:
        """One of the two at least."""
        if data.get("days") is None and data.get("text") is None:
            raise ValidationError("must have days or text", "text")


class ServiceSchema(DocumentSchema):
    """What a citizen can get or do."""

    department = code(required=True)
    audience = codes(required=True, validate=validate.Length(min=1))
    icon = code(load_default="service")
    needs = texts(required=True)
    fee = fields.Nested(Fee, required=True)
    limit = fields.Nested(Limit, required=True)
    where = texts(required=True, validate=validate.Length(min=1))
    legal = texts()
    officer = Both(200, load_default=None)
    appeal = texts()
    online = fields.Nested(Link, load_default=None)
    forms = codes()
    related = codes()


class NewsSchema(DocumentSchema):
    """What has happened."""

    from_ = Day(data_key="from", required=True)


class NoticeSchema(DocumentSchema):
    """What people are to know, from a day until a day."""

    from_ = Day(data_key="from", required=True)
    until = Day(required=True)
    number = Written(80, load_default=None)
    kind = fields.String(validate=validate.OneOf(NOTICE_KINDS), required=True)


class Corrigendum(Strict):
    """What was changed in a tender."""

    day = Day(required=True)
    text = Both(500, required=True)


class TenderSchema(DocumentSchema):
    """What the city wants to have done, and until when offers are taken."""

    department = code(required=True)
    from_ = Day(data_key="from", required=True)
    number = Written(80, required=True)
    closes = LocalMoment(required=True)
    opens = LocalMoment(load_default=None)
    estimate_paise = paise(load_default=None)
    deposit_paise = paise(load_default=None)
    fee_paise = paise(load_default=None)
    at = fields.Nested(Link, required=True)
    corrigenda = fields.List(fields.Nested(Corrigendum), load_default=[])

    @validates_schema
    def in_order(self, data: Mapping[str, Any], **_: Any) -> None:
        """Published, then closed, then opened."""
        if "from_" in data and "closes" in data and data["closes"].date() < data["from_"]:
            raise ValidationError("must not be before from", "closes")
        opens = data.get("opens")
        if opens is not None and "closes" in data and opens < data["closes"]:
            raise ValidationError("must not be before closes", "opens")


class PaperSchema(DocumentSchema):
    """A document that can be had: an act, a form, a budget."""

    kind = fields.String(validate=validate.OneOf(DOCUMENT_KINDS), required=True)
    day = Day(required=True)
    languages = fields.List(
        fields.String(validate=validate.OneOf(("mr", "en"))), load_default=["mr"]
    )
    file = Written(120, load_default=None)
    url = address(load_default=None)
    available = Both(300, load_default=None)

    @validates_schema
    def can_be_had(self, data: Mapping[str, Any], **_: Any) -> None:
        """A file, an address, or words that say where."""
        if not any(data.get(each) for each in ("file", "url", "available")):
            raise ValidationError(
                "must say where it is to be had, or have file or url", "available"
            )


class EventSchema(DocumentSchema):
    """What takes place, and where."""

    starts = LocalMoment(required=True)
    ends = LocalMoment(required=True)
    place = Both(200, required=True)
    cost = Both(120, load_default=None)
    contact = Both(200, load_default=None)

    @validates_schema
    def in_order(self, data: Mapping[str, Any], **_: Any) -> None:
        """It ends after it has begun."""
        if "starts" in data and "ends" in data and data["ends"] < data["starts"]:
            raise ValidationError("must not be before starts", "ends")


class PersonSchema(DocumentSchema):
    """A post, and who holds it. The title is the post."""

    name = Both(120, load_default=None)
    group = fields.String(validate=validate.OneOf(GROUPS), required=True)
    rank = fields.Integer(strict=True, validate=validate.Range(1, 10_000), required=True)
    office = Both(200, required=True)
    phone = Written(60, load_default=None)
    email = Written(120, load_default=None)
    ward = code(load_default=None)
    rti = Both(120, load_default=None)


class OfficeSchema(DocumentSchema):
    """Where people go."""

    kind = fields.String(validate=validate.OneOf(OFFICE_KINDS), required=True)
    address = Both(400, required=True)
    phone = Written(60, required=True)
    email = Written(120, load_default=None)
    hours = Both(200, required=True)
    ward = code(load_default=None)
    areas = Both(600, load_default=None)
    rank = fields.Integer(strict=True, validate=validate.Range(1, 10_000), load_default=100)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of documents: its folder, its schema, and whether each must have a text."""

    folder: str
    schema: DocumentSchema
    text: bool


KINDS: Final = {
    kind.folder: kind
    for kind in (
        Kind("services", ServiceSchema(), text=True),
        Kind("news", NewsSchema(), text=True),
        Kind("notices", NoticeSchema(), text=True),
        Kind("tenders", TenderSchema(), text=False),
        Kind("documents", PaperSchema(), text=False),
        Kind("events", EventSchema(), text=False),
        Kind("people", PersonSchema(), text=False),
        Kind("offices", OfficeSchema(), text=False),
        Kind("pages", DocumentSchema(), text=True),
    )
}
"""All kinds, by their folder."""

RESERVED: Final = frozenset({"archive", "rss", "new"})
"""No document may be called so: these are pages of their own."""
