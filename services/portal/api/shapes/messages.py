"""What operations on messages answer, as the services say it."""

from services.portal.api.answers import (
    anything,
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

_CampaignQuery = shape(
    "CampaignQuery",
    name=text(),
    arguments=table(),
)

_CAMPAIGN = {
    "id": key(),
    "name": text(),
    "state": text(),
    "problem": text(none=True),
    "template": text(),
    "template_version": whole(),
    "fields": table(),
    "audience": text(),
    "query": one(_CampaignQuery),
    "rows": anything(),
    "loaded_to": whole(),
    "recipients": whole(),
    "rejected": whole(),
    "fed": whole(),
    "estimate": anything(),
    "estimated_at": moment(none=True),
    "start_at": moment(none=True),
    "hours_from": text(none=True),
    "hours_to": text(none=True),
    "per_minute": whole(none=True),
    "tests": whole(),
    "created_by": text(),
    "created_at": moment(),
    "approved_by": text(none=True),
    "approved_at": moment(none=True),
    "started_at": moment(none=True),
    "ended_by": text(none=True),
    "ended_at": moment(none=True),
}

_MessagesItem = shape(
    "MessagesItem",
    id=key(),
    event_id=key(),
    event_type=text(),
    template=text(),
    template_version=whole(),
    purpose=text(),
    lane=text(),
    audience=text(none=True),
    recipient_ref=text(),
    state=text(),
    reason=text(none=True),
    detail=text(none=True),
    attempts=whole(),
    next_attempt_at=moment(none=True),
    of_use_until=moment(none=True),
    fallback_at=moment(none=True),
    channel=text(none=True),
    spent=many(anything()),
    skipped=table(),
    language=text(none=True),
    address=text(none=True),
    subject=text(none=True),
    created_at=moment(),
    sending_at=moment(none=True),
    sent_at=moment(none=True),
    delivered_at=moment(none=True),
    read_at=moment(none=True),
)

Messages = shape(
    "Messages",
    items=many(_MessagesItem),
    next=text(none=True),
)

_MessageAttemptsMade = shape(
    "MessageAttemptsMade",
    id=key(),
    channel=text(none=True),
    provider=text(),
    units=whole(),
    state=text(),
    reason=text(none=True),
    detail=text(none=True),
    reference=text(none=True),
    made_at=moment(),
    answered_at=moment(none=True),
    delivered_at=moment(none=True),
    read_at=moment(none=True),
)

Message = shape(
    "Message",
    id=key(),
    event_id=key(),
    event_type=text(),
    template=text(),
    template_version=whole(),
    purpose=text(),
    lane=text(),
    audience=text(none=True),
    recipient_ref=text(),
    state=text(),
    reason=text(none=True),
    detail=text(none=True),
    attempts=whole(),
    next_attempt_at=moment(none=True),
    of_use_until=moment(none=True),
    fallback_at=moment(none=True),
    channel=text(none=True),
    spent=many(anything()),
    skipped=table(),
    language=text(none=True),
    address=text(none=True),
    subject=text(none=True),
    created_at=moment(),
    sending_at=moment(none=True),
    sent_at=moment(none=True),
    delivered_at=moment(none=True),
    read_at=moment(none=True),
    resends=many(anything()),
    why=anything(),
    attempts_made=many(_MessageAttemptsMade),
    receipts=many(anything()),
)

_ConsentPurposesService = shape(
    "ConsentPurposesService",
    told=yes(),
    said=yes(none=True),
    said_at=moment(none=True),
    source=text(none=True),
    wording=text(none=True, about="What they were asked, or have said."),
)

_ConsentPurposes = shape(
    "ConsentPurposes",
    service=one(_ConsentPurposesService),
    tax=one(_ConsentPurposesService),
    reminder=one(_ConsentPurposesService),
    news=one(_ConsentPurposesService),
)

Consent = shape(
    "Consent",
    purposes=one(_ConsentPurposes),
    channels=many(anything()),
    language=text(none=True),
)

_TemplatesItem = shape(
    "TemplatesItem",
    template=text(),
    version=whole(),
    purpose=text(),
    lane=text(),
    channels=many(text()),
    languages=many(text()),
    saved_by=text(),
    saved_at=moment(),
    note=text(none=True),
    whatsapp=table(about="By language what Meta says of it."),
)

Templates = shape(
    "Templates",
    items=many(_TemplatesItem),
    next=text(none=True),
)

Preview = shape(
    "Preview",
    template=text(),
    version=whole(),
    language=text(),
    fields=table(),
    longest=table(about="The most characters that operators take of each in a text message."),
    channels=table(about="By channel what it would say, how long it is, and why it is not sent."),
)

_CampaignsItem = shape(
    "CampaignsItem",
    **_CAMPAIGN,
)

Campaigns = shape(
    "Campaigns",
    items=many(_CampaignsItem),
    next=text(none=True),
)

Campaign = shape(
    "Campaign",
    **_CAMPAIGN,
    starts=anything(),
    may=many(text()),
    progress=table(),
)

Rejections = shape(
    "Rejections",
    items=many(anything()),
    next=text(none=True),
)
