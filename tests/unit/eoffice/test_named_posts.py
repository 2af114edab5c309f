"""What posts are called, and how much is looked up for codes that are none."""

from contextlib import contextmanager
from datetime import date
from types import SimpleNamespace

import pytest

from palika.rpc import CallContext
from services.eoffice import organising
from services.eoffice.domain.organisation import Organisation, Post
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.organising import Organising
from services.eoffice.queries import directory
from tests.support.eoffice import JE

_SINCE = date(2020, 4, 1)
POSTS = {
    code: Post(code, "roads", None, "पद", code.title(), 2, None, Secrecy.NORMAL, _SINCE, None)
    for code in ("roads-je", "roads-de", "law")
}


@pytest.fixture
def looked_up(monkeypatch):
    """For which codes the nearest were looked for, and how many transactions were open then."""
    found, open_ = [], []

    @contextmanager
    def begin():
        open_.append(1)
        yield None
        open_.pop()

    def off_hub(work, *args):
        found.append((list(args[0]), len(open_)))
        return work(*args)

    monkeypatch.setattr(organising, "current", lambda _: Organisation({}, {}, POSTS, {}, ()))
    monkeypatch.setattr(directory, "off_hub", off_hub)
    return SimpleNamespace(begin=begin, found=found)


def named(looked_up, codes):
    desk = Organising()
    desk.name = "eoffice"
    desk.caller = CallContext.within("eoffice", JE)
    desk.db = SimpleNamespace(begin=looked_up.begin)
    return desk.posts(codes=codes)


def test_the_nearest_posts_are_told_of_the_first_few_codes_that_are_none(looked_up):
    told = named(looked_up, ["law", *(f"roads-j{n}" for n in range(499))])
    assert told["posts"] == {"law": {"mr": "पद", "en": "Law"}}
    assert len(told["unknown"]) == 499
    assert told["unknown"]["roads-j4"] == ["roads-je", "roads-de"]
    assert [code for code, near in told["unknown"].items() if near] == [
        f"roads-j{n}" for n in range(5)
    ]


def test_they_are_looked_for_beside_the_others_and_in_no_transaction(looked_up):
    named(looked_up, ["law", "lwa"])
    assert looked_up.found == [(["lwa"], 0)]


def test_where_all_are_posts_nothing_is_looked_for(looked_up):
    assert named(looked_up, ["law"])["unknown"] == {}
    assert looked_up.found == []
