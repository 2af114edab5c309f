"""A review while it is held, and before and after: agenda, pack, who is there, minutes, actions."""

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, redirect, request, url_for

from palika.errors import PalikaError
from services.portal.accounts.doors import door
from services.portal.rooms import (
    day_typed,
    paise_typed,
    put_typed,
    refusal,
    services,
    typed,
)
from services.portal.wall.reviews import shown

_WITHIN_S: Final = 20.0
Given = dict[str, Any]
Errors = dict[str, list[str]]


def add_to(wall: Blueprint) -> None:
    """Add the steps to the blueprint: each a form of the review's page."""
    address = f"/desk/reviews/<uuid:key>/<any({', '.join(STEPS)}):act>"
    wall.add_url_rule(address, "sit", sit, methods=["POST"])
    # Where a form was sent to, the language is switched and the page loaded again.
    wall.add_url_rule(address, "sat", sat)


@door("officer", "supervisor")
def sat(key: UUID, act: str) -> Any:
    """The page that a step is taken on."""
    return redirect(url_for("wall.review", key=key), 303)


@door("officer", "supervisor")
def sit(key: UUID, act: str) -> Any:
    """One step; the war room says whether it may be taken, and by whom."""
    method, told, read, shown_as = STEPS[act]
    given, errors = read()
    if not errors:
        try:
            with services(_WITHIN_S) as city:
                getattr(city.warroom, method)(review_id=str(key), **given)
        except PalikaError as error:
            refused = refusal(error, shown_as, act)
            return shown(key, refused.status, refused.errors, request.form, act)
    if errors:
        return shown(key, 400, errors, request.form, act)
    return redirect(url_for("wall.review", key=key, told=told, _anchor="told"), 303)


def _nothing() -> tuple[Given, Errors]:
    return {}, {}


def _versioned() -> tuple[Given, Errors]:
    return _whole("version"), {}


def _attend() -> tuple[Given, Errors]:
    return _said(post="attend_post", presence="presence", by="by"), {}


def _minute() -> tuple[Given, Errors]:
    given = _said(
        minute_id="id", kind="kind", text="text", post="minute_post", code="minute_code",
        about="about",
    )  # fmt: skip
    errors: Errors = {}
    put_typed(given, errors, "day", day_typed, "decided_day")
    put_typed(given, errors, "amount_paise", paise_typed, "amount")
    return given, errors


def _assign() -> tuple[Given, Errors]:
    given = _said(
        action_id="id", title="title", detail="detail", post="action_post", code="action_code"
    )
    errors: Errors = {}
    put_typed(given, errors, "due_on", day_typed)
    return given, errors


def _strike() -> tuple[Given, Errors]:
    return _said(fact_id="fact_id", reason="strike_reason") | _whole("position"), {}


def _addendum() -> tuple[Given, Errors]:
    return _said(text="addendum_text"), {}


def _whole(name: str) -> Given:
    """A number that the page itself has put into a form; nothing, if somebody else has."""
    text = request.form.get(name, "")
    return {name: int(text)} if text.isascii() and text.isdigit() else {}


def _said(**names: str) -> Given:
    """What was typed, by the service's names; what is empty is left out."""
    found = {name: typed(shown_as, 4_000) for name, shown_as in names.items()}
    return {name: each for name, each in found.items() if each}


_MINUTE_AS: Final = {
    "post": "minute_post",
    "code": "minute_code",
    "day": "decided_day",
    "amount_paise": "amount",
}
_Read = Callable[[], tuple[Given, Errors]]
STEPS: Final[Mapping[str, tuple[str, str, _Read, Mapping[str, str]]]] = {
    "agenda": ("make_agenda", "agenda", _versioned, {}),
    "freeze": ("freeze_pack", "frozen", _versioned, {}),
    "open": ("open_review", "opened", _versioned, {}),
    "attend": ("attend", "attended", _attend, {"post": "attend_post"}),
    "minute": ("minute", "minuted", _minute, _MINUTE_AS),
    "assign": (
        "assign_action",
        "assigned",
        _assign,
        {"post": "action_post", "code": "action_code"},
    ),
    "strike": ("strike", "struck", _strike, {"reason": "strike_reason"}),
    "close": ("close_review", "closed", _versioned, {}),
    "addendum": ("add_addendum", "added", _addendum, {"text": "addendum_text"}),
}
"""By the last part of the address: the method, what is told, what the form gives, and where a field
of the method stands in it."""
