"""Asking the e-office's search, as the tests of it do."""

from typing import Any

from services.eoffice.commands.open_file import open_file
from services.eoffice.models import File
from services.eoffice.queries import search
from services.eoffice.schemas import Opening
from services.eoffice.schemas.search import Counting, Searching, Suggesting
from tests.support.eoffice import JE, NOW


def opened(sessions, subject, caller=JE, now=NOW, **args: Any) -> File:
    with sessions.begin() as session:
        return open_file(session, caller, Opening().load({"subject": subject, **args}), now)


def asked(sessions, words, caller=JE, **args: Any) -> dict[str, Any]:
    with sessions.begin() as session:
        loaded = Searching().load({"words": words, **args})
        return search.page(session, caller, loaded, NOW)


def found(sessions, words, caller=JE, **args: Any) -> list[str]:
    return [each["title"] for each in asked(sessions, words, caller, **args)["items"]]


def counted(sessions, words, caller=JE, **args: Any) -> dict[str, Any]:
    told = counted_by_kind(sessions, words, caller, **args)
    return {"count": told["count"], "more": told["more"]}


def counted_by_kind(sessions, words, caller=JE, **args: Any) -> dict[str, Any]:
    with sessions.begin() as session:
        return search.count(session, caller, Counting().load({"words": words, **args}), NOW)


def suggested(sessions, words, caller=JE, **args: Any) -> list[str]:
    with sessions.begin() as session:
        loaded = Suggesting().load({"words": words, **args})
        return search.suggest(session, caller, loaded, NOW)["words"]
