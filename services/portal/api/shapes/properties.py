"""What operations on properties answer, as the services say it."""

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

_PROPERTY = {
    "id": key(),
    "number": text(),
    "ward": text(none=True),
    "zone": text(),
    "use": text(),
    "status": text(),
    "address": text(),
    "language": text(none=True),
    "registered_at": moment(),
}

_LookedUpItemOwner = shape(
    "LookedUpItemOwner",
    name=text(),
    phone=text(none=True, need=False),
    share=text(need=False),
)

_LookedUpItem = shape(
    "LookedUpItem",
    # What a program alone finds by a name has no way to the property: only ward, use and the end.
    id=key(need=False),
    number=text(need=False),
    number_ends=text(need=False, about="Of a program that looks by a name."),
    ward=text(none=True),
    zone=text(need=False),
    use=text(),
    status=text(need=False),
    address=text(need=False),
    language=text(none=True, need=False),
    registered_at=moment(need=False),
    owners=many(_LookedUpItemOwner),
)

LookedUp = shape(
    "LookedUp",
    items=many(_LookedUpItem),
    more=yes(about="Whether there are others."),
    next=text(none=True),
)

_PropertyBillPayment = shape(
    "PropertyBillPayment",
    id=key(),
    property_id=key(),
    bill_id=key(),
    reference=text(none=True),
    amount_paise=whole(),
    balance_paise=whole(),
    mode=text(),
    channel=text(),
    received_on=day(),
    paid_at=moment(),
    state=text(),
    receipt_number=text(none=True),
    taken_by=text(),
    reason=text(none=True),
)

_PropertyBill = shape(
    "PropertyBill",
    id=key(),
    number=text(),
    property_id=key(),
    period=text(),
    amount_paise=whole(),
    arrears_paise=whole(),
    advance_paise=whole(),
    payable_paise=whole(),
    rateable_value_paise=whole(),
    lines=table(),
    billed_at=moment(),
    due_on=day(),
    version=whole(),
    open_paise=whole(),
    status=text(),
    payments=many(_PropertyBillPayment, need=False),
)

Property = shape(
    "Property",
    **_PROPERTY,
    balance_paise=whole(),
    bills=many(_PropertyBill),
    matters=many(anything(), need=False),
)

_DuesDue = shape(
    "DuesDue",
    half_year=text(),
    head=text(),
    called=one(Names),
    paise=whole(),
)

Dues = shape(
    "Dues",
    property_id=key(),
    number=text(),
    on=day(),
    dues=many(_DuesDue),
    forgone=many(anything()),
    advance_paise=whole(),
    payable_paise=whole(),
)

_RegisterStateFloor = shape(
    "RegisterStateFloor",
    floor=text(),
    area_sqm=text(),
    use=text(),
    **{"class": text()},
    built_in=whole(),
    occupancy=text(),
)

_RegisterStateWords = shape(
    "RegisterStateWords",
    mr=many(text()),
    en=many(text()),
)

_RegisterState = shape(
    "RegisterState",
    status=text(),
    ward=text(none=True),
    zone=text(),
    address=text(),
    floors=many(_RegisterStateFloor),
    claims=many(text()),
    words=one(_RegisterStateWords),
)

_RegisterOwner = shape(
    "RegisterOwner",
    name=text(),
    kind=text(),
    share=text(),
    phone=text(none=True),
    email=text(none=True, need=False),
    language=text(none=True, need=False),
)

_RegisterOrderState = shape(
    "RegisterOrderState",
    effective_from=day(),
    words=one(_RegisterStateWords),
)

_RegisterOrderOwners = shape(
    "RegisterOrderOwners",
    items=many(_RegisterOwner),
    words=one(_RegisterStateWords),
)

_RegisterOrder = shape(
    "RegisterOrder",
    id=key(),
    kind=text(),
    called=one(Names),
    number=text(),
    dated=day(),
    effective_from=day(),
    recorded_at=moment(),
    by=text(need=False),
    details=table(need=False),
    states=many(_RegisterOrderState),
    owners=one(_RegisterOrderOwners),
)

Register = shape(
    "Register",
    **_PROPERTY,
    on=day(),
    known_at=moment(),
    state=one(_RegisterState),
    owners=many(_RegisterOwner),
    orders=many(_RegisterOrder),
)

