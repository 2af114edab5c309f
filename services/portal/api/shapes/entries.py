"""What operations on entries answer, as the services say it."""

from services.portal.api.answers import (
    Names,
    anything,
    day,
    key,
    many,
    moment,
    one,
    real,
    shape,
    text,
    whole,
    yes,
)

_BATCH = {
    "id": key(),
    "department": text(none=True),
    "state": text(),
    "via": text(),
    "file_name": text(none=True),
    "note": text(none=True),
    "entered_by": text(),
    "entered_at": moment(),
    "submitted_at": moment(none=True),
    "may": many(text()),
}

_EntriesItem = shape(
    "EntriesItem",
    id=key(),
    line=whole(),
    measure=text(),
    unit=text(),
    period=text(),
    place=text(),
    day=day(),
    value=real(none=True),
    replaced=real(none=True),
    added=whole(none=True),
    state=text(),
    version=whole(none=True),
    in_force=yes(),
    reason=text(none=True),
    after_sign_off=yes(),
    outlier=yes(),
    submitted_at=moment(),
    decided_by=text(none=True),
    decided_at=moment(none=True),
    remark=text(none=True),
    batch=key(),
)

Entries = shape(
    "Entries",
    items=many(_EntriesItem),
    next=text(none=True),
)

_FormMeasureAskedIn = shape(
    "FormMeasureAskedIn",
    unit=text(none=True),
    name=one(Names),
    per=whole(),
    decimals=whole(),
)

_FormMeasureBeside = shape(
    "FormMeasureBeside",
    measure=text(),
    name=one(Names),
)

_FormMeasurePlace = shape(
    "FormMeasurePlace",
    place=text(),
    value=anything(),
    previous=real(none=True),
    most=real(none=True),
    state=text(),
    entered=anything(),
    batch=key(none=True),
    remark=text(none=True),
    name=one(Names),
)

_FormMeasure = shape(
    "FormMeasure",
    measure=text(),
    name=one(Names),
    unit=text(),
    unit_name=one(Names),
    asked_in=one(_FormMeasureAskedIn),
    kind=text(),
    decimals=whole(),
    min=real(none=True),
    max=real(none=True),
    by=many(text()),
    source=text(),
    at_most=one(_FormMeasureBeside, none=True),
    rarely_above=one(_FormMeasureBeside, none=True),
    period=text(),
    due_on=day(),
    overdue=yes(),
    missing=whole(),
    signed_off=yes(),
    places=many(_FormMeasurePlace),
)

Form = shape(
    "Form",
    department=text(none=True),
    owner=text(none=True),
    measures=many(_FormMeasure),
)

_BatchesItem = shape(
    "BatchesItem",
    **_BATCH,
)

Batches = shape(
    "Batches",
    items=many(_BatchesItem),
    next=text(none=True),
)

_BatchLine = shape(
    "BatchLine",
    id=key(),
    line=whole(),
    measure=text(),
    unit=text(),
    period=text(),
    place=text(),
    day=day(),
    value=real(none=True),
    replaced=real(none=True),
    added=real(none=True),
    state=text(),
    version=whole(none=True),
    in_force=yes(),
    reason=text(none=True),
    after_sign_off=yes(),
    outlier=yes(),
    submitted_at=moment(none=True),
    decided_by=text(none=True),
    decided_at=moment(none=True),
    remark=text(none=True),
    unusual=anything(),
    compared=one(Names, none=True),
)

Batch = shape(
    "Batch",
    **_BATCH,
    lines=many(_BatchLine),
)

_ImportedLine = shape(
    "ImportedLine",
    id=key(),
    line=whole(),
    measure=text(),
    unit=text(),
    period=text(),
    place=text(),
    day=day(),
    value=real(none=True),
    replaced=real(none=True),
    added=whole(none=True),
    state=text(),
    version=whole(none=True),
    in_force=yes(),
    reason=text(none=True),
    after_sign_off=yes(),
    outlier=yes(),
    submitted_at=moment(),
    decided_by=text(none=True),
    decided_at=moment(none=True),
    remark=text(none=True),
    unusual=anything(),
    compared=one(Names),
)

Imported = shape(
    "Imported",
    **_BATCH,
    lines=many(_ImportedLine),
    dry_run=yes(),
)
