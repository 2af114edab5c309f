"""What comes in for scorecards."""

from marshmallow import Schema, fields, validate

from palika.fields import Base64, Date, Words
from services.kpi.commands.evidence import LARGEST
from services.kpi.domain.scorecard import CITY, OTHER, OWN

_MOST_MARKS = 100_000
_MOST_RESULTS = 500
_code = validate.Length(min=1, max=100)
_BASE64_MAX = (LARGEST + 2) // 3 * 4 + 4


class Programmes(Schema):
    """As of which day; today if left out."""

    day = Date(load_default=None, allow_none=True)


class OneCard(Schema):
    """A scorecard: of the corporation, if no department is named; as of today, if no day is."""

    programme = fields.String(required=True, validate=_code)
    subject = fields.String(load_default=CITY, validate=_code)
    day = Date(load_default=None, allow_none=True)


class OneCriterion(Schema):
    """A criterion of a scorecard."""

    programme = fields.String(required=True, validate=_code)
    subject = fields.String(load_default=CITY, validate=_code)
    criterion = fields.String(required=True, validate=_code)


class OwnMark(OneCriterion):
    """A mark that the office gives itself, from a day on (today, if left out)."""

    id = fields.UUID(load_default=None, allow_none=True)
    marks = fields.Float(required=True, validate=validate.Range(0, _MOST_MARKS))
    day = Date(load_default=None, allow_none=True)
    remark = Words(2_000, load_default=None, allow_none=True)


class ThirdPartyMark(OwnMark):
    """A mark that somebody else gives; ``assessor`` says who."""

    assessor = Words(200, required=True)


class Computing(Schema):
    """Whose marks are computed; without ``subject`` those of all. Of a past ``day`` what had no own
    mark then is filled."""

    programme = fields.String(required=True, validate=_code)
    subject = fields.String(load_default=None, allow_none=True, validate=_code)
    day = Date(load_default=None, allow_none=True)


class Showing(OneCriterion):
    """Evidence: a link, or a file of at most 10 MiB (PDF, JPEG, PNG, WebP)."""

    id = fields.UUID(load_default=None, allow_none=True)
    exhibit = fields.String(load_default=None, allow_none=True, validate=_code)
    title = Words(300, required=True)
    url = Words(2_000, load_default=None, allow_none=True)
    content_base64 = Base64(_BASE64_MAX, attribute="content", load_default=None, allow_none=True)


class OneEvidence(Schema):
    """One piece of evidence."""

    id = fields.UUID(required=True)


class Removing(OneEvidence):
    """Taking evidence away, with the reason."""

    reason = Words(1_000, required=True)


class Ranking(Schema):
    """Ranks by the third party's marks, or by the own ones."""

    programme = fields.String(required=True, validate=_code)
    side = fields.String(load_default=OTHER, validate=validate.OneOf((OTHER, OWN)))
    day = Date(load_default=None, allow_none=True)


class Reviewing(Schema):
    """That a programme was reviewed on a day (today, if left out)."""

    programme = fields.String(required=True, validate=_code)
    held_on = Date(load_default=None, allow_none=True)
    note = Words(2_000, load_default=None, allow_none=True)


class Result(Schema):
    """What another corporation was given, and who says so."""

    corporation = fields.String(
        required=True,
        validate=validate.Regexp(
            r"[a-z0-9]+(-[a-z0-9]+)*\Z", error="must be small letters and digits, parted by -"
        ),
    )
    name_mr = Words(200, required=True)
    name_en = Words(200, required=True)
    marks = fields.Float(required=True, validate=validate.Range(0, _MOST_MARKS))
    out_of = fields.Float(
        required=True, validate=validate.Range(0, _MOST_MARKS, min_inclusive=False)
    )
    day = Date(required=True)
    source = Words(500, required=True)


class Results(Schema):
    """Results of other corporations."""

    programme = fields.String(required=True, validate=_code)
    results = fields.List(
        fields.Nested(Result), required=True, validate=validate.Length(1, _MOST_RESULTS)
    )


class Exporting(OneCard):
    """A scorecard for the review."""

    language = fields.String(required=True, validate=validate.OneOf(("mr", "en")))
    format = fields.String(required=True, validate=validate.OneOf(("pdf", "pptx")))
