"""Posts as a terminal shows them: by the names that the running city's e-office gives."""

from collections.abc import Collection, Mapping
from typing import Any

from palika.roles import post_of
from palika.text import Name


def names_in_city(codes: Collection[str]) -> dict[str, Name]:
    """What posts are called, by code; none while the e-office does not answer within a second."""
    from palika.auth import SYSTEM
    from palika.posts import WAIT_S, names_of
    from palika.rpc import Client

    def ask(codes: Collection[str]) -> dict[str, Any]:
        with Client(SYSTEM("cli"), timeout_s=WAIT_S) as city:
            found: dict[str, Any] = city.eoffice.posts(codes=codes)
        return found

    return names_of(ask, codes)


def called(code: str, posts: Mapping[str, Name]) -> str:
    """A post in both languages; by its code where it has no name."""
    name = posts.get(code)
    return code if name is None else f"{name.en} / {name.mr}"


def names_of_subjects(subjects: Collection[str | None]) -> dict[str, Name]:
    """What the posts of these subjects (``officer:roads-clerk``) are called, by code; as
    ``names_in_city``."""
    return names_in_city({post_of(each) for each in subjects if each is not None})


def subject_called(subject: str, posts: Mapping[str, Name]) -> str:
    """Who did something, by the name of the post in both languages; as it is, where that has none:
    a service, or somebody who is no post of the e-office."""
    code = post_of(subject)
    return called(code, posts) if code in posts else subject
