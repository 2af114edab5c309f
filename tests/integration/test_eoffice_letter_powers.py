"""Who approves a letter: the level of its kind, a second officer for who may not sign alone, and
the way to who may."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from palika.auth import Identity
from palika.errors import Conflict, Forbidden, Invalid
from services.eoffice.commands import letter as steps
from services.eoffice.commands.delegate import delegate, revoke
from services.eoffice.commands.leave import end_leave, take_leave
from services.eoffice.commands.route_letter import approve_or_route
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import Act
from services.eoffice.queries import approvals, standing_in
from services.eoffice.schemas.approving import AskingPowers
from services.eoffice.schemas.delegating import (
    Delegating,
    Delegations,
    EndingLeave,
    Revoking,
    TakingLeave,
)
from services.eoffice.schemas.letters import ApprovingLetter, RevisingLetter
from tests.support.eoffice import ACCOUNTS, CE, CLERK, DE, JE, NOW, PORTAL, cleared, emptied
from tests.support.eoffice_databases import database
from tests.support.eoffice_letters import draft, now_of, opened, step
from tests.support.eoffice_moves import HOUR, take

__all__ = ["database"]

AWAY = {"since": "2026-07-01", "until": "2026-07-02"}
PEOPLE = {"roads-clerk": "s.kulkarni1", "roads-je": "a.jadhav2", "roads-de": "m.shinde3"}


@pytest.fixture
def sessions(database: sessionmaker[Session]) -> sessionmaker[Session]:
    return emptied(database)


def approve(sessions, letter, caller=JE, version=1, now=NOW, **args):
    with sessions.begin() as session:
        asked = {"id": str(letter.id), "version": version, **args}
        return approve_or_route(session, caller, ApprovingLetter().load(asked), now)


def last(sessions, file) -> Act:
    with sessions() as session:
        acts = select(Act).where(Act.chain_id == file.id).order_by(Act.position.desc())
        found = session.scalars(acts.limit(1)).one()
        session.expunge(found)
        return found


def verbs(sessions, file) -> list[str]:
    with sessions() as session:
        acts = select(Act.verb).where(Act.chain_id == file.id).order_by(Act.position)
        return list(session.scalars(acts))


@pytest.fixture
def standing_in_for(sessions):
    """Let an officer stand in for the one of a post, until the test is over."""
    made = []

    def begin(post: str, linked: str) -> Identity:
        who = Identity.of(f"officer:{post}", "officer")
        asked = {"linked": PEOPLE[linked], **AWAY}
        with sessions.begin() as session:
            made.append((who, take_leave(session, who, TakingLeave().load(asked), NOW).id))
        return Identity.of(f"officer:{PEOPLE[linked]}", "officer")

    yield begin
    for who, leave in made:
        with sessions.begin() as session:
            end_leave(session, who, EndingLeave().load({"id": str(leave)}), NOW)


@pytest.mark.parametrize("template", ["letter", "reminder", "order", "memorandum"])
def test_a_clerk_alone_lets_nothing_out(sessions, template):
    file = opened(sessions, CLERK)
    letter = draft(sessions, file, CLERK, template=template, body="It is ordered.")
    with pytest.raises(Forbidden) as refused:
        step(sessions, steps.approve_letter, letter, caller=CLERK)
    first = "roads-je" if template in ("letter", "reminder") else "roads-de"
    assert refused.value.details["may"][0] == first
    assert refused.value.message == (
        f"roads-clerk may not approve a letter of the kind {template}; {first} may"
    )
    assert now_of(sessions, letter).state == "draft"
    assert verbs(sessions, file) == ["opened", "drafted a letter"]


def test_an_order_is_approved_from_its_level_on_by_who_wrote_it_too(sessions):
    file = opened(sessions)
    letter = draft(sessions, file, template="order", body="It is ordered.")
    with pytest.raises(Forbidden, match="kind order; roads-de may"):
        step(sessions, steps.approve_letter, letter)
    take(sessions, "forward", file, JE, NOW, to="roads-de")
    done = step(sessions, steps.approve_letter, letter, caller=DE)
    assert (done.state, done.approved_by) == ("approved", "roads-de")
    assert last(sessions, file).data["delegated_by"] is None
    own = draft(sessions, file, DE, template="order", body="And this.")
    assert step(sessions, steps.approve_letter, own, caller=DE).state == "approved"


def test_a_service_approves_what_the_post_may_for_which_it_acts(sessions):
    file = opened(sessions, PORTAL, post="roads-clerk")
    letter = draft(sessions, file, PORTAL, body="Done.", post="roads-clerk")
    with pytest.raises(Forbidden, match="roads-je may"):
        approve(sessions, letter, PORTAL, post="roads-clerk")
    take(sessions, "forward", file, PORTAL, NOW, to="roads-je", post="roads-clerk")
    assert approve(sessions, letter, PORTAL, post="roads-je")[0].state == "approved"


def test_asked_to_the_file_goes_to_who_may_approve_the_letter(sessions):
    file = opened(sessions, CLERK)
    letter = draft(sessions, file, CLERK, template="order", body="It is ordered.")
    routed, to = approve(sessions, letter, CLERK, route=True)
    assert (routed.state, to) == ("draft", "roads-de")
    found = last(sessions, file)
    assert (found.verb, found.data) == (
        "routed a letter",
        {"to": "roads-de", "letter": str(letter.id), "version": 1},
    )
    # Asked again, for the answer was lost.
    acts = verbs(sessions, file)
    assert approve(sessions, letter, CLERK, route=True)[1] == "roads-de"
    assert verbs(sessions, file) == acts
    # Who did not ask for it is told where the file is.
    with pytest.raises(Forbidden, match="it is with roads-de"):
        approve(sessions, letter, CLERK)
    with pytest.raises(Forbidden, match="it is with roads-de"):
        approve(sessions, letter, JE, route=True)
    done, to = approve(sessions, letter, DE, route=True)
    assert (done.state, done.approved_by, to) == ("approved", "roads-de", None)
    assert approve(sessions, letter, CLERK, route=True)[1] == "roads-de"


def test_what_was_routed_once_is_no_answer_when_the_file_has_gone_elsewhere(sessions):
    file = opened(sessions, CLERK)
    letter = draft(sessions, file, CLERK, template="order", body="It is ordered.")
    assert approve(sessions, letter, CLERK, route=True, now=NOW + HOUR)[1] == "roads-de"
    take(sessions, "send_back", file, DE, NOW + 2 * HOUR)
    # Then the clerk sends it to the same post for something else, and that post to another.
    take(sessions, "forward", file, CLERK, NOW + 3 * HOUR, to="roads-de")
    with pytest.raises(Forbidden, match="it is with roads-de"):
        approve(sessions, letter, CLERK, route=True, now=NOW + 4 * HOUR)
    take(sessions, "forward", file, DE, NOW + 5 * HOUR, to="law")
    with pytest.raises(Forbidden, match="it is with law"):
        approve(sessions, letter, CLERK, route=True, now=NOW + 6 * HOUR)


def test_a_letter_of_a_secret_file_goes_to_who_may_read_it(sessions):
    with cleared(sessions, "roads-je", Secrecy.SECRET):
        file = opened(sessions, JE, secrecy="secret")
    letter = draft(sessions, file, template="order", body="It is ordered.")
    with pytest.raises(Forbidden) as refused:
        approve(sessions, letter)
    assert refused.value.details["may"][:2] == ["roads-de", "roads-ce"]
    assert approve(sessions, letter, route=True)[1] == "roads-ce"


def test_nothing_goes_on_its_way_for_another_mistake(sessions):
    file = opened(sessions, CLERK)
    letter = draft(sessions, file, CLERK, template="order", body="It is ordered.")
    with pytest.raises(Conflict, match="version 1, not 2"):
        approve(sessions, letter, CLERK, version=2, route=True)
    with pytest.raises(Forbidden, match="it is with roads-clerk"):
        approve(sessions, letter, ACCOUNTS, route=True)
    assert verbs(sessions, file)[-1] == "drafted a letter"


def test_a_linked_officer_approves_as_the_post_and_not_what_they_wrote_below_it(
    sessions, standing_in_for
):
    file = opened(sessions, CLERK)
    mine = draft(sessions, file, CLERK, template="order", body="It is ordered.")
    je = standing_in_for("roads-de", "roads-je")
    take(sessions, "forward", file, CLERK, NOW, to="roads-je")
    theirs = draft(sessions, file, JE, template="order", body="It is ordered.")
    take(sessions, "forward", file, JE, NOW, to="roads-de")
    # What another has written the linked officer approves, with the power of the post.
    assert approve(sessions, mine, je, post="roads-de")[0].approved_person == "a.jadhav2"
    with pytest.raises(Forbidden) as refused:
        approve(sessions, theirs, je, post="roads-de")
    assert refused.value.message == (
        "a.jadhav2 has written the letter and does not approve it as roads-de; roads-ce may"
    )
    assert approve(sessions, theirs, je, post="roads-de", route=True)[1] == "roads-ce"
    assert approve(sessions, theirs, CE)[0].state == "approved"


def test_who_wrote_any_of_its_versions_has_written_it(sessions, standing_in_for):
    file = opened(sessions, JE)
    letter = draft(sessions, file, JE, template="order", body="It is ordered.")
    take(sessions, "forward", file, JE, NOW, to="roads-de")
    with sessions.begin() as session:
        asked = {"id": str(letter.id), "version": 1, "body": "It is hereby ordered."}
        steps.revise_letter(session, DE, RevisingLetter().load(asked), NOW)
    je = standing_in_for("roads-de", "roads-je")
    with pytest.raises(Forbidden, match=r"a\.jadhav2 has written the letter"):
        approve(sessions, letter, je, version=2, post="roads-de")


# ---- delegation


def test_in_a_department_of_two_the_head_authorises_the_clerk_by_order(sessions):
    """Traffic has a clerk and a head; roads has four desks, and there two look at each letter."""
    head, clerk = (Identity.of(f"officer:traffic-{each}", "officer") for each in ("head", "clerk"))
    file = opened(sessions, clerk)
    letter = draft(sessions, file, clerk, body="It is done.")
    with pytest.raises(Forbidden, match="traffic-clerk may not approve"):
        approve(sessions, letter, clerk)
    orders = []
    for by, to in ((head, "traffic-clerk"), (DE, "roads-clerk")):
        asked = {"to": to, "what": ["letter:letter"], "since": "2026-07-01", "until": "2026-07-31"}
        with sessions.begin() as session:
            orders.append((by, delegate(session, by, Delegating().load(asked), NOW)))
    try:
        assert approve(sessions, letter, clerk)[0].state == "approved"
        assert last(sessions, file).data["delegated_by"] == "traffic-head"
        # Orders of the office are not among what the city lets out so.
        order = draft(sessions, file, clerk, template="order", body="It is ordered.")
        with pytest.raises(Forbidden):
            approve(sessions, order, clerk)
        theirs = draft(sessions, opened(sessions, CLERK), CLERK, body="It is done.")
        with pytest.raises(Forbidden, match="has written the letter"):
            approve(sessions, theirs, CLERK)
    finally:
        for by, made in orders:
            with sessions.begin() as session:
                revoke(session, by, Revoking().load({"id": str(made.id)}), NOW)


@pytest.fixture
def given(sessions):
    """Delegate for the length of a test."""
    made = []

    def begin(by, to, *what, **said):
        asked = Delegating().load({"to": to, "what": list(what), **said})
        with sessions.begin() as session:
            found = delegate(session, by, asked, NOW)
            made.append((by, found.id))
        return found

    yield begin
    for by, key in made:
        with sessions.begin() as session:
            revoke(session, by, Revoking().load({"id": str(key)}), NOW)


def test_to_approve_a_kind_of_letters_is_delegated_and_the_act_names_who_gave_it(sessions, given):
    file = opened(sessions, CLERK)
    letter = draft(sessions, file, CLERK, template="order", body="It is ordered.")
    take(sessions, "forward", file, CLERK, NOW, to="roads-je")
    with pytest.raises(Forbidden):
        approve(sessions, letter, JE)
    given(DE, "roads-je", "letter:order", "works", most_paise=100)
    assert approve(sessions, letter, JE)[0].approved_by == "roads-je"
    assert last(sessions, file).data["delegated_by"] == "roads-de"
    # Their own they do not approve alone by it.
    own = draft(sessions, file, JE, template="order", body="It is ordered.")
    with pytest.raises(Forbidden, match="has written the letter"):
        approve(sessions, own, JE)
    with sessions.begin() as session:
        shown = approvals.powers_of(session, JE, AskingPowers().load({}), NOW)["letters"]
        listed = standing_in.delegations(session, Delegations().load({"of": "roads-je"}), NOW)
    assert {each["power"]: (each["may"], each["delegated_by"]) for each in shown} == {
        "letter:letter": (True, None),
        "letter:reminder": (True, None),
        "letter:order": (True, "roads-de"),
        "letter:memorandum": (False, None),
    }
    (order,) = (each for each in shown if each["power"] == "letter:order")
    assert (order["en"], order["mr"]) == ("Office order", "कार्यालयीन आदेश")
    assert [each["code"] for each in listed["items"][0]["powers"]] == ["letter:order", "works"]


def test_a_delegation_that_was_revoked_counts_no_more(sessions, given):
    file = opened(sessions, CLERK)
    letter = draft(sessions, file, CLERK, template="order", body="It is ordered.")
    take(sessions, "forward", file, CLERK, NOW, to="roads-je")
    key = given(DE, "roads-je", "letter:order").id
    with sessions.begin() as session:
        revoke(session, DE, Revoking().load({"id": str(key)}), NOW)
    with pytest.raises(Forbidden, match="may not approve a letter of the kind order"):
        approve(sessions, letter, JE)


@pytest.mark.parametrize(
    ("by", "asked", "error", "said"),
    [
        (JE, {"what": ["letter:order"]}, Forbidden, "may not approve letters of the kind"),
        (DE, {"what": ["letter:poem"]}, Invalid, "no such template"),
        (DE, {"what": ["letter:order"], "most_paise": 5}, Invalid, "a limit of nothing"),
        (DE, {"what": ["order"]}, Invalid, "no such power"),
    ],
)
def test_what_is_not_ones_own_to_give_is_not_delegated(sessions, by, asked, error, said):
    with pytest.raises(error, match=said), sessions.begin() as session:
        delegate(session, by, Delegating().load({"to": "roads-clerk", **asked}), NOW)


def test_who_stands_in_does_not_delegate_it(sessions, standing_in_for):
    je = standing_in_for("roads-de", "roads-je")
    asked = {"to": "roads-clerk", "what": ["letter:order"], "post": "roads-de"}
    with pytest.raises(Forbidden, match="stands in"), sessions.begin() as session:
        delegate(session, je, Delegating().load(asked), NOW)


def test_a_draft_that_was_returned_is_not_approved_below(sessions):
    file = opened(sessions)
    letter = draft(sessions, file, template="order", body="It is ordered.")
    take(sessions, "forward", file, JE, NOW, to="roads-de")
    approve(sessions, letter, DE)
    step(sessions, steps.return_letter, letter, caller=DE)
    take(sessions, "forward", file, DE, NOW, to="roads-je")
    with pytest.raises(Forbidden, match="roads-de may"):
        approve(sessions, letter, JE)


@pytest.mark.parametrize("undo", [steps.return_letter, steps.discard_letter])
def test_an_approval_is_undone_by_who_gave_it_or_is_above_and_by_no_desk_below(sessions, undo):
    file = opened(sessions)
    letter = draft(sessions, file, template="order", body="It is ordered.")
    take(sessions, "forward", file, JE, NOW, to="roads-de")
    approve(sessions, letter, DE)
    for desk, post in ((DE, "accounts"), (ACCOUNTS, "roads-je")):
        take(sessions, "forward", file, desk, NOW, to=post)
        with pytest.raises(Forbidden) as refused:
            step(sessions, undo, letter, caller={"accounts": ACCOUNTS, "roads-je": JE}[post])
        said = refused.value.details
        assert said["may"] == ["roads-de", "roads-ce", "addl-commissioner", "commissioner"]
        assert {"forward", "dispatch_letter"} <= set(said["legal"])
    assert now_of(sessions, letter).approved_by == "roads-de"
    take(sessions, "forward", file, JE, NOW, to="roads-ce")
    assert step(sessions, undo, letter, caller=CE).state in ("draft", "discarded")
