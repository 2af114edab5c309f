"""The dashboards of who runs the city: the city, the flow of events, and each service."""

from collections.abc import Mapping, Sequence

from palika.grafana.city import CITY
from palika.grafana.flow import FLOW
from palika.grafana.frame import dashboard
from palika.grafana.own import OWN
from palika.grafana.panels import Json
from palika.grafana.service import calls, events, pages, processes
from palika.grafana.signals import Section, laid_out

PREFIX = "palika-ops-"
_TAGS = ["palika", "operations"]
_LINKS: list[Json] = [
    {
        "asDropdown": True,
        "includeVars": True,
        "keepTime": True,
        "tags": _TAGS,
        "targetBlank": False,
        "title": "Operations",
        "type": "dashboards",
        "url": "",
    }
]


def operations(
    services: Sequence[str], webs: Sequence[str], with_database: Sequence[str]
) -> Mapping[str, Json]:
    """All of them, by the names of their files.

    Args:
        services: those that are called and that subscribe.
        webs: those that answer HTTP.
        with_database: those that publish, too.
    """
    made = {
        "city.json": _made("city", "The city", "Is it well? All services and machines.", CITY),
        "flow.json": _made(
            "flow", "Flow of events", "From the outboxes through the queues to their effect.", FLOW
        ),
    }
    for name in sorted({*services, *webs}):
        sections = [
            *([calls(name)] if name in services else []),
            *([pages(name)] if name in webs else []),
            *([events(name)] if name in with_database else []),
            *([OWN[name]] if name in OWN else []),
            processes(name),
        ]
        made[f"{name}.json"] = _made(
            name, f"Service {name}", f"The golden signals of {name}, and what it does.", sections
        )
    return made


def _made(name: str, title: str, description: str, sections: Sequence[Section]) -> Json:
    return dashboard(
        f"{PREFIX}{name}",
        title,
        description,
        _TAGS,
        laid_out(sections),
        links=_LINKS,
        since="now-6h",
    )
