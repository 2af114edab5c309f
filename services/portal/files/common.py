"""What the pages of files share: calls for the officer's post, names, and how a refusal is told."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from flask import Flask, g
from uuid6 import uuid7

from palika.errors import PalikaError, Unavailable
from services.portal import rooms
from services.portal.accounts.present import who
from services.portal.asking import Part, Question
from services.portal.files import words
from services.portal.pages import languages
from services.portal.rooms import FORM, Refusal, post_names, refusal, services

WAIT_S: Final = 6.0
"""A file's page asks for much at once; an officer waits for it rather than see half of it."""
KEEP_FORMS_S: Final = 300.0
_WITHOUT_POST: Final = frozenset({"posts", "directory", "track", "holders"})
TEXT: Final = 20_000


def register(app: Flask) -> None:
    """Let the templates of this room say what the e-office's codes mean."""
    app.jinja_env.globals.update(
        file_word=words.word,
        field_words=words.fields,
        coded=words.choices,
        choose=choose,
        new_id=new_id,
        as_sent=as_sent,
        id_of=id_of,
    )


def call(method: str, timeout_s: float | None = None, **given: Any) -> Any:
    """Call the e-office as the officer who is signed in, for the post that they act for.

    Raises:
        PalikaError: what it answers.
    """
    with services(timeout_s) as city:
        return getattr(city.eoffice, method)(**for_post(method, given))


def question(method: str, keep_s: float = 0.0, **given: Any) -> Question:
    """The same, to be asked beside others (``ask``)."""
    return Question("eoffice", method, for_post(method, given), keep_s)


def ask(**asked: Question) -> dict[str, Part]:
    """Ask all at once; what does not answer takes away its own part alone."""
    return rooms.ask(WAIT_S, **asked)


def forms() -> Question:
    """What there is to choose from."""
    return question("forms", KEEP_FORMS_S)


def for_post(method: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments, with the post that acts."""
    post = who().post
    if post is None or method in _WITHOUT_POST:
        return dict(given)
    return {**given, "post": post.code}


def own_post() -> str:
    """The code of the post that who is here acts for."""
    post = who().post
    return post.code if post else ""


def new_id() -> str:
    """An id for what a form will ask for: sent twice, it is done once."""
    return str(uuid7())


def refused(error: PalikaError) -> Refusal:
    """Why the step was not taken that was asked for on the page which is shown again now, and what
    can be done instead."""
    g.unsure = isinstance(error, Unavailable)
    told = refusal(error, _ASKED_AS)
    told.errors.get(FORM, []).extend(words.instead(error))
    return told


def as_sent(name: str, otherwise: Any, sent: bool) -> Any:
    """What stands in a hidden field of a form that is shown again: what was ``sent`` in it, where
    the answer was lost and it may have been done; then the form asks for the same once more."""
    return typed(name, 40) if sent and g.get("unsure") and typed(name, 40) else otherwise


def id_of(name: str, sent: bool) -> str:
    """The same of an id: that which was sent, or a new one."""
    found: str = as_sent(name, "", sent) or new_id()
    return found


def typed(name: str, most: int = TEXT) -> str:
    """A field of the form; texts of files are long."""
    return rooms.typed(name, most)


def said(*names: str) -> dict[str, str]:
    """Those fields of the form that something was written in."""
    found = {name: typed(name) for name in names}
    return {name: each for name, each in found.items() if each}


def posts_in(*found: Any) -> dict[str, str]:
    """What all posts are called that stand in some answers, by code."""
    return post_names(_codes(found))


_OF_POSTS: Final = frozenset(
    {
        *("held_by", "sent_by", "opened_by", "from_post", "to_post", "by_post", "post", "due_by"),
        *("approved_by", "begun_by", "dispatched_by", "added_by", "struck_by", "delegated_by"),
        *("diarised_by", "to"),
    }
)


def _codes(found: Any) -> Iterable[str]:
    if isinstance(found, Mapping):
        for name, each in found.items():
            if name in _OF_POSTS and isinstance(each, str) and " " not in each:
                yield each
            elif name == "posts" and isinstance(each, list):
                yield from (one for one in each if isinstance(one, str))
            else:
                yield from _codes(each)
    elif isinstance(found, list | tuple):
        for each in found:
            yield from _codes(each)


def choose(found: Iterable[Mapping[str, str]]) -> list[tuple[str, str]]:
    """What ``forms`` has of one kind, as the choices of a field, by name."""
    named = [(each["code"], each[languages.current()]) for each in found]
    return sorted(named, key=lambda each: each[1])


_ASKED_AS: Final = {"amount_paise": "amount", "papers": "paper"}
"""Fields of forms that the e-office has another name for."""
