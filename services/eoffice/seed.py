"""The demo's files: a year of desks, the same for the same seed."""

import math
import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from palika.events import Event
from palika.india import INDIA, day_of
from palika.outbox import record
from services.eoffice import searching
from services.eoffice.commands.close import close
from services.eoffice.commands.forward import move, returned
from services.eoffice.commands.open_file import make_file, take_serials
from services.eoffice.domain.movement import Step
from services.eoffice.domain.organisation import Actor, Capacity, Organisation
from services.eoffice.domain.searching import Kind
from services.eoffice.models import File, Movement
from services.eoffice.organisation_store import current
from services.eoffice.reference import city_numbering, read_data
from services.eoffice.schemas import Opening
from services.eoffice.sealing import Done, histories

OPTION = ("--files", "how many e-office files to open over the year before now")
DAYS = 365
_BATCH = 500
_OPENS, _CLOSES = 10, 18
_VERBS: dict[str, str] = {
    Step.FORWARD: "forwarded",
    Step.PUT_UP: "put up",
    Step.SEND_BACK: "sent back",
}


def seed(
    sessions: sessionmaker[Session],
    count: int,
    seed: int,
    now: datetime,
    progress: Callable[[int], None] = lambda done: None,
) -> int:
    """Open ``count`` files over the year before ``now`` and move them from post to post since.

    A second run with the same seed adds nothing to what is there; one that was stopped goes on.

    Args:
        sessions: on the service's database.
        count: how many files.
        seed: the same number gives the same city.
        now: aware; nothing in the demo is later.
        progress: called with how many are done.

    Returns:
        How many files were opened that were not there before.
    """
    opened = done = 0
    indices = iter(range(count))
    moments = _moments(count, seed, now)
    while batch := list(islice(indices, _BATCH)):
        with sessions.begin() as session:
            opened += _add(session, {index: moments[index] for index in batch}, seed, now)
        done += len(batch)
        progress(done)
    return opened


def _moments(count: int, seed: int, now: datetime) -> list[datetime]:
    """When the files are opened, in order: office hours of weekdays, and a part in the last days
    until now."""
    rng, demo = random.Random(seed), read_data("seed.yaml")
    midnight = now.astimezone(INDIA).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [midnight - timedelta(days=back) for back in range(DAYS, 0, -1)]
    working = [day for day in days if day.weekday() < 5]
    lately = round(count * demo["lately_percent"] / 100)
    drawn = [(day, rng.uniform(_OPENS, _CLOSES)) for day in rng.choices(working, k=count - lately)]
    drawn += [
        (day, rng.uniform(_OPENS, _CLOSES))
        for day in rng.choices(working[-demo["lately_days"] :], k=lately)
    ]
    return sorted(day + timedelta(hours=hour) for day, hour in drawn)


def _add(session: Session, batch: dict[int, datetime], seed: int, now: datetime) -> int:
    """Store those of the batch that are not there, with all that followed."""
    subjects = {index: _subject(seed, index) for index in batch}
    known = set(session.scalars(select(File.subject).where(File.subject.in_(subjects.values()))))
    fresh = {index: at for index, at in batch.items() if subjects[index] not in known}
    organisation = current(session)
    events: list[Event] = []
    movements: list[Movement] = []
    done: dict[UUID, list[Done]] = {}
    for index, opened_at in fresh.items():
        rng = random.Random(f"{seed}/{index}/moves")
        post = organisation.posts[_opener(organisation, seed, index, now - opened_at)]
        args = Opening().load({"subject": subjects[index]})
        prefix = city_numbering().prefix(
            post.department, post.section, args["head"], day_of(opened_at).year
        )
        number = city_numbering().number(prefix, take_serials(session, f"file:{prefix}", 1))
        file, event = make_file(number, post.department, post.section, args, post.code, opened_at)
        session.add(file)
        past = [
            Done("opened", _at(organisation, post.code, opened_at), opened_at, {"number": number})
        ]
        events.append(event)
        for movement, moved, moment in _fate(organisation, rng, file, now):
            if movement is None:
                past.append(Done("closed", _at(organisation, file.held_by, moment), moment, {}))
            else:
                movements.append(movement)
                who = _at(organisation, movement.from_post, moment)
                past.append(Done(_VERBS[movement.kind], who, moment, {"to": movement.to_post}))
            events.append(moved)
            if movement is not None and movement.kind == Step.SEND_BACK:
                events.append(returned(file, movement))
        done[file.id] = past
    # Without a relationship between them the session does not know that files come first.
    session.flush()
    session.add_all(movements)
    searching.index(session, Kind.FILE, *done)
    record(session, *events)
    histories(session, "file", done)
    return len(fresh)


