"""What a desk did while it was away: what comes in, what goes out."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from palika.fields import Moment
from services.eoffice.fields import Words

MOST_ACTS = 100
METHODS = (
    *("save_draft", "confirm_note", "take_back_note", "open_file", "draft_letter", "revise_letter"),
    *("put_up", "forward", "follow_route", "send_back", "pull_back", "pull_up"),
    *("mark", "answer", "gather", "park", "wake", "close", "reopen", "set_priority", "set_due"),
    *("approve", "refuse", "return_with_amount"),
)
"""What may be done away; the arguments are those of the method of that name."""


class ActAway(Schema):
    """One act.

    Attributes:
        id: made by the desk (UUIDv7), for this act and no other.
        file_id: the file that it is about; of ``open_file`` the id that the file is to have.
        args: of the method, without that file's id, and without ``step`` or ``decision_id``, which
            is ``id``. A draft, a note and a letter are named by ids that the desk has made too.
        made_at: when the desk says that it was done.
    """

    id = fields.UUID(required=True)
    file_id = fields.UUID(required=True)
    method = fields.String(required=True, validate=validate.OneOf(METHODS))
    args = fields.Dict(keys=fields.String(), load_default=dict)
    made_at = Moment(load_default=None, allow_none=True)


class Submitting(Schema):
    """A desk's acts in their order; ``post`` is the acting one."""

    acts = fields.List(
        fields.Nested(ActAway), required=True, validate=validate.Length(1, MOST_ACTS)
    )
    post = Words(100, load_default=None)

    @validates_schema(skip_on_field_errors=True)
    def each_once(self, data: dict[str, Any], **_: Any) -> None:
        """Raises ValidationError: two acts have one id."""
        ids = [each["id"] for each in data["acts"]]
        if twice := sorted({str(each) for each in ids if ids.count(each) > 1}):
            raise ValidationError(f"{twice[0]} is of two acts", "acts")
