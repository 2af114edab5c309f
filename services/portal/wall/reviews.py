"""Reviews: the calendar; one with its agenda, minutes and actions; its pack and its minutes."""

from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, request
from uuid6 import uuid7

from services.portal.accounts.doors import door
from services.portal.asking import Question
from services.portal.pages.languages import current
from services.portal.rooms import ask, download, one, page, post_names, services
from services.portal.wall import naming, summary, wording

_FORMS: Final = ("pdf", "pptx")
_WITHIN_S: Final = 5.0
_PAPERS_WITHIN_S: Final = 30.0


def add_to(wall: Blueprint) -> None:
    """Add the pages to the blueprint."""
    wall.add_url_rule("/desk/reviews", "reviews", reviews)
    wall.add_url_rule("/desk/reviews/<uuid:key>", "review", review)
    wall.add_url_rule("/desk/reviews/<uuid:key>/pack.<any(pdf, pptx):pack_form>", "pack", pack)
    wall.add_url_rule("/desk/reviews/<uuid:key>/minutes.pdf", "minutes", minutes)


@door("officer", "supervisor")
def reviews() -> Response:
    """The reviews, the last first."""
    before = request.args.get("before", "")[:10]
    asked = {"limit": 30, **({"before": before} if before else {})}
    told = ask(_WITHIN_S, reviews=Question("warroom", "reviews", asked))
    found = one(told["reviews"])
    posts = post_names(each["chair"] for each in found["items"])
    return page("wall/reviews.html", **found, posts=posts, words=wording, now=summary.now())


@door("officer", "supervisor")
def review(key: UUID) -> Response:
    """One review."""
    return shown(key)


def shown(
    key: UUID, status: int = 200, errors: Any = None, values: Any = None, form: str = ""
) -> Response:
    """The page of a review; with ``errors`` of one of its forms, and what was typed there."""
    asked = {"review_id": str(key)}
    found = one(ask(_WITHIN_S, review=Question("warroom", "review", asked))["review"])
    names = {code: each["name"] for code, each in found["projects"].items()}
    names |= {each["code"]: each["title"] for each in found["agenda"]}
    posts = {found["chair"], found["secretary"], *found["takers"]}
    posts |= {each["post"] for name in ("attendance", "minuted", "actions") for each in found[name]}
    posts |= {each["owner"] for each in found["projects"].values()}
    posts |= {each["owner"] for each in found["agenda"] if each["owner"]}
    said = naming.posts_said(why["text"]["en"] for each in found["agenda"] for why in each["why"])
    named = post_names(posts | said)
    return page(
        "wall/review_page.html",
        status,
        review=found,
        agenda=_parts(found["agenda"]),
        names=names,
        posts=named,
        said=lambda text: naming.with_names(text, named),
        known_posts=sorted(posts),
        may=found["may"],
        errors=errors or {},
        values=values or {},
        wrong_form=form,
        packs=_packs(found),
        words=wording,
        fresh=uuid7,
    )


@door("officer", "supervisor")
def pack(key: UUID, pack_form: str) -> Response:
    """The frozen pack: pages or slides, in the language of the page."""
    asked = {"review_id": str(key), "form": pack_form, "language": current()}
    with services(_PAPERS_WITHIN_S) as city:
        found = city.warroom.pack(**asked)
    return download(found["file"], found["content_type"], found["content_base64"])


@door("officer", "supervisor")
def minutes(key: UUID) -> Response:
    """The minutes as PDF, in the language of the page."""
    with services(_PAPERS_WITHIN_S) as city:
        found = city.warroom.minutes(review_id=str(key), language=current())
    return download(found["file"], found["content_type"], found["content_base64"])


def _parts(agenda: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """What has time of its own, and what is taken together."""
    return {
        "timed": [each for each in agenda if each["minutes"]],
        "together": [each for each in agenda if not each["minutes"]],
    }


def _packs(review: dict[str, Any]) -> list[str]:
    """The forms of the pack that are ready in the language of the page."""
    ready = {each["form"] for each in review["packs"] if each["language"] in (current(), None)}
    return [form for form in _FORMS if form in ready]
