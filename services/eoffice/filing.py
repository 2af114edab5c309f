"""The entrypoints of a file's cover, contents, parts and volumes."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from palika.roles import STAFF
from palika.rpc import rpc
from palika.service import Service
from services.eoffice import queries
from services.eoffice.commands.add_paper import add_paper
from services.eoffice.commands.continue_file import next_volume, open_part
from services.eoffice.commands.keep_reading import keep_reading
from services.eoffice.domain.reading import What
from services.eoffice.organisation_store import actor
from services.eoffice.queries import contents, readings
from services.eoffice.schemas.filing import AddingPaper, NextVolume, OpeningPart
from services.eoffice.schemas.noting import OneFile
from services.eoffice.schemas.readings import Readings


class Filing(Service):
    """What a file holds, and what goes on from it."""

    @rpc(AddingPaper, roles=STAFF)
    def add_paper(self, args: dict[str, Any]) -> dict[str, Any]:
        """Put a paper into the correspondence of a file; only the post that has it may."""
        with self.db.begin() as session:
            found = add_paper(session, self.caller.identity, args, datetime.now(UTC))
            return contents.content_view(found)

    @rpc(OpeningPart, roles=STAFF)
    def open_part(self, args: dict[str, Any]) -> dict[str, Any]:
        """Open a part of a file."""
        with self.db.begin() as session:
            found = open_part(session, self.caller.identity, args, datetime.now(UTC))
            return queries.view(found)

    @rpc(NextVolume, roles=STAFF)
    def next_volume(self, args: dict[str, Any]) -> dict[str, Any]:
        """Begin the next volume of a bulky file; only the post that has it may."""
        with self.db.begin() as session:
            found = next_volume(session, self.caller.identity, args, datetime.now(UTC))
            return queries.view(found)

    @rpc(OneFile, roles=STAFF)
    def contents(self, args: dict[str, Any]) -> dict[str, Any]:
        """The table of contents of a file's correspondence."""
        now = datetime.now(UTC)
        with self.db.begin() as session:
            who = actor(session, self.caller.identity, args["post"], now)
            found = contents.contents(session, who.post, args)
            keep_reading(session, who, UUID(found["file_id"]), What.CONTENTS, now)
            return found

    @rpc(OneFile, roles=STAFF)
    def cover(self, args: dict[str, Any]) -> dict[str, Any]:
        """The cover of a file."""
        with self.db.begin() as session:
            who = actor(session, self.caller.identity, args["post"], datetime.now(UTC))
            return contents.cover(session, who.post, args)

    @rpc(Readings, roles=STAFF)
    def readings(self, args: dict[str, Any]) -> dict[str, Any]:
        """Who has read a file from outside; for the post that has it, and those above it."""
        with self.db.begin() as session:
            who = actor(session, self.caller.identity, args["post"], datetime.now(UTC))
            return readings.readings(session, who, args)
