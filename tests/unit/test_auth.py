"""Identities: what the headers of a call say of its caller, and what they may not."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palika.auth import ANONYMOUS, ROLES, SYSTEM, Identity, from_header
from palika.errors import Forbidden
from palika.roles import same_hand, same_post

OFFICER = Identity.of("officer:je-roads-12", "officer", "supervisor")


def test_an_identity_comes_out_of_a_header_as_it_went_in():
    header = json.loads(json.dumps(OFFICER.to_header()))
    assert from_header(header) == OFFICER
    assert header == {"subject": "officer:je-roads-12", "roles": ["officer", "supervisor"]}


def test_who_acts_for_a_post_travels_with_it():
    of_two_posts = Identity("officer:water-je", frozenset({"officer"}), "E-1042")
    header = json.loads(json.dumps(of_two_posts.to_header()))
    assert header["person"] == "E-1042"
    assert from_header(header) == of_two_posts


PRINTABLE = st.characters(exclude_categories=["C", "Z"]) | st.just(" ")


@given(st.text(PRINTABLE, min_size=1, max_size=200), st.frozensets(st.sampled_from(sorted(ROLES))))
def test_every_identity_survives_its_header(subject, roles):
    identity = Identity(subject, roles)
    assert from_header(json.loads(json.dumps(identity.to_header()))) == identity


def test_without_a_header_the_caller_is_anonymous():
    assert from_header(None) is ANONYMOUS
    assert frozenset({"anonymous"}) == ANONYMOUS.roles


@pytest.mark.parametrize(
    "header",
    [
        "",
        "admin",
        b"admin",
        0,
        [],
        {},
        {"subject": "x"},
        {"roles": ["admin"]},
        {"subject": "", "roles": ["admin"]},
        {"subject": None, "roles": ["admin"]},
        {"subject": 7, "roles": ["admin"]},
        {"subject": "x", "roles": "admin"},
        {"subject": "x", "roles": None},
        {"subject": "x", "roles": 7},
        {"subject": "x", "roles": ["mayor"]},
        {"subject": "x", "roles": ["admin", "mayor"]},
        {"subject": "x", "roles": [7, "mayor"]},
        {"subject": "x", "roles": [["admin"]]},
        {"subject": "x", "roles": {"admin": True}},
        {"subject": "x", "roles": b"admin"},
        {"subject": "x", "roles": ["officer"], "person": None},
        {"subject": "x", "roles": ["officer"], "person": 7},
        {"subject": "x", "roles": ["officer"], "person": "E\n1"},
        {"subject": "x", "roles": ["officer"], "person": "E" * 201},
    ],
    ids=repr,
)
def test_a_malformed_header_is_forbidden_and_never_anybody(header):
    with pytest.raises(Forbidden, match="malformed"):
        from_header(header)


headers = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(sorted(ROLES)),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.fixed_dictionaries({"subject": inner, "roles": inner})
        | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(headers)
def test_no_header_does_more_than_name_a_caller_or_be_refused(header: Any):
    try:
        identity = from_header(header)
    except Forbidden:
        return
    assert isinstance(identity.subject, str)
    assert identity.roles <= ROLES


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("", "needs a subject"),
        (7, "needs a subject"),
        ("off\nicer:\x00x", "printable"),
        ("officer:\x1b[31m", "printable"),
        ("officer:\x7f", "printable"),
        ("officer:\ud800", "printable"),
        ("officer:\u202eje", "printable"),
        ("officer:\u2028je", "printable"),
        ("x" * 201, "at most 200 characters, not 201"),
        ("x" * 100_000, "at most 200 characters, not 100000"),
    ],
    ids=lambda each: ascii(each)[:40],
)
def test_a_subject_is_printable_and_short(subject: Any, words: str):
    with pytest.raises(ValueError, match=words):
        Identity.of(subject, "officer")
    with pytest.raises(Forbidden, match=f"malformed: .*{words}"):
        from_header({"subject": subject, "roles": ["officer"]})


def test_a_subject_may_be_of_any_script_and_200_characters_long():
    for subject in ("officer:श्रीमती-पाटील", "officer:दर्\u200dया", "ward office 7", "é" * 200):
        assert Identity.of(subject, "officer").subject == subject


def test_a_role_that_does_not_exist_cannot_be_held():
    with pytest.raises(ValueError, match=r"no role mayor; there are admin, anonymous"):
        Identity.of("x", "mayor")


def test_one_of_several_roles_is_enough():
    assert OFFICER.has_any(["citizen", "officer"])
    assert not OFFICER.has_any({"citizen", "service"})
    assert not OFFICER.has_any(())


def test_a_service_acts_under_its_own_name():
    assert SYSTEM("kpi") == Identity.of("service:kpi", "service")


def test_an_identity_cannot_be_changed():
    with pytest.raises(AttributeError):
        OFFICER.roles = ROLES  # type: ignore[misc]


def test_one_post_is_the_same_as_whatever_kind_of_caller():
    assert same_post("officer:water-clerk", "supervisor:water-clerk")
    assert same_post("water-clerk", "officer:water-clerk")
    assert not same_post("officer:water-clerk", "officer:water-je")
    # Nobody is the same as another nobody.
    assert not same_post("anonymous", "anonymous")
    assert not same_post("", "")


def test_one_person_with_two_posts_is_one_hand():
    clerk, head = "officer:water-clerk", "supervisor:water-head"
    assert same_hand(head, "E-1", clerk, "E-1")
    assert same_hand("supervisor:water-clerk", "E-2", clerk, "E-1")
    assert not same_hand(head, "E-2", clerk, "E-1")
    # A person who is not known is the same as nobody.
    assert not same_hand(head, "", clerk, "")
    assert not same_hand(head, "", clerk, None)
    assert not same_hand(head, "E-1", clerk, None)
