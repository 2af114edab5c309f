"""What all dashboards have in common."""

from collections.abc import Sequence

from palika.grafana.panels import SOURCE, Json

_SCHEMA_VERSION = 41
_REFRESH = "1m"
_CITIES = "label_values(palika_build_info, city)"


def dashboard(
    own: str,
    title: str,
    description: str,
    tags: Sequence[str],
    panels: Sequence[Json],
    *,
    links: Sequence[Json],
    since: str,
) -> Json:
    """A dashboard with the address `own`, from `since` (now-6h) on; its panels get numbers."""
    return {
        "annotations": {"list": []},
        "description": description,
        "editable": False,
        "graphTooltip": 1,
        "id": None,
        "links": list(links),
        "panels": [each | {"id": number} for number, each in enumerate(panels, 1)],
        "refresh": _REFRESH,
        "schemaVersion": _SCHEMA_VERSION,
        "tags": list(tags),
        "templating": {
            "list": [
                {
                    "current": {},
                    "hide": 0,
                    "includeAll": False,
                    "label": "Prometheus",
                    "multi": False,
                    "name": "datasource",
                    "options": [],
                    "query": "prometheus",
                    "refresh": 1,
                    "regex": "",
                    "type": "datasource",
                },
                {
                    "allValue": ".*",
                    "current": {"text": ["All"], "value": ["$__all"]},
                    "datasource": SOURCE,
                    "definition": _CITIES,
                    "hide": 0,
                    "includeAll": True,
                    "label": "City",
                    "multi": True,
                    "name": "city",
                    "options": [],
                    "query": {"query": _CITIES, "refId": "cities"},
                    "refresh": 2,
                    "regex": "",
                    "sort": 1,
                    "type": "query",
                },
            ]
        },
        "time": {"from": since, "to": "now"},
        "timepicker": {},
        "timezone": "Asia/Kolkata",
        "title": title,
        "uid": own,
        "version": 1,
        "weekStart": "monday",
    }
