"""The demo's grievances: a year of a city with a monsoon, the same for the same seed.

Telephone numbers are ``palika.demo.phones``; each hundredth grievance of the first thousand was
filed by the citizen of ``palika.demo``, signed in, for who tries the city out. E-mail addresses are
of example.org, which RFC 2606 keeps free. ``lives.py`` makes up what became of them.
"""

import io
import random
from array import array
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import cache
from itertools import islice
from typing import Any

from PIL import Image
from sqlalchemy.orm import Session, sessionmaker

from palika.auth import SYSTEM, Identity
from palika.config import settings
from palika.demo import CITIZEN_LOGIN, Phones, phones
from palika.india import INDIA
from services.grievance.attachments import Kind, Store, StoredAttachment, check_and_store
from services.grievance.commands.file import Draft, file_many
from services.grievance.commands.merge import merge_grievance, told_too
from services.grievance.commands.officers import set_all
from services.grievance.commands.step import Act
from services.grievance.domain.routing import Place, choose
from services.grievance.files.city import SHIPPED
from services.grievance.files.posts import posts_in
from services.grievance.lives import Case, Happening, duplicate, fate
from services.grievance.models import Grievance
from services.grievance.queries import attachments
from services.grievance.queries.officers import posts_around, standing
from services.grievance.reference import city, read_data
from services.grievance.schemas import Merging

OPTION = ("--grievances", "how many grievances to file over the year before now")
DAYS = 365
_BATCH = 1_000
_EACH, _FIRST = 100, 1_000
"""Each of so many grievances, of so many, is of the citizen who tries the city out."""
_NOBODYS = Phones()
_FILER = SYSTEM("grievance")
_CITIZEN = Identity.of(f"citizen:{CITIZEN_LOGIN}", "citizen")

Offices = Callable[[str, str], str | None]
"""The post in charge of a sub-category in a ward; None: nobody is."""


def seed(
    sessions: sessionmaker[Session],
    count: int,
    seed: int,
    now: datetime,
    progress: Callable[[int], None] = lambda done: None,
    store: Callable[[], Store] = attachments.store,
) -> int:
    """File ``count`` grievances over the year before ``now``, with what became of them since.

    A second run with the same seed files nothing that is there; one that was stopped goes on. A
    city that has no posts is given those of ``data/demo_posts.yaml`` first: without any, every
    officer would act on every grievance.

    Args:
        sessions: on the service's database.
        count: how many.
        seed: the same number gives the same city.
        now: aware; nothing in the demo is later.
        progress: called with how many are done.
        store: gives the store of attachments, where one photograph is kept: it shows whatever must
            be shown.

    Returns:
        How many were filed that were not there before.

    Raises:
        Unavailable: the store does not answer.
    """
    _enter_posts(sessions, now)
    filed = done = 0
    photo: StoredAttachment | None = None
    cases = _cases(count, seed, now, _offices(sessions, now))
    while batch := list(islice(cases, _BATCH)):
        if photo is None and any(case.shown for case in batch):
            photo = check_and_store(store(), Kind.PHOTO_AFTER, _photograph(), now)
        with sessions.begin() as session:
            filed += _file(session, batch, photo)
        done += len(batch)
        progress(done)
    return filed


def _file(session: Session, batch: list[Case], photo: StoredAttachment | None) -> int:
    """File those that are not there, with what became of them; how many they were."""
    drafts = [
        Draft(case.args, case.filed_at, case.begun(), by=_CITIZEN if case.tried_out else None)
        for case in batch
    ]
    filed = {each.source_id: each for each in file_many(session, _FILER, drafts)}
    for case in batch:
        grievance = filed.get(case.args["source_id"])
        if grievance is None:
            continue
        if photo is not None:
            session.add_all(case.photographs(grievance, photo))
        # Both of a pair are in one batch: they are filed together, or not at all.
        if case.merged is not None:
            of, at = case.merged
            _merge(session, grievance, filed[of.args["source_id"]], at)
            _go_on(session, filed[of.args["source_id"]], of.later())
    return len(filed)


def _merge(session: Session, grievance: Grievance, original: Grievance, at: datetime) -> None:
    by = Identity.of(f"supervisor:{grievance.department}-head", "supervisor")
    asked = Merging().load({"id": str(grievance.id), "into": str(original.id)})
    merge_grievance(session, by, asked, at)


def _go_on(session: Session, original: Grievance, later: list[Happening]) -> None:
    """What happens to an original after that, of which others are told too."""
    for happening in later:
        act = Act.locked(session, _FILER, original.id, happening.at)
        more = {"others": told_too(session, act.grievance)} if happening.is_told_to_others else {}
        act.note(happening(act.grievance, **more))
        act.save()


def _enter_posts(sessions: sessionmaker[Session], now: datetime) -> None:
    """The demo's posts, where the city has entered none of its own."""
    with sessions.begin() as session:
        if not standing(session, "", now).any_posts:
            set_all(session, posts_in(SHIPPED / "demo_posts.yaml"))


