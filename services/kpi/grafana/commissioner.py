"""The commissioner's dashboard: all departments, and the way to each one's own."""

from collections.abc import Sequence

from palika.grafana.panels import (
    AMBER,
    GREEN,
    RED,
    TIME_SERIES,
    WIDTH,
    Json,
    panel,
    query,
    row,
    stat,
)
from services.kpi.domain.indicators import Catalogue
from services.kpi.grafana.frame import COMMISSIONER, STATUSES, counts, dashboard, renamed, uid
from services.kpi.grafana.panels import titled


def commissioner(known: Catalogue, departments: Sequence[str]) -> Json:
    """Of the whole city; `departments` have a dashboard of their own."""
    share = (
        'sum by (department) (max by (department, status) (palika_kpi_indicators{status="green"}))'
        " / sum by (department) (max by (department, status) "
        '(palika_kpi_indicators{status=~"green|amber|red"}) > 0) * 100'
    )
    names = [renamed(each.code, titled(each.name)) for each in known.departments.values()]
    shares = {
        "color": {"mode": "thresholds"},
        "decimals": 0,
        "max": 100,
        "min": 0,
        "thresholds": {
            "mode": "absolute",
            "steps": [
                {"color": RED, "value": None},
                {"color": AMBER, "value": 50},
                {"color": GREEN, "value": 75},
            ],
        },
        "unit": "percent",
    }
    panels = [
        *counts(""),
        panel(
            "bargauge",
            "विभागनिहाय हिरव्या निर्देशांकांचे प्रमाण / Share of green KPIs by department",
            (0, 4, 12, 26),
            [query(f"sort_desc({share})", "{{department}}", instant=True)],
            description="लक्ष्य व माहिती असलेल्यांपैकी. / Of those that have data and a target.",
            fieldConfig={"defaults": shares, "overrides": names},
            options={
                "displayMode": "basic",
                "orientation": "horizontal",
                "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
                "showUnfilled": True,
                "valueMode": "color",
            },
        ),
        _reds(known, departments),
        panel(
            "timeseries",
            "स्थितीचा कल / KPIs by status over time",
            (0, 30, WIDTH, 8),
            [
                query(
                    "sum by (status) (max by (department, status) "
                    '(palika_kpi_indicators{status=~"green|amber|red"}))',
                    "{{status}}",
                )
            ],
            fieldConfig={
                "defaults": {
                    "custom": {"fillOpacity": 40, "stacking": {"group": "A", "mode": "normal"}},
                    "unit": "none",
                },
                "overrides": [
                    renamed(status, titled(name), color) for status, name, color in STATUSES[:3]
                ],
            },
            options=TIME_SERIES,
        ),
        row("विभाग / Departments", 38),
    ]
    for at, code in enumerate(departments):
        department = known.departments[code]
        green = f'palika_kpi_indicators{{department="{code}",status="green"}}'
        judged = f'palika_kpi_indicators{{department="{code}",status=~"green|amber|red"}}'
        panels.append(
            stat(
                titled(department.name),
                (at % 4 * 6, 39 + at // 4 * 4, 6, 4),
                [query(f"max({green}) / (sum(max by (status) ({judged})) > 0) * 100")],
                shares,
                color="background",
                graph=True,
                links=[
                    {
                        "targetBlank": False,
                        "title": titled(department.name),
                        "url": f"/d/{uid(code)}?${{__url_time_range}}",
                    }
                ],
            )
        )
    return dashboard(
        COMMISSIONER,
        "आयुक्तांचा फलक / Commissioner's dashboard",
        "शहराचे सर्व निर्देशांक, विभागनिहाय. / All KPIs of the city, by department.",
        "commissioner",
        panels,
    )


def _reds(known: Catalogue, departments: Sequence[str]) -> Json:
    """The table of red KPIs, with a link to the dashboard of each one's department."""
    to = "/d/palika-kpi-${__data.fields.department}?${__url_time_range}"
    return panel(
        "table",
        "लाल निर्देशांक / Red KPIs",
        (12, 4, 12, 26),
        [
            query(
                "max by (department, code, name_mr, name_en) (palika_kpi_info) * "
                "on (department, code) group_left () "
                "max by (department, code) (palika_kpi_value) "
                "and on (department, code) max by (department, code) (palika_kpi_status) == 0",
                instant=True,
                table=True,
            )
        ],
        fieldConfig={
            "defaults": {"noValue": "–"},
            "overrides": [
                {
                    "matcher": {"id": "byName", "options": "department"},
                    "properties": [
                        {"id": "links", "value": [{"title": "विभाग / Department", "url": to}]},
                        {
                            "id": "mappings",
                            "value": [
                                {
                                    "type": "value",
                                    "options": {
                                        code: {
                                            "index": at,
                                            "text": titled(known.departments[code].name),
                                        }
                                        for at, code in enumerate(known.departments)
                                    },
                                }
                            ],
                        },
                    ],
                }
            ],
        },
        options={"cellHeight": "sm", "showHeader": True, "sortBy": [{"displayName": "department"}]},
        transformations=[
            {
                "id": "organize",
                "options": {
                    "excludeByName": {"Time": True},
                    "indexByName": {
                        name: at
                        for at, name in enumerate(
                            ["department", "name_mr", "name_en", "Value", "code"]
                        )
                    },
                    "renameByName": {
                        "Value": "मूल्य / Value",
                        "code": "संकेत / Code",
                        "name_en": "KPI",
                        "name_mr": "निर्देशांक",
                    },
                },
            }
        ],
    )
