"""The dashboard of a department: its KPIs, their targets and what they were."""

from collections.abc import Sequence

from palika.grafana.panels import NONE, TIME_SERIES, WIDTH, Json, panel, query, row, stat
from services.kpi.domain.indicators import Catalogue, Department, Indicator
from services.kpi.grafana.frame import counts, dashboard, one, renamed, uid
from services.kpi.grafana.panels import STATUS_MAPPINGS, STATUS_STEPS, steps, titled, unit


def department_dashboard(department: Department, of: Sequence[Indicator], known: Catalogue) -> Json:
    """Of these KPIs of a department."""
    code = department.code
    panels = [
        *counts(f'department="{code}"'),
        panel(
            "state-timeline",
            "सर्व निर्देशांकांची स्थिती / Status of all KPIs",
            (0, 4, WIDTH, 4 + len(of)),
            [query(one("palika_kpi_status", f'department="{code}"'), "{{code}}")],
            fieldConfig={
                "defaults": {
                    "color": {"mode": "thresholds"},
                    "custom": {"fillOpacity": 70, "lineWidth": 0},
                    "mappings": STATUS_MAPPINGS,
                    "thresholds": {"mode": "absolute", "steps": STATUS_STEPS},
                },
                "overrides": [renamed(each.code, titled(each.name)) for each in of],
            },
            options={
                "alignValue": "left",
                "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
                "mergeValues": True,
                "rowHeight": 0.8,
                "showValue": "never",
                "tooltip": {"mode": "single", "sort": "none"},
            },
        ),
    ]
    top = 8 + len(of)
    panels.append(row("निर्देशांक / KPIs", top))
    for at, each in enumerate(of):
        left, y = at % 2 * 12, top + 1 + at // 2 * 6
        panels.append(_value(each, known, (left, y, 5, 6)))
        panels.append(_past(each, known, (left + 5, y, 7, 6)))
    return dashboard(
        uid(code),
        titled(department.name),
        f"{department.name.mr}: निर्देशांक, लक्ष्ये व स्थिती. / "
        f"{department.name.en}: KPIs, targets and status.",
        "department",
        panels,
    )


def _value(each: Indicator, known: Catalogue, place: Sequence[int]) -> Json:
    where = _where(each)
    coloured = steps(each)
    defaults: Json = {
        "decimals": each.decimals,
        "unit": unit(each, known),
        "color": {"mode": "thresholds"},
        "thresholds": {
            "mode": "absolute",
            "steps": coloured or [{"color": NONE, "value": None}],
        },
    }
    queries = [query(one("palika_kpi_value", where), "मूल्य / value")]
    overrides: list[Json] = []
    if coloured is None and each.direction != "none":
        # Its limits change with the year: what the service says of it is shown beside the value.
        queries.append(query(one("palika_kpi_status", where), "स्थिती / status", ref="B"))
        overrides.append(
            {
                "matcher": {"id": "byFrameRefID", "options": "B"},
                "properties": [
                    {"id": "unit", "value": "none"},
                    {"id": "mappings", "value": STATUS_MAPPINGS},
                    {"id": "thresholds", "value": {"mode": "absolute", "steps": STATUS_STEPS}},
                ],
            }
        )
    return stat(
        titled(each.name),
        place,
        queries,
        defaults,
        overrides=overrides,
        graph=True,
        description=_described(each, known),
    )


def _past(each: Indicator, known: Catalogue, place: Sequence[int]) -> Json:
    queries = [query(one("palika_kpi_value", _where(each)), "मूल्य / value")]
    overrides = []
    if each.direction != "none":
        aimed = f"max by (end) (palika_kpi_target{{{_where(each)}}})"
        queries.append(query(aimed, "लक्ष्य / target", ref="B"))
        overrides.append(
            {
                "matcher": {"id": "byFrameRefID", "options": "B"},
                "properties": [
                    {"id": "color", "value": {"fixedColor": NONE, "mode": "fixed"}},
                    {"id": "custom.lineStyle", "value": {"dash": [8, 8], "fill": "dash"}},
                ],
            }
        )
    return panel(
        "timeseries",
        "",
        place,
        queries,
        fieldConfig={
            "defaults": {
                "color": {"mode": "palette-classic"},
                "custom": {"lineWidth": 2, "spanNulls": True},
                "decimals": each.decimals,
                "unit": unit(each, known),
            },
            "overrides": overrides,
        },
        options=TIME_SERIES,
    )


def _described(each: Indicator, known: Catalogue) -> str:
    mr, en = known.in_words(each.formula.text)
    return "\n\n".join(
        [
            each.definition.mr,
            each.definition.en,
            f"सूत्र / formula: {mr} / {en}",
            f"एकक / unit: {titled(known.units[each.unit])}; {each.code}; {each.frequency}",
        ]
    )


def _where(each: Indicator) -> str:
    return f'code="{each.code}",department="{each.department}"'
