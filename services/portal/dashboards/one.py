"""One KPI: what it is, its past and what is expected, its wards, and down to the records that a
number is made of."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from flask import current_app, render_template, request

from palika.errors import Invalid
from palika.roles import post_of
from services.portal.accounts import door, looked_at_all, who
from services.portal.asking import Part, Question
from services.portal.dashboards import charts, periods, wording
from services.portal.dashboards.views import (
    OFFICE,
    PATIENCE_S,
    asked_of_kpi,
    desk,
    told,
    unless_away,
)
from services.portal.domain.reads import Reason
from services.portal.pages import languages
from services.portal.pages.formats import number
from services.portal.pages.words import N_, gettext
from services.portal.rooms import post_names
from services.portal.site.views import asking
from services.portal.wall.naming import matters

_TRACE_S: Final = 12.0
_ALERTS: Final = 20
_RECORDS: Final = 200
_BESIDE: Final = ("previous", "last_year")
BY: Final = (
    ("ward", N_("Wards")),
    ("zone", N_("Zones")),
    ("department", N_("Departments")),
    ("month", N_("Months")),
    ("day", N_("Days")),
)
_GRIEVANCE: Final = "desk.grievance"
_MATTERS: Final = {
    "grievance": "grievance",
    "eoffice": "file",
    "receipt": "receipt",
    "tax": "property",
    "notify": "message",
}


@desk.get("/kpis/<code>")
@door(*OFFICE)
def kpi(code: str) -> str:
    """One KPI; ``?period=``, and ``?against=`` another period: previous, last_year or a code."""
    period, against = (request.args.get(each, "").strip() for each in ("period", "against"))
    asked: dict[str, Any] = {"code": code}
    of_period = asked | ({"period": period} if period else {})
    of_ward = of_period | {"by": "ward"}
    parts = asking().ask(
        who().identity,
        PATIENCE_S,
        kpi=Question("kpi", "kpi", of_period),
        wards=Question("kpi", "drill", of_ward),
        forecast=Question("kpi", "forecast", asked),
        insights=Question("kpi", "insights", asked),
        alerts=Question("kpi", "alerts", asked | {"limit": _ALERTS}),
    )
    one = unless_away(parts["kpi"])
    if one.missing:
        return render_template("dashboards/away.html", want=None, code=None)
    answer = one.value
    other = _other(answer, against)
    beside = _beside(asked, other) if other else {}
    compared = beside.get("kpi")
    if compared is not None:
        unless_away(compared)
    return render_template(
        "dashboards/kpi.html",
        kpi=answer,
        parts=parts,
        period=period,
        against=against,
        other=other,
        compared=compared,
        others=_others(answer),
        chart=_chart(answer, parts, compared),
        wards=_wards(parts["wards"], beside.get("wards")),
        long=periods.longer_than_a_month(answer["from_day"], answer["to_day"]),
        owner=post_names([answer["owner"]]).get(answer["owner"], answer["owner"]),
        alerts=(alerts := _alerts(parts["alerts"])),
        matters={} if alerts.missing else matters(alerts.value["items"]),
        by=_parted(answer),
        when=periods.told(answer),
        traced=_traced(answer),
    )


@desk.get("/kpis/<code>/parts")
@door(*OFFICE)
def parted(code: str) -> str:
    """A KPI by ward, zone, department, month or day; the months or days also of one ``ward``."""
    by = request.args.get("by", "day")
    period, ward = request.args.get("period", "").strip(), request.args.get("ward")
    asked: dict[str, Any] = {"code": code, "by": by}
    asked |= {"period": period} if period else {}
    asked |= {"ward": ward} if ward is not None else {}
    of_one = {name: asked[name] for name in ("code", "period") if name in asked}
    parts = asking().ask(
        who().identity,
        PATIENCE_S,
        drill=Question("kpi", "drill", asked),
        kpi=Question("kpi", "kpi", of_one),
    )
    drill, one = unless_away(parts["drill"]), unless_away(parts["kpi"])
    if drill.missing or one.missing:
        return render_template("dashboards/away.html", want=None, code=None)
    found = drill.value
    most = max(
        (abs(each["value"]) for each in found["parts"] if each["value"] is not None), default=0
    )
    return render_template(
        "dashboards/parts.html",
        kpi=one.value,
        drill=found,
        by=by,
        ward=ward,
        title=gettext(dict(BY).get(by, by)),
        all_by=_parted(one.value),
        when=periods.told(found),
        bar=lambda each: charts.bar(each["value"], most, each["status"]),
        traced=_traced(one.value),
    )


@desk.get("/records/<measure>")
@door(*OFFICE)
def records(measure: str) -> str:
    """The events or readings that a measure of a ``day`` is made of; of a ``ward`` or a
    ``department`` only those."""
    day = request.args.get("day", "")
    if not day:
        raise Invalid("which day?", {"day": ["must be a day like 2026-04-01"]})
    asked: dict[str, Any] = {"measure": measure, "day": day, "limit": _RECORDS}
    for name in ("ward", "department"):
        if request.args.get(name) is not None:
            asked[name] = request.args[name]
    found = told(asked_of_kpi("trace", asked, _TRACE_S))
    looked_at_all(_matters(found), Reason.SUPERVISES)
    return render_template(
        "dashboards/records.html",
        trace=found,
        code=request.args.get("kpi", ""),
        most=_RECORDS,
        when=periods.name(found["day"]),
        moment_of=lambda each: datetime.fromisoformat(each["at"]) if each["at"] else None,
        happened=wording.happened,
        posts=_approvers(found),
        grievance=_GRIEVANCE if _GRIEVANCE in current_app.view_functions else None,
    )


def _approvers(trace: Mapping[str, Any]) -> dict[str, str]:
    """What the posts are called that have approved readings, by the subjects that the trace has."""
    by = {each["approved_by"] for each in trace["from"] if each.get("approved_by")}
    names = post_names(post_of(each) for each in by)
    return {each: names.get(post_of(each), post_of(each)) for each in by}


def _matters(trace: Mapping[str, Any]) -> list[str]:
    """What the records are about, as a look is written down; readings are of nobody."""
    if trace["source"] != "events":
        return []
    return [
        f"{_MATTERS[kind]}:{each['number'] or each['subject']}"
        for each in trace["from"]
        if (kind := _kind(each["type"])) in _MATTERS and (each["number"] or each["subject"])
    ]


def _kind(event: str) -> str:
    """Of what an event tells: a receipt of the e-office, else what its service is about."""
    return "receipt" if event.startswith("eoffice.receipt") else event.partition(".")[0]


def _parted(answer: Mapping[str, Any]) -> list[tuple[str, str]]:
    """By what a KPI may be parted, as pairs of code and words; what is refused says why."""
    found = []
    long = periods.longer_than_a_month(answer["from_day"], answer["to_day"])
    for code, words in BY:
        if code == "ward" and "ward" not in answer["dimensions"]:
            continue
        if code == "zone" and not answer["dimensions"]:
            continue
        if code == "department" and (answer["source"], answer["scope"]) != ("events", "city"):
            continue
        if code == "month" and not long:
            continue
        found.append((code, gettext(words)))
    return found


def _traced(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The measures of a KPI of which a day's records can be listed: those of the period itself."""
    found: dict[str, Mapping[str, Any]] = {}
    for each in answer["measures"]:
        found.setdefault(each["measure"], each)
    return list(found.values())


