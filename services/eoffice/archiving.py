"""Archives of files: made here, or brought in. Entrypoints, and nothing but."""

from datetime import UTC, datetime
from typing import Any

from palika.roles import STAFF
from palika.rpc import rpc
from palika.service import Service
from services.eoffice.commands.archive_file import archive_to_store
from services.eoffice.commands.keep_reading import keep_reading
from services.eoffice.domain.reading import What
from services.eoffice.once import once
from services.eoffice.organisation_store import actor
from services.eoffice.queries import archived
from services.eoffice.queries.kept_papers import store
from services.eoffice.schemas import archives as schemas


class Archiving(Service):
    """The methods of the e-office for archives; one is brought in at the command line."""

    @once(schemas.MakingArchive, roles=STAFF)
    def make_archive(self, args: dict[str, Any]) -> dict[str, Any]:
        """Make an archive of a closed file, as a ZIP that ``archive_content`` gives."""
        now = datetime.now(UTC)
        made = archive_to_store(self.db.begin, store(), self.caller.identity, args, now)
        return archived.archive_view(made)

    @rpc(schemas.ReadingArchive, roles=STAFF)
    def archive_content(self, args: dict[str, Any]) -> dict[str, Any]:
        """Some bytes of such a ZIP."""
        now = datetime.now(UTC)
        with self.db.begin() as session:
            who = actor(session, self.caller.identity, args["post"], now)
            found = archived.find_archive(session, who.post, args)
            key, size = found.key, found.size
            keep_reading(session, who, found.file_id, What.ARCHIVE, now)
        assert key is not None  # ``find_archive`` gives no other
        assert size is not None  # of the same row: ck_archive_kept
        return archived.content(store(), key, size, args)

    @rpc(schemas.MakingArchive, roles=STAFF)
    def archived_file(self, args: dict[str, Any]) -> dict[str, Any]:
        """A file that was brought in, with the parts of its archive."""
        with self.db.begin() as session:
            who = actor(session, self.caller.identity, args["post"], datetime.now(UTC))
            return archived.get(session, who.post, args)

    @rpc(schemas.Importeds, roles=STAFF)
    def archived_files(self, args: dict[str, Any]) -> dict[str, Any]:
        """The files that were brought in, the newest first."""
        with self.db.begin() as session:
            who = actor(session, self.caller.identity, args["post"], datetime.now(UTC))
            return archived.page(session, who.post, args)

    @rpc(schemas.ReadingPart, roles=STAFF)
    def archived_part(self, args: dict[str, Any]) -> dict[str, Any]:
        """Some bytes of one file of an archive that was brought in."""
        now = datetime.now(UTC)
        with self.db.begin() as session:
            who = actor(session, self.caller.identity, args["post"], now)
            part = archived.find_part(session, who.post, args)
            key, size = part.key, part.size
            keep_reading(session, who, part.imported_id, What.ARCHIVE, now)
        return archived.content(store(), key, size, args)
