"""The menu of the desk: its rooms, of which each officer sees those where they have something."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from flask import Flask, current_app

from palika.errors import Unavailable
from services.portal.accounts.doors import door_of
from services.portal.accounts.present import who
from services.portal.asking import Question
from services.portal.pages.words import N_
from services.portal.rooms import ask

PLACES: Final = (
    ("desk.inbox", N_("Inbox"), "mail"),
    ("desk.grievances", N_("Grievances"), "complain"),
    ("desk.help", N_("Help desk"), "phone"),
    ("files.desk", N_("Files"), "document"),
    ("counter.start", N_("Counter"), "pay"),
    ("campaigns.start", N_("Campaigns"), "news"),
    ("entry.start", N_("KPI entry"), "sign"),
    ("dashboards.city", N_("Dashboards"), "figures"),
    ("wall.start", N_("War room"), "people"),
    ("editing.start", N_("Pages of the site"), "book"),
)
"""Endpoint, label and sign of each room, in the order of the menu. Who may enter says its door."""
_WITHIN_S: Final = 0.3
_KEPT_S: Final = 300.0
_ASKED: Final[Mapping[str, tuple[Question, Callable[[Any], bool]]]] = {
    "counter.start": (
        Question("tax", "my_counter", keep_s=_KEPT_S),
        lambda told: bool(told["may"]),
    ),
    "entry.start": (
        Question("kpi", "desks", keep_s=_KEPT_S),
        lambda told: any(each["mine"] for each in told["items"]),
    ),
}
"""The rooms that are not every officer's: what their service is asked, and whether its answer means
that there is something for who asks."""


def register(app: Flask) -> None:
    """Let the templates ask for the menu: ``desk_places()``."""
    app.jinja_env.globals.update(desk_places=places)


def places() -> list[tuple[str, str, str]]:
    """Endpoint, label and sign of the rooms that who is here may enter, and has something in; those
    of a service that does not answer are there."""
    try:
        present = who()
    except Unavailable:
        return []
    found = []
    for endpoint, label, sign in PLACES:
        here = door_of(current_app, endpoint)
        if here is not None and endpoint in current_app.view_functions and here.lets_in(present):
            found.append((endpoint, label, sign))
    asked = {name: _ASKED[name] for name, _, _ in found if name in _ASKED}
    told = ask(_WITHIN_S, **{name: question for name, (question, _) in asked.items()})
    empty = {
        name
        for name, (_, has_some) in asked.items()
        if not told[name].missing and not has_some(told[name].value)
    }
    return [each for each in found if each[0] not in empty]
