"""Make the agenda of a review, and what the chair does with it."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Conflict, Invalid
from palika.text import Name
from services.warroom.commands.sitting import Sitting
from services.warroom.domain.agenda import (
    kpi_item,
    merged,
    overdue_actions,
    project_item,
    timed,
)
from services.warroom.domain.facts import LinkKind
from services.warroom.domain.red_kpis import KnownKpi
from services.warroom.domain.reviews import Action, Item, Review, Why
from services.warroom.domain.steps import Step
from services.warroom.queries.states import NOW, find, state
from services.warroom.queries.subjects import Looked, looked
from services.warroom.reference import city_reviews

_UNKNOWN: Final[Mapping[str, KnownKpi]] = MappingProxyType({})


def item_id(review: UUID, kind: str, code: object) -> UUID:
    """The id of an item: the same when the agenda is made again."""
    return uuid5(review, f"{kind}:{code}")


def make_agenda(
    session: Session,
    caller: Identity,
    args: Mapping[str, Any],
    now: datetime,
    kpis: Mapping[str, KnownKpi] = _UNKNOWN,
) -> Review:
    """Make the agenda of what is known now; what the chair has decided of it stays.

    Args:
        kpis: the red ones, by code (``kpis.known_red``); one that is not there is called as it was
            before, or by its code.

    Raises as ``Sitting.load``, and:
        Forbidden: it is for who leads the review.
        Conflict: it has begun, or was called off.
    """
    sitting = Sitting.load(session, caller, args, now)
    sitting.check_step(Step.MAKE_AGENDA)
    put_agenda(sitting, looked(session, sitting.meeting, sitting.now), kpis)
    return sitting.save("make_agenda")


def put_agenda(sitting: Sitting, seen: Looked, kpis: Mapping[str, KnownKpi] = _UNKNOWN) -> None:
    """Put the items of what was looked at; ``kpis`` as of ``make_agenda``."""
    old = sitting.review.items
    policy = city_reviews().agenda
    made: dict[UUID, Item] = {}
    for subject in seen.subjects:
        item = project_item(subject, policy, seen.today)
        if item is not None:
            made[item_id(sitting.id, "project", subject.state.id)] = item
    linked: dict[str | None, list[str]] = defaultdict(list)
    for subject in seen.subjects:
        for each in subject.state.links.values():
            if each.kind is LinkKind.KPI:
                linked[each.code].append(subject.state.project.code)
    promised: dict[str | None, list[Action]] = defaultdict(list)
    for _, _, action in seen.promises:
        if action.project_id is None:
            promised[action.code].append(action)
    for kpi in seen.kpis:
        key, name = item_id(sitting.id, "kpi", kpi.code), None
        if key in old:
            name = old[key].title
        known = kpis.get(kpi.code)
        if known is not None:
            name = known.name
        late = [*overdue_actions(promised[kpi.code], policy, seen.today)]
        made[key] = kpi_item(kpi, policy, linked.get(kpi.code, []), name, late, known)
    found = merged(made, old)
    for key in old.keys() - found.keys():
        sitting.take_out(key)
    sitting.put(sitting.id, replace(sitting.meeting, since=seen.since))
    _put(sitting, found)


def change_agenda(
    session: Session, caller: Identity, args: Mapping[str, Any], now: datetime
) -> Review:
    """Put a project on the agenda, take an item off it, bring it back, or move it, as
    ``schemas.reviewing.ChangingAgenda`` has it.

    Raises as ``Sitting.load``, and:
        Forbidden: it is for who leads the review.
        Conflict: the minutes are closed, or it was called off.
        NotFound: there is no such item, or no such project.
        Invalid: the item is not on the agenda.
    """
    sitting = Sitting.load(session, caller, args, now)
    sitting.check_step(Step.CHANGE_AGENDA)
    what, reason = args["what"], args["reason"]
    items = dict(sitting.review.items)
    if what == "add":
        key, item = _added(session, sitting, args)
    else:
        key = args["item_id"]
        item = sitting.get(Item, key)
    if what == "drop":
        item = replace(item, dropped=True, reason=reason)
    elif what == "move":
        if item.dropped:
            raise Invalid("it is not on the agenda", {"item_id": ["was taken off"]})
        item = replace(item, place=args["place"], reason=reason)
    else:
        item = replace(item, dropped=False, reason=reason)
    items[key] = item
    _put(sitting, items)
    return sitting.save(f"agenda_{what}", reason)


def _added(session: Session, sitting: Sitting, args: Mapping[str, Any]) -> tuple[UUID, Item]:
    project = state(session, find(session, args), NOW)
    key = item_id(sitting.id, "project", project.id)
    why = Why(
        "chair", 0, Name(f"अध्यक्षांनी घेतला: {args['reason']}", f"by the chair: {args['reason']}")
    )
    old = sitting.review.items.get(key)
    if old is None:
        code, name = project.project.code, project.project.name
        return key, Item(code, name, 0, 0, (why,), project_id=project.id, by_chair=True)
    if not old.dropped:
        raise Conflict(f"{old.code} is on the agenda already", {"item_id": str(key)})
    return key, replace(old, by_chair=True, why=(*old.why, why))


def _put(sitting: Sitting, items: Mapping[UUID, Item]) -> None:
    agenda = city_reviews().agenda
    for key, item in timed(items, sitting.meeting.minutes, agenda).items():
        sitting.put(key, item)
