"""The steps on one grievance, as they come in."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from palika.fields import Words

NOTE = 2_000
REOPEN_REASONS = ("not_done", "badly_done", "came_back", "other")
"""Codes of why a resolution is taken back: the event carries the code, never the words."""

POST_CODE = validate.Regexp(
    r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}\Z",
    error="must be a code (letters, digits, . _ : / -), not a name or an e-mail address",
)


class Acting(Schema):
    """A step on one grievance; ``version`` is the one that the caller had read, if given."""

    id = fields.UUID(required=True)
    version = fields.Integer(strict=True, load_default=None, allow_none=True)


class OwnActing(Acting):
    """A step that its citizen may take too: by its ``id``, or without a login by its ``token``."""

    id = fields.UUID(load_default=None)
    token = Words(100, load_default=None)

    @validates_schema(skip_on_field_errors=True)
    def one_key(self, data: dict[str, Any], **_: Any) -> None:
        """Exactly one of the two."""
        if (data["id"] is None) == (data["token"] is None):
            raise ValidationError("give either id or token", "id")


class Acknowledging(Acting):
    """Say that it has been read; ``note`` is for the citizen."""

    note = Words(NOTE, load_default=None)


class Assigning(Acting):
    """Give it to an officer: the code of their post or login, which the event carries."""

    officer = fields.String(required=True, validate=POST_CODE)


class Starting(Acting):
    """Say that the work has begun; ``note`` is for the citizen."""

    note = Words(NOTE, load_default=None)


class Waiting(Acting):
    """Ask the citizen something; until the answer the clock stands still."""

    question = Words(NOTE, required=True)


class Answering(OwnActing):
    """The citizen's answer, or an officer's note of it; one that comes late is taken, too."""

    answer = Words(NOTE, required=True)


class Resolving(Acting):
    """Say that it is put right; ``remark`` tells the citizen what was done."""

    remark = Words(NOTE, required=True)


class Rating(OwnActing):
    """The citizen's word on the resolution; without ``satisfied`` the rating says it."""

    rating = fields.Integer(strict=True, required=True, validate=validate.Range(1, 5))
    comment = Words(NOTE, load_default=None)
    satisfied = fields.Boolean(load_default=None, allow_none=True, truthy={True}, falsy={False})


class Closing(OwnActing):
    """The citizen has nothing more to say."""


class Reopening(OwnActing):
    """Say that it is not put right after all: why, in words, and of what kind that is."""

    reason = Words(NOTE, required=True)
    code = fields.String(load_default="other", validate=validate.OneOf(REOPEN_REASONS))


class Rejecting(Acting):
    """Refuse it, for one of the policy's reasons; ``remark`` explains it to the citizen, always."""

    rejection = Words(100, required=True)
    remark = Words(NOTE, load_default=None)


class Transferring(Acting):
    """Send it to where it belongs; ``note`` is for the citizen."""

    category = Words(100, required=True)
    department = Words(100, load_default=None)
    note = Words(NOTE, load_default=None)


class Withdrawing(OwnActing):
    """The citizen takes it back."""

    reason = Words(NOTE, load_default=None)


class Merging(Acting):
    """It is the same as another one, the original; ``note`` is for the citizen."""

    into = fields.UUID(required=True)
    note = Words(NOTE, load_default=None)


class Unmerging(OwnActing):
    """It is not the same after all, or not put right with the other one: why, for both sides."""

    reason = Words(NOTE, required=True)


class Linking(Acting):
    """It has to do with another one."""

    other = fields.UUID(required=True)


class Commenting(OwnActing):
    """Say something; an officer's words are for officers only unless they are ``public``."""

    text = Words(NOTE, required=True)
    public = fields.Boolean(load_default=False, truthy={True}, falsy={False})
