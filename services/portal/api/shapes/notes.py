"""What operations on notes answer, as the services say it."""

from services.portal.api.answers import (
    Names,
    anything,
    day,
    key,
    many,
    moment,
    one,
    shape,
    text,
    whole,
    yes,
)

_DRAFT = {
    "id": key(),
    "file_id": key(),
    "post": text(),
    "by_post": text(),
    "by_person": text(none=True),
    "language": text(none=True),
    "markup": text(),
    "begun_at": moment(),
    "saved_at": moment(),
    "version": whole(),
}

_DraftsItem = shape(
    "DraftsItem",
    **_DRAFT,
)

Drafts = shape(
    "Drafts",
    items=many(_DraftsItem),
    next=text(none=True),
)

_NoteSheetNote = shape(
    "NoteSheetNote",
    id=key(),
    file_id=key(),
    number=whole(),
    post=text(),
    person=text(none=True),
    capacity=text(),
    by_post=text(),
    by_person=text(none=True),
    language=text(none=True),
    markup=text(),
    confirmed_at=moment(),
    html=text(),
    sent=yes(),
    final=yes(),
    altered=yes(),
    post_name=one(Names),
    person_name=one(Names),
)

_NoteSheetOpinion = shape(
    "NoteSheetOpinion",
    id=key(),
    round=key(),
    post=text(),
    by_post=text(),
    by_person=text(none=True),
    question=text(),
    due_on=day(none=True),
    asked_at=moment(),
    state=text(),
    answer=text(none=True),
    answered_at=moment(none=True),
    answered_by=text(none=True),
    gathered_at=moment(none=True),
)

_NoteSheetRemark = shape(
    "NoteSheetRemark",
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

NoteSheet = shape(
    "NoteSheet",
    file_id=key(),
    number=text(),
    notes=many(_NoteSheetNote),
    drafts=many(anything()),
    opinions=many(_NoteSheetOpinion),
    remarks=many(_NoteSheetRemark),
)

_ApprovalsItem = shape(
    "ApprovalsItem",
    id=key(),
    file_id=key(),
    decision=text(),
    power=text(),
    amount_paise=whole(),
    post=text(),
    person=text(none=True),
    capacity=text(),
    delegated_by=text(none=True),
    most_paise=whole(),
    remark=text(none=True),
    decided_at=moment(),
    cancels=key(none=True),
    cancelled_by=key(none=True),
)

Approvals = shape(
    "Approvals",
    items=many(_ApprovalsItem),
)

Draft = shape(
    "Draft",
    **_DRAFT,
    html=text(),
)

Confirmed = shape(
    "Confirmed",
    id=key(),
    file_id=key(),
    number=whole(),
    post=text(),
    person=text(none=True),
    capacity=text(),
    by_post=text(),
    by_person=text(none=True),
    language=text(none=True),
    markup=text(),
    confirmed_at=moment(),
    html=text(),
)

Discarded = shape(
    "Discarded",
    id=key(),
)