_StatementRow = shape(
    "StatementRow",
    value_date=day(),
    posted_at=moment(),
    kind=text(),
    kind_called=one(Names),
    reference=text(none=True),
    entry=key(),
    account=text(),
    half_year=text(none=True),
    head=text(none=True),
    head_called=one(Names, none=True),
    paise=whole(),
    balance_paise=whole(),
)

Statement = shape(
    "Statement",
    property_id=key(),
    number=text(),
    on=day(),
    rows=many(_StatementRow),
    interest=table(),
    interest_to_come=table(),
    balance_paise=whole(),
)

PayLink = shape(
    "PayLink",
    id=key(),
    number=text(),
    property_id=key(),
    amount_paise=whole(),
    state=text(),
    gateway_id=key(none=True),
    link_url=text(),
    made_at=moment(),
    expires_at=moment(),
    payment_id=key(none=True),
    reason=text(none=True),
)

_ORDER = {
    "id": key(),
    "number": text(),
    "property_id": key(),
    "amount_paise": whole(),
    "state": text(),
    "gateway_id": text(none=True),
    "link_url": text(none=True),
    "made_at": moment(),
    "expires_at": moment(),
    "payment_id": key(none=True),
    "reason": text(none=True),
}

Order = shape(
    "Order",
    **_ORDER,
    key_id=text(need=False),
)

OrderStanding = shape(
    "OrderStanding",
    id=key(),
    number=text(),
    property_id=key(),
    amount_paise=whole(),
    state=text(),
    gateway_id=text(none=True),
    link_url=text(none=True),
    made_at=moment(),
    expires_at=moment(),
    payment_id=key(none=True),
    reason=text(none=True),
    property_number=text(none=True),
    is_link=yes(),
    failed=yes(about="Whether the last try came to nothing."),
    receipt_number=text(none=True, about="Of who made the order, and of the office."),
    paid_on=text(none=True),
    paid_paise=whole(none=True),
    mode=text(none=True),
    payment_state=text(none=True),
    taken_back=text(none=True, about="Why it, or a part, does not stand any more."),
    left_paise=whole(none=True),
    waits=yes(about="Whether it is of no property so far."),
    whole=yes(about="Whether receipt, day and mode are told."),
)

_EstimateHalfYearHead = shape(
    "EstimateHalfYearHead",
    head=text(),
    called=one(Names),
    paise=whole(),
)

_EstimateHalfYearExplainedMrStep = shape(
    "EstimateHalfYearExplainedMrStep",
    text=text(),
    paise=whole(),
    basis=whole(none=True),
)

_EstimateHalfYearExplainedMr = shape(
    "EstimateHalfYearExplainedMr",
    steps=many(_EstimateHalfYearExplainedMrStep),
    bases=many(text()),
)

_EstimateHalfYearExplained = shape(
    "EstimateHalfYearExplained",
    mr=one(_EstimateHalfYearExplainedMr),
    en=one(_EstimateHalfYearExplainedMr),
)

_EstimateHalfYear = shape(
    "EstimateHalfYear",
    half_year=text(),
    rateable_value_paise=whole(),
    total_paise=whole(),
    heads=many(_EstimateHalfYearHead),
    explained=one(_EstimateHalfYearExplained),
)

Estimate = shape(
    "Estimate",
    period=text(),
    known_on=day(),
    total_paise=whole(),
    half_years=many(_EstimateHalfYear),
    rebate=whole(none=True),
)

_CollectionRow = shape(
    "CollectionRow",
    ward=text(none=True, need=False),
    zone=text(none=True, need=False),
    use=text(none=True, need=False),
    year=anything(need=False),
    half_year=anything(need=False),
    head=text(none=True, need=False),
    opening=whole(),
    demand=whole(),
    rebate=whole(),
    waiver=whole(),
    collection=whole(),
    closing=whole(),
)

_CollectionTotal = shape(
    "CollectionTotal",
    opening=whole(),
    demand=whole(),
    rebate=whole(),
    waiver=whole(),
    collection=whole(),
    closing=whole(),
)

_CollectionAccounts = shape(
    "CollectionAccounts",
    cash=whole(),
    cheques_in_hand=whole(),
    gateway=whole(),
    income=whole(),
    interest_income=whole(),
    rebate_given=whole(),
    receivable=whole(),
)

Collection = shape(
    "Collection",
    from_day=day(),
    to_day=day(),
    known_at=moment(),
    by=many(text()),
    rows=many(_CollectionRow),
    total=one(_CollectionTotal),
    accounts=one(_CollectionAccounts),
    moved=one(_CollectionAccounts),
    reconciled=yes(),
)
