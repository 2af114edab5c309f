"""Several cities on this machine: one broker and one PostgreSQL for all, a supervisor for each.

What a city's supervisor does is what that of an only city does, but for the servers. One that ends
is started again, and the others notice nothing.
"""

import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from palika.cities import servers
from palika.cities.checking import refuse_shared
from palika.cities.entering import owned
from palika.cities.folder import SERVERS, CityError, CityFolder, all_cities, needed_folder
from palika.cities.provision import provide
from palika.local.city import City
from palika.local.parts import Part
from palika.local.processes import tail
from palika.local.supervisor import Supervisor

_READY_WITHIN_S = 300
_STOP_MARGIN_S = 15
_CONNECTIONS_EACH = 200
_TRIES = 3


def chosen(slugs: Sequence[str], *, everyone: bool) -> list[CityFolder]:
    """The cities that are meant.

    Raises:
        CityError: there is no such city, or none at all.
    """
    folder = needed_folder()
    if everyone:
        found = all_cities(folder)
        if not found:
            raise CityError(f"there are no cities in {folder}: `palika cities add` makes one")
        return found
    cities = [CityFolder(folder, slug) for slug in dict.fromkeys(slugs)]
    for city in cities:
        _ = city.variables
    return cities


class CityPart(Part):
    """A city's supervisor, as a process of the installation."""

    @property
    def command(self) -> list[str]:
        """What runs it."""
        command = [sys.executable, "-m", "palika.cli", "--city", self.service, "up", "--no-seed"]
        return [*command, "--supervisor", str(os.getpid())]

    def is_ready(self) -> bool:
        """Whether all of the city are ready."""
        state = City(self.variables["PALIKA_VAR"]).read()
        return bool(
            state
            and self.id
            and state["phase"] == "up"
            and state["supervisor"]["pid"] == self.id.pid
        )

    def launch(self, environment: dict[str, str]) -> None:
        """Start it; what it has for itself comes from its own folder alone."""
        own = owned() - {"PALIKA_VAR"}
        super().launch({name: value for name, value in environment.items() if name not in own})


class Installation(Supervisor):
    """The life of several cities, from start to stop.

    Args:
        cities: which.
        say: is given a line for each thing done.
        doing: is given what is being waited for now.

    Raises:
        CityError: two cities have something in common that is one's own.
    """

    def __init__(
        self,
        cities: Sequence[CityFolder],
        say: Callable[[str], None],
        doing: Callable[[str], None],
    ) -> None:
        for city in cities:
            refuse_shared(city)
        self._cities = cities
        self._folder = cities[0].folder
        self._named = servers.named(self._folder)
        super().__init__(place(self._folder), say, doing)
        # Each city gives its own processes theirs.
        self._grace_s += _STOP_MARGIN_S

    def _choose_servers(self) -> None:
        """Its own, unless ``servers.yaml`` names others; never those of the environment."""
        for name in owned():
            self._environment.pop(name, None)
        super()._choose_servers()
        if self._named is not None:
            self._broker = self._postgres = None
        elif self._postgres is not None:
            self._postgres.connections = _CONNECTIONS_EACH * max(1, len(self._cities))

    def _migrate(self) -> None:
        """Each city's own supervisor does it, as the city's own roles."""

    def _ask_servers(self) -> None:
        """Making the cities finds out."""

    def _await_ready(self) -> None:
        """A city that does not come up is told, tried again as it goes on, and keeps nobody else
        from their work."""
        waiting, begun = list(self._parts), time.monotonic()
        while waiting and time.monotonic() - begun < _READY_WITHIN_S:
            self._doing(f"waiting for {len(waiting)} of {len(self._parts)} cities")
            for part in list(waiting):
                if part.is_ready():
                    waiting.remove(part)
                    self._say(f"{part.name} is up ({time.monotonic() - begun:.1f} s)")
                elif self._revive(part) and part.failures >= _TRIES:
                    waiting.remove(part)
                    self._say(f"{part.name} is not up: {tail(part.log, 1)} (see {part.log})")
            self._check_stop(0.2)
        for part in waiting:
            self._say(f"{part.name} is not up after {_READY_WITHIN_S} s, see {part.log}")

    def _revive(self, part: Part) -> bool:
        if part.exit_code == 0:
            # Somebody has stopped this city alone.
            if part in self._parts:
                self._say(f"{part.name} was stopped")
                self._parts.remove(part)
            return False
        return super()._revive(part)

    def _lay_out(self) -> list[Part]:
        found = self._named
        if found is None:
            assert self._broker is not None
            assert self._postgres is not None
            (node,) = self._broker.nodes
            found = servers.of_broker(node, self._broker.uri(), self._postgres.url())
        parts: list[Part] = []
        for city in self._cities:
            self._doing(f"making what {city.slug} has at the servers")
            provide(city, found)
            # It was read before its addresses were written.
            city.__dict__.pop("variables", None)
            refuse_shared(city)
            self._say(f"{city.slug} has its virtual host and its databases")
            log = self._city.logs / f"{city.slug}.log"
            part = CityPart(city.slug, "city", 0, log)
            part.variables = {
                "PALIKA_CITY": city.slug,
                "PALIKA_CITIES": str(city.folder),
                "PALIKA_VAR": str(city.var),
            }
            parts.append(part)
        return parts


def place(folder: Path) -> City:
    """Where an installation keeps what is not of one city: its servers' data, state and logs."""
    return City(folder / SERVERS)


def states(folder: Path) -> list[dict[str, Any]]:
    """Each city of the installation: its slug, phase (down, starting, up, stopping), pid, pages."""
    found = []
    for city in all_cities(folder):
        there = City(city.var)
        state = there.read() if there.supervisor else None
        parts = (state or {}).get("parts", [])
        found.append(
            {
                "city": city.slug,
                "phase": state["phase"] if state else "down",
                "pid": state["supervisor"]["pid"] if state else None,
                "pages": next((part["pages"] for part in parts if part.get("pages")), None),
            }
        )
    return found
