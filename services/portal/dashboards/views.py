"""The pages of all KPIs and of a department's, for the office; the same on paper."""

import base64
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any, Final

from flask import Blueprint, Response, render_template, request, url_for

from services.portal.accounts import door, who
from services.portal.asking import Part, Question
from services.portal.dashboards import charts, periods
from services.portal.dashboards.picking import (
    CHANGES,
    SORTS,
    STATUSES,
    Picked,
    change,
    picked,
)
from services.portal.dashboards.wording import helpers
from services.portal.pages import languages
from services.portal.pages.languages import PREFIX
from services.portal.rooms import post_names
from services.portal.site.views import asking

OFFICE: Final = ("officer", "supervisor", "admin")
PATIENCE_S: Final = 6.0
"""All KPIs at once, of a service that has just started, take longer than a citizen's page may."""
_PRINT_S: Final = 30.0

desk = Blueprint("dashboards", __name__, url_prefix=f"{PREFIX}/desk/dashboards")
desk.context_processor(helpers)


@desk.get("/")
@door(*OFFICE)
def city() -> str:
    """Every KPI of the city, by department, with filters; the departments beside each other."""
    return _page(None)


@desk.get("/departments/<code>")
@door(*OFFICE)
def department(code: str) -> str:
    """The KPIs of one department."""
    return _page(code)


@desk.get("/pdf")
@door(*OFFICE)
def pdf() -> Response:
    """What a view shows, as PDF: the query is the page's, ``of`` the department's whose it is."""
    want, of = picked(request.args), request.args.get("of") or None
    asked: dict[str, Any] = {
        "department": of,
        "period": want.period or None,
        "language": languages.current(),
    }
    if want.filters:
        answer = told(asked_of_kpi("dashboard", {k: asked[k] for k in ("department", "period")}))
        asked["codes"] = [each["code"] for each in answer["kpis"] if want.shows(each)]
    made = told(asked_of_kpi("dashboard_export", asked, _PRINT_S))
    answer = Response(base64.b64decode(made["content_base64"]), mimetype=made["content_type"])
    answer.headers["Content-Disposition"] = f'inline; filename="{made["file"]}"'
    return answer


def asked_of_kpi(method: str, arguments: Mapping[str, Any], patience_s: float = PATIENCE_S) -> Part:
    """An answer of the KPI service to who is here."""
    question = Question("kpi", method, arguments)
    return asking().ask(who().identity, patience_s, it=question)["it"]


def told(part: Part) -> Any:
    """The answer. Raises the error that the service has answered instead, or that it is away."""
    if part.error is not None:
        raise part.error
    return part.value


def unless_away(part: Part) -> Part:
    """The part; a service that is away takes away its part only. Raises all other errors: they are
    of what was asked for."""
    if part.error is not None and not part.away:
        raise part.error
    return part


def _page(code: str | None) -> str:
    want = picked(request.args)
    part = unless_away(
        asked_of_kpi("dashboard", {"department": code, "period": want.period or None})
    )
    if part.missing:
        return render_template("dashboards/away.html", want=want, code=code)
    answer = part.value
    lines: Sequence[Mapping[str, Any]] = answer["kpis"]
    names = {each["code"]: each["name"][languages.current()] for each in answer["departments"]}
    today = date.fromisoformat(answer["today"])
    offered = periods.choices(today)
    if want.period and want.period not in dict(offered):
        offered.append((want.period, periods.name(want.period)))
    here = "dashboards.city" if code is None else "dashboards.department"
    kept = {} if code is None else {"code": code}
    owners = sorted({each["owner"] for each in lines})
    posts = post_names(owners)
    return render_template(
        "dashboards/city.html",
        answer=answer,
        today=today,
        want=want,
        code=code,
        name=names.get(code or ""),
        names=names,
        shown=sum(want.shows(each) for each in lines),
        groups=_groups(want, lines, names),
        statuses=STATUSES,
        changes=CHANGES,
        sorts=SORTS,
        offered=offered,
        owners=[(each, posts.get(each, each)) for each in owners],
        # Whatever is filtered, the same view otherwise: with another value, or none.
        view=lambda **other: url_for(here, **kept, **_with(want, other)),
        paper=url_for("dashboards.pdf", **want.query, **({"of": code} if code else {})),
        kpi_address=_address_of_kpis(want.period),
        shares=shares_of,
    )


def _with(want: Picked, other: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in (want.query | dict(other)).items() if value}


def _groups(
    want: Picked, lines: Sequence[Mapping[str, Any]], names: Mapping[str, str]
) -> list[dict[str, Any]]:
    """The KPIs in groups by department, or all in one where another order is asked for."""
    rows = [_row(each, want) for each in want.ordered(lines)]
    if want.sort:
        return [{"code": "", "name": "", "rows": rows, "hidden": _hides(rows)}]
    return [
        {"code": code, "name": names.get(code, code), "rows": of, "hidden": _hides(of)}
        for code, members in groupby(rows, key=lambda each: each["owned_by"])
        if (of := list(members))
    ]


def _hides(rows: Sequence[Mapping[str, Any]]) -> bool:
    return all(each["hidden"] for each in rows)


def _row(line: Mapping[str, Any], want: Picked) -> dict[str, Any]:
    """A KPI, and what its row needs beside."""
    quality, fresh = line["quality"], line["freshness"]
    return {
        **line,
        "hidden": not want.shows(line),
        "change": change(line),
        "spark": charts.spark(line["series"]),
        "when": periods.told(line),
        "other": line["name"][languages.other()],
        "score": None if quality is None else quality["score"],
        "behind": fresh["until"] if fresh and fresh["months_behind"] else None,
    }


def _address_of_kpis(period: str) -> Any:
    """What makes the address of a KPI's page of its code: a page has hundreds of them."""
    begin, _, end = url_for(
        "dashboards.kpi", code="--code--", **({"period": period} if period else {})
    ).partition("--code--")
    return lambda code: f"{begin}{code}{end}"


def shares_of(counts: Mapping[str, int]) -> Any:
    """A bar of how many KPIs stand how."""
    rest = sum(counts[each] for each in ("not judged", "no target", "no data"))
    return charts.shares(
        [*((each, counts[each]) for each in ("green", "amber", "red")), ("none", rest)]
    )
