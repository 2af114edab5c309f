"""What is said to be legal is taken, and what is not said to be is refused: every step, by each
post, in each state that a file can be in."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session, sessionmaker

from palika.auth import Identity
from palika.errors import Conflict, Forbidden, Invalid
from palika.local import Postgres
from palika.store import Folder
from services.eoffice.commands.continue_file import next_volume
from services.eoffice.commands.hold_post import vacate_post
from services.eoffice.commands.read import read_file
from services.eoffice.commands.routes import save_route
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import File, Letter, Post, Recording
from services.eoffice.organisation_store import actor, current, forget
from services.eoffice.queries.cancelling import standing_on
from services.eoffice.queries.reading import legal_now
from services.eoffice.queries.sight import sees
from services.eoffice.reference import city_powers
from services.eoffice.schemas import moving as given
from services.eoffice.schemas.filing import NextVolume
from services.eoffice.schemas.organisation import Vacating
from tests.integration.test_eoffice_contents import add, part
from tests.support.databases import service_database
from tests.support.eoffice import ACCOUNTS, CE, CLERK, DE, JE, NOW, cleared, emptied
from tests.support.eoffice_databases import database
from tests.support.eoffice_keys import store_in
from tests.support.eoffice_letters import OFFICE, approved, dispatch, draft
from tests.support.eoffice_moves import ADMIN, HOUR, LAW, STEPS, opened, take

__all__ = ["database"]

POSTS = (
    *("roads-clerk", "roads-je", "roads-de", "roads-ce"),
    *("accounts", "law", "addl-commissioner", "commissioner"),
)
COMMISSIONER = Identity.of("officer:commissioner", "officer")
LATER = NOW + 9 * HOUR
TODAY = date(2026, 7, 1)
ARGS: dict[str, list[dict[str, Any]]] = {
    "put_up": [{}],
    "forward": [{"to": each} for each in POSTS],
    "send_back": [{"to": each} for each in POSTS],
    "follow": [{"route": each} for each in POSTS],
    "mark": [{"posts": [each], "question": "?"} for each in POSTS],
    "answer": [{"answer": "Yes"}],
    "gather": [{"withdraw": True}],
    "park": [{"wake_on": "2026-07-09", "reason": "Awaits"}],
    "reopen": [{"remark": "Audit"}],
    "priority": [{"priority": "urgent"}],
    "due": [{"due_on": "2026-07-09"}],
    "approve": [{"route": True}],
    "refuse": [{"remark": "No"}],
    "return": [
        {"power": power, "amount_paise": 1, "remark": "Less", "to": each}
        for power in city_powers().heads
        for each in POSTS
    ],
    "close": [{"anyway": True, "remark": "It is not needed"}],
}
"""With what each step can be taken, if it can be at all."""
METHODS = {
    "follow": "follow_route",
    "priority": "set_priority",
    "due": "set_due",
    "return": "return_with_amount",
    "cancel": "cancel_approval",
}
REFUSED = (Conflict, Forbidden, Invalid)


@pytest.fixture
def sessions(database: sessionmaker[Session]) -> sessionmaker[Session]:
    return emptied(database)


@pytest.fixture
def own(postgres: Postgres) -> Iterator[sessionmaker[Session]]:
    """A database whose organisation is changed."""
    with service_database(postgres, "eoffice") as found:
        yield emptied(found)
    forget()


def fresh(sessions) -> File:
    return opened(sessions)


def moved(sessions) -> File:
    file = opened(sessions)
    return take(sessions, "forward", file, to="roads-de")


def seen(sessions) -> File:
    file = moved(sessions)
    with sessions.begin() as session:
        read_file(session, DE, given.Reading().load({"id": str(file.id)}), NOW + HOUR)
    return file


def pulled_back(sessions) -> File:
    return take(sessions, "pull_back", moved(sessions))


def parked(sessions) -> File:
    return take(sessions, "park", moved(sessions), DE, wake_on="2026-07-09", reason="x")


def asked(sessions) -> File:
    return take(sessions, "mark", opened(sessions), posts=["law", "accounts"], question="?")


def answered(sessions) -> File:
    file = asked(sessions)
    take(sessions, "answer", file, LAW, answer="Yes")
    return take(sessions, "answer", file, ACCOUNTS, answer="No")


def gathered(sessions) -> File:
    return take(sessions, "gather", answered(sessions))


def closed(sessions) -> File:
    return take(sessions, "close", moved(sessions), DE)


def reopened(sessions) -> File:
    return take(sessions, "reopen", closed(sessions), CE, remark="Audit")


def at_the_top(sessions) -> File:
    return take(sessions, "forward", opened(sessions), to="commissioner")


def nobody_above(sessions) -> File:
    file = opened(sessions, COMMISSIONER)
    return take(sessions, "mark", file, COMMISSIONER, posts=["law"], question="?")


def next_above_may_not_read_it(sessions) -> File:
    with cleared(sessions, "roads-je", Secrecy.SECRET):
        return opened(sessions, JE, secrecy="secret")


def none_above_may_read_it(sessions) -> File:
    with sessions.begin() as session:
        session.execute(
            update(Post).where(Post.code.in_(POSTS[-2:])).values(clearance=1, rev=Post.rev + 1)
        )
    forget()
    with cleared(sessions, "roads-ce", Secrecy.TOP_SECRET):
        return opened(sessions, CE, secrecy="top_secret")


def who_had_it_is_gone(sessions) -> File:
    file = moved(sessions)
    vacated(sessions, "roads-je")
    return file


def above_is_vacant(sessions) -> File:
    file = opened(sessions, CLERK)
    vacated(sessions, "roads-je")
    return file


def vacated(sessions, post: str) -> None:
    with sessions.begin() as session:
        vacate_post(session, ADMIN, Vacating().load({"code": post}), NOW)


def letter_not_out(sessions) -> File:
    file = opened(sessions)
    letter = draft(sessions, file)
    # As one is that notify has not taken yet.
    on_its_way = update(Letter).where(Letter.id == letter.id)
    with sessions.begin() as session:
        session.execute(on_its_way.values(state="sending", number="OUT/1", channel="email"))
    return file


def letter_approved(sessions) -> File:
    file = opened(sessions)
    approved(sessions, file)
    return file


def sanctioned(sessions) -> File:
    file = opened(sessions, DE)
    take(sessions, "approve", file, DE, power="works", amount_paise=5)
    return file


def sanctioned_and_told(sessions) -> File:
    file = sanctioned(sessions)
    dispatch(sessions, approved(sessions, file, DE), DE)
    return file


def with_an_open_part(sessions) -> File:
    file = opened(sessions)
    part(sessions, file, LAW)
    return file


def open_part_elsewhere(sessions) -> File:
    return part(sessions, opened(sessions), LAW)


def secret_part_of_what_the_clerk_has(sessions) -> File:
    with cleared(sessions, "roads-clerk", Secrecy.SECRET):
        file = opened(sessions, CLERK, secrecy="secret")
    # Who was asked about it reads it.
    take(sessions, "mark", file, CLERK, posts=["law"], question="?")
    return part(sessions, file, LAW)


def parked_part_elsewhere(sessions) -> File:
    found = open_part_elsewhere(sessions)
    return take(sessions, "park", found, LAW, wake_on="2026-07-09", reason="x")


def closed_part(sessions) -> File:
    return take(sessions, "close", open_part_elsewhere(sessions), LAW)


def closed_part_of_a_closed_file(sessions) -> File:
    file = opened(sessions)
    found = part(sessions, file, LAW)
    take(sessions, "close", found, LAW)
    take(sessions, "close", file)
    return found


def closed_part_of_a_part(sessions) -> File:
    file = opened(sessions)
    upper = part(sessions, file, LAW)
    found = part(sessions, upper, DE)
    take(sessions, "close", found, DE)
    take(sessions, "close", upper, LAW)
    return found


def continued(sessions, file: File) -> File:
    add(sessions, file, 201)
    with sessions.begin() as session:
        return next_volume(session, JE, NextVolume().load({"file_id": str(file.id)}), NOW)


def volume_that_goes_on(sessions) -> File:
    file = opened(sessions)
    continued(sessions, file)
    return file


def newest_volume_closed(sessions) -> File:
    return take(sessions, "close", continued(sessions, opened(sessions)))


def part_of_a_file_that_goes_on(sessions) -> File:
    file = opened(sessions)
    found = part(sessions, file, LAW)
    take(sessions, "forward", continued(sessions, file), to="accounts")
    return found


def newest_volume_of_what_has_an_open_part(sessions) -> File:
    file = opened(sessions)
    part(sessions, file, LAW)
    return continued(sessions, file)


def weeded(sessions) -> File:
    file = closed(sessions)
    with sessions.begin() as session:
        session.execute(
            Recording.__table__.insert().values(
                file_id=file.id,
                department=file.department,
                record_class="x",
                category="C",
                years=1,
                reason=None,
                due_on=TODAY,
                recorded_by="roads-de",
                recorded_person=None,
                recorded_at=NOW,
                weeded_at=NOW,
                rev=1,
            )
        )
    return file


STATES: list[Callable[..., File]] = [
    *(fresh, moved, seen, pulled_back, parked, asked, answered, gathered, closed, reopened),
    *(
        at_the_top,
        nobody_above,
        next_above_may_not_read_it,
        letter_not_out,
        letter_approved,
        sanctioned,
    ),
    *(with_an_open_part, open_part_elsewhere, parked_part_elsewhere, closed_part),
    *(closed_part_of_a_closed_file, closed_part_of_a_part, volume_that_goes_on),
    *(newest_volume_closed, part_of_a_file_that_goes_on, newest_volume_of_what_has_an_open_part),
    *(secret_part_of_what_the_clerk_has, weeded),
]
OF_THE_ORGANISATION = [none_above_may_read_it, who_had_it_is_gone, above_is_vacant]


@pytest.mark.parametrize("state", STATES, ids=lambda each: each.__name__)
def test_every_step_that_is_named_is_taken_and_every_other_refused(sessions, state) -> None:
    check_every_step(sessions, state(sessions))


def test_so_it_is_where_what_was_approved_was_told(sessions, tmp_path) -> None:
    OFFICE.papers, OFFICE.keys = Folder(tmp_path / "papers"), store_in(tmp_path)
    check_every_step(sessions, sanctioned_and_told(sessions))


@pytest.mark.parametrize("state", OF_THE_ORGANISATION, ids=lambda each: each.__name__)
def test_so_it_is_where_a_post_is_vacant_or_may_not_read_it(own, state) -> None:
    check_every_step(own, state(own))


def check_every_step(sessions, file: File) -> None:
    with sessions() as session:
        readers = [each for each in POSTS if _may_act(session, file, each)]
    assert readers
    for post in readers:
        with sessions() as session:
            who = actor(session, Identity.of(f"officer:{post}", "officer"), None, LATER)
            told = legal_now(session, session.get_one(File, file.id), who, TODAY)
            given_here = standing_on(session, session.get_one(File, file.id))
        ARGS["cancel"] = [{"approval_id": str(each.id), "remark": "x"} for each in given_here]
        steps = [step for step in ("open", *STEPS) if step != "cancel" or given_here]
        refused = {step: _tried(sessions, file, post, step) for step in steps}
        taken = [METHODS.get(step, step) for step, error in refused.items() if error is None]
        assert sorted(taken) == sorted(told), post
        # Each refusal names the same.
        named = {step: error.details["legal"] for step, error in refused.items() if error}
        assert named == dict.fromkeys(named, told), post


def _may_act(session: Session, file: File, post: str) -> bool:
    city = current(session)
    return city.is_held(post, TODAY) and sees(session, city.posts[post], file)


def _tried(sessions, file: File, post: str, step: str) -> Any:
    """How a step is refused, with whatever it is tried; None: it is taken."""
    told = None
    for args in ARGS.get(step, [{}]):
        if args.get("route") == post:
            continue  # Such a route ends where it begins.
        refused = _try(sessions, file, post, step, args)
        if refused is None:
            return None
        if not isinstance(refused, Invalid):
            told = refused
            # Of heads and approvals one may be the post's and another not.
            if step not in ("return", "cancel") or "may" not in refused.details:
                return told
    # What is legal can be asked for rightly.
    assert told is not None, f"{post} cannot {step}: {refused}"
    return told


def _try(sessions, file: File, post: str, step: str, args: dict[str, Any]) -> Any:
    """How a step is refused; None: it is taken. Either way nothing is left of it."""
    who = Identity.of(f"officer:{post}", "officer")
    command, schema = (read_file, given.Reading) if step == "open" else STEPS[step]
    session = sessions()
    try:
        if step == "follow":
            desks = {"name": "x", "desks": [{"post": args["route"], "days": 1}]}
            route = save_route(session, who, given.SavingRoute().load(desks), LATER)
            args = {"route": str(route.id)}
        command(session, who, schema().load({"id": str(file.id), **args}), LATER)
        session.flush()
    except REFUSED as error:
        return error
    finally:
        session.rollback()
        session.close()
    return None
