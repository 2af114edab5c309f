"""What the city shows to everybody: its KPIs of whole months that are over, open grievances by
kind, public projects; as pages and as data.

Which of them are public, the services decide: they are asked as nobody.
"""

import base64
import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, render_template, request, url_for

from services.portal.accounts import door
from services.portal.asking import Part, Question
from services.portal.dashboards import charts, periods
from services.portal.dashboards.one import past_of
from services.portal.dashboards.picking import STATUSES, change
from services.portal.dashboards.views import shares_of, told, unless_away
from services.portal.dashboards.wording import helpers
from services.portal.pages.frame import frame
from services.portal.pages.languages import PREFIX, other
from services.portal.site import figures
from services.portal.site.views import asking, in_order, keep_unless_away

transparency = Blueprint("transparency", __name__, url_prefix=f"{PREFIX}/transparency")
transparency.context_processor(helpers)

_PATIENCE_S: Final = 4.0
"""All KPIs of a service that has just started take their time; the page is kept then."""
_SOME: Final = 6
_PHOTO_S: Final = 3_600
_FIELDS: Final = (
    *("code", "name_mr", "name_en", "department", "department_mr", "department_en", "unit"),
    *("value", "target_low", "target_high", "status", "period", "from_day", "to_day"),
    *("value_before", "value_year_before", "data_until"),
)
"""The columns of the open data; README.md tells them."""


@transparency.get("/")
@door("anonymous")
def start() -> str:
    """How the city does, in short: KPIs by department, grievances, projects."""
    parts = _ask(
        kpis=_KPIS,
        grievances=figures.GRIEVANCES,
        projects=Question("warroom", "public_projects", {"limit": _SOME}, figures.KEEP_S),
    )
    keep_unless_away(parts)
    return render_template(
        "transparency/start.html",
        kpis=parts["kpis"],
        statuses=STATUSES,
        shares=shares_of,
        grievances=figures.open_by_site(parts["grievances"]),
        projects=parts["projects"],
    )


@transparency.get("/departments/<code>")
@door("anonymous")
def department(code: str) -> str:
    """The public KPIs of a department."""
    question = Question("kpi", "dashboard", {"department": code}, figures.KEEP_S)
    parts = _ask(kpis=question)
    keep_unless_away(parts)
    part = unless_away(parts["kpis"])
    rows = [] if part.missing else [_row(each) for each in part.value["kpis"]]
    return render_template(
        "transparency/department.html",
        code=code,
        part=part,
        groups=[{"code": code, "name": "", "rows": rows, "hidden": False}],
        address=lambda code: url_for("transparency.figure", code=code),
        statuses=STATUSES,
        sites=[each for each in frame().shelf.content.sites.values() if each.department == code],
    )


@transparency.get("/figures/<code>")
@door("anonymous")
def figure(code: str) -> str:
    """One public KPI: what it means, and what it was."""
    parts = _ask(kpi=Question("kpi", "kpi", {"code": code}, figures.KEEP_S))
    keep_unless_away(parts)
    part = unless_away(parts["kpi"])
    kpi = part.value
    return render_template(
        "transparency/figure.html",
        part=part,
        kpi=kpi,
        when=None if part.missing else periods.told(kpi),
        chart=None if part.missing else past_of(kpi),
    )


@transparency.get("/grievances")
@door("anonymous")
def grievances() -> str:
    """Open grievances of the kinds that micro-sites name, by department."""
    parts = _ask(grievances=figures.GRIEVANCES)
    keep_unless_away(parts)
    return render_template(
        "transparency/grievances.html", grievances=figures.open_by_site(parts["grievances"])
    )


@transparency.get("/projects")
@door("anonymous")
def projects() -> str:
    """Public projects, a page at a time; ``?department=`` those of one."""
    asked = {
        name: value for name in ("department", "cursor") if (value := request.args.get(name, ""))
    }
    parts = _ask(projects=Question("warroom", "public_projects", asked, figures.KEEP_S))
    keep_unless_away(parts)
    content = frame().shelf.content
    return render_template(
        "transparency/projects.html",
        projects=unless_away(parts["projects"]),
        department=asked.get("department", ""),
        first="cursor" not in asked,
        departments=sorted(
            content.city["departments"], key=lambda each: in_order(content.department_name(each))
        ),
    )


@transparency.get("/projects/<code>")
@door("anonymous")
def project(code: str) -> str:
    """One public project."""
    parts = _ask(project=Question("warroom", "public_project", {"code": code}, figures.KEEP_S))
    keep_unless_away(parts)
    part = unless_away(parts["project"])
    return render_template(
        "transparency/project.html",
        project=part.value,
        part=part,
        day_of=lambda text: None if text is None else date.fromisoformat(text[:10]),
    )


@transparency.get("/projects/photos/<uuid:photo>")
@door("anonymous")
def photo(photo: UUID) -> Response:
    """A public photograph of a public project; with ``?small`` a small one."""
    asked = {"photo_id": str(photo), "thumbnail": "small" in request.args}
    found = told(_ask(photo=Question("warroom", "photo", asked))["photo"])
    answer = Response(base64.b64decode(found["content_base64"]))
    answer.headers.update(found["headers"])
    answer.headers["Cache-Control"] = f"public, max-age={_PHOTO_S}"
    return answer


@transparency.get("/kpis.<any(csv, json):form>")
@door("anonymous")
def data(form: str) -> Response:
    """All public KPIs as open data."""
    parts = _ask(kpis=_KPIS)
    keep_unless_away(parts)
    answer = told(parts["kpis"])
    rows = _records(answer)
    if form == "json":
        body = {
            "city": frame().shelf.content.city["name"],
            "as_of": answer["today"],
            "kpis": rows,
        }
        made = Response(_json(body), mimetype="application/json")
    else:
        text = io.StringIO()
        writer = csv.DictWriter(text, _FIELDS)
        writer.writeheader()
        writer.writerows(rows)
        # With the mark by which Excel knows UTF-8.
        made = Response("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    made.headers["Content-Disposition"] = f'attachment; filename="kpis-{answer["today"]}.{form}"'
    return made


_KPIS: Final = Question("kpi", "dashboard", {"department": None}, figures.KEEP_S)


def _ask(**asked: Question) -> dict[str, Part]:
    return asking().ask(deadline_s=_PATIENCE_S, **asked)


def _row(line: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **line,
        "hidden": False,
        "change": change(line),
        "spark": charts.spark(line["series"]),
        "when": periods.told(line),
        "other": line["name"][other()],
        "score": None,
        "behind": None,
    }


def _records(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    names = {each["code"]: each["name"] for each in answer["departments"]}
    return [_record(each, names) for each in answer["kpis"]]


def _record(line: Mapping[str, Any], names: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    target, trend = line["target"], line["trend"] or {}
    ends: Sequence[float | None] = target if isinstance(target, list) else [target, target]
    name = names.get(line["owned_by"], {"mr": line["owned_by"], "en": line["owned_by"]})
    values = (
        *(line["code"], line["name"]["mr"], line["name"]["en"], line["owned_by"]),
        *(name["mr"], name["en"], line["unit"], line["value"], *ends, line["status"]),
        *(line["period"], line["from_day"], line["to_day"]),
        *(trend[each]["value"] if trend else None for each in ("previous", "last_year")),
        line["freshness"]["until"] if line["freshness"] else None,
    )
    return dict(zip(_FIELDS, values, strict=True))


def _json(body: Mapping[str, Any]) -> str:
    # City names are objects of the site's own.
    return json.dumps(body, ensure_ascii=False, default=lambda name: {"mr": name.mr, "en": name.en})
