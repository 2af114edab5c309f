"""What an officer may do, a program's token is good for, and whose data were looked at."""

from datetime import UTC, datetime, timedelta

import pytest

from palika import catalogue
from palika.errors import Invalid
from palika.rpc import rpc_methods
from services.portal.domain import rights, scopes
from services.portal.domain.clients import device, network, place
from services.portal.domain.reads import Reason, checked, is_of_people, of_nobody
from services.portal.domain.rights import Post, Roles, chosen, roles_of, seal_of
from services.portal.reference import city_roles

NOW = datetime(2026, 4, 1, 6, 0, tzinfo=UTC)
ROLES = Roles(3, frozenset({"desk"}), frozenset({"it-head"}))


def post(code: str, level: int = 1) -> Post:
    return Post(code, "roads", level, "regular", code, code)


@pytest.mark.parametrize(
    ("held", "roles"),
    [
        (post("clerk"), {"officer"}),
        (post("je", 2), {"officer"}),
        (post("de", 3), {"officer", "supervisor"}),
        (post("it-head", 4), {"officer", "supervisor", "admin"}),
        (post("desk", 1), {"helpdesk"}),
    ],
    ids=lambda each: each.code if isinstance(each, Post) else "",
)
def test_roles_come_of_the_post(held: Post, roles: set[str]) -> None:
    assert ROLES.of(held) == roles


def test_the_shipped_rules_are_sound() -> None:
    assert city_roles().supervisor_level == 3


@pytest.mark.parametrize(
    "raw",
    [
        None,
        {"supervisor_level": 3},
        {"supervisor_level": "3", "helpdesk": [], "admin": []},
        {"supervisor_level": True, "helpdesk": [], "admin": []},
        {"supervisor_level": 3, "helpdesk": "desk", "admin": []},
        {"supervisor_level": 3, "helpdesk": ["a"], "admin": ["a"]},
    ],
)
def test_rules_that_are_not_as_they_should_be_are_refused(raw: object) -> None:
    with pytest.raises(ValueError, match=r"roles\.yaml"):
        roles_of(raw)


def test_one_acts_for_the_post_that_one_has_chosen_while_one_has_it() -> None:
    held = [post("je", 2), post("de", 3)]
    assert chosen(held, "de") == held[1]
    assert chosen(held, "another") == chosen(held, None) == held[0]
    assert chosen([], "de") is None
    assert seal_of(held[0], {"officer"}) != seal_of(held[1], {"officer"})
    assert seal_of(None, ()) == "-"


def test_posts_are_asked_for_within_the_minute_and_old_ones_count_for_an_hour() -> None:
    assert timedelta(minutes=1) > rights.ASK_AGAIN
    assert rights.must_ask(None, NOW)
    assert not rights.must_ask(NOW, NOW)
    assert rights.must_ask(NOW - rights.ASK_AGAIN, NOW)
    assert rights.may_use_old(NOW - rights.MAY_BE_OLD + timedelta(seconds=1), NOW)
    assert not rights.may_use_old(NOW - rights.MAY_BE_OLD, NOW)
    assert not rights.may_use_old(None, NOW)


def test_who_may_write_may_read_and_nothing_else() -> None:
    assert scopes.covers({"kpi:read"}, "kpi:read")
    assert scopes.covers({"kpi:write"}, "kpi:read")
    assert not scopes.covers({"kpi:read"}, "kpi:write")
    assert not scopes.covers({"kpi:write"}, "files:read")
    assert scopes.unknown(["kpi:read", "everything"]) == ["everything"]
    assert scopes.is_token(scopes.new_token())
    assert not scopes.is_token("palika_short")


@pytest.mark.parametrize(
    ("address", "counted", "shown"),
    [
        ("203.0.113.77", "203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::", "fe80::/48"),
        ("203.0.113.77:50123", "203.0.113.77", "203.0.113.0/24"),
        ("[2001:db8:1:2::5]:443", "2001:db8:1:2::", "2001:db8:1::/48"),
        ("[2001:db8:1:2::5]", "2001:db8:1:2::", "2001:db8:1::/48"),
        ("", "unknown", ""),
        ("a socket", "unknown", ""),
    ],
)
def test_of_an_address_as_much_is_kept_as_is_needed(address: str, counted: str, shown: str) -> None:
    assert (network(address), place(address)) == (counted, shown)


def test_a_device_is_called_as_its_person_calls_it() -> None:
    edge = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0"
    assert device(edge) == "Edge, Windows"
    assert device("Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Mobile Safari/537.36") == (
        "Chrome, Android"
    )
    assert device("curl/8") == ""


def test_a_look_names_whose_data_it_was_and_why() -> None:
    whose = ["property:P/1", "grievance:GRV-2026-000001", "property:P/1"]
    assert checked(whose, Reason.HANDLES, "  ") == (sorted(set(whose)), None)
    assert checked(["citizen:1"], "other", " asked by court ") == (["citizen:1"], "asked by court")


@pytest.mark.parametrize(
    ("whose", "why", "note", "field"),
    [
        ([], "handles", None, "whose"),
        (["somebody"], "handles", None, "whose"),
        (["person:1"], "handles", None, "whose"),
        (["citizen:1"], "curious", None, "why"),
        (["citizen:1"], "other", " ", "note"),
        (["citizen:1"], "handles", "x" * 301, "note"),
    ],
)
def test_a_look_without_that_is_refused(
    whose: list[str], why: str, note: str | None, field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        checked(whose, why, note)
    assert set(caught.value.fields) == {field}


def test_what_stands_in_no_list_may_have_a_citizens_data_in_it() -> None:
    assert is_of_people("grievance", "get")
    assert is_of_people("tax", "statement")
    for method in ("receipt", "letter", "search", "contacts", "diarise", "a_new_method"):
        assert is_of_people("eoffice", method)
    assert is_of_people("a-new-service", "anything")
    assert is_of_people("tax", "a_new_method")
    assert not is_of_people("kpi", "dashboard")
    assert is_of_people("kpi", "trace")
    assert not is_of_people("grievance", "count")
    assert not is_of_people("eoffice", "inbox")


def test_the_lists_name_methods_that_there_are() -> None:
    for service, listed in of_nobody().items():
        there = {each.name for each in rpc_methods(catalogue.service_class(service))}
        assert listed - there == set(), service
