"""Whether this is the city of sample work: the one that ``palika up`` has made on this machine,
with servers of its own. What is for trying out only is there, and nowhere else."""

from dataclasses import dataclass
from typing import Final

from palika.config import Settings
from palika.local.city import City
from palika.local.processes import LocalError

CITIZEN: Final = "+917000000001"
"""The mobile of who tries the city out as a citizen; the providers of `palika notify loopback`
deliver to it."""
CITIZEN_LOGIN: Final = "00000000-0000-7000-8000-000000000001"
"""Their id in the portal: signed in they find what the sample work has let them file."""

_MADE_UP: Final = "+917000"
_FROM: Final = 100_000
_HOW_MANY: Final = 900_000
_NOBODYS: Final = "+911"


@dataclass(frozen=True, slots=True)
class Phones:
    """The numbers of the sample work's people.

    ``usable``: they are of the form of a mobile, so that such people can sign in and be written to;
    nothing goes to one for real (notify sees to it, by ``is_made_up``). No rule of the numbering
    plan sets mobiles aside for fiction; so the others begin with 1, as no subscriber's number in
    India does (it is the level of the special services).
    """

    usable: bool = False

    @property
    def citizen(self) -> str | None:
        """CITIZEN, if it can be used."""
        return CITIZEN if self.usable else None

    def of(self, person: int) -> str:
        """Somebody's, out of a number of chance below 10**9."""
        if self.usable:
            return f"{_MADE_UP}{_FROM + person % _HOW_MANY}"
        return f"{_NOBODYS}{person:09d}"


def is_made_up(phone: str) -> bool:
    """Whether a number (E.164) is one of those mobiles, or the citizen's who tries the city out."""
    return phone.startswith(_MADE_UP)


def phones(config: Settings) -> Phones:
    """Of sample work that is filed into a service's database: usable in the city that `palika up`
    has made on this machine, and in no other."""
    return Phones(started_here(config))


def started_here(config: Settings) -> bool:
    """Whether nothing of a real city's is behind a process's settings: `palika up` has started its
    broker and its database, and PALIKA_PRODUCTION does not say that the city is a real one's.

    Args:
        config: of the service whose database is meant.
    """
    if config.production == "yes":
        return False
    city = City()
    try:
        ours = city.has_started(config.database_url)
        return ours and city.addresses()["AMQP_URI"] == config.amqp_uri
    except LocalError:
        # Of which nobody knows whose it is, is not ours.
        return False


def is_demo(config: Settings) -> bool:
    """Whether it is that, and sample work was filed into it (not with ``--no-seed``)."""
    return City().seeded.exists() and started_here(config)
