"""The grievance service: its entrypoints, and nothing but (those of the desks' own work are in
``desks.py``). Rules are in ``domain/``.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from palika import calls, outbox
from palika.errors import Conflict, Unavailable
from palika.roles import LOGGED_IN, NOBODY, ROLES, STAFF
from palika.rpc import rpc
from palika.timer import every, waiting_out_outages
from services.grievance import schemas
from services.grievance.commands.acknowledge import acknowledge_grievance
from services.grievance.commands.appeal import appeal_grievance, decide_appeal
from services.grievance.commands.assign import assign_grievance
from services.grievance.commands.attach import attach, detach_attachment, locate_grievance
from services.grievance.commands.clock import Clock
from services.grievance.commands.comment import comment_grievance
from services.grievance.commands.contact import look_up, read_contact
from services.grievance.commands.file import file_grievance
from services.grievance.commands.follow import follow_grievance, unfollow_grievance
from services.grievance.commands.forget import forget_citizen
from services.grievance.commands.link import link_grievance, unlink_grievance
from services.grievance.commands.merge import merge_grievance
from services.grievance.commands.rate import close_grievance, rate_grievance
from services.grievance.commands.reject import reject_grievance, withdraw_grievance
from services.grievance.commands.reopen import reopen_grievance
from services.grievance.commands.resolve import resolve_grievance
from services.grievance.commands.sample import check_sample, draw_missing
from services.grievance.commands.start import start_grievance
from services.grievance.commands.sweep import sweep
from services.grievance.commands.transfer import transfer_grievance
from services.grievance.commands.unmerge import unmerge_grievance
from services.grievance.commands.wait import answer_grievance, wait_grievance
from services.grievance.correlating import Correlating
from services.grievance.desks import Desks
from services.grievance.domain.access import check_channel, is_staff
from services.grievance.models import Grievance
from services.grievance.queries import (
    appeals,
    attachments,
    catalogue,
    contacts,
    mine,
    one,
    published,
    samples,
    similar,
)
from services.grievance.reference import check_all

# A citizen comes with their login, or with the token of the filing and no login.
CITIZENS = {"citizen", NOBODY, "admin"}
DRAW_EVERY_S = 600
SWEEP_EVERY_S = 3_600


class GrievanceService(Desks, Correlating):
    """Files grievances, follows them to their end, and shows them."""

    name = "grievance"

    def __init__(self) -> None:
        # A mistake in the city's files is an error when the service starts, not when it is asked.
        check_all()

    def _step(self, command: Callable[..., Grievance], args: dict[str, Any]) -> dict[str, Any]:
        try:
            with self.db.begin() as session:
                changed = command(session, self.caller.identity, args, datetime.now(UTC))
        except Conflict as error:
            # A call that comes again is refused for what its first coming has changed.
            with self.db.begin() as session:
                if outbox.recorded_before(session):
                    raise calls.carried_out_already() from error
            raise
        return one.view(changed) if args.get("token") is None else one.public_view(changed)

    @rpc(schemas.Filing, roles=ROLES)
    def file(self, args: dict[str, Any]) -> dict[str, Any]:
        """File a grievance; the answer has the ``token`` to follow it by, this once, and those that
        may be ``similar``: to be merged by whoever reads them, or followed instead next time."""
        identity, now = self.caller.identity, datetime.now(UTC)
        check_channel(identity.subject, identity.roles, args["channel"])
        with self.db.begin() as session:
            # Before the filing takes its locks; after it, an outage would lose the token.
            same = similar.offers(session, identity, args, now)
            filed = file_grievance(session, identity, args, now)
        is_new = filed.token is not None
        return one.view(filed.grievance) | {
            "token": filed.token,
            "similar": same if is_new else [],
        }

    @rpc(schemas.SimilarTo, roles=ROLES)
    def similar(self, args: dict[str, Any]) -> list[dict[str, Any]]:
        """Which open ones may be what somebody is about to file."""
        with self.db.begin() as session:
            return similar.offers(session, self.caller.identity, args, datetime.now(UTC))

    @rpc(schemas.Following, roles=LOGGED_IN)
    def follow(self, args: dict[str, Any]) -> dict[str, Any]:
        """Be told what becomes of one that is filed already, instead of filing it again."""
        with self.db.begin() as session:
            return follow_grievance(session, self.caller.identity, args, datetime.now(UTC))

    @rpc(schemas.Unfollowing, roles=LOGGED_IN)
    def unfollow(self, args: dict[str, Any]) -> dict[str, Any]:
        """Be told nothing more."""
        with self.db.begin() as session:
            return unfollow_grievance(session, self.caller.identity, args, datetime.now(UTC))

    @rpc(schemas.Attaching, roles=ROLES)
    def attach(self, args: dict[str, Any]) -> dict[str, Any]:
        """Attach a photograph, paper or recording."""
        identity = self.caller.identity
        made = attach(self.db.begin, attachments.store(), identity, args, datetime.now(UTC))
        return attachments.answer(
            made.attachment,
            made.grievance.version,
            made.offered_place,
            staff=is_staff(identity.roles) and args["token"] is None,
        )

    @rpc(schemas.ShowingAttachment, roles=ROLES)
    def attachment(self, args: dict[str, Any]) -> dict[str, Any]:
        """One attachment or its thumbnail: the bytes, and the headers to serve them with."""
        with self.db.begin() as session:
            shown = attachments.shown_to(session, self.caller.identity, args)
        return attachments.content(attachments.store(), shown)

    @rpc(schemas.Detaching, roles=STAFF)
    def detach(self, args: dict[str, Any]) -> dict[str, Any]:
        """Take an attachment away; it is kept as a record, with the reason."""
        return self._step(detach_attachment, args)

    @rpc(schemas.Locating, roles=ROLES)
    def locate(self, args: dict[str, Any]) -> dict[str, Any]:
        """Say where a grievance is that was filed without a position."""
        return self._step(locate_grievance, args)

    @rpc(schemas.Acknowledging, roles=STAFF)
    def acknowledge(self, args: dict[str, Any]) -> dict[str, Any]:
        """Say that it has been read."""
        return self._step(acknowledge_grievance, args)

    @rpc(schemas.Assigning, roles=STAFF)
    def assign(self, args: dict[str, Any]) -> dict[str, Any]:
        """Give a grievance to an officer."""
        return self._step(assign_grievance, args)

    @rpc(schemas.Starting, roles=STAFF)
    def start(self, args: dict[str, Any]) -> dict[str, Any]:
        """Say that the work has begun."""
        return self._step(start_grievance, args)

    @rpc(schemas.Waiting, roles=STAFF)
    def wait(self, args: dict[str, Any]) -> dict[str, Any]:
        """Ask the citizen something; until the answer the clock stands still."""
        return self._step(wait_grievance, args)

    @rpc(schemas.Answering, roles=ROLES)
    def answer(self, args: dict[str, Any]) -> dict[str, Any]:
        """Answer what was asked; the clock goes on."""
        return self._step(answer_grievance, args)

    @rpc(schemas.Resolving, roles=STAFF)
    def resolve(self, args: dict[str, Any]) -> dict[str, Any]:
        """Say that a grievance is put right."""
        return self._step(resolve_grievance, args)

    @rpc(schemas.Rating, roles=CITIZENS)
    def rate(self, args: dict[str, Any]) -> dict[str, Any]:
        """Rate the resolution of one's own: satisfied closes it, not satisfied reopens it."""
        return self._step(rate_grievance, args)

    @rpc(schemas.Closing, roles=CITIZENS)
    def close(self, args: dict[str, Any]) -> dict[str, Any]:
        """End it, with the citizen's word; after their silence the scheduler does."""
        return self._step(close_grievance, args)

    @rpc(schemas.Reopening, roles=ROLES)
    def reopen(self, args: dict[str, Any]) -> dict[str, Any]:
        """Take a resolution back; a citizen their own grievance's."""
        return self._step(reopen_grievance, args)

    @rpc(schemas.Rejecting, roles=STAFF)
    def reject(self, args: dict[str, Any]) -> dict[str, Any]:
        """Refuse a grievance, with a reason."""
        return self._step(reject_grievance, args)

    @rpc(schemas.Transferring, roles=STAFF)
    def transfer(self, args: dict[str, Any]) -> dict[str, Any]:
        """Send a grievance to where it belongs."""
        return self._step(transfer_grievance, args)

    @rpc(schemas.Withdrawing, roles=CITIZENS)
    def withdraw(self, args: dict[str, Any]) -> dict[str, Any]:
        """Take one's own grievance back."""
        return self._step(withdraw_grievance, args)

    @rpc(schemas.Merging, roles=STAFF)
    def merge(self, args: dict[str, Any]) -> dict[str, Any]:
        """Say that it is the same as another one, and let it go on as that."""
        return self._step(merge_grievance, args)

    @rpc(schemas.Unmerging, roles=ROLES)
    def unmerge(self, args: dict[str, Any]) -> dict[str, Any]:
        """Let it go on by itself again; a citizen when the original is said to be put right."""
        return self._step(unmerge_grievance, args)

    @rpc(schemas.Linking, roles=STAFF)
    def link(self, args: dict[str, Any]) -> dict[str, Any]:
        """Say that two grievances have to do with each other."""
        return self._step(link_grievance, args)

    @rpc(schemas.Linking, roles=STAFF)
    def unlink(self, args: dict[str, Any]) -> dict[str, Any]:
        """Take a link away."""
        return self._step(unlink_grievance, args)

    @rpc(schemas.Commenting, roles=ROLES)
    def comment(self, args: dict[str, Any]) -> dict[str, Any]:
        """Say something; an officer for officers only, unless it is public."""
        return self._step(comment_grievance, args)

    @rpc(schemas.Getting, roles=STAFF | {"citizen"})
    def get(self, args: dict[str, Any]) -> dict[str, Any]:
        """One grievance with its timeline; a citizen their own."""
        with self.db.begin() as session:
            return one.get(session, self.caller.identity, args, datetime.now(UTC))

    @rpc(schemas.Tracking, roles=ROLES)
    def track(self, args: dict[str, Any]) -> dict[str, Any]:
        """Where a grievance stands, by the token of its filing."""
        with self.db.begin() as session:
            return one.track(session, args["token"], datetime.now(UTC))

    @rpc(schemas.Mine, roles={"citizen"})
    def mine(self, args: dict[str, Any]) -> dict[str, Any]:
        """The caller's own, newest first, a page at a time."""
        with self.db.begin() as session:
            return mine.page(session, self.caller.identity, args)

    @rpc(schemas.Paging, roles={"citizen"})
    def followed(self, args: dict[str, Any]) -> dict[str, Any]:
        """What the caller follows by their login, a page at a time."""
        with self.db.begin() as session:
            return mine.followed(session, self.caller.identity, args)

    @rpc(schemas.Getting, roles={"officer", "supervisor"})
    def contact(self, args: dict[str, Any]) -> dict[str, Any]:
        """Who filed it, for the officers whose business it is; the timeline keeps who asked."""
        with self.db.begin() as session:
            return one.contact(read_contact(session, self.caller.identity, args, datetime.now(UTC)))

    @rpc(schemas.LookingUp, roles={"helpdesk"})
    def look_up(self, args: dict[str, Any]) -> dict[str, Any]:
        """What was filed with a telephone number; the timelines keep who asked."""
        with self.db.begin() as session:
            return mine.for_callers(
                *look_up(session, self.caller.identity, args, datetime.now(UTC))
            )

    @rpc(schemas.Forgetting, roles={"service"})
    def forget(self, args: dict[str, Any]) -> dict[str, Any]:
        """Take a citizen's name and number out of what has ended; what stays is told with why."""
        with self.db.begin() as session:
            return forget_citizen(session, self.caller.identity, args, datetime.now(UTC))

    @rpc(schemas.ContactsOf, roles={"service"})
    def contacts(self, args: dict[str, Any]) -> list[dict[str, Any]]:
        """How to reach the citizens who filed them."""
        with self.db.begin() as session:
            return contacts.of(session, args["ids"])

    @rpc(schemas.Language, roles=ROLES)
    def open311_services(self, args: dict[str, Any]) -> dict[str, Any]:
        """What can be complained about, as services of Open311."""
        return catalogue.open311_services(args["language"])

    @rpc(schemas.OneService, roles=ROLES)
    def open311_service(self, args: dict[str, Any]) -> dict[str, Any]:
        """One service of Open311, with what it asks."""
        return catalogue.open311_service(args["code"], args["language"])

    @rpc(schemas.Published, roles=ROLES)
    def published(self, args: dict[str, Any]) -> dict[str, Any]:
        """Grievances as anybody may see them, newest first."""
        with self.db.begin() as session:
            return {"items": published.requests(session, self.caller.identity, args)}

    @every("grievance_clock_s")
    def clock(self, stopping: Callable[[], bool]) -> None:
        """Do what time has brought: due soon, breached, escalated, closed after silence."""
        with waiting_out_outages("the clock"):
            Clock(self.db.begin, lambda: datetime.now(UTC), stopping).run()

    @rpc(schemas.Appealing, roles=CITIZENS)
    def appeal(self, args: dict[str, Any]) -> dict[str, Any]:
        """Appeal against what became of one's own, to the next level."""
        with self.db.begin() as session:
            made = appeal_grievance(session, self.caller.identity, args, datetime.now(UTC))
            return appeals.view_appeal(made)

    @rpc(schemas.Deciding, roles={"supervisor"})
    def decide_appeal(self, args: dict[str, Any]) -> dict[str, Any]:
        """Decide the pending appeal: upheld or dismissed, by who had no part in it."""
        return self._step(decide_appeal, args)

    @rpc(schemas.AppealsOf, roles=ROLES)
    def appeals_of(self, args: dict[str, Any]) -> dict[str, Any]:
        """The appeals of one grievance, and the one that may be made now."""
        with self.db.begin() as session:
            return appeals.appeals_of(session, self.caller.identity, args, datetime.now(UTC))

    @rpc(schemas.PendingAppeals, roles=STAFF)
    def appeals(self, args: dict[str, Any]) -> dict[str, Any]:
        """The appeals that are to be decided, with their clocks."""
        with self.db.begin() as session:
            return appeals.pending_appeals(session, self.caller.identity, args, datetime.now(UTC))

    @rpc(schemas.Checking, roles={"officer", "supervisor"})
    def check_sample(self, args: dict[str, Any]) -> dict[str, Any]:
        """Say what was found at a sampled resolution of another officer."""
        return self._step(check_sample, args)

    @rpc(schemas.OpenChecks, roles=STAFF)
    def samples(self, args: dict[str, Any]) -> dict[str, Any]:
        """The sampled resolutions that are to be checked."""
        with self.db.begin() as session:
            return samples.open_checks(session, self.caller.identity, args)

    @rpc(schemas.Drawn, roles=STAFF)
    def sample_draw(self, args: dict[str, Any]) -> dict[str, Any]:
        """The draw of one day, with all that is needed to repeat it."""
        with self.db.begin() as session:
            return samples.the_draw(session, self.caller.identity, args["day"])

    @rpc(schemas.CheckResults, roles=STAFF)
    def sample_results(self, args: dict[str, Any]) -> dict[str, Any]:
        """What the checks of some days have found, by department."""
        with self.db.begin() as session:
            found = samples.check_results(session, args["from_day"], args["to_day"])
        return {"items": found}

    @every(SWEEP_EVERY_S)
    def sweep(self, stopping: Callable[[], bool]) -> None:
        """Delete what was kept for an attachment that nobody has."""
        # Why a store does not answer is logged where it is asked; the next time does the rest.
        with waiting_out_outages("the sweep"), suppress(Unavailable):
            sweep(self.db.begin, attachments.store(), datetime.now(UTC), stopping)

    @every(DRAW_EVERY_S)
    def lots(self, stopping: Callable[[], bool]) -> None:
        """Draw the sample of every day that is over, once."""
        with waiting_out_outages("the sample"):
            draw_missing(self.db.begin, datetime.now(UTC), stopping)
