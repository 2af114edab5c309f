"""Keep a photograph of progress: checked, made anew without what the camera wrote into it, and with
the day and the place that it told.

The content is kept before the transaction (docs/decisions/0012): a crash between the two leaves
bytes that no row names, which the sweep takes away.
"""

import hashlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.blocking import off_hub
from palika.errors import Conflict, Invalid
from palika.formats import Format, recognise
from palika.india import day_of
from palika.store import Store, key_of
from services.warroom.commands.act import Act
from services.warroom.domain.facts import Photo, Project, State
from services.warroom.reference import city_policy
from services.warroom.schemas.asking import PHOTO_MOST

TAKEN: Final = frozenset({Format.JPEG, Format.PNG, Format.WEBP, Format.HEIC})
_BEFORE: Final = timedelta(days=366)
"""So long before a project begins the site may be photographed for it."""
PHOTOS_MOST: Final = 1_000
"""Of one project."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """A photograph that is in the store."""

    key: str
    thumbnail_key: str
    sha256: str
    size: int
    width: int
    height: int
    taken_on: date | None
    location: tuple[float, float] | None


def add_photo(
    begin: Callable[[], AbstractContextManager[Session]],
    store: Store,
    caller: Identity,
    args: Mapping[str, Any],
    now: datetime,
) -> State:
    """Add a photograph, as ``schemas.asking.AddingPhoto`` has it. The same again is there already.

    Raises as ``Act.load``, and:
        Forbidden: it is for who answers for the project.
        Invalid: it is no photograph that is taken, or no day of it is known; or it is of a day to
            come or long before the project, or of a place outside the city (``data/policy.yaml``).
        Conflict: the project has enough; or the id is of something else.
        Unavailable: the store does not answer.
    """
    with begin() as session:
        # Whoever may not add any costs no work on pictures.
        Act.load(session, caller, args, now).check_may()
    # Only a process that is given photographs has the libraries of pictures in memory. They are
    # loaded here: what they do then takes a lock of logging's, which is for the hub alone.
    import palika.photos  # noqa: F401

    kept = off_hub(_keep, store, args["content"], now)
    with begin() as session:
        act = Act.load(session, caller, args, now)
        act.check_may()
        photo = _photo(kept, args, act.today, act.state.project)
        photos = act.state.photos
        if args["photo_id"] is None and any(each.sha256 == kept.sha256 for each in photos.values()):
            return act.state
        if len(photos) >= PHOTOS_MOST:
            raise Conflict(
                f"a project has at most {PHOTOS_MOST} photographs", {"most": PHOTOS_MOST}
            )
        _, fresh = act.add(args["photo_id"], photo)
        if not fresh:
            return act.state
        return act.save("add_photo", args["reason"], args["valid_on"] or photo.taken_on)


def _keep(store: Store, content: bytes, now: datetime) -> _Kept:
    """Check a content and keep what is made of it. Not on the hub."""
    from palika.photos import remake, wrong

    if not content:
        raise wrong("must not be empty")
    if len(content) > PHOTO_MOST:
        raise wrong(f"has {len(content)} bytes; at most {PHOTO_MOST} are taken")
    found = recognise(content)
    if found is None or found not in TAKEN:
        taken = ", ".join(sorted(each.name for each in TAKEN))
        if found is None:
            raise wrong(f"is of no known format; taken are {taken}")
        raise wrong(f"is {found.name}; taken are {taken}")
    made = remake(content, found, now)
    keys = []
    for each in (made.content, made.thumbnail):
        key = key_of(each, now, Format.JPEG.suffix)
        store.put(key, each, Format.JPEG.media_type)
        keys.append(key)
    return _Kept(
        *keys,
        hashlib.sha256(content).hexdigest(),
        len(made.content),
        made.width,
        made.height,
        made.taken_at and day_of(made.taken_at),
        made.location,
    )


def _photo(kept: _Kept, args: Mapping[str, Any], today: date, project: Project) -> Photo:
    """The fact; what the camera tells counts before what is given."""
    taken_on = kept.taken_on or args["taken_on"]
    if taken_on is None:
        rule = "must be given: the photograph does not tell when it was taken"
        raise Invalid("no day", {"taken_on": [rule]})
    if taken_on > today:
        raise Invalid("it is to come", {"taken_on": [f"must be {today} or earlier"]})
    first = project.starts_on - _BEFORE
    if taken_on < first:
        rule = f"must be {first} or later: the project starts on {project.starts_on}"
        raise Invalid("it is of before the project", {"taken_on": [rule]})
    given = None if args["lat"] is None else (args["lat"], args["lon"])
    place = kept.location or given
    city = city_policy().city
    if place is not None and city is not None:
        city.check(*place)
    return Photo(
        caption=args["caption"],
        public=args["public"],
        content_key=kept.key,
        thumbnail_key=kept.thumbnail_key,
        sha256=kept.sha256,
        size=kept.size,
        width=kept.width,
        height=kept.height,
        taken_on=taken_on,
        taken_from="camera" if kept.taken_on else "given",
        lat=place and place[0],
        lon=place and place[1],
        place_from=None if place is None else ("camera" if kept.location else "given"),
    )
