"""What is asked of reviews, their minutes and the actions that came of them."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from palika.fields import Moment, Words
from services.warroom.domain.decided import About
from services.warroom.domain.reviews import TITLE_MOST, Minuted, Phase, Presence, Work
from services.warroom.fields import Code, Day
from services.warroom.schemas.asking import paise
from services.warroom.schemas.reading import LIST_LIMIT

LANGUAGES = ("mr", "en")


def _language() -> fields.String:
    return fields.String(load_default="mr", validate=validate.OneOf(LANGUAGES))


def _limit() -> fields.Integer:
    return fields.Integer(
        strict=True, load_default=LIST_LIMIT, validate=validate.Range(1, LIST_LIMIT)
    )


class OfReview(Schema):
    """Which review."""

    review_id = fields.UUID(required=True)


class ReadingReview(OfReview):
    """A review as it was known at a moment; ``as_of`` left out: now."""

    as_of = Moment(load_default=None)


class ListingReviews(Schema):
    """Reviews by their day, the last first, a page at a time."""

    series = Code(load_default=None)
    phase = fields.Enum(Phase, by_value=True, load_default=None)
    as_of = Moment(load_default=None)
    before = Day(load_default=None)
    limit = _limit()


class WritingReview(OfReview):
    """A change of a review. ``version`` is the one that was read, if given: a review that has
    changed since is a conflict."""

    version = fields.Integer(strict=True, load_default=None, validate=validate.Range(0, 2**31 - 1))


class Moving(WritingReview):
    """A review is held at another time."""

    starts_at = Moment(required=True)
    reason = Words(1_000, required=True)


class Cancelling(WritingReview):
    """A review is not held."""

    reason = Words(1_000, required=True)


class ChangingAgenda(WritingReview):
    """What the chair does with the agenda: ``add`` a project (``id`` or ``code``), ``drop`` or
    ``restore`` an item, or ``move`` it to a ``place`` from 1."""

    what = fields.String(required=True, validate=validate.OneOf(["add", "drop", "restore", "move"]))
    item_id = fields.UUID(load_default=None)
    id = fields.UUID(load_default=None)
    code = Code(load_default=None)
    place = fields.Integer(strict=True, load_default=None, validate=validate.Range(1, 500))
    reason = Words(1_000, required=True)

    @validates_schema(skip_on_field_errors=True)
    def fitting(self, data: dict[str, Any], **_: Any) -> None:
        """What each needs, and nothing else."""
        if data["what"] == "add":
            if (data["id"] is None) == (data["code"] is None) or data["item_id"] is not None:
                raise ValidationError("give either id or code of a project", "id")
        elif data["item_id"] is None:
            raise ValidationError("must be given", "item_id")
        if (data["place"] is None) == (data["what"] == "move"):
            raise ValidationError("is given with move, and only with it", "place")


class Attending(WritingReview):
    """Who was there; ``by`` is who came in a post's place."""

    post = Code(required=True)
    presence = fields.Enum(Presence, by_value=True, required=True)
    by = Words(200, load_default=None)

    @validates_schema(skip_on_field_errors=True)
    def represented(self, data: dict[str, Any], **_: Any) -> None:
        """Who is represented is so by somebody."""
        if (data["presence"] is Presence.REPRESENTED) != (data["by"] is not None):
            raise ValidationError("is given of who is represented, and only then", "by")


class _OnProject(Schema):
    """The project that it is about, or the KPI on the agenda, if any, by its code."""

    code = Code(load_default=None, allow_none=True)


