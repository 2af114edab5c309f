"""What happens around projects, learned by events. Entrypoints, and nothing but."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.errors import Unavailable
from palika.events import Event
from palika.roles import STAFF
from palika.rpc import rpc
from palika.service import Service
from palika.subscribe import Refuse, subscribe
from palika.timer import every, waiting_out_outages
from services.warroom.commands.follow_files import follow_files
from services.warroom.commands.hear_alerts import HEARD, hear_alerts
from services.warroom.commands.watch import WATCHED, watch
from services.warroom.queries import activity
from services.warroom.schemas.reading import Watching as WatchingArguments

_FOLLOW_EVERY_S = 60


class Watching(Service):
    """Counts of the areas that projects are linked to, and movements of their files."""

    @subscribe("activity", to=WATCHED)
    def watch(self, session: Session, events: Sequence[Event]) -> dict[str, Refuse]:
        """Add a batch of events to the links of projects; refuses those that cannot be counted."""
        return watch(session, events, datetime.now(UTC))

    @subscribe("alerts", to=HEARD)
    def hear_alerts(self, session: Session, events: Sequence[Event]) -> None:
        """Take note of what the KPI service alerts of, and of its end, for the next agenda."""
        hear_alerts(session, events)

    @rpc(WatchingArguments, roles=STAFF)
    def activity(self, args: dict[str, Any]) -> dict[str, Any]:
        """What happened around a project, day by day."""
        with self.db.begin() as session:
            return activity.activity(session, args, datetime.now(UTC))

    @every(_FOLLOW_EVERY_S)
    def follow_files(self, stopping: Callable[[], bool]) -> None:
        """Follow the files that projects are linked to."""
        # The e-office is away: the next time does the rest.
        with waiting_out_outages("the following of files"), suppress(Unavailable):
            follow_files(self.db.begin, self.rpc.eoffice.get, datetime.now(UTC), stopping)
