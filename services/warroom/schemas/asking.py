"""What comes in to be recorded."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from palika.correlation import CorrelationId
from palika.fields import Base64, Words
from palika.text import Name
from services.warroom.domain.facts import (
    PAISE_LEAST,
    PAISE_MOST,
    LinkKind,
    MoneyKind,
    Severity,
    Stage,
    Standing,
)
from services.warroom.fields import Code, Day, Names

TITLE_MOST = 150
"""Characters of an issue's title, as the Project Monitoring Group has it: one clearance."""
PHOTO_MOST = 10 * 1024 * 1024
"""Bytes of a photograph: what travels by RPC in one piece (docs/decisions/0012)."""
_BASE64_MOST = (PHOTO_MOST + 2) // 3 * 4


def paise(**options: Any) -> fields.Integer:
    """An amount of a project, of a rupee at the least."""
    rule = validate.Range(
        PAISE_LEAST, PAISE_MOST, error="must be from {min} paise, a rupee, to {max} paise"
    )
    return fields.Integer(strict=True, validate=rule, **options)


def _one_of(kind: Any) -> fields.Enum[Any]:
    return fields.Enum(kind, by_value=True, required=True)


def _degrees(most: int, **options: Any) -> fields.Float:
    return fields.Float(
        allow_none=True, load_default=None, validate=validate.Range(-most, most), **options
    )


class _Place(Schema):
    """Both or neither."""

    lat = _degrees(90)
    lon = _degrees(180)

    @validates_schema(skip_on_field_errors=True)
    def whole_place(self, data: dict[str, Any], **_: Any) -> None:
        """A latitude has a longitude."""
        if (data.get("lat") is None) != (data.get("lon") is None):
            raise ValidationError("give both lat and lon, or neither", "lat")


class OfProject(Schema):
    """Which project: by ``id`` or by ``code``."""

    id = fields.UUID(load_default=None)
    code = Code(load_default=None)

    @validates_schema(skip_on_field_errors=True)
    def one_key(self, data: dict[str, Any], **_: Any) -> None:
        """Exactly one of the two."""
        if (data["id"] is None) == (data["code"] is None):
            raise ValidationError("give either id or code", "id")


class Writing(OfProject):
    """A change of a project.

    ``version`` is the one that the caller had read, if given: a project that has changed since is a
    conflict. ``reason`` is kept with the change, ``valid_on`` is the day of which it speaks.
    """

    version = fields.Integer(strict=True, load_default=None, validate=validate.Range(0, 2**31 - 1))
    reason = Words(1_000, load_default=None)
    valid_on = Day(load_default=None)


class StageOf(Schema):
    """A stage of a project's own."""

    code = Code(required=True)
    mr = Words(200, required=True)
    en = Words(200, required=True)


def _stages(**options: Any) -> fields.List:
    return fields.List(fields.Nested(StageOf), validate=validate.Length(1, 30), **options)


class Adding(_Place):
    """A new project. ``id`` is made by a caller who may have to ask twice."""

    id = fields.UUID(load_default=None)
    code = Code(required=True)
    name = fields.Nested(Names, required=True)
    summary = fields.Nested(Names, load_default=None, allow_none=True)
    department = Code(required=True)
    owner = Code(required=True)
    starts_on = Day(required=True)
    wards = fields.List(Code(), load_default=list, validate=validate.Length(max=60))
    stages = _stages(load_default=None, allow_none=True)
    public = fields.Boolean(load_default=False)


class Revising(Writing):
    """Other values of a project; what is left out stays as it is."""

    name = fields.Nested(Names)
    summary = fields.Nested(Names, allow_none=True)
    department = Code()
    owner = Code()
    starts_on = Day()
    wards = fields.List(Code(), validate=validate.Length(max=60))
    lat = fields.Float(allow_none=True, validate=validate.Range(-90, 90))
    lon = fields.Float(allow_none=True, validate=validate.Range(-180, 180))
    stages = _stages(allow_none=True)
    standing = fields.Enum(Standing, by_value=True)
    public = fields.Boolean()


class AddingMilestone(Writing):
    """A new milestone; ``after`` are ids of milestones that it depends on, ``days`` how long the
    work takes behind them (left out: as long as the plan has between)."""

    milestone_id = fields.UUID(load_default=None)
    key = Code(40, required=True)
    name = fields.Nested(Names, required=True)
    stage = Code(required=True)
    weight = fields.Integer(strict=True, required=True, validate=validate.Range(0, 10_000))
    planned_on = Day(required=True)
    days = fields.Integer(
        strict=True, load_default=None, allow_none=True, validate=validate.Range(0, 36_500)
    )
    after = fields.List(fields.UUID(), load_default=list, validate=validate.Length(max=100))
    forecast_on = Day(load_default=None, allow_none=True)


class RevisingMilestone(Writing):
    """Other values of a milestone; what is left out stays. ``planned_on`` is the plan itself: a day
    that its owner expects is ``forecast_on``."""

    milestone_id = fields.UUID(required=True)
    name = fields.Nested(Names)
    stage = Code()
    weight = fields.Integer(strict=True, validate=validate.Range(0, 10_000))
    planned_on = Day()
    days = fields.Integer(strict=True, allow_none=True, validate=validate.Range(0, 36_500))
    after = fields.List(fields.UUID(), validate=validate.Length(max=100))


