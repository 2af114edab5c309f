"""What was entered at once: its lines with what they change, and what its maker and its checker do
with it."""

from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, redirect, request, url_for

from palika.errors import PalikaError
from palika.roles import post_of
from services.portal.accounts.doors import door
from services.portal.accounts.present import who
from services.portal.asking import Question
from services.portal.entry import shown
from services.portal.entry.desks import WITHIN_S
from services.portal.pages.words import N_
from services.portal.rooms import ask, one, page, post_names, refusal, services, typed

_ACT_S: Final = 20.0
_MOST_PERIODS: Final = 12
_STEPS: Final = {
    "submit": "submitted",
    "drop": "dropped",
    "approve": "approved",
    "send_back": "sent_back",
}
_NO_REASON: Final = N_("say why it is sent back")
_NO_LINE: Final = N_("choose one line at the least")


def add_to(entry: Blueprint) -> None:
    """Add the pages to the blueprint."""
    entry.add_url_rule("/batches", "batches", batches)
    entry.add_url_rule("/batches/<uuid:key>", "batch", batch, methods=["GET", "POST"])


@door("officer", "supervisor")
def batches() -> Response:
    """What was entered, the newest first."""
    filters = {name: request.args.get(name, "")[:100] for name in ("department", "state")}
    given: dict[str, Any] = {name: each for name, each in filters.items() if each}
    if cursor := request.args.get("from", "")[:400]:
        given["cursor"] = cursor
    found = one(
        ask(WITHIN_S, batches=Question("kpi", "batches", {**given, "limit": 50}))["batches"]
    )
    posts = post_names(post_of(each["entered_by"]) for each in found["items"])
    return page("entry/batches.html", **found, values=filters, posts=posts, words=shown)


@door("officer", "supervisor")
def batch(key: UUID) -> Any:
    """One batch; its maker submits it or takes it back, another approves it or sends it back."""
    if request.method == "GET":
        return _page(key)
    step = request.form.get("step", "")
    if step not in _STEPS:
        return redirect(url_for("entry.batch", key=key), 303)
    given: dict[str, Any] = {"id": str(key)}
    errors: dict[str, list[str]] = {}
    if step in ("approve", "send_back"):
        chosen = _numbers("lines")
        if request.form.get("some") == "yes":
            if not chosen:
                errors["lines"] = [_NO_LINE]
            given["lines"] = chosen
        remark = typed("remark", 1_000)
        given |= {"remark": remark} if remark else {}
        if step == "approve":
            outliers = _numbers("outliers")
            wanted = given.get("lines")
            given["outliers"] = [n for n in outliers if wanted is None or n in wanted]
        elif not remark:
            errors["remark"] = [_NO_REASON]
    if errors:
        return _page(key, 400, errors)
    try:
        with services(_ACT_S) as city:
            getattr(city.kpi, step)(**given)
    except PalikaError as error:
        refused = refusal(error)
        return _page(key, refused.status, refused.errors)
    return redirect(url_for("entry.batch", key=key, told=_STEPS[step]), 303)


def _numbers(name: str) -> list[int]:
    return [int(each) for each in request.form.getlist(name) if each.isascii() and each.isdigit()]


def _page(key: UUID, status: int = 200, errors: dict[str, list[str]] | None = None) -> Response:
    found = one(ask(WITHIN_S, batch=Question("kpi", "batch", {"id": str(key)}))["batch"])
    periods = sorted({each["period"] for each in found["lines"]})[:_MOST_PERIODS]
    department = found["department"]
    forms = ask(
        WITHIN_S,
        **{f"p{n}": Question("kpi", "form", {"department": department, "period": period})
           for n, period in enumerate(periods)},
    )  # fmt: skip
    fields: dict[tuple[str, str], Any] = {}
    now: dict[tuple[str, str, str], Any] = {}
    for part in forms.values():
        for measure in [] if part.missing else part.value["measures"]:
            fields[measure["measure"], measure["period"]] = measure
            for place in measure["places"]:
                now[measure["measure"], measure["period"], place["place"]] = place
    lines = [
        {
            **each,
            "field": fields.get((each["measure"], each["period"])),
            "here": now.get((each["measure"], each["period"], each["place"])),
        }
        for each in found["lines"]
    ]
    people = {found["entered_by"], *(each["decided_by"] or "" for each in lines)}
    return page(
        "entry/batch.html",
        status,
        batch=found,
        lines=lines,
        may=found["may"],
        own=found["entered_by"] == who().identity.subject,
        posts=post_names(map(post_of, people)),
        errors=errors or {},
        values=request.form,
        words=shown,
    )
