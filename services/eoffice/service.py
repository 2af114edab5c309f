"""The e-office service: its entrypoints, and nothing but. Rules are in ``domain/``."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from palika.india import day_of
from palika.roles import STAFF
from palika.rpc import rpc
from services.eoffice import queries
from services.eoffice.approving import Approvals
from services.eoffice.archiving import Archiving
from services.eoffice.certifying import Certifying
from services.eoffice.commands.open_file import open_file
from services.eoffice.correcting import Correcting
from services.eoffice.correlating import Correlating
from services.eoffice.delegating import Delegations
from services.eoffice.diarising import DiarisingDesk
from services.eoffice.documents import office_code
from services.eoffice.domain.organisation import Post
from services.eoffice.filing import Filing
from services.eoffice.finding import Finding
from services.eoffice.lettering import Lettering
from services.eoffice.models import File
from services.eoffice.moving import Moving
from services.eoffice.noting import Noting
from services.eoffice.offering import Offering
from services.eoffice.offline import Offline
from services.eoffice.organisation_store import actor
from services.eoffice.organising import Organising
from services.eoffice.queries import matters
from services.eoffice.queries.reading import legal_now
from services.eoffice.record_room import RecordRoom
from services.eoffice.recording import Recording
from services.eoffice.reference import (
    city_diary,
    city_letters,
    city_numbering,
    city_phrases,
    city_powers,
    city_reporting,
    city_retention,
    lowering_level,
    routes_of_city,
    volume_pages,
)
from services.eoffice.reporting import Reports
from services.eoffice.schemas import Getting, Listing, Opening
from services.eoffice.sealing import city_keys_of_record


class EofficeService(
    Moving,
    DiarisingDesk,
    Noting,
    Filing,
    Lettering,
    Finding,
    Approvals,
    Delegations,
    Organising,
    Reports,
    Certifying,
    Recording,
    Offline,
    RecordRoom,
    Archiving,
    Correlating,
    Correcting,
    Offering,
):
    """Opens files, moves them from post to post, closes them."""

    name = "eoffice"

    def __init__(self) -> None:
        # A mistake in the city's data is an error when the service starts, not when it is asked.
        city_numbering()
        city_diary()
        routes_of_city()
        city_letters()
        volume_pages()
        lowering_level()
        city_keys_of_record()
        city_powers()
        city_reporting()
        city_retention()
        city_phrases()
        office_code()

    @rpc(Opening, roles=STAFF)
    def open_file(self, args: dict[str, Any]) -> dict[str, Any]:
        """Open a file."""
        with self.db.begin() as session:
            file = open_file(session, self.caller.identity, args, datetime.now(UTC))
        return queries.view(file)

    @rpc(Getting, roles=STAFF)
    def get(self, args: dict[str, Any]) -> dict[str, Any]:
        """One file with its movements, the matters that it belongs to, and what is legal now."""
        now = datetime.now(UTC)
        with self.db.begin() as session:
            who = actor(session, self.caller.identity, args["post"], now)
            found = queries.get(session, who.post, args)
            file = session.get_one(File, UUID(found["id"]))
            return found | {
                "matters": matters.of(session, file.id),
                "legal": legal_now(session, file, who, day_of(now)),
            }

    @rpc(Listing, roles=STAFF)
    def list(self, args: dict[str, Any]) -> dict[str, Any]:
        """Files, newest first, a page at a time."""
        with self.db.begin() as session:
            return queries.page(session, self._reader(session, args), args)

    def _reader(self, session: Session, args: Mapping[str, Any]) -> Post:
        return actor(session, self.caller.identity, args["post"], datetime.now(UTC)).post
