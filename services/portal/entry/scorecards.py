"""Scorecards of programmes: the marks that the office gives itself, those of a third party, and
what is shown for them."""

import base64
import mimetypes
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, redirect, request, url_for
from uuid6 import uuid7

from palika.errors import NotFound, PalikaError
from palika.roles import post_of
from services.portal.accounts.doors import door
from services.portal.accounts.present import who
from services.portal.asking import Question
from services.portal.entry import shown
from services.portal.entry.desks import WITHIN_S
from services.portal.pages.languages import current
from services.portal.pages.words import N_
from services.portal.rooms import (
    EMPTY,
    ask,
    day_typed,
    download,
    file_sent,
    one,
    page,
    post_names,
    put_typed,
    refusal,
    services,
    typed,
)

CITY: Final = "corporation"
THIRD_PARTY: Final = "third_party"
LARGEST: Final = 10 * 1024 * 1024
_ACT_S: Final = 30.0
_LARGE: Final = N_("must be a file of at most 10 MB")
_ONE: Final = N_("give a file or an address")


def add_to(entry: Blueprint) -> None:
    """Add the pages to the blueprint."""
    entry.add_url_rule("/scorecards", "programmes", programmes)
    entry.add_url_rule("/scorecards/<programme>", "card", card)
    entry.add_url_rule("/scorecards/<programme>.<any(pdf, pptx):paper>", "export", export)
    mark_at, show_at = (f"/scorecards/<programme>/<criterion>/{each}" for each in ("mark", "show"))
    entry.add_url_rule(mark_at, "mark", mark, methods=["POST"])
    entry.add_url_rule(show_at, "show", show, methods=["POST"])
    entry.add_url_rule(mark_at, "marked", back)
    entry.add_url_rule(show_at, "was_shown", back)
    entry.add_url_rule("/evidence/<uuid:key>", "evidence", evidence)


@door("officer", "supervisor")
def programmes() -> Response:
    """The programmes in which the city takes part."""
    found = one(ask(WITHIN_S, all=Question("kpi", "programmes"))["all"])
    return page("entry/programmes.html", programmes=found["programmes"], words=shown)


@door("officer", "supervisor")
def card(programme: str) -> Response:
    """A scorecard: of the corporation, or with ``?subject=`` of a department."""
    return _page(programme)


@door("officer", "supervisor")
def back(programme: str, criterion: str) -> Any:
    """The page that a step is taken on."""
    return redirect(url_for("entry.card", programme=programme), 303)


@door("officer", "supervisor")
def export(programme: str, paper: str) -> Response:
    """The scorecard as a paper for a review, in the language of the page."""
    subject = request.args.get("subject", CITY)[:100]
    asked = {"programme": programme, "subject": subject, "format": paper, "language": current()}
    with services(_ACT_S) as city:
        found = city.kpi.scorecard_export(**asked)
    return download(found["file"], found["content_type"], found["content_base64"])


@door("officer", "supervisor")
def mark(programme: str, criterion: str) -> Any:
    """Give the office's own mark of a criterion, or enter that of a third party."""
    errors: dict[str, list[str]] = {}
    given = _named(programme, criterion) | {"marks": typed("marks", 20)}
    put_typed(given, errors, "day", day_typed)
    given |= {"remark": typed("remark")} if typed("remark") else {}
    if request.form.get("side") != THIRD_PARTY:
        return _done(programme, criterion, "give_own_mark", given, errors, "marked")
    given["assessor"] = typed("assessor", 200)
    if not given["assessor"]:
        errors["assessor"] = [EMPTY]
    return _done(programme, criterion, "give_third_party_mark", given, errors, "marked")


@door("officer", "supervisor")
def show(programme: str, criterion: str) -> Any:
    """Show a document, a picture or an address for a criterion."""
    errors: dict[str, list[str]] = {}
    given = _named(programme, criterion) | {"title": typed("title", 300)}
    given |= {"exhibit": typed("exhibit", 100)} if typed("exhibit", 100) else {}
    sent, address = file_sent("file", LARGEST), typed("url")
    if (sent is None) == (not address):
        errors["file"] = [_ONE]
    elif sent is not None and len(sent[1]) > LARGEST:
        errors["file"] = [_LARGE]
    elif sent is not None:
        given["content_base64"] = base64.b64encode(sent[1]).decode()
    else:
        given["url"] = address
    if not given["title"]:
        errors["title"] = [EMPTY]
    return _done(programme, criterion, "add_evidence", given, errors, "shown")


@door("officer", "supervisor")
def evidence(key: UUID) -> Any:
    """A file of the evidence."""
    with services(_ACT_S) as city:
        found = city.kpi.evidence(id=str(key))
    if "content_base64" not in found:
        raise NotFound("it is an address, and no file")
    ending = mimetypes.guess_extension(found["content_type"]) or ""
    name = f"evidence-{key}{ending}"
    return download(name, found["content_type"], found["content_base64"])


def _named(programme: str, criterion: str) -> dict[str, Any]:
    subject = typed("subject", 100) or CITY
    own_id = {"id": typed("id", 40)} if typed("id", 40) else {}
    return {"programme": programme, "criterion": criterion, "subject": subject, **own_id}


def _done(
    programme: str,
    criterion: str,
    method: str,
    given: dict[str, Any],
    errors: dict[str, list[str]],
    told: str,
) -> Any:
    if not errors:
        try:
            with services(_ACT_S) as city:
                getattr(city.kpi, method)(**given)
        except PalikaError as error:
            refused = refusal(error, {"content_base64": "file", "content": "file"}, "form")
            return _page(programme, refused.status, refused.errors, criterion, given["subject"])
        away = {"programme": programme, "subject": given["subject"], "told": told}
        return redirect(url_for("entry.card", **away, _anchor=criterion), 303)
    return _page(programme, 400, errors, criterion, given["subject"])


def _page(
    programme: str,
    status: int = 200,
    errors: dict[str, list[str]] | None = None,
    criterion: str = "",
    subject: str = "",
) -> Response:
    subject = subject or request.args.get("subject", CITY)[:100]
    asked = {"programme": programme, "subject": subject}
    told = ask(WITHIN_S, card=Question("kpi", "scorecard", asked), desks=Question("kpi", "desks"))
    found = one(told["card"])
    desks = [] if told["desks"].missing else told["desks"].value["items"]
    criteria = {each["code"]: each for each in found["programme"]["criteria"]}
    given = [each[side] for each in found["criteria"] for side in ("own", "third_party")]
    posts = {post_of(each["given_by"]) for each in given if each}
    return page(
        "entry/card.html",
        status,
        card=found,
        criteria=criteria,
        subject=subject,
        subjects=[each["department"] for each in desks if each["mine"]],
        shown_for={
            code: [each for each in found["evidence"] if each["criterion"] == code]
            for code in criteria
        },
        errors=errors or {},
        values=request.form,
        wrong=criterion,
        both_sides="supervisor" in who().roles,
        posts=post_names(posts),
        fresh=uuid7,
        words=shown,
    )
