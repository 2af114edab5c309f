"""A filing as it comes in."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from palika.fields import Phone, Words
from services.grievance.domain.access import OPEN311

LANGUAGES = ("mr", "en")
CHANNELS = ("web", "app", "phone", "counter", "whatsapp", "email", "social", OPEN311)
IMPORT = "import"
"""The channel of what was not filed here but taken over from another system's records."""
RESERVED = ("import", "seed")
"""Sources that nobody files as: the one is no system, the other the demo's."""
_CONTACT = ("citizen_name", "citizen_phone", "citizen_email")

_language = validate.OneOf(LANGUAGES)


class Filing(Schema):
    """A grievance as a citizen, or somebody for them, files it.

    ``attributes`` answer the sub-category's own questions; with ``attributes_as_text`` they come
    from a form, which knows text only. With ``anonymous`` nobody is kept: who files it so follows
    it by the token in the answer. Where no ``ward`` is said, it is that in which the position lies.
    """

    category = Words(100, required=True)
    ward = Words(100, load_default=None)
    description = Words(4_000, required=True)
    attributes = fields.Dict(keys=fields.String(), load_default=dict)
    attributes_as_text = fields.Boolean(load_default=False, truthy={True}, falsy={False})
    media_url = fields.Url(
        schemes={"http", "https"},
        require_tld=False,
        load_default=None,
        validate=validate.Length(max=2_000),
    )
    address = Words(500, load_default=None)
    lat = fields.Float(load_default=None, allow_none=True, validate=validate.Range(-90, 90))
    lon = fields.Float(load_default=None, allow_none=True, validate=validate.Range(-180, 180))
    citizen_name = Words(200, load_default=None)
    citizen_phone = Phone(load_default=None)
    citizen_email = fields.Email(load_default=None, validate=validate.Length(max=254))
    anonymous = fields.Boolean(load_default=False, truthy={True}, falsy={False})
    language = fields.String(load_default="mr", validate=_language)
    channel = fields.String(load_default="web", validate=validate.OneOf(CHANNELS))
    source = Words(100, load_default=None)
    source_id = Words(200, load_default=None)

    @validates_schema(skip_on_field_errors=True)
    def source_is_whole(self, data: dict[str, Any], **_: Any) -> None:
        """The two make one key: both or none."""
        if (data["source"] is None) != (data["source_id"] is None):
            missing = "source_id" if data["source_id"] is None else "source"
            raise ValidationError("source and source_id come together", missing)
        if data["source"] in RESERVED and data["channel"] != IMPORT:
            raise ValidationError("is reserved", "source")

    @validates_schema(skip_on_field_errors=True)
    def nobody_is_kept(self, data: dict[str, Any], **_: Any) -> None:
        """An anonymous filing names nobody."""
        if data["anonymous"]:
            named = [field for field in _CONTACT if data[field] is not None]
            if named:
                raise ValidationError(
                    {field: ["an anonymous grievance keeps no contact"] for field in named}
                )


class ImportedFiling(Filing):
    """A grievance out of another system's records; its codes may be foreign."""

    channel = fields.Constant(IMPORT)
    department = Words(100, load_default=None)
    source = Words(100, required=True)
    source_id = Words(200, required=True)
    source_status = Words(100, load_default=None)
