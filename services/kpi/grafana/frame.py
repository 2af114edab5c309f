"""What all dashboards have in common."""

from collections.abc import Sequence

from palika.grafana.frame import dashboard as framed
from palika.grafana.panels import AMBER, GREEN, NONE, RED, Json, query, stat
from palika.text import Name
from services.kpi.grafana.panels import titled

COMMISSIONER = "palika-kpi-commissioner"
_TAGS = ["palika", "kpi"]
STATUSES = (
    ("green", Name("हिरवे", "Green"), GREEN),
    ("amber", Name("पिवळे", "Amber"), AMBER),
    ("red", Name("लाल", "Red"), RED),
    ("not judged", Name("मूल्यमापन नाही", "Not judged"), NONE),
    ("no target", Name("लक्ष्य नाही", "No target"), NONE),
    ("no data", Name("माहिती नाही", "No data"), NONE),
)


def uid(department: str) -> str:
    """The id of a department's dashboard, in its address."""
    return f"palika-kpi-{department}"


def dashboard(own: str, title: str, description: str, tag: str, panels: Sequence[Json]) -> Json:
    """A dashboard of KPIs with the address `own`."""
    return framed(
        own, title, description, [*_TAGS, tag], panels, links=_links(tag), since="now-90d"
    )


def _links(tag: str) -> list[Json]:
    departments = {
        "asDropdown": True,
        "includeVars": True,
        "keepTime": True,
        "tags": [*_TAGS, "department"],
        "targetBlank": False,
        "title": "विभाग / Departments",
        "type": "dashboards",
        "url": "",
    }
    if tag == "commissioner":
        return [departments]
    return [
        {
            "asDropdown": False,
            "includeVars": True,
            "keepTime": True,
            "targetBlank": False,
            "title": "आयुक्त / Commissioner",
            "type": "link",
            "url": f"/d/{COMMISSIONER}",
        },
        departments,
    ]


def counts(where: str) -> list[Json]:
    """How many KPIs are green, amber and red, and how old these numbers are."""
    matcher = f"{where}," if where else ""
    found = []
    for at, (status, name, color) in enumerate(STATUSES):
        counted = f'palika_kpi_indicators{{{matcher}status="{status}"}}'
        found.append(
            stat(
                titled(name),
                (at * 3, 0, 3, 4),
                [query(f"sum(max by (department) ({counted}))", instant=True)],
                {"color": {"fixedColor": color, "mode": "fixed"}, "unit": "none"},
            )
        )
    late = [{"color": GREEN, "value": None}, {"color": RED, "value": 600}]
    found.append(
        stat(
            "किती वेळापूर्वी मोजले / Worked out ago",
            (18, 0, 6, 4),
            [query("time() - max(palika_kpi_worked_out_timestamp_seconds > 0)", instant=True)],
            {
                "color": {"mode": "thresholds"},
                "thresholds": {"mode": "absolute", "steps": late},
                "unit": "s",
            },
        )
    )
    return found


def one(metric: str, where: str) -> str:
    """One series of each KPI, whichever process exports it."""
    return f"max by (code) ({metric}{{{where}}})"


def renamed(name: str, shown: str, color: str | None = None) -> Json:
    """Show a series under another name, and in a colour."""
    properties: list[Json] = [{"id": "displayName", "value": shown}]
    if color is not None:
        properties.append({"id": "color", "value": {"fixedColor": color, "mode": "fixed"}})
    return {"matcher": {"id": "byName", "options": name}, "properties": properties}
