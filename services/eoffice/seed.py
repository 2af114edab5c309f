"""The demo's files: a year of desks, the same for the same seed."""

import math
import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from palika.events import Event
from palika.india import INDIA, day_of
from palika.outbox import record
from services.eoffice.commands.close import close
from services.eoffice.commands.forward import move
from services.eoffice.commands.open_file import make_file, take_serials
from services.eoffice.domain.movement import file_number
from services.eoffice.models import File, Movement
from services.eoffice.reference import city_posts, read_data

OPTION = ("--files", "how many e-office files to open over the year before now")
DAYS = 365
_BATCH = 500
_OPENS, _CLOSES = 10, 18


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
    """When the files are opened, in order: office hours of weekdays."""
    rng = random.Random(seed)
    midnight = now.astimezone(INDIA).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [midnight - timedelta(days=back) for back in range(DAYS, 0, -1)]
    working = [day for day in days if day.weekday() < 5]
    return sorted(
        day + timedelta(hours=rng.uniform(_OPENS, _CLOSES)) for day in rng.choices(working, k=count)
    )


def _add(session: Session, batch: dict[int, datetime], seed: int, now: datetime) -> int:
    """Store those of the batch that are not there, with all that followed."""
    subjects = {index: _subject(seed, index) for index in batch}
    known = set(session.scalars(select(File.subject).where(File.subject.in_(subjects.values()))))
    fresh = {index: at for index, at in batch.items() if subjects[index] not in known}
    numbers = _numbers(session, {index: (_opener(seed, index), at) for index, at in fresh.items()})
    files: list[File] = []
    movements: list[Movement] = []
    events: list[Event] = []
    for index, opened_at in fresh.items():
        rng = random.Random(f"{seed}/{index}/moves")
        post = city_posts().posts[_opener(seed, index)]
        file, event = make_file(
            numbers[index], post.department, subjects[index], post.code, opened_at
        )
        files.append(file)
        events.append(event)
        for movement, moved in _fate(rng, file, now):
            events.append(moved)
            if movement is not None:
                movements.append(movement)
    # Without a relationship between them the session does not know that files come first.
    session.add_all(files)
    session.flush()
    session.add_all(movements)
    session.flush()
    record(session, *events)
    return len(files)


def _subject(seed: int, index: int) -> str:
    """The demo's key of a file, too."""
    rng = random.Random(f"{seed}/{index}/subject")
    return f"{rng.choice(read_data('seed.yaml')['subjects'])} (demo {seed}-{index})"


def _opener(seed: int, index: int) -> str:
    return random.Random(f"{seed}/{index}/opener").choice(list(city_posts().posts))


def _numbers(session: Session, fresh: dict[int, tuple[str, datetime]]) -> dict[int, str]:
    """Numbers for the files, without gaps, a counter at a time."""
    places = {
        index: (city_posts().posts[post].department, day_of(at).year)
        for index, (post, at) in fresh.items()
    }
    wanted = Counter(places.values())
    # In one order whoever asks: two seeds at once do not wait for each other in a circle.
    following = {
        place: take_serials(session, *place, wanted[place]) - wanted[place] + 1
        for place in sorted(wanted)
    }
    numbers: dict[int, str] = {}
    for index, place in places.items():
        numbers[index] = file_number(*place, following[place])
        following[place] += 1
    return numbers


def _fate(rng: random.Random, file: File, now: datetime) -> Iterator[tuple[Movement | None, Event]]:
    """How the file moves and ends, until now."""
    demo = read_data("seed.yaml")
    moves = rng.choices(list(demo["moves"]), list(demo["moves"].values()))[0]
    for left in range(moves, -1, -1):
        days = demo["median_days"] * math.exp(rng.gauss(0, demo["spread"]))
        moment = _in_office(rng, file.held_since + timedelta(days=days))
        if moment > now:
            return
        if left == 0:
            yield None, close(file, moment)
        else:
            yield move(file, _next_post(rng, file), None, moment)


def _next_post(rng: random.Random, file: File) -> str:
    demo = read_data("seed.yaml")
    own = [p.code for p in city_posts().posts.values() if p.department == file.department]
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
