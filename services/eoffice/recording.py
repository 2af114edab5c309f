"""What keeps the record: it is begun once, and signed once a day. Entrypoints, and nothing but."""

from collections.abc import Callable
from datetime import UTC, datetime

from palika.service import Service
from palika.timer import every, waiting_out_outages
from services.eoffice.commands.raise_grades import raise_grades
from services.eoffice.commands.root import begin_record, root_due, sign_root, take_in_events
from services.eoffice.sealing import city_keys_of_record

_LOOK_S = 60.0


class Recording(Service):
    """The work of the e-office's service by itself on its record."""

    @every(_LOOK_S)
    def keep_record(self, stopping: Callable[[], bool]) -> None:
        """Begin the record where it was not, of events too, and see to the grades of before; sign
        the day's root, of what was done until now."""
        with waiting_out_outages("the record"):
            now = datetime.now(UTC)
            with self.db.begin() as session:
                begin_record(session, now)
            with self.db.begin() as session:
                take_in_events(session, now)
            raised = True
            while raised and not stopping():
                with self.db.begin() as session:
                    raised = raise_grades(session, now) > 0
            with self.db.begin() as session:
                if root_due(session, now):
                    sign_root(session, city_keys_of_record(), now, once=True)
