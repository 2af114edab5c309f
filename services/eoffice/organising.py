"""The entrypoints of the organisation: changes of it, and who sits where."""

from datetime import UTC, datetime
from typing import Any

from palika.roles import STAFF
from palika.rpc import rpc
from palika.service import Service
from services.eoffice.commands import arrange_posts, hold_post
from services.eoffice.commands.import_organisation import import_organisation
from services.eoffice.once import once
from services.eoffice.organisation_store import current
from services.eoffice.queries import directory
from services.eoffice.schemas.organisation import (
    TABLES,
    AbolishedView,
    Abolishing,
    AddingPerson,
    AddingPost,
    ChangingLine,
    Directory,
    Holders,
    Importing,
    MyPosts,
    NamingPosts,
    PersonView,
    PostView,
    Renaming,
    TransferredView,
    TransferringPerson,
    VacatedView,
    Vacating,
)

_ARRANGES = frozenset({"admin"})
"""Who changes the organisation."""
_transferred, _vacated, _abolished = TransferredView(), VacatedView(), AbolishedView()
_post, _person = PostView(), PersonView()


class Organising(Service):
    """Departments, sections, posts and people."""

    @once(Importing, roles=_ARRANGES)
    def import_organisation(self, args: dict[str, Any]) -> dict[str, Any]:
        """Make the organisation, from a day on, what five CSV files say."""
        now, who = datetime.now(UTC), self.caller.identity
        texts = {table: args[table] for table in TABLES}
        with self.db.begin() as session:
            by = hold_post.ordered_by(session, who, args["post"], now)
            dry_run = args["dry_run"]
            return import_organisation(session, who, by, texts, args["since"], now, dry_run=dry_run)

    @rpc(TransferringPerson, roles=_ARRANGES)
    def transfer_person(self, args: dict[str, Any]) -> dict[str, Any]:
        """Let an officer hold another post, or one more, from a day on."""
        with self.db.begin() as session:
            made = hold_post.transfer_person(session, self.caller.identity, args, datetime.now(UTC))
            shown: dict[str, Any] = _transferred.dump(made)
        return shown

    @once(Vacating, roles=_ARRANGES)
    def vacate_post(self, args: dict[str, Any]) -> dict[str, Any]:
        """Let nobody hold a post from a day on."""
        with self.db.begin() as session:
            made = hold_post.vacate_post(session, self.caller.identity, args, datetime.now(UTC))
        shown: dict[str, Any] = _vacated.dump(made)
        return shown

    @once(AddingPost, roles=_ARRANGES)
    def add_post(self, args: dict[str, Any]) -> dict[str, Any]:
        """Add a post from a day on."""
        with self.db.begin() as session:
            made = arrange_posts.add_post(session, self.caller.identity, args, datetime.now(UTC))
        shown: dict[str, Any] = _post.dump(made)
        return shown

    @once(AddingPerson, roles=_ARRANGES)
    def add_person(self, args: dict[str, Any]) -> dict[str, Any]:
        """Take an officer in."""
        with self.db.begin() as session:
            made = arrange_posts.add_person(session, self.caller.identity, args, datetime.now(UTC))
        shown: dict[str, Any] = _person.dump(made)
        return shown

    @once(Abolishing, roles=_ARRANGES)
    def abolish_post(self, args: dict[str, Any]) -> dict[str, Any]:
        """End a post that has no work."""
        with self.db.begin() as session:
            made = arrange_posts.abolish_post(
                session, self.caller.identity, args, datetime.now(UTC)
            )
        shown: dict[str, Any] = _abolished.dump(made)
        return shown

    @once(Renaming, roles=_ARRANGES)
    def rename(self, args: dict[str, Any]) -> dict[str, Any]:
        """Give other names, at once."""
        with self.db.begin() as session:
            return arrange_posts.rename(session, self.caller.identity, args, datetime.now(UTC))

    @once(ChangingLine, roles=_ARRANGES)
    def change_reporting(self, args: dict[str, Any]) -> dict[str, Any]:
        """Let a post report to another, at once."""
        with self.db.begin() as session:
            row = arrange_posts.change_reporting(
                session, self.caller.identity, args, datetime.now(UTC)
            )
        shown: dict[str, Any] = _post.dump(row)
        return shown

    @rpc(Directory, roles=STAFF)
    def directory(self, args: dict[str, Any]) -> dict[str, Any]:
        """The posts of a day with who holds each, a page at a time."""
        with self.db.begin() as session:
            return directory.directory(session, args, datetime.now(UTC))

    @rpc(Holders, roles=STAFF)
    def holders(self, args: dict[str, Any]) -> dict[str, Any]:
        """Who holds, has held and is to hold a post."""
        with self.db.begin() as session:
            return directory.holders(session, args["code"])

    @rpc(NamingPosts, roles=STAFF)
    def posts(self, args: dict[str, Any]) -> dict[str, Any]:
        """What posts are called, and which codes are none."""
        with self.db.begin() as session:
            known = current(session).posts
        return directory.named_posts(known, args["codes"])

    @rpc(MyPosts, roles=STAFF)
    def my_posts(self, args: dict[str, Any]) -> dict[str, Any]:
        """For which posts an officer acts."""
        with self.db.begin() as session:
            return directory.my_posts(session, self.caller.identity, args, datetime.now(UTC))