def _offices(sessions: sessionmaker[Session], now: datetime) -> Offices:
    """Who is in charge, of the posts that the city has."""

    @cache
    def office(code: str, ward: str) -> str | None:
        category = city().subcategories[code]
        place = Place(category.department, ward, code, category.parent)
        with sessions() as session:
            return choose(posts_around(session, place, 0, now), place)

    return office


def _photograph() -> bytes:
    """A photograph that shows nothing."""
    file = io.BytesIO()
    Image.new("RGB", (320, 240), "gray").save(file, "JPEG")
    return file.getvalue()


def _cases(count: int, seed: int, now: datetime, office: Offices) -> Iterator[Case]:
    before: Case | None = None
    people = phones(settings("grievance"))
    for index, stamp in enumerate(_moments(count, seed, now)):
        # A generator for each: what one draws does not move its neighbours.
        rng = random.Random(f"{seed}/{index}")
        filed_at = datetime.fromtimestamp(stamp, tz=INDIA)
        key = {"source": "seed", "source_id": f"{seed}-{index}"}
        args = filing(rng, filed_at, people) | key
        if people.citizen and index < _FIRST and index % _EACH == _EACH - 1:
            args |= {"citizen_phone": people.citizen, "channel": "web"}
        case = Case(args, filed_at, tried_out=args["citizen_phone"] == people.citizen)
        # Both of a pair are in one batch: they are filed together or not at all.
        paired = before is not None and index % _BATCH and duplicate(rng, case, before, now)
        if not paired:
            fate(rng, case, now, office(case.args["category"], case.args["ward"]))
        yield case
        before = None if paired else case


def _moments(count: int, seed: int, now: datetime) -> "array[float]":
    """The times of filing, in order, as POSIX timestamps: over the year before today, and a part
    in the last days until now, so that the desks have something to do."""
    rng = random.Random(seed)
    year = read_data("seed.yaml")
    midnight = now.astimezone(INDIA).replace(hour=0, minute=0, second=0, microsecond=0)
    lately = [midnight - timedelta(days=back) for back in range(year["lately_days"], -1, -1)]
    new = round(count * year["lately_percent"] / 100)
    days = [midnight - timedelta(days=back) for back in range(DAYS, 0, -1)]
    stamps = list(_drawn(rng, days, count - new))
    while len(stamps) < count:
        # What would be filed later today is not there yet.
        stamps += [at for at in _drawn(rng, lately, count - len(stamps)) if at <= now.timestamp()]
    return array("d", sorted(stamps))


def _drawn(rng: random.Random, days: list[datetime], count: int) -> Iterator[float]:
    """So many moments of these days, by the weights of months, weekdays and hours."""
    year = read_data("seed.yaml")
    weights = [year["weekdays"][day.weekday()] * sum(_shares(day.month)[1]) for day in days]
    for day, hour in zip(
        rng.choices(days, weights, k=count),
        rng.choices(range(24), year["hours"], k=count),
        strict=True,
    ):
        yield day.timestamp() + hour * 3600 + rng.random() * 3600


@cache
def _shares(month: int) -> tuple[list[str], list[float]]:
    """The categories and their shares in a month."""
    year = read_data("seed.yaml")
    wet = month in year["monsoon_months"]
    shares = {code: dry * (factor if wet else 1) for code, (dry, factor) in _mix().items()}
    return list(shares), list(shares.values())


@cache
def _mix() -> dict[str, tuple[float, float]]:
    mix: dict[str, tuple[float, float]] = read_data("seed.yaml")["categories"]
    unknown = mix.keys() - city().subcategories.keys()
    if unknown:
        raise ValueError(f"data/seed.yaml: not in the catalogue: {', '.join(sorted(unknown))}")
    return mix


def filing(rng: random.Random, filed_at: datetime, people: Phones = _NOBODYS) -> dict[str, Any]:
    """The arguments of one filing, as ``schemas.Filing`` loads them."""
    year = read_data("seed.yaml")
    codes, shares = _shares(filed_at.month)
    category = city().subcategories[rng.choices(codes, shares)[0]]
    wards = city().wards
    ward = rng.choices(list(wards), [each.seed_weight for each in wards.values()])[0]
    language = "mr" if rng.random() * 100 < year["marathi_percent"] else "en"
    names = year["names"][language]
    place = rng.choice(year["places"][language])
    what, where = category.name, wards[ward].name
    person = rng.randrange(10**9)
    return {
        "category": category.code,
        "ward": ward,
        "description": f"{what.mr if language == 'mr' else what.en}: {place}",
        "address": f"{place}, {where.mr if language == 'mr' else where.en}",
        "citizen_name": f"{rng.choice(names['first'])} {rng.choice(names['last'])}",
        "citizen_phone": people.of(person),
        "citizen_email": f"citizen{person}@example.org"
        if rng.random() * 100 < year["with_email_percent"]
        else None,
        "language": language,
        "channel": rng.choices(list(year["channels"]), list(year["channels"].values()))[0],
    }