def _other(answer: Mapping[str, Any], against: str) -> str:
    """The code of the period that a KPI is compared with."""
    if against not in _BESIDE:
        return against
    return answer["trend"][against]["period"] if answer["trend"] else ""


def _others(answer: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The periods that a form offers to compare with."""
    found = [("previous", gettext("The period before"))]
    found.append(("last_year", gettext("The same period a year before")))
    codes = [each["period"] for each in answer["series"] if each["period"]]
    return found + [(code, periods.name(code)) for code in reversed(codes[:-1])]


def _beside(asked: Mapping[str, Any], other: str) -> dict[str, Part]:
    of_other = {**asked, "period": other}
    return asking().ask(
        who().identity,
        PATIENCE_S,
        kpi=Question("kpi", "kpi", of_other),
        wards=Question("kpi", "drill", of_other | {"by": "ward"}),
    )


def _chart(
    answer: Mapping[str, Any], parts: Mapping[str, Part], compared: Part | None
) -> dict[str, Any]:
    """The chart, and what its legend and the table beside it say."""
    series = answer["series"]
    dots = [
        charts.Dot(periods.short(each["period"] or ""), each["value"], each["status"])
        for each in series
    ]
    decimals = answer["decimals"]
    season = _season(parts.get("insights"), series)
    ahead = _ahead(parts.get("forecast"), answer)
    beside = _values(compared, len(series))
    chart = charts.Chart(
        dots,
        title=gettext(
            "%(name)s, over time; the numbers are in the table below",
            name=answer["name"][languages.current()],
        ),
        target=answer["target"],
        season=season,
        forecast=ahead,
        beside=beside,
    )
    axis = charts.ticks(chart)
    step = axis[1] - axis[0] if len(axis) > 1 else 1
    fine = 0 if step >= 1 and all(float(each).is_integer() for each in axis) else max(decimals, 1)
    numbered = charts.Chart(
        chart.dots,
        chart.title,
        [number(each, fine) for each in axis],
        *(chart.target, chart.season, chart.forecast, chart.beside),
    )
    return {
        "svg": charts.over_time(numbered),
        "season": season,
        "ahead": parts["forecast"].value if ahead else None,
        "beside": beside,
        "rows": [
            {
                **each,
                "name": periods.name(each["period"] or ""),
                "beside": beside[at] if beside else None,
            }
            for at, each in enumerate(series)
        ],
    }


def past_of(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The chart of a KPI's past alone."""
    return _chart(answer, {}, None)


def _season(part: Part | None, series: list[Mapping[str, Any]]) -> tuple[int, float, float] | None:
    """What the season lets expect, where the value of that period is in the series."""
    found = None if part is None or part.missing else part.value["season"]
    if found is None:
        return None
    at = next((n for n, each in enumerate(series) if each["period"] == found["period"]), None)
    return None if at is None else (at, found["low"], found["high"])


def _ahead(part: Part | None, answer: Mapping[str, Any]) -> tuple[float, float, float, str] | None:
    """The forecast, unless the page tells of the past."""
    if part is None or part.missing or part.value["value"] is None or request.args.get("period"):
        return None
    found = part.value
    return found["value"], found["low"], found["high"], periods.short(found["period"])


def _values(part: Part | None, length: int) -> list[float | None]:
    if part is None or part.missing:
        return []
    found: list[float | None] = [each["value"] for each in part.value["series"]]
    # Of days that are no period there is one only.
    return found if len(found) == length else []


def _wards(part: Part, other: Part | None) -> dict[str, Any] | None:
    """The wards, with their value in the other period; None: the KPI is not known by ward."""
    if part.missing:
        return None if isinstance(part.error, Invalid) else {"away": True}
    before = {}
    if other is not None and not other.missing:
        before = {each["key"]: each["value"] for each in other.value["parts"]}
    rows = part.value["parts"]
    most = max((abs(each["value"]) for each in rows if each["value"] is not None), default=0)
    return {
        "away": False,
        "adds_up": part.value["adds_up"],
        "before": before,
        "rows": [{**each, "bar": charts.bar(each["value"], most, each["status"])} for each in rows],
    }


def _alerts(part: Part) -> Part:
    """Alerts with their moments, and posts by name."""
    if part.missing:
        return part
    items = part.value["items"]
    names = post_names(
        code
        for each in items
        for code in (each["owner"], post_of(each["acknowledged_by"] or ""))
        if code
    )

    def of(each: Mapping[str, Any]) -> dict[str, Any]:
        by = post_of(each["acknowledged_by"] or "")
        moments = {
            name: None if each[name] is None else datetime.fromisoformat(each[name])
            for name in ("began_at", "ended_at", "acknowledged_at")
        }
        return {**each, **moments, "by": by and names.get(by, by)} | {
            "owner_name": names.get(each["owner"], each["owner"])
        }

    return Part({"items": [of(each) for each in items], "more": part.value["next"] is not None})
