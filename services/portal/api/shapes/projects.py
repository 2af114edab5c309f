"""What operations on projects answer, as the services say it."""

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
    table,
    text,
    whole,
    yes,
)

_ProjectStage = shape(
    "ProjectStage",
    code=text(),
    mr=text(),
    en=text(),
)

_ProjectForecastsPace = shape(
    "ProjectForecastsPace",
    basis=text(),
    finish_on=day(none=True),
    low_on=day(none=True),
    high_on=day(none=True),
    cannot=text(none=True),
    milestones=table(),
    why=one(Names, none=True),
)

_ProjectForecastsOfficial = shape(
    "ProjectForecastsOfficial",
    basis=text(),
    finish_on=day(),
    low_on=day(none=True),
    high_on=day(none=True),
    cannot=text(none=True),
    milestones=table(),
    why=anything(),
)

_ProjectForecasts = shape(
    "ProjectForecasts",
    pace=one(_ProjectForecastsPace),
    official=one(_ProjectForecastsOfficial),
)

_ProjectHealthReason = shape(
    "ProjectHealthReason",
    code=text(),
    light=text(none=True),
    mr=text(),
    en=text(),
)

_ProjectHealth = shape(
    "ProjectHealth",
    light=text(none=True),
    reasons=many(_ProjectHealthReason),
)

_PROJECT = {
    "id": key(),
    "version": whole(),
    "recorded_at": moment(),
    "updated_at": moment(),
    "code": text(),
    "name": one(Names),
    "department": text(none=True),
    "owner": text(none=True),
    "starts_on": day(),
    "summary": one(Names, none=True),
    "wards": many(text()),
    "lat": real(none=True),
    "lon": real(none=True),
    "stages": many(anything()),
    "standing": text(),
    "public": yes(),
    "standing_on": day(none=True),
    "department_name": one(Names),
    "ward_names": many(Names),
    "stage": one(_ProjectStage),
    "sanctioned_paise": whole(none=True),
    "budget_paise": whole(none=True),
    "spent_paise": whole(none=True),
    "spent_percent": whole(none=True),
    "planned_percent": whole(none=True),
    "done_percent": whole(none=True),
    "planned_end": day(none=True),
    "expected_end": day(none=True),
    "forecasts": one(_ProjectForecasts),
    "health": one(_ProjectHealth),
    "open_issues": whole(),
    "open_risks": whole(),
}

_PublicProjectsItemMilestone = shape(
    "PublicProjectsItemMilestone",
    name=one(Names),
    stage=text(none=True),
    planned_on=day(),
    expected_on=day(),
    done_on=day(none=True),
)

_PublicProjectsItem = shape(
    "PublicProjectsItem",
    id=key(),
    code=text(),
    name=one(Names),
    summary=one(Names, none=True),
    department=text(none=True),
    department_name=one(Names),
    wards=many(text()),
    ward_names=many(Names),
    lat=real(none=True),
    lon=real(none=True),
    standing=text(),
    starts_on=day(),
    stage=one(_ProjectStage),
    sanctioned_paise=whole(none=True),
    budget_paise=whole(none=True),
    spent_paise=whole(none=True),
    planned_percent=whole(none=True),
    done_percent=whole(none=True),
    planned_end=day(none=True),
    expected_end=day(none=True),
    updated_at=moment(),
    milestones=many(_PublicProjectsItemMilestone),
    photos=many(anything()),
)

PublicProjects = shape(
    "PublicProjects",
    items=many(_PublicProjectsItem),
    next=text(none=True),
)

_ProjectsItem = shape(
    "ProjectsItem",
    **_PROJECT,
)

Projects = shape(
    "Projects",
    items=many(_ProjectsItem),
    next=text(none=True),
    counts=table(),
    as_of=moment(),
)

_ProjectMilestone = shape(
    "ProjectMilestone",
    id=key(),
    key=text(),
    name=one(Names),
    stage=text(none=True),
    weight=whole(),
    planned_on=day(),
    days=whole(none=True),
    after=many(key()),
    forecast_on=day(none=True),
    done_on=day(none=True),
    expected_on=day(),
    late_days=whole(),
    late=yes(),
    critical=yes(),
    slack_days=whole(),
)

_ProjectMoney = shape(
    "ProjectMoney",
    id=key(),
    kind=text(),
    amount_paise=whole(),
    on=day(),
    reference=text(none=True),
    note=text(none=True),
)

_ProjectRisk = shape(
    "ProjectRisk",
    id=key(),
    title=text(),
    likelihood=whole(),
    impact=whole(),
    owner=text(none=True),
    mitigation=text(none=True),
    open=yes(),
    score=whole(),
)

_ProjectIssue = shape(
    "ProjectIssue",
    id=key(),
    title=text(),
    severity=text(),
    post=text(),
    raised_on=day(),
    due_on=day(),
    detail=text(none=True),
    correlation_id=key(none=True),
    resolved_on=day(),
    resolution=text(),
    sub_judice=yes(),
)