def _at(organisation: Organisation, post: str, at: datetime) -> Actor:
    """Who sat there then."""
    person = organisation.holder(post, day_of(at))
    return Actor(organisation.posts[post], person, Capacity.REGULAR)


def _subject(seed: int, index: int) -> str:
    """The demo's key of a file, too."""
    rng = random.Random(f"{seed}/{index}/subject")
    return f"{rng.choice(read_data('seed.yaml')['subjects'])} (demo {seed}-{index})"


def _opener(organisation: Organisation, seed: int, index: int, age: timedelta) -> str:
    """Of what is new the desks of who can be tried out have some."""
    demo, posts = read_data("seed.yaml"), sorted(organisation.posts)
    tried = [code for code in demo["lately_at"] if code in organisation.posts]
    is_new = age < timedelta(days=demo["lately_days"])
    return random.Random(f"{seed}/{index}/opener").choice(tried if tried and is_new else posts)


def _fate(
    organisation: Organisation, rng: random.Random, file: File, now: datetime
) -> Iterator[tuple[Movement | None, Event, datetime]]:
    """How the file moves and ends, until now."""
    demo = read_data("seed.yaml")
    moves = rng.choices(list(demo["moves"]), list(demo["moves"].values()))[0]
    for left in range(moves, -1, -1):
        days = demo["median_days"] * math.exp(rng.gauss(0, demo["spread"]))
        moment = _in_office(rng, file.held_since + timedelta(days=days))
        if moment > now:
            return
        if left == 0:
            yield None, close(file, moment), moment
        else:
            kind, to_post = _next_move(organisation, rng, file)
            yield *move(file, to_post, None, moment, kind=kind), moment


def _next_move(organisation: Organisation, rng: random.Random, file: File) -> tuple[Step, str]:
    """By which step the file goes on, and where."""
    if file.sent_by is not None and rng.random() * 100 < read_data("seed.yaml")["back_percent"]:
        return Step.SEND_BACK, file.sent_by
    to_post = _next_post(organisation, rng, file)
    up = to_post in organisation.above(file.held_by)
    return Step.PUT_UP if up else Step.FORWARD, to_post


def _next_post(organisation: Organisation, rng: random.Random, file: File) -> str:
    demo = read_data("seed.yaml")
    posts = organisation.posts.values()
    own = sorted(each.code for each in posts if each.department == file.department)
    outside = rng.random() * 100 < demo["outside_percent"]
    choice = [code for code in (demo["consulted"] if outside else own) if code != file.held_by]
    return rng.choice(choice)


def _in_office(rng: random.Random, moment: datetime) -> datetime:
    """The moment, or the next time the office is open; Saturdays and Sundays are free."""
    if moment.weekday() < 5 and _OPENS <= moment.hour < _CLOSES:
        return moment
    if moment.hour >= _CLOSES:
        moment += timedelta(days=1)
    while moment.weekday() >= 5:
        moment += timedelta(days=1)
    return moment.replace(hour=_OPENS, minute=0, second=0) + timedelta(hours=rng.uniform(0, 7))
