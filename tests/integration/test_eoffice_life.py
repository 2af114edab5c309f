"""Whatever officers do to a file: it is with one post, and every moment of it is on the record."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from palika.auth import Identity
from palika.errors import Conflict, Forbidden, Invalid
from palika.india import day_of
from services.eoffice.commands.clock import tell_overdue, wake_parked
from services.eoffice.commands.open_file import open_file
from services.eoffice.commands.read import read_file
from services.eoffice.domain.chaining import START, Deed
from services.eoffice.domain.legal import legal_steps
from services.eoffice.domain.movement import State, Step
from services.eoffice.domain.organisation import Actor
from services.eoffice.models import Act, File, Movement
from services.eoffice.organisation_store import actor
from services.eoffice.queries.custody import custody
from services.eoffice.queries.reading import known_of, legal_now
from services.eoffice.schemas import Opening
from services.eoffice.schemas import moving as given
from services.eoffice.sealing import city_keys_of_record
from tests.support.eoffice import NOW, emptied
from tests.support.eoffice_databases import database
from tests.support.eoffice_moves import STEPS

__all__ = ["database"]

POSTS = ["roads-clerk", "roads-je", "roads-de", "accounts", "law"]
SOME = st.sampled_from(POSTS)


class Life(RuleBasedStateMachine):
    """Five posts do whatever comes to their minds to one file, some minutes apart."""

    sessions: sessionmaker[Session]
    file_id: Any = None

    def __init__(self) -> None:
        super().__init__()
        self.now: datetime = NOW
        self.acts = 0

    @initialize(post=SOME)
    def begin(self, post: str) -> None:
        with self.sessions.begin() as session:
            asked = Opening().load({"subject": "Estimate", "due_on": "2026-07-03"})
            self.file_id = open_file(session, _officer(post), asked, NOW).id
        self.acts = 1

    def take(self, step: str, post: str, **args: Any) -> None:
        """Take a step; it is refused if, and only if, the table does not give it to this post or
        what it asks for is wrong."""
        self.now += timedelta(minutes=7)
        command, schema = STEPS[step]
        asked = schema().load({"id": str(self.file_id), **args})
        legal, refused = self.legal(post), None
        try:
            with self.sessions.begin() as session:
                command(session, _officer(post), asked, self.now)
        except (Conflict, Forbidden, Invalid) as error:
            refused = error
        if refused is None:
            assert step in legal
            self.acts += 1
        elif step in legal:
            # The step is right, and what it asks for is not, or is another's: to put a date off.
            another = step == "due" and "may" in refused.details
            assert isinstance(refused, Conflict | Invalid) or another
            assert step not in ("open", "pull_back", "pull_up", "wake", "close", "reopen"), refused
            assert step != "put_up" or "to" in args
            if step == "gather":
                assert not args["withdraw"]
        else:
            assert isinstance(refused, Conflict | Forbidden)
            assert refused.details["legal"] == [each.method for each in legal]

    def legal(self, post: str) -> list[Step]:
        with self.sessions() as session:
            file = session.get_one(File, self.file_id)
            known = known_of(session, file, self.actor(session, post), day_of(self.now))
            return legal_steps(State(file.state), known)

    def actor(self, session: Session, post: str) -> Actor:
        return actor(session, _officer(post), None, self.now)

    @rule(step=st.sampled_from(["forward", "put_up", "send_back"]), post=SOME, to=SOME)
    def move(self, step: str, post: str, to: str) -> None:
        self.take(step, post, to=to, remark="See")

    @rule(step=st.sampled_from(["put_up", "send_back", "pull_back", "pull_up"]), post=SOME)
    def move_by_itself(self, step: str, post: str) -> None:
        self.take(step, post)

    @rule(post=SOME)
    def what_is_named_is_what_the_reader_is_told(self, post: str) -> None:
        with self.sessions() as session:
            file = session.get_one(File, self.file_id)
            told = legal_now(session, file, self.actor(session, post), day_of(self.now))
        assert told == [each.method for each in self.legal(post)]

    @rule(post=SOME, begins=st.booleans())
    def follow(self, post: str, begins: bool) -> None:
        self.take("follow", post, **({"route": "pt-3"} if begins else {}))

    @rule(post=SOME, posts=st.lists(SOME, min_size=1, max_size=3))
    def mark(self, post: str, posts: list[str]) -> None:
        self.take("mark", post, posts=posts, question="And?")

    @rule(post=SOME)
    def answer(self, post: str) -> None:
        self.take("answer", post, answer="Yes")

    @rule(post=SOME, withdraw=st.booleans())
    def gather(self, post: str, withdraw: bool) -> None:
        self.take("gather", post, withdraw=withdraw)

    @rule(post=SOME, days=st.integers(-1, 4))
    def park(self, post: str, days: int) -> None:
        until = day_of(self.now) + timedelta(days=days)
        self.take("park", post, wake_on=str(until), reason="Awaits")

    @rule(post=SOME, step=st.sampled_from(["wake", "close"]))
    def wake_or_close(self, post: str, step: str) -> None:
        self.take(step, post)

    @rule(post=SOME)
    def reopen(self, post: str) -> None:
        self.take("reopen", post, remark="Audit")

    @rule(post=SOME, days=st.none() | st.integers(-1, 4))
    def due(self, post: str, days: int | None) -> None:
        until = None if days is None else str(day_of(self.now) + timedelta(days=days))
        self.take("due", post, due_on=until)

    @rule(post=SOME)
    def read(self, post: str) -> None:
        with self.sessions() as session:
            unseen = session.get_one(File, self.file_id).seen_at is None
        try:
            with self.sessions.begin() as session:
                asked = given.Reading().load({"id": str(self.file_id)})
                file, _ = read_file(session, _officer(post), asked, self.now)
                held = file.held_by == post
        except (Conflict, Forbidden):
            assert "open" not in self.legal(post)
        else:
            self.acts += held and unseen

    @rule(days=st.integers(0, 3))
    def time_goes_on(self, days: int) -> None:
        self.now += timedelta(days=days)
        for work in (wake_parked, tell_overdue):
            with self.sessions.begin() as session:
                # Those of other examples are in the same database.
                session.execute(select(File.id).where(File.id == self.file_id).with_for_update())
                before = self.length(session)
                work(session, self.now)
                self.acts += self.length(session) - before

    def length(self, session: Session) -> int:
        return len(session.scalars(select(Act.position).where(Act.chain_id == self.file_id)).all())

    @invariant()
    def every_moment_of_custody_is_on_the_record(self) -> None:
        if self.file_id is None:
            return
        with self.sessions() as session:
            file = session.get_one(File, self.file_id)
            moves = session.scalars(
                select(Movement)
                .where(Movement.file_id == file.id)
                .order_by(Movement.position)
                .execution_options(populate_existing=True)
            ).all()
            stays = custody(session, file.id, self.now)
            assert [each.position for each in moves] == list(range(1, file.moves + 1))
            post = file.opened_by
            for move in moves:
                assert move.from_post == post != move.to_post
                post = move.to_post
            assert file.held_by == post == stays[-1]["post"]
            assert stays[0]["since"] == "2026-07-01T04:30:00Z"
            for stay, after in pairwise(stays):
                assert stay["until"] == after["since"]
            assert (stays[-1]["until"] is not None) == (file.state == "closed")

    @invariant()
    def each_step_is_one_act_and_the_chain_holds(self) -> None:
        if self.file_id is None:
            return
        with self.sessions() as session:
            found = session.scalars(
                select(Act).where(Act.chain_id == self.file_id).order_by(Act.position)
            ).all()
        assert len(found) == self.acts
        before = START
        for each in found:
            deed = Deed(
                *(each.chain_id, "file", each.position, each.verb, each.at, each.post, each.person),
                *(each.capacity, each.data, each.rows),
            )
            assert each.mac == deed.code(city_keys_of_record().key, before)
            before = each.mac


def _officer(post: str) -> Identity:
    return Identity.of(f"officer:{post}", "officer")


def test_a_file_is_always_with_exactly_one_post(database: sessionmaker[Session]) -> None:
    Life.sessions = emptied(database)
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=25,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