class Forecasting(Writing):
    """When a milestone is expected; null: as planned."""

    milestone_id = fields.UUID(required=True)
    forecast_on = Day(required=True, allow_none=True)


class Completing(Writing):
    """A milestone was reached; ``done_on`` null takes that back, with a reason."""

    milestone_id = fields.UUID(required=True)
    done_on = Day(required=True, allow_none=True)


class Entering(Writing):
    """An entry of money."""

    money_id = fields.UUID(load_default=None)
    kind = _one_of(MoneyKind)
    amount_paise = paise(required=True)
    on = Day(required=True)
    reference = Words(200, load_default=None)
    note = Words(500, load_default=None)


class AddingRisk(Writing):
    """A new risk."""

    risk_id = fields.UUID(load_default=None)
    title = Words(TITLE_MOST, required=True)
    likelihood = fields.Integer(strict=True, required=True, validate=validate.Range(1, 5))
    impact = fields.Integer(strict=True, required=True, validate=validate.Range(1, 5))
    owner = Code(required=True)
    mitigation = Words(1_000, load_default=None, allow_none=True)


class RevisingRisk(Writing):
    """Other values of a risk; ``open`` false: it is over."""

    risk_id = fields.UUID(required=True)
    likelihood = fields.Integer(strict=True, validate=validate.Range(1, 5))
    impact = fields.Integer(strict=True, validate=validate.Range(1, 5))
    owner = Code()
    mitigation = Words(1_000, allow_none=True)
    open = fields.Boolean()


class RaisingIssue(Writing):
    """A new issue."""

    issue_id = fields.UUID(load_default=None)
    title = Words(TITLE_MOST, required=True)
    detail = Words(2_000, load_default=None)
    severity = _one_of(Severity)
    post = Code(required=True)
    raised_on = Day(load_default=None)
    due_on = Day(required=True)
    correlation_id = CorrelationId(load_default=None, allow_none=True)
    sub_judice = fields.Boolean(load_default=False)


class RevisingIssue(Writing):
    """Other values of an open issue."""

    issue_id = fields.UUID(required=True)
    title = Words(TITLE_MOST)
    detail = Words(2_000, allow_none=True)
    severity = fields.Enum(Severity, by_value=True)
    post = Code()
    due_on = Day()
    correlation_id = CorrelationId(allow_none=True)
    sub_judice = fields.Boolean()


class ResolvingIssue(Writing):
    """An issue is resolved."""

    issue_id = fields.UUID(required=True)
    resolution = Words(1_000, required=True)
    resolved_on = Day(load_default=None)


class Deciding(Writing):
    """A decision; ``by`` is the post that took it."""

    decision_id = fields.UUID(load_default=None)
    text = Words(2_000, required=True)
    by = Code(required=True)
    decided_on = Day(required=True)
    file_number = Words(100, load_default=None)


class Reporting(Writing):
    """Was what was promised done? Yes, or no with the reason."""

    progress_id = fields.UUID(load_default=None)
    promised = Words(300, required=True)
    done = fields.Boolean(required=True)
    on = Day(load_default=None)

    @validates_schema(skip_on_field_errors=True)
    def a_no_has_a_reason(self, data: dict[str, Any], **_: Any) -> None:
        """Why it was not done."""
        if not data["done"] and data["reason"] is None:
            raise ValidationError("must be given where it was not done", "reason")


class AddingPhoto(Writing, _Place):
    """A photograph of progress. Its day and place are those of the camera; ``taken_on``, ``lat``
    and ``lon`` count where the camera tells none."""

    photo_id = fields.UUID(load_default=None)
    content = Base64(_BASE64_MOST, required=True, data_key="content_base64")
    caption = Words(300, load_default=None)
    taken_on = Day(load_default=None)
    public = fields.Boolean(load_default=False)


class Linking(Writing):
    """A link: ``target`` is a KPI's code or a file's number; grievances have a ``ward``, a
    ``category`` or both, property tax a ``ward``."""

    link_id = fields.UUID(load_default=None)
    kind = _one_of(LinkKind)
    target = Words(100, load_default=None)
    ward = Code(load_default=None)
    category = Code(load_default=None)

    @validates_schema(skip_on_field_errors=True)
    def whole_link(self, data: dict[str, Any], **_: Any) -> None:
        """What each kind needs."""
        area = data["ward"] is not None or data["category"] is not None
        if data["kind"] is LinkKind.AREA:
            if data["target"] is not None or not area:
                raise ValidationError("an area has a ward, a category or both", "ward")
        elif data["kind"] is LinkKind.TAX:
            if data["target"] is not None or data["category"] is not None or data["ward"] is None:
                raise ValidationError("property tax has a ward, and nothing else", "ward")
        elif area or data["target"] is None:
            raise ValidationError("a KPI has its code, a file its number", "target")


class Withdrawing(Writing):
    """Take a fact back that should not be there, with the reason; what was known stays known."""

    kind = fields.String(
        required=True,
        validate=validate.OneOf(
            ["milestone", "money", "risk", "issue", "decision", "progress", "photo", "link"]
        ),
    )
    fact_id = fields.UUID(required=True)
    reason = Words(1_000, required=True)


def own_stages(given: list[dict[str, str]] | None) -> tuple[Stage, ...]:
    """The stages that a call has, as the rules have them."""
    return tuple(Stage(each["code"], Name(each["mr"], each["en"])) for each in given or ())