_ProjectDecision = shape(
    "ProjectDecision",
    id=key(),
    text=text(),
    by=text(),
    decided_on=day(),
    file_number=text(none=True),
    review_id=key(),
    about=text(),
    day=day(none=True),
    amount_paise=whole(none=True),
)

_ProjectProgress = shape(
    "ProjectProgress",
    id=key(),
    promised=text(),
    done=yes(),
    on=day(),
    reason=text(none=True),
)

_ProjectSetAside = shape(
    "ProjectSetAside",
    times=whole(),
    days=whole(),
    spells=many(anything()),
)

_ProjectAction = shape(
    "ProjectAction",
    id=key(),
    review_id=key(),
    title=text(),
    post=text(),
    due_on=day(),
    detail=text(none=True),
    project_id=key(),
    code=text(),
    department=text(none=True),
    project_owner=text(),
    work=text(),
    assigned_on=day(),
    status=text(),
    reported_on=day(),
    evidence=text(none=True),
    evidence_file=text(none=True),
    evidence_photo=key(none=True),
    claimed_on=day(none=True),
    answer=text(none=True),
    rejections=whole(),
    done_on=day(none=True),
    reminded_on=day(),
    overdue_on=day(),
    escalated=whole(),
    first_due_on=day(none=True),
    extensions=whole(),
    told_event=key(),
    told_on=day(),
    kept=anything(),
    days_overdue=whole(),
    days_beyond=whole(),
    age_days=whole(),
)

Project = shape(
    "Project",
    **_PROJECT,
    milestones=many(_ProjectMilestone),
    money=many(_ProjectMoney),
    risks=many(_ProjectRisk),
    issues=many(_ProjectIssue),
    decisions=many(_ProjectDecision),
    progress=many(_ProjectProgress),
    photos=many(anything()),
    links=many(anything()),
    set_aside=one(_ProjectSetAside),
    withdrawn_late=many(anything()),
    actions=many(_ProjectAction),
    as_of=moment(),
)

Recorded = shape(
    "Recorded",
    **_PROJECT,
    milestones=many(_ProjectMilestone),
    money=many(_ProjectMoney),
    risks=many(_ProjectRisk),
    issues=many(_ProjectIssue),
    decisions=many(_ProjectDecision),
    progress=many(_ProjectProgress),
    photos=many(anything()),
    links=many(anything()),
)

_ChangesLight = shape(
    "ChangesLight",
    before=anything(),
    now=text(),
)

_ChangesMilestonesDone = shape(
    "ChangesMilestonesDone",
    id=key(),
    key=text(),
    name=one(Names),
    stage=text(none=True),
    weight=whole(),
    planned_on=day(),
    days=whole(none=True),
    after=many(key()),
    forecast_on=day(none=True),
    done_on=day(),
)

_ChangesMilestonesPassed = shape(
    "ChangesMilestonesPassed",
    id=key(),
    key=text(),
    name=one(Names),
    stage=text(none=True),
    weight=whole(),
    planned_on=day(),
    days=whole(none=True),
    after=many(key()),
    forecast_on=day(none=True),
    done_on=day(none=True),
    expected_on=day(need=False),
)

_ChangesBudget = shape(
    "ChangesBudget",
    before_paise=whole(),
    now_paise=whole(),
)

_ChangesRisksNew = shape(
    "ChangesRisksNew",
    id=key(),
    title=text(),
    likelihood=whole(),
    impact=whole(),
    owner=text(none=True),
    mitigation=text(none=True),
    open=yes(),
)

Changes = shape(
    "Changes",
    id=key(),
    code=text(),
    name=one(Names),
    since=moment(),
    until=moment(),
    version_before=anything(),
    version=whole(),
    any=yes(),
    is_new=yes(),
    light=one(_ChangesLight),
    owner=text(none=True),
    standing=text(none=True),
    planned_end=anything(),
    health=one(_ProjectHealth),
    milestones_done=many(_ChangesMilestonesDone),
    milestones_slipped=many(anything()),
    milestones_advanced=many(anything()),
    milestones_replanned=many(anything()),
    milestones_revised=many(anything()),
    milestones_passed=many(_ChangesMilestonesPassed),
    milestones_reopened=many(anything()),
    milestones_new=many(_ChangesMilestonesPassed),
    spent_paise=whole(none=True),
    budget=one(_ChangesBudget),
    risks_new=many(_ChangesRisksNew),
    risks_risen=many(anything()),
    issues_new=many(_ProjectIssue),
    issues_resolved=many(_ProjectIssue),
    decisions=many(_ProjectDecision),
    progress=many(_ProjectProgress),
    photos=many(anything()),
    withdrawn=table(),
)

PublicProject = _PublicProjectsItem
