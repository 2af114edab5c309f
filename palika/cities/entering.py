"""Which city a process serves: what its folder says becomes the environment of the process.

Before any setting is read. What names a city's own (its addresses, stores, keys, accounts at
providers) cannot come from elsewhere: a variable of another city that is still in the environment
would carry this one's work there.
"""

import os
from typing import Final

from palika.cities.folder import CityError, CityFolder, cities_folder
from palika.local.city import database_names

_OTHERS: Final = frozenset({"PALIKA_VAR", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"})


def current() -> CityFolder | None:
    """The city that this process serves; None: the only one, or what the environment says.

    Raises:
        CityError: PALIKA_CITY is no slug.
    """
    slug = os.environ.get("PALIKA_CITY", "")
    folder = cities_folder()
    return CityFolder(folder, slug) if slug and folder is not None else None


def enter(service: str | None = None) -> None:
    """Take over what the city's folder says; nothing without PALIKA_CITY. It may be said again.

    Args:
        service: one whose process this is: it is given its own user at the broker, and no other
            service's database.

    Raises:
        CityError: there is no such city, a file of it cannot be used, or the environment has
            something of another's.
    """
    city = current()
    if city is None:
        return
    _refuse_foreign(city)
    said = city.of_service(service) if service else city.variables
    own = owned()
    for name, value in said.items():
        if name in own:
            os.environ[name] = value
        else:
            # How a process works may be told to it for once.
            os.environ.setdefault(name, value)
    if service:
        for name in _databases() - said.keys():
            os.environ.pop(name, None)


def owned() -> frozenset[str]:
    """The variables that are a city's own, and no other's."""
    from palika.config import OWN_TO_A_CITY, variable_of

    return frozenset(map(variable_of, OWN_TO_A_CITY)) | _OTHERS | _databases()


def _databases() -> frozenset[str]:
    return frozenset(f"{name.upper()}_DATABASE_URL" for name in database_names())


def _refuse_foreign(city: CityFolder) -> None:
    for name in sorted(owned() & os.environ.keys()):
        if not os.environ[name] or os.environ[name] in city.allowed(name):
            continue
        said = "says something else" if city.allowed(name) else "has none"
        raise CityError(
            f"{name} is in the environment, and the city {city.slug} {said}: it may be another "
            f"city's. Take it away (unset {name}), or write it into {city.path}"
        )
