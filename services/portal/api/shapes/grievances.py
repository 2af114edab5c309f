"""What operations on grievances answer, as the services say it."""

from services.portal.api.answers import (
    anything,
    day,
    key,
    many,
    moment,
    real,
    shape,
    table,
    text,
    whole,
    yes,
)

_GRIEVANCE = {
    "number": text(),
    "status": text(),
    "version": whole(),
    "category": text(none=True),
    "parent_category": text(none=True),
    "department": text(none=True),
    "ward": text(none=True),
    "language": text(none=True),
    "filed_at": moment(),
    "acknowledged_at": moment(none=True),
    "assigned_at": moment(none=True),
    "started_at": moment(none=True),
    "waiting_since": moment(none=True),
    "due_at": moment(),
    "resolved_at": moment(none=True),
    "on_time": yes(none=True),
    "times_reopened": whole(),
    "closed_at": moment(none=True),
    "closed_by": text(none=True),
    "rejection": text(none=True),
    "rating": whole(none=True),
    "rated_at": moment(none=True),
    "id": key(),
    "priority": text(),
    "description": text(),
    "attributes": table(),
    "media_url": text(none=True),
    "private": yes(),
    "address": text(none=True),
    "lat": real(none=True),
    "lon": real(none=True),
    "anonymous": yes(),
    "channel": text(),
    "source": text(none=True),
    "source_id": text(none=True),
    "source_status": text(none=True),
    "officer": text(none=True),
    "minutes_taken": whole(none=True),
    "remark": text(none=True),
    "reopened_at": moment(none=True),
    "reopen_reason": text(none=True),
    "rating_comment": text(none=True),
    "merged_into": key(none=True),
    "duplicates": whole(),
    "promised_minutes": whole(),
    "paused_minutes": whole(),
    "escalation_level": whole(),
    "escalated_at": moment(none=True),
    "due_soon_at": moment(none=True),
    "breached_at": moment(none=True),
}

_CategoriesItem = shape(
    "CategoriesItem",
    service_code=text(),
    service_name=text(),
    description=text(),
    metadata=yes(),
    type=text(),
    keywords=text(),
    group=text(),
)

Categories = shape(
    "Categories",
    items=many(_CategoriesItem),
    changed_at=moment(),
)

_CategoryAttribute = shape(
    "CategoryAttribute",
    variable=yes(),
    code=text(),
    datatype=text(),
    required=yes(),
    datatype_description=text(),
    order=whole(),
    description=text(),
    values=many(anything()),
)

Category = shape(
    "Category",
    service_code=text(),
    service_name=text(),
    description=text(),
    metadata=yes(),
    type=text(),
    keywords=text(),
    group=text(),
    attributes=many(_CategoryAttribute),
)

Filed = shape(
    "GrievanceFiled",
    **_GRIEVANCE,
    token=text(none=True),
    similar=many(anything()),
)

_GrievancesItem = shape(
    "GrievancesItem",
    **_GRIEVANCE,
    filed_by=text(none=True, need=False),
)

Grievances = shape(
    "Grievances",
    items=many(_GrievancesItem),
    next=text(none=True),
)

Count = shape(
    "Count",
    count=whole(),
    more=yes(),
)

Report = shape(
    "GrievanceReport",
    report=text(),
    by=text(),
    as_of=moment(),
    from_day=day(none=True),
    to_day=day(none=True),
    columns=many(text()),
    headings=table(),
    rows=many(table()),
    total=table(),
)

_TrackedTimeline = shape(
    "TrackedTimeline",
    at=moment(),
    step=text(),
    from_status=text(none=True),
    status=text(),
    note=text(none=True),
    data=table(),
    by=text(),
)

Tracked = shape(
    "GrievanceTracked",
    number=text(),
    status=text(),
    version=whole(),
    category=text(none=True),
    parent_category=text(none=True),
    department=text(none=True),
    ward=text(none=True),
    language=text(none=True),
    filed_at=moment(),
    acknowledged_at=moment(none=True),
    assigned_at=moment(none=True),
    started_at=moment(none=True),
    waiting_since=moment(none=True),
    due_at=moment(),
    resolved_at=moment(none=True),
    on_time=yes(none=True),
    times_reopened=whole(),
    closed_at=moment(none=True),
    closed_by=text(none=True),
    rejection=text(none=True),
    rating=whole(none=True),
    rated_at=moment(none=True),
    timeline=many(_TrackedTimeline),
    steps=many(text()),
    original=table(none=True),
    attachments=many(anything()),
)

_WholeTimeline = shape(
    "WholeTimeline",
    at=moment(),
    step=text(),
    from_status=text(none=True),
    status=text(),
    note=text(none=True),
    data=table(),
    by=text(need=False),
    actor=text(need=False),
    actor_role=text(need=False),
    public=yes(need=False),
)

_WholeAttachment = shape(
    "WholeAttachment",
    id=key(),
    kind=text(),
    media_type=text(),
    size=whole(),
    width=whole(),
    height=whole(),
    added_at=moment(),
    taken_at=moment(none=True, need=False),
    lat=real(none=True, need=False),
    lon=real(none=True, need=False),
    public=yes(need=False),
    added_by=text(need=False),
    added_role=text(need=False),
    detached_at=moment(none=True, need=False),
    detached_by=text(none=True, need=False),
    detach_reason=text(none=True, need=False),
    by=text(),
    thumbnail=yes(),
)

Whole = shape(
    "Whole",
    **_GRIEVANCE,
    filed_by=text(none=True, need=False),
    timeline=many(_WholeTimeline),
    steps=many(text()),
    original=table(none=True),
    attachments=many(_WholeAttachment),
    links=many(anything(), need=False),
    followers=whole(need=False),
    matters=many(anything(), need=False),
)

Timeline = shape(
    "Timeline",
    items=many(_WholeTimeline),
    next=text(none=True),
)

Contact = shape(
    "Contact",
    id=key(),
    number=text(),
    name=text(),
    phone=text(none=True),
    email=text(none=True),
    language=text(none=True),
    anonymous=yes(),
    filed_by=text(none=True),
)

Attached = shape(
    "Attached",
    id=key(),
    kind=text(),
    media_type=text(),
    size=whole(),
    width=whole(),
    height=whole(),
    added_at=moment(),
    taken_at=moment(none=True),
    lat=real(none=True),
    lon=real(none=True),
    public=yes(),
    added_by=text(),
    added_role=text(),
    detached_at=moment(none=True),
    detached_by=text(none=True),
    detach_reason=text(none=True),
    by=text(),
    thumbnail=yes(),
    version=whole(),
    offered_place=table(none=True),
)

Mine = Grievances

Grievance = _GrievancesItem