class Minuting(WritingReview, _OnProject):
    """An entry of the minutes. ``minute_id`` of one that is there: other words, for which
    ``position`` is that of what was read.

    A decision about a project says what it is ``about`` (``other``, if it does not): ``date`` with
    the new ``day``, ``hold`` with the day until which, if there is one, ``budget`` with the whole
    new ``amount_paise``.
    """

    minute_id = fields.UUID(load_default=None)
    position = fields.Integer(strict=True, load_default=None)
    kind = fields.Enum(Minuted, by_value=True, required=True)
    text = Words(2_000, required=True)
    post = Code(required=True)
    about = fields.Enum(About, by_value=True, load_default=None, allow_none=True)
    day = Day(load_default=None, allow_none=True)
    amount_paise = paise(load_default=None, allow_none=True)

    @validates_schema(skip_on_field_errors=True)
    def fitting(self, data: dict[str, Any], **_: Any) -> None:
        """What is decided goes with what it is about."""
        about, decision = data["about"], data["kind"] is Minuted.DECISION
        if about is not None and (not decision or data["code"] is None):
            raise ValidationError("is given of a decision about a project", "about")
        if (data["day"] is None) if about is About.DATE else (data["day"] and about != "hold"):
            raise ValidationError("is given with date, and may be with hold", "day")
        if (data["amount_paise"] is None) == (about is About.BUDGET):
            raise ValidationError("is given with budget, and only with it", "amount_paise")


class Assigning(WritingReview, _OnProject):
    """An action, as ``Minuting`` has an entry."""

    action_id = fields.UUID(load_default=None)
    position = fields.Integer(strict=True, load_default=None)
    title = Words(TITLE_MOST, required=True)
    detail = Words(2_000, load_default=None)
    post = Code(required=True)
    due_on = Day(required=True)


class Striking(WritingReview):
    """An entry or an action of minutes that are not closed is taken out again."""

    fact_id = fields.UUID(required=True)
    position = fields.Integer(strict=True, required=True)
    reason = Words(1_000, required=True)


class Adding(WritingReview):
    """A correction of closed minutes."""

    text = Words(2_000, required=True)


class OfAction(Schema):
    """Which action."""

    action_id = fields.UUID(required=True)


class ReportingAction(OfAction):
    """How an action stands, by its owner."""

    status = Words(1_000, required=True)


class CompletingAction(OfAction):
    """That it is done, with the evidence: words, and a file of the e-office or a photograph of the
    project, if there is one."""

    done_on = Day(load_default=None)
    evidence = Words(2_000, required=True)
    evidence_file = Words(100, load_default=None)
    evidence_photo = fields.UUID(load_default=None)


class AnsweringAction(OfAction):
    """What the chair says of an action: ``accept`` or ``reject`` what its owner says is done;
    ``drop`` it; ``extend`` it until ``due_on``."""

    answer = fields.String(
        required=True, validate=validate.OneOf(["accept", "reject", "drop", "extend"])
    )
    reason = Words(1_000, load_default=None)
    due_on = Day(load_default=None)

    @validates_schema(skip_on_field_errors=True)
    def reasoned(self, data: dict[str, Any], **_: Any) -> None:
        """All but accepting needs a reason."""
        if data["answer"] != "accept" and data["reason"] is None:
            raise ValidationError("must be given", "reason")
        if (data["due_on"] is not None) != (data["answer"] == "extend"):
            raise ValidationError("is given with extend, and only with it", "due_on")


class ListingActions(Schema):
    """Actions by their day, as they were known at a moment, a page at a time. ``pending``: those
    that are still to be done, or (``False``) those that are settled, the last first; ``to_answer``:
    those whose owners say that they are done, and of which the caller may say so."""

    as_of = Moment(load_default=None)
    review_id = fields.UUID(load_default=None)
    code = Code(load_default=None)
    post = Code(load_default=None)
    work = fields.Enum(Work, by_value=True, load_default=None)
    overdue = fields.Boolean(load_default=False)
    pending = fields.Boolean(load_default=None, allow_none=True)
    to_answer = fields.Boolean(load_default=False)
    cursor = fields.String(load_default=None, validate=validate.Length(max=500))
    limit = fields.Integer(strict=True, load_default=1_000, validate=validate.Range(1, 1_000))


class ReadingPack(OfReview):
    """A frozen file of a review."""

    form = fields.String(load_default="pdf", validate=validate.OneOf(["pdf", "pptx", "json"]))
    language = _language()
    as_of = Moment(load_default=None)


class ReadingMinutes(OfReview):
    """The minutes as PDF."""

    language = _language()
    as_of = Moment(load_default=None)
