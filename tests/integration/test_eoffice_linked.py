"""Linked officers: who may be one, what they read and what they do not decide."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from palika.auth import Identity
from palika.errors import Forbidden, NotFound
from palika.india import day_of
from palika.local import Postgres
from services.eoffice.commands.approve import approve_file
from services.eoffice.commands.leave import take_leave
from services.eoffice.commands.letter import approve_letter, draft_letter
from services.eoffice.commands.note import save_draft
from services.eoffice.domain.reporting import Reader
from services.eoffice.models import Act
from services.eoffice.organisation_store import actor
from services.eoffice.queries import desk, diary, late, letters, marks, notes, search
from services.eoffice.schemas import letters as letter_schemas
from services.eoffice.schemas import moving
from services.eoffice.schemas.approving import Approving
from services.eoffice.schemas.delegating import TakingLeave
from services.eoffice.schemas.noting import DraftSaving
from services.eoffice.schemas.reports import Diary, WithOthers
from services.eoffice.schemas.search import Searching
from tests.support.databases import service_database
from tests.support.eoffice import CE, CLERK, DE, JE, NOW, emptied
from tests.support.eoffice_moves import LAW, opened, take

ADDL = Identity.of("officer:addl-commissioner", "officer")
JADHAV, SHINDE = (Identity.of(f"officer:{each}", "officer") for each in ("a.jadhav2", "m.shinde3"))
DAYS = {"since": "2026-07-01", "until": "2026-07-05"}
LATER = NOW + timedelta(hours=3)


@pytest.fixture
def sessions(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    with service_database(postgres, "eoffice") as found:
        yield emptied(found)


def leave(sessions, by, linked, **args):
    with sessions.begin() as session:
        asked = {"linked": linked, **DAYS, **args}
        return take_leave(session, by, TakingLeave().load(asked), NOW)


def approve(sessions, by, file, **args):
    with sessions.begin() as session:
        asked = Approving().load({"id": str(file.id), **args})
        return approve_file(session, by, asked, LATER)


def test_who_is_far_below_is_linked_by_who_is_up_the_line_alone(sessions):
    with pytest.raises(Forbidden, match="addl-commissioner may") as refused:
        leave(sessions, CE, "a.jadhav2")
    details = refused.value.details
    assert (details["level"], details["linked_level"], details["levels_below"]) == (4, 2, 1)
    assert details["may"] == ["addl-commissioner", "commissioner"]
    leave(sessions, ADDL, "a.jadhav2", person="v.deshpande4")
    with sessions() as session:
        told = session.scalars(select(Act.data).where(Act.verb == "leave_taken")).one()
    assert told["lower_approved_by"] == "addl-commissioner"


def test_who_is_one_level_below_or_above_is_linked_by_who_goes(sessions):
    assert leave(sessions, CE, "m.shinde3").linked == "m.shinde3"
    assert leave(sessions, JE, "v.deshpande4", **_later()).linked == "v.deshpande4"


def test_a_linked_officer_does_not_approve_a_lower_one_for_the_post_they_look_after(sessions):
    """Who looks after the post above is not the one above."""
    leave(sessions, ADDL, "m.shinde3", person="v.deshpande4")
    with pytest.raises(Forbidden, match="is linked by who is up the line"):
        leave(sessions, SHINDE, "s.kulkarni1", person="m.shinde3", post="roads-ce", **_later())


def _later():
    return {"since": "2026-07-08", "until": "2026-07-09"}


@pytest.fixture
def far_below(sessions):
    """The junior engineer, of level 2 and cleared for nothing, looks after the chief engineer's
    post, of level 4, which reads what is secret."""
    leave(sessions, ADDL, "a.jadhav2", person="v.deshpande4")
    return sessions


def test_what_a_linked_officer_is_not_cleared_for_is_not_there_though_the_post_has_it(far_below):
    secret = opened(far_below, CE, subject="Kerbstones", secrecy="secret")
    asked = opened(far_below, LAW, subject="Kerbstones", secrecy="confidential")
    take(far_below, "mark", asked, LAW, posts=["roads-ce"], question="?")
    with far_below.begin() as session:
        said = {"file_id": str(secret.id), "markup": "Secret", "post": "roads-ce"}
        draft = save_draft(session, CE, DraftSaving().load(said), NOW)
    for step, more in (("forward", {"to": "roads-de"}), ("park", _PARK), ("close", {})):
        with pytest.raises(NotFound):
            take(far_below, step, secret, JADHAV, LATER, post="roads-ce", **more)
    with pytest.raises(NotFound):
        take(far_below, "answer", asked, JADHAV, LATER, post="roads-ce", answer="Yes")
    with pytest.raises(NotFound):
        approve(far_below, JADHAV, secret, post="roads-ce")
    seen = what_is_seen(far_below, JADHAV, draft.id)
    assert seen == {
        "inbox": [],
        "counts": {"inbox": 0, "marked": 0},
        "marked": [],
        "drafts": [],
        "found": [],
        "with_others": [],
        "diary": [None],
        "draft": "none",
    }
    # The chief engineer, back or at the post's own login, has all of it.
    seen = what_is_seen(far_below, CE, draft.id)
    assert (seen["counts"], seen["draft"]) == ({"inbox": 1, "marked": 1}, "there")
    assert [len(seen[each]) for each in ("inbox", "marked", "drafts", "found")] == [1, 1, 1, 2]
    assert seen["diary"] == [secret.number]


_PARK = {"wake_on": "2026-07-09", "reason": "x"}


def what_is_seen(sessions, by, draft):
    words = Searching().load({"words": "Kerbstones", "post": "roads-ce"})
    with sessions.begin() as session:
        found = search.page(session, by, words, LATER)["items"]
    with sessions.begin() as session:
        post = actor(session, by, "roads-ce", LATER).post
        page = moving.Paging().load({})
        counts = desk.counts(session, post, day_of(LATER))
        who = Reader.of(post)
        seen = {
            "inbox": desk.inbox(session, post, moving.Inbox().load({}), day_of(LATER))["items"],
            "counts": {each: counts[each] for each in ("inbox", "marked")},
            "marked": marks.marked(session, post, page)["items"],
            "drafts": notes.drafts(session, post, page)["items"],
            "found": found,
            "with_others": late.with_others(session, WithOthers().load({}), who, LATER)["items"],
            "diary": [
                each["number"]
                for each in diary.diary(session, Diary().load({}), "roads-ce", who, LATER)["items"]
                if each["verb"] == "opened"
            ],
        }
        assert letters.unsent(session, post, page)["items"] == []
        try:
            notes.draft(session, post, {"id": draft})
        except NotFound:
            return {**seen, "draft": "none"}
        return {**seen, "draft": "there"}


def test_what_the_linked_officer_reads_in_their_own_post_they_read_still(far_below):
    normal = opened(far_below, CE, subject="Kerbstones")
    take(far_below, "forward", normal, JADHAV, LATER, post="roads-ce", to="roads-je")


def test_who_is_far_below_sanctions_and_approves_nothing_there_and_who_may_is_named(far_below):
    file = opened(far_below, DE)
    take(far_below, "put_up", file, DE)
    works = {"power": "works", "amount_paise": 100, "post": "roads-ce"}
    for args in (works, {"post": "roads-ce"}):
        with pytest.raises(Forbidden, match="decides nothing there") as refused:
            approve(far_below, JADHAV, file, **args)
        details = refused.value.details
        assert (details["level"], details["linked_level"], details["decides_below"]) == (4, 2, 1)
        assert details["may"] == ["addl-commissioner", "commissioner"]
    done = approve(far_below, JADHAV, file, **works, route=True)
    assert (done.approval, done.routed_to) == (None, "addl-commissioner")


def test_who_is_far_below_approves_no_letter_there(far_below):
    file = opened(far_below, DE)
    with far_below.begin() as session:
        asked = {"file_id": str(file.id), "to_name": "Asha", "template": "order", "body": "Do."}
        drafted = draft_letter(session, DE, letter_schemas.DraftingLetter().load(asked), NOW)
    take(far_below, "put_up", file, DE)
    asked = {"id": str(drafted.id), "version": 1, "post": "roads-ce"}
    asked = letter_schemas.ApprovingLetter().load(asked)
    with pytest.raises(Forbidden, match="decides nothing there"), far_below.begin() as session:
        approve_letter(session, JADHAV, asked, LATER)


def test_who_is_one_level_below_sanctions_with_the_power_of_the_post(sessions):
    leave(sessions, CE, "m.shinde3")
    file = opened(sessions, CLERK)
    take(sessions, "put_up", file, CLERK)
    take(sessions, "forward", file, JE, to="roads-ce")
    paise = 5 * 100_000_00
    done = approve(sessions, SHINDE, file, power="works", amount_paise=paise, post="roads-ce")
    assert (done.approval.capacity, done.approval.most_paise) == ("linked", 1_000_000_00)
