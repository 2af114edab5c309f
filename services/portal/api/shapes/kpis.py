"""What operations on kpis answer, as the services say it."""

from services.portal.api.answers import (
    Names,
    anything,
    day,
    many,
    one,
    real,
    shape,
    table,
    text,
    whole,
    yes,
)

_KpiMeasure = shape(
    "KpiMeasure",
    measure=text(),
    name=one(Names),
    **{"as": text()},
    q=real(none=True),
    over=text(),
    department=text(none=True),
    unit=text(),
    unit_name=one(Names),
    entered=anything(),
    decimals=whole(),
    value=real(none=True),
)

_KpiThresholds = shape(
    "KpiThresholds",
    green=real(need=False),
    red=real(need=False),
    amber=real(need=False),
)

_KpiBaseline = shape(
    "KpiBaseline",
    value=real(none=True),
    period=text(),
)

_KpiReference = shape(
    "KpiReference",
    source=text(),
    clause=text(none=True),
    title=one(Names),
)

_KpiTrendPrevious = shape(
    "KpiTrendPrevious",
    period=text(),
    value=real(none=True),
    change=real(none=True),
    trend=text(none=True),
)

_KpiTrendLastYear = shape(
    "KpiTrendLastYear",
    period=text(),
    value=anything(),
    change=real(none=True),
    trend=text(none=True),
)

_KpiTrend = shape(
    "KpiTrend",
    previous=one(_KpiTrendPrevious),
    last_year=one(_KpiTrendLastYear),
)

_KpiSery = shape(
    "KpiSery",
    period=text(none=True),
    value=real(none=True),
    status=text(),
)

_KpiFreshness = shape(
    "KpiFreshness",
    until=text(),
    months_behind=whole(),
)

_KpiMissing = shape(
    "KpiMissing",
    place=text(),
    name=one(Names),
    since=text(none=True),
    stands=yes(),
)

_KpiCovers = shape(
    "KpiCovers",
    by=text(),
    of=whole(),
    has=whole(),
    missing=many(_KpiMissing),
    words=one(Names),
)

_KpiQualityPartsCompleteness = shape(
    "KpiQualityPartsCompleteness",
    score=real(),
    words=one(Names),
)

_KpiQualityPartsCorrections = shape(
    "KpiQualityPartsCorrections",
    score=real(none=True),
    words=one(Names),
)

_KpiQualityParts = shape(
    "KpiQualityParts",
    completeness=one(_KpiQualityPartsCompleteness),
    timeliness=one(_KpiQualityPartsCompleteness),
    corrections=one(_KpiQualityPartsCorrections),
    outliers=one(_KpiQualityPartsCorrections),
)

_KpiQuality = shape(
    "KpiQuality",
    score=real(),
    why=one(Names, none=True),
    parts=one(_KpiQualityParts),
)

_KpiDefined = shape(
    "KpiDefined",
    since=day(),
    exactly=yes(),
    changed=many(text()),
    before=table(none=True),
    words=one(Names),
)

_KPI = {
    "asked_of": anything(),
    "code": text(),
    "department": text(none=True),
    "name": one(Names),
    "definition": one(Names),
    "unit": text(),
    "unit_name": one(Names),
    "decimals": whole(),
    "formula": text(),
    "formula_in_words": one(Names),
    "measures": many(_KpiMeasure),
    "scope": text(),
    "direction": text(),
    "frequency": text(),
    "source": text(),
    "owner": text(none=True),
    "target": anything(),
    "targets": table(),
    "thresholds": one(_KpiThresholds, none=True),
    "tolerance": real(),
    "baseline": one(_KpiBaseline, none=True),
    "illustrative": many(text()),
    "dimensions": many(text()),
    "reference": one(_KpiReference, none=True),
    "programme": many(text()),
    "public": yes(),
    "note": text(none=True),
    "owned_by": text(),
    "period": text(none=True),
    "from_day": day(),
    "to_day": day(),
    "running": yes(),
    "over": whole(),
    "value": real(none=True),
    "margin": real(none=True),
    "status": text(),
    "short": real(none=True),
    "judged": one(Names),
    "why": one(Names, none=True),
    "trend": one(_KpiTrend, none=True),
    "series": many(_KpiSery),
    "freshness": one(_KpiFreshness, none=True),
    "data_of": text(none=True),
    "covers": one(_KpiCovers, none=True),
    "partial": one(Names, none=True),
    "so_far": anything(),
    "quality": one(_KpiQuality, none=True),
    "defined": one(_KpiDefined, none=True),
}

