"""One campaign: what it says, to whom, what it costs, how far it is, and what is done with it."""

from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request, url_for

from palika.errors import PalikaError
from palika.roles import post_of
from services.portal.accounts.doors import door
from services.portal.asking import Question
from services.portal.campaigns import wording
from services.portal.campaigns.planning import WITHIN_S, previews
from services.portal.rooms import (
    EMPTY,
    ask,
    at,
    moment_typed,
    one,
    page,
    post_names,
    put_typed,
    refusal,
    services,
    typed,
)

_ACT_S: Final = 20.0
_STEPS: Final = {
    "estimate": "estimated",
    "test": "tested",
    "approve": "approved",
    "start": "started",
    "pause": "paused",
    "resume": "resumed",
    "cancel": "cancelled",
}
_OF_CAMPAIGN: Final = "_campaign"
"""A step's method ends so."""
_ARRIVED: Final = ("delivered", "read")
_FAILED: Final = ("failed_permanent", "expired")


def add_to(campaigns: Blueprint) -> None:
    """Add the pages to the blueprint."""
    campaigns.add_url_rule("/<uuid:key>", "campaign", campaign)
    campaigns.add_url_rule("/<uuid:key>/progress", "progress", progress)
    address = f"/<uuid:key>/<any({', '.join(_STEPS)}):move>"
    campaigns.add_url_rule(address, "move", move, methods=["POST"])
    campaigns.add_url_rule(address, "moved", moved)


@door("officer", "supervisor")
def campaign(key: UUID) -> Response:
    """The campaign."""
    return _page(key)


@door("officer", "supervisor")
def moved(key: UUID, move: str) -> Any:
    """The page that a step is taken on."""
    return redirect(url_for("campaigns.campaign", key=key), 303)


@door("officer", "supervisor")
def progress(key: UUID) -> Response:
    """The part of the page that changes by itself, for its script."""
    found = one(
        ask(WITHIN_S, campaign=Question("notify", "campaign", {"id": str(key)}))["campaign"]
    )
    made = render_template(
        "campaigns/progress.html", campaign=found, figures=figures(found), words=wording, at=at
    )
    return Response(made, headers={"Cache-Control": "no-store", "X-State": found["state"]})


@door("officer", "supervisor")
def move(key: UUID, move: str) -> Any:
    """One step; notify says whether it may be taken, and by whom."""
    given: dict[str, Any] = {"id": str(key)}
    errors: dict[str, list[str]] = {}
    told = _STEPS[move]
    if move == "test":
        given["phone"] = typed("phone", 30)
        if not given["phone"]:
            errors["phone"] = [EMPTY]
    if move == "start":
        put_typed(given, errors, "at", moment_typed, "start_at")
        told = "planned" if "at" in given else told
    if not errors:
        try:
            with services(_ACT_S) as city:
                getattr(city.notify, move + _OF_CAMPAIGN)(**given)
        except PalikaError as error:
            refused = refusal(error, {"at": "start_at"}, "form")
            return _page(key, refused.status, refused.errors)
        return redirect(url_for("campaigns.campaign", key=key, told=told), 303)
    return _page(key, 400, errors)


def figures(campaign: dict[str, Any]) -> dict[str, int]:
    """The states of its messages, in the four words of a glance; they add up to the recipients."""
    states = campaign["progress"]["states"]
    arrived = sum(states.get(each, 0) for each in _ARRIVED)
    failed = sum(states.get(each, 0) for each in _FAILED)
    sent, skipped = states.get("sent", 0), states.get("skipped", 0)
    rest = sum(states.values()) - arrived - failed - sent - skipped
    return {
        "read": states.get("read", 0),
        "arrived": arrived,
        "sent": sent,
        "failed": failed,
        "skipped": skipped,
        "rest": rest,
    }


def _page(key: UUID, status: int = 200, errors: dict[str, list[str]] | None = None) -> Response:
    found = one(
        ask(WITHIN_S, campaign=Question("notify", "campaign", {"id": str(key)}))["campaign"]
    )
    shown, _ = previews(found["template"], found["fields"] or None, found["template_version"])
    people = {found[name] or "" for name in ("created_by", "approved_by", "ended_by")}
    return page(
        "campaigns/campaign.html",
        status,
        campaign=found,
        figures=figures(found),
        previews=shown,
        errors=errors or {},
        values=request.form,
        may={each.removesuffix(_OF_CAMPAIGN) for each in found["may"]},
        posts=post_names(map(post_of, people)),
        words=wording,
    )
