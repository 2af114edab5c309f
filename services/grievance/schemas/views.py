"""What goes out."""

from marshmallow import Schema, fields

from palika.fields import Moment


class PublicView(Schema):
    """Where a grievance stands, and not a word that somebody wrote: for who follows by token."""

    number = fields.String()
    status = fields.String(attribute="state")
    version = fields.Integer()
    category = fields.String()
    parent_category = fields.String()
    department = fields.String()
    ward = fields.String()
    language = fields.String()
    filed_at = Moment()
    acknowledged_at = Moment()
    assigned_at = Moment()
    started_at = Moment()
    waiting_since = Moment(attribute="paused_at")
    due_at = Moment()
    resolved_at = Moment()
    on_time = fields.Boolean()
    times_reopened = fields.Integer()
    closed_at = Moment()
    closed_by = fields.String()
    rejection = fields.String()
    rating = fields.Integer()
    rated_at = Moment()


class CallerView(PublicView):
    """A grievance as a helpdesk sees it."""

    id = fields.UUID()
    private = fields.Boolean()


class PrivateView(Schema):
    """The same of a private one: that there is one, and where it stands."""

    id = fields.UUID()
    private = fields.Boolean()
    number = fields.String()
    status = fields.String(attribute="state")
    language = fields.String()
    filed_at = Moment()
    due_at = Moment()
    resolved_at = Moment()
    closed_at = Moment()


class ContactView(Schema):
    """Who filed a grievance, for the officer who has to reach them."""

    id = fields.UUID()
    number = fields.String()
    name = fields.String(attribute="citizen_name")
    phone = fields.String(attribute="citizen_phone")
    email = fields.String(attribute="citizen_email")
    language = fields.String()
    anonymous = fields.Boolean()


class GrievanceView(PublicView):
    """A grievance as the desks and its own citizen see it; who filed it is told by ``contacts``."""

    id = fields.UUID()
    priority = fields.String()
    description = fields.String()
    attributes = fields.Dict()
    media_url = fields.String()
    private = fields.Boolean()
    address = fields.String()
    lat = fields.Float()
    lon = fields.Float()
    anonymous = fields.Boolean()
    channel = fields.String()
    source = fields.String()
    source_id = fields.String()
    source_status = fields.String()
    officer = fields.String()
    minutes_taken = fields.Integer()
    remark = fields.String()
    reopened_at = Moment()
    reopen_reason = fields.String()
    rating_comment = fields.String()
    merged_into = fields.UUID()
    duplicates = fields.Integer()
    promised_minutes = fields.Integer()
    paused_minutes = fields.Integer()
    escalation_level = fields.Integer()
    escalated_at = Moment()
    due_soon_at = Moment()
    breached_at = Moment()


class TimelineView(Schema):
    """One entry of the timeline, as officers see it."""

    at = Moment()
    step = fields.String()
    actor = fields.String()
    actor_role = fields.String()
    public = fields.Boolean()
    from_status = fields.String(attribute="from_state")
    status = fields.String(attribute="to_state")
    note = fields.String()
    data = fields.Dict()
