"""Finding files: by words, by number, and posts by their names."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from flask import Blueprint, Response, jsonify, redirect, request, url_for

from palika.errors import Invalid, NotFound, PalikaError
from palika.text import is_blank, plain_digits
from services.portal.accounts.doors import door
from services.portal.accounts.looks import looked_at_all
from services.portal.accounts.present import who
from services.portal.domain.reads import Reason
from services.portal.files import common
from services.portal.pages.languages import current
from services.portal.pages.words import N_, gettext
from services.portal.rooms import page, refusal

KINDS: Final = ("file", "note", "paper", "receipt", "letter", "archived")
_POSTS: Final = 20
_NO_POST: Final = N_("no post has this name or code")
_SEVERAL: Final = N_("several posts fit; choose one: %(posts)s")
_NEAR: Final = 60


def add_to(files: Blueprint) -> None:
    """Add the pages to the blueprint."""
    files.add_url_rule("/search", "search", search)
    files.add_url_rule("/words", "suggest", suggest)
    files.add_url_rule("/track", "track", track)
    files.add_url_rule("/posts", "posts", posts)


@door("officer", "supervisor")
def search() -> Response:
    """What has the words: files, notes, pages, receipts, letters, of what the post may read."""
    words = request.args.get("q", "")[:300].strip()
    kind = request.args.get("kind", "")
    if is_blank(words):
        return page("files/search.html", words="", kind=kind, kinds=KINDS, found=None)
    given: dict[str, Any] = {"words": words}
    if kind in KINDS:
        given["kinds"] = [kind]
    paged = {"cursor": cursor} if (cursor := request.args.get("cursor", "")[:600]) else {}
    parts = common.ask(
        found=common.question("search", **given, **paged),
        count=common.question("count", words=words),
    )
    found = parts["found"]
    if isinstance(found.error, Invalid):
        told = refusal(found.error, otherwise="words")
        return page(
            "files/search.html",
            told.status,
            words=words,
            kind=kind,
            kinds=KINDS,
            found=None,
            errors=told.errors,
        )
    items = found.value["items"] if not found.missing else []
    if not found.missing:
        looked_at_all(whose(items), Reason.SEARCH)
    return page(
        "files/search.html",
        503 if found.away else 200,
        words=words,
        kind=kind,
        kinds=KINDS,
        found=found,
        items=items,
        next=found.value.get("next") if not found.missing else None,
        count=parts["count"],
        posts=common.posts_in(items),
    )


def whose(items: Iterable[Mapping[str, Any]]) -> list[str]:
    """Whose data what a search has found may tell, as a look is written down: the file that it lies
    in, a receipt, and of what lies in no file its own kind and id."""
    return [matter for each in items for matter in _matters(each)]


def _matters(item: Mapping[str, Any]) -> Iterator[str]:
    if item["file"]:
        yield f"file:{item['file']['number']}"
    if item["kind"] == "receipt":
        yield f"receipt:{item['number']}"
    elif not item["file"]:
        kind = item["kind"] if item["kind"] in ("paper", "letter") else "file"
        yield f"{kind}:{item['id']}"


@door("officer", "supervisor")
def suggest() -> Response:
    """What the last word of a search may become."""
    words = request.args.get("q", "")[:300].strip()
    found = [] if is_blank(words) else common.call("suggest", words=words)["words"]
    return _json({"words": found})


@door("officer", "supervisor")
def track() -> Any:
    """A file or a receipt by its number."""
    number = plain_digits(request.args.get("number", "")[:100]).strip().upper()
    if not number:
        return redirect(url_for("files.desk"), 303)
    for method, goal in (("get", "file"), ("receipt", "receipt")):
        try:
            found = common.call(method, number=number)
        except NotFound:
            continue
        key = {"number": found["number"]} if goal == "file" else {"receipt": found["id"]}
        return redirect(url_for(f"files.{goal}", **key), 303)
    return page("files/track.html", 404, number=number)


@door("officer", "supervisor")
def posts() -> Response:
    """Posts by words of their names or of who holds them, for the field that says to whom."""
    words = request.args.get("q", "")[:100].strip()
    found = [] if is_blank(words) else directory(words=words)
    return _json({"posts": [{"value": label(each), "code": each["code"]} for each in found]})


def near() -> list[dict[str, Any]]:
    """The posts of the officer's own department, for a start."""
    post = who().post
    if post is None:
        return []
    try:
        return directory(department=post.department, limit=_NEAR)
    except PalikaError:
        return []


def directory(limit: int = _POSTS, **given: Any) -> list[dict[str, Any]]:
    """Posts that somebody holds, as the directory has them."""
    found: list[dict[str, Any]] = common.call("directory", **given, vacant=False, limit=limit)[
        "items"
    ]
    return found


def label(post: dict[str, Any]) -> str:
    """What is written in a field for a post: its name, who holds it, its code."""
    holder = post["holder"]
    who = f" – {holder[current()]}" if holder else ""
    return f"{post[current()]}{who} [{post['code']}]"


def post_of(written: str) -> str:
    """The code of the post that a field names: as it was chosen, as a code, or by words that fit
    one post only.

    Raises:
        Invalid: none fits, or several do; the rule names them.
    """
    text = written.strip()
    if text.endswith("]") and "[" in text:
        return text.rpartition("[")[2][:-1].strip()
    if text and " " not in text and text.isascii() and text == text.lower():
        return text
    found = directory(words=text[:100], limit=6) if text else []
    if len(found) == 1:
        return str(found[0]["code"])
    if not found:
        raise Invalid("no such post", {"to": [gettext(_NO_POST)]})
    named = "; ".join(label(each) for each in found)
    raise Invalid("which post?", {"to": [gettext(_SEVERAL, posts=named)]})


def posts_of(written: str) -> list[str]:
    """The codes of several posts, a line each.

    Raises:
        Invalid: one of them is none, as above.
    """
    return [post_of(each) for each in _lines(written)]


def _lines(written: str) -> Iterable[str]:
    return (each for each in written.splitlines() if not is_blank(each))


def _json(told: dict[str, Any]) -> Response:
    answer = jsonify(told)
    answer.headers["Cache-Control"] = "no-store"
    return answer