_DashboardPlace = shape(
    "DashboardPlace",
    code=text(),
    name=one(Names),
    counts=table(),
    judged=whole(),
    expected=whole(),
    lacking=whole(),
    coverage=real(none=True),
    score=anything(),
    rank=whole(none=True),
    of=whole(),
    words=one(Names),
)

_DashboardDepartment = shape(
    "DashboardDepartment",
    code=text(),
    name=one(Names),
    counts=table(),
    judged=whole(),
    expected=whole(),
    lacking=whole(),
    coverage=real(none=True),
    score=real(none=True),
    rank=whole(none=True),
    of=whole(),
    words=one(Names),
)

_DashboardKpiQuality = shape(
    "DashboardKpiQuality",
    score=real(),
    why=one(Names, none=True),
)

_DashboardKpi = shape(
    "DashboardKpi",
    code=text(),
    owned_by=text(),
    owner=text(none=True),
    name=one(Names),
    unit=text(),
    unit_name=one(Names),
    formula=text(),
    direction=text(),
    frequency=text(),
    decimals=whole(),
    period=text(none=True),
    from_day=day(),
    to_day=day(),
    running=yes(),
    over=whole(),
    value=real(none=True),
    margin=real(none=True),
    target=anything(),
    status=text(),
    short=real(none=True),
    judged=one(Names),
    why=one(Names, none=True),
    trend=one(_KpiTrend, none=True),
    series=many(real(none=True)),
    freshness=one(_KpiFreshness, none=True),
    data_of=text(none=True),
    covers=one(_KpiCovers, none=True),
    partial=one(Names, none=True),
    so_far=anything(),
    quality=one(_DashboardKpiQuality, none=True),
)

Dashboard = shape(
    "Dashboard",
    department=text(none=True),
    period=text(none=True),
    from_day=day(none=True),
    to_day=day(none=True),
    today=day(),
    counts=table(),
    place=one(_DashboardPlace, none=True),
    departments=many(_DashboardDepartment),
    kpis=many(_DashboardKpi),
    series_periods=table(),
)

Kpi = shape(
    "Kpi",
    **_KPI,
)

_DrillWhole = shape(
    "DrillWhole",
    key=text(),
    name=text(none=True),
    value=real(none=True),
    margin=real(none=True),
    target=anything(),
    status=text(),
    short=real(none=True),
    judged=one(Names),
    why=one(Names, none=True),
    covers=one(_KpiCovers, none=True),
    partial=one(Names, none=True),
    measures=table(),
)

_DrillPart = shape(
    "DrillPart",
    key=text(),
    name=one(Names, none=True),
    value=real(none=True),
    margin=real(none=True),
    target=anything(),
    status=text(),
    short=real(none=True),
    judged=one(Names),
    why=one(Names, none=True),
    covers=one(_KpiCovers, none=True),
    partial=one(Names, none=True),
    measures=table(),
)

Drill = shape(
    "Drill",
    code=text(),
    name=one(Names),
    unit=text(),
    unit_name=one(Names),
    decimals=whole(),
    formula=text(),
    units=table(),
    direction=text(),
    department=text(none=True),
    ward=text(none=True),
    ward_name=one(Names, none=True),
    by=text(),
    period=text(none=True),
    from_day=day(),
    to_day=day(),
    adds_up=yes(),
    whole=one(_DrillWhole),
    parts=many(_DrillPart),
)

Forecast = shape(
    "Forecast",
    code=text(),
    name=one(Names),
    unit=text(),
    unit_name=one(Names),
    as_of=day(),
    period=text(),
    target_date=day(),
    target=anything(),
    newest=text(none=True),
    met=text(),
    met_in_words=one(Names),
    level=whole(),
    value=anything(),
    low=real(none=True),
    high=real(none=True),
    method=anything(),
    errors=anything(),
    typical_error=real(none=True),
    words=anything(),
    why=one(Names, none=True),
)
