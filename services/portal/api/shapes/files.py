"""What operations on files answer, as the services say it."""

from services.portal.api.answers import (
    Names,
    anything,
    day,
    key,
    many,
    moment,
    one,
    shape,
    table,
    text,
    whole,
    yes,
)

_FILE = {
    "id": key(),
    "number": text(),
    "department": text(none=True),
    "section": text(none=True),
    "head": text(),
    "subject": text(),
    "language": text(none=True),
    "secrecy": text(),
    "priority": text(),
    "public": yes(),
    "due_on": day(none=True),
    "first_due_on": day(none=True),
    "due_by": text(none=True),
    "status": text(),
    "held_by": text(none=True),
    "held_since": moment(none=True),
    "seen_at": moment(none=True),
    "sent_by": text(none=True),
    "wake_on": day(none=True),
    "desk_due_on": day(none=True),
    "opened_by": text(),
    "opened_at": moment(),
    "closed_at": moment(none=True),
    "moves": whole(),
    "version": whole(),
}

_InboxItem = shape(
    "InboxItem",
    id=key(),
    number=text(),
    department=text(none=True),
    subject=text(),
    secrecy=text(),
    priority=text(),
    status=text(),
    due_on=day(none=True),
    held_by=text(none=True),
    version=whole(),
    held_since=moment(none=True),
    seen_at=moment(none=True),
    sent_by=text(none=True),
    desk_due_on=day(none=True),
    wake_on=day(none=True),
    overdue=yes(),
    asked=whole(),
    answered=whole(),
)

Inbox = shape(
    "Inbox",
    items=many(_InboxItem),
    next=text(none=True),
)

_SentItem = shape(
    "SentItem",
    id=key(),
    number=text(),
    department=text(none=True),
    subject=text(),
    secrecy=text(),
    priority=text(),
    status=text(),
    due_on=day(none=True),
    held_by=text(none=True),
    version=whole(),
    to_post=text(),
    kind=text(),
    moved_at=moment(),
    seen_at=moment(none=True),
    remark=text(none=True),
    can_pull_back=yes(),
)

Sent = shape(
    "Sent",
    items=many(_SentItem),
    next=text(none=True),
)

_ParkedItem = shape(
    "ParkedItem",
    id=key(),
    number=text(),
    department=text(none=True),
    subject=text(),
    secrecy=text(),
    priority=text(),
    status=text(),
    due_on=day(none=True),
    held_by=text(none=True),
    version=whole(),
    held_since=moment(none=True),
    seen_at=moment(none=True),
    sent_by=text(none=True),
    desk_due_on=day(none=True),
    wake_on=day(),
    overdue=yes(),
    asked=whole(),
    answered=whole(),
)

Parked = shape(
    "Parked",
    items=many(_ParkedItem),
    next=text(none=True),
)

_FilesItem = shape(
    "FilesItem",
    **_FILE,
)

Files = shape(
    "Files",
    items=many(_FilesItem),
    next=text(none=True),
)

_SearchItemExcerpt = shape(
    "SearchItemExcerpt",
    html=text(),
    plain=text(),
)

_SearchItemFile = shape(
    "SearchItemFile",
    id=key(),
    number=text(),
    subject=text(),
    status=text(),
    held_by=text(none=True),
)

_SearchItem = shape(
    "SearchItem",
    kind=text(),
    id=key(),
    number=text(none=True),
    ref=text(none=True),
    page=whole(none=True),
    paper=text(none=True),
    excerpt=one(_SearchItemExcerpt),
    title=text(),
    at=moment(),
    secrecy=text(),
    department=text(none=True),
    receipt_id=key(none=True),
    file=one(_SearchItemFile, none=True),
)

Search = shape(
    "Search",
    items=many(_SearchItem),
    next=text(none=True),
)

_FileMovement = shape(
    "FileMovement",
    position=whole(),
    kind=text(),
    by_post=text(),
    by_person=text(none=True),
    seen_at=moment(none=True),
    from_post=text(),
    to_post=text(),
    moved_at=moment(),
    minutes_held=whole(none=True),
    remark=text(none=True),
)

_FileCustody = shape(
    "FileCustody",
    post=text(),
    since=moment(),
    until=moment(none=True),
    minutes=whole(),
    how=text(),
    seen_at=moment(none=True),
)

File = shape(
    "File",
    **_FILE,
    movements=many(_FileMovement, need=False),
    matters=many(anything(), need=False),
    custody=many(_FileCustody, need=False),
    marks=many(anything(), need=False),
    route=anything(need=False),
    legal=many(text(), need=False),
)

_HistoryItem = shape(
    "HistoryItem",
    position=whole(),
    verb=text(),
    at=moment(),
    post=text(),
    person=text(none=True),
    capacity=text(),
    data=table(),
    words=one(Names),
)

History = shape(
    "History",
    items=many(_HistoryItem),
    next=whole(none=True, about="The `after` of the page that follows."),
)

_DecidedApproval = shape(
    "DecidedApproval",
    id=key(),
    file_id=key(),
    decision=text(),
    power=text(),
    amount_paise=whole(),
    post=text(),
    person=text(none=True),
    capacity=text(),
    delegated_by=text(none=True),
    most_paise=whole(none=True),
    remark=text(none=True),
    decided_at=moment(),
    cancels=key(none=True),
)

Decided = shape(
    "Decided",
    file=one(_FilesItem),
    approval=one(_DecidedApproval),
    routed_to=text(none=True),
)

Tracked = shape(
    "TrackedFile",
    number=text(),
    subject=text(),
    department=one(Names),
    **{"with": one(Names)},
    status=text(),
    opened_at=moment(),
    since=moment(),
    days=whole(),
    due_on=day(none=True),
)

Moved = _FilesItem
