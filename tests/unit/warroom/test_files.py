"""Files as the e-office knows them."""

from typing import Any

import pytest

from palika.auth import Identity
from palika.errors import Forbidden, Invalid, NotFound, Unavailable
from services.warroom.files import check_file, reader_of

NUMBER = "GAD/EST/GENERAL/2026/0001"
POST = "roads-ce"


def there(number: str, post: str) -> dict[str, Any]:
    return {"number": number}


def absent(number: str, post: str) -> dict[str, Any]:
    raise NotFound(f"there is no file {number}")


def raising(error: Exception) -> Any:
    def ask(number: str, post: str) -> dict[str, Any]:
        raise error

    return ask


def test_a_file_is_looked_for_among_those_that_are_worked_on_and_those_that_were_brought_in():
    assert check_file((there, absent), "target", NUMBER, POST) == []
    assert check_file((absent, there), "target", NUMBER, POST) == []
    assert check_file((absent, absent), "target", None, POST) == []


@pytest.mark.parametrize("ask", [absent, raising(Invalid("wrong", {"number": ["too long"]}))])
def test_what_is_no_file_is_refused_with_its_field(ask):
    with pytest.raises(Invalid) as refusal:
        check_file((ask, absent), "evidence_file", NUMBER, POST)
    rule = f"there is no file {NUMBER} that {POST} may read in the e-office"
    assert refusal.value.fields == {"evidence_file": [rule]}


@pytest.mark.parametrize(
    "error",
    [Unavailable("away"), Forbidden("no"), Invalid("wrong", {"post": ["there is no such"]})],
)
def test_what_cannot_be_said_is_told_and_refuses_nothing(error):
    assert check_file((raising(error), there), "target", NUMBER, POST) == [NUMBER]
    assert check_file((absent, raising(error)), "target", NUMBER, POST) == [NUMBER]


def test_an_officer_reads_as_their_own_post_and_who_has_none_as_the_one_that_it_is_about():
    assert reader_of(Identity.of("officer:roads-je", "officer"), POST) == "roads-je"
    assert reader_of(Identity.of("admin:palika", "admin"), POST) == POST
