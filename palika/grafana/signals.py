"""What the dashboards of operations are made of: graphs and figures, and how they are laid out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

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

_REFS = "ABCDEFGH"
_COLUMNS = 3
_GRAPH_HEIGHT = 8
_STAT_HEIGHT = 4


@dataclass(frozen=True, slots=True)
class Graph:
    """A graph over time: its queries with what their lines are called, in one unit of Grafana's."""

    title: str
    lines: Sequence[tuple[str, str]]
    unit: str = "short"
    description: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """The newest value, large. From `amber` on it is amber, from `red` on red; with `falling` as it
    falls to them."""

    title: str
    query: str
    unit: str = "short"
    amber: float | None = None
    red: float | None = None
    falling: bool = False
    description: str = ""

    @property
    def steps(self) -> list[Json]:
        """The colours, as Grafana has them: each from its value on."""
        if self.falling:
            known = [(None, RED), (self.red, AMBER), (self.amber, GREEN)]
        else:
            known = [(None, GREEN), (self.amber, AMBER), (self.red, RED)]
        if self.falling and self.red is None:
            known = [(None, AMBER), (self.amber, GREEN)]
        return [
            {"color": color, "value": value}
            for at, (value, color) in enumerate(known)
            if at == 0 or value is not None
        ]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with figures, then graphs, under it."""

    title: str
    figures: Sequence[Figure] = ()
    graphs: Sequence[Graph] = field(default=())


def laid_out(sections: Iterable[Section]) -> list[Json]:
    """The panels of sections one under the other: figures in one line, graphs three a line."""
    panels: list[Json] = []
    y = 0
    for section in sections:
        panels.append(row(section.title, y))
        y += 1
        if section.figures:
            width = WIDTH // len(section.figures)
            for at, figure in enumerate(section.figures):
                panels.append(_figure(figure, (at * width, y, width, _STAT_HEIGHT)))
            y += _STAT_HEIGHT
        width = WIDTH // _COLUMNS
        for at, graph in enumerate(section.graphs):
            place = (at % _COLUMNS * width, y + at // _COLUMNS * _GRAPH_HEIGHT)
            panels.append(_graph(graph, (*place, width, _GRAPH_HEIGHT)))
        y += -(-len(section.graphs) // _COLUMNS) * _GRAPH_HEIGHT
    return panels


def _figure(figure: Figure, place: Sequence[int]) -> Json:
    return stat(
        figure.title,
        place,
        [query(figure.query, instant=True)],
        {
            "color": {"mode": "thresholds"},
            "thresholds": {"mode": "absolute", "steps": figure.steps},
            "unit": figure.unit,
        },
        description=figure.description,
    )


def _graph(graph: Graph, place: Sequence[int]) -> Json:
    return panel(
        "timeseries",
        graph.title,
        place,
        [
            query(expression, legend, ref=ref)
            for ref, (expression, legend) in zip(_REFS, graph.lines, strict=False)
        ],
        description=graph.description,
        fieldConfig={
            "defaults": {
                "color": {"mode": "palette-classic"},
                "custom": {"fillOpacity": 10, "lineWidth": 1, "spanNulls": False},
                "min": 0,
                "unit": graph.unit,
            },
            "overrides": [],
        },
        options=TIME_SERIES,
    )


def quantiles(metric: str, where: str) -> list[tuple[str, str]]:
    """The lines of a histogram's median, 95 and 99 of a hundred."""
    return [
        (
            f"histogram_quantile({share}, "
            f"sum by (le) (rate({metric}_bucket{{{where}}}[$__rate_interval])))",
            legend,
        )
        for share, legend in ((0.5, "half"), (0.95, "95 %"), (0.99, "99 %"))
    ]


def rate(metric: str, where: str = "", by: str = "") -> str:
    """How much of a counter there is in a second."""
    summed = f"sum by ({by})" if by else "sum"
    matched = f"{{{where}}}" if where else ""
    return f"{summed} (rate({metric}{matched}[$__rate_interval]))"


def share_over(metric: str, limit: str, by: str) -> str:
    """Of what a histogram has counted, the share above a limit that is one of its buckets."""
    within = rate(f"{metric}_bucket", f'le="{limit}"', by)
    return f"1 - {within} / ({rate(f'{metric}_count', '', by)} > 0)"
