"""What accounts are made of, put together once an application."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

from flask import current_app

from palika.config import Settings
from services.portal.calls import Calls
from services.portal.commands.ask_posts import Posts, Rest
from services.portal.commands.sign_in import SignIn
from services.portal.commands.sign_in_citizen import SignInCitizen
from services.portal.domain.rights import Roles
from services.portal.keeping import Keeping, city_keeping
from services.portal.reference import city_roles
from services.portal.store import Store

EXTENSION = "accounts"


@dataclass
class Parts:
    """The database, the keys, the services, and the clock."""

    config: Settings
    store: Store
    calls: Calls
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    rest: Rest = field(default_factory=Rest)

    @cached_property
    def keeping(self) -> Keeping:
        """The keys: asked for when they are needed, as other keys of the city are.

        Raises:
            ConfigError: they cannot be read.
        """
        return city_keeping()

    @cached_property
    def roles(self) -> Roles:
        """How posts become roles."""
        return city_roles()

    @property
    def posts(self) -> Posts:
        """Which posts officers hold."""
        return Posts(self.store, self.calls, self.rest)

    @property
    def officers(self) -> SignIn:
        """How officers sign in."""
        return SignIn(self.store, self.keeping)

    @property
    def citizens(self) -> SignInCitizen:
        """How citizens sign in."""
        return SignInCitizen(self.store, self.keeping, self.calls)


def parts() -> Parts:
    """Those of the application that answers now."""
    found: Parts = current_app.extensions[EXTENSION]
    return found
