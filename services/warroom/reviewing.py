"""The entrypoints of reviews: the calendar, the agenda, the pack, the minutes and the actions."""

import base64
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.blocking import off_hub
from palika.config import settings
from palika.india import day_of
from palika.posts import names_of
from palika.reached import WAIT_S, with_reached
from palika.roles import STAFF
from palika.rpc import rpc
from palika.service import Service
from palika.text import Name
from palika.timer import every, waiting_out_outages
from services.warroom.commands import follow_actions as actions
from services.warroom.commands import hold_reviews as holding
from services.warroom.commands import set_agenda as agenda
from services.warroom.commands import take_minutes as minutes
from services.warroom.commands.freeze import freeze
from services.warroom.commands.set_packs import measure, set_packs
from services.warroom.documents.minutes import minutes_pdf
from services.warroom.domain.keeping import kept
from services.warroom.domain.red_kpis import KnownKpi
from services.warroom.domain.reviews import Review
from services.warroom.domain.steps import WRITERS
from services.warroom.files import Ask, check_file, reader_of
from services.warroom.kpis import known_red
from services.warroom.posts import check_posts, posts_in
from services.warroom.queries import packs, photos, review_views
from services.warroom.queries.known_posts import known_posts
from services.warroom.queries.reviews import post_of_action
from services.warroom.schemas import reviewing as schemas

_HOLD_EVERY_S = 3_600
_FOLLOW_EVERY_S = 60
_SET_EVERY_S = 10
_MAKES = ("id", "risk_id", "issue_id", "decision_id", "minute_id", "action_id")
"""In these stands the caller's own id of what a call makes."""
_Command = Callable[[Session, Identity, Mapping[str, Any], datetime], Review]


class Reviews(Service):
    """What is done in and around a review. Who may is a matter of the review: its chair, its
    secretary, who takes its minutes, whose an action is."""

    @rpc(schemas.ListingReviews, roles=STAFF)
    def reviews(self, args: dict[str, Any]) -> dict[str, Any]:
        """Reviews, the last first."""
        with self.db.begin() as session:
            return review_views.list_reviews(session, args, datetime.now(UTC))

    @rpc(schemas.ReadingReview, roles=STAFF)
    def review(self, args: dict[str, Any]) -> dict[str, Any]:
        """A review with its agenda, minutes and actions, or as it was at a moment, and what the
        caller may do with it."""
        with self.db.begin() as session:
            return review_views.review_for(session, self.caller.identity, args, datetime.now(UTC))

    @rpc(schemas.OfReview, roles=STAFF)
    def review_history(self, args: dict[str, Any]) -> dict[str, Any]:
        """What was done with a review, by whom, when and why."""
        with self.db.begin() as session:
            return {"items": review_views.history_of(session, args["review_id"])}

    @rpc(schemas.Moving, roles=WRITERS)
    def reschedule_review(self, args: dict[str, Any]) -> dict[str, Any]:
        """Hold a review at another time."""
        return self._do_review(holding.reschedule, args)

    @rpc(schemas.Cancelling, roles=WRITERS)
    def cancel_review(self, args: dict[str, Any]) -> dict[str, Any]:
        """Call a review off."""
        return self._do_review(holding.cancel, args)

    @rpc(schemas.WritingReview, roles=WRITERS)
    def make_agenda(self, args: dict[str, Any]) -> dict[str, Any]:
        """Make the agenda of what has changed since the last review."""
        kpis = self._known_kpis()
        return self._do_review(partial(agenda.make_agenda, kpis=kpis), args)

    @rpc(schemas.ChangingAgenda, roles=WRITERS)
    def change_agenda(self, args: dict[str, Any]) -> dict[str, Any]:
        """Add to the agenda, drop, restore or move an item, with the reason."""
        return self._do_review(agenda.change_agenda, args)

    @rpc(schemas.WritingReview, roles=WRITERS)
    def freeze_pack(self, args: dict[str, Any]) -> dict[str, Any]:
        """Freeze the briefing pack; its pages are set within moments."""
        # Two are asked: both together no longer than one elsewhere, or who asks here has gone when
        # the pack is frozen.
        within_s = self._patience_s / 2
        kpis = self._known_kpis(within_s)
        name_posts = partial(self._post_names, within_s=within_s)
        now = datetime.now(UTC)
        caller = self.caller.identity
        done = freeze(self.db.begin, photos.store(), caller, args, now, kpis, name_posts)
        return review_views.review_view(done, day_of(now))

    @rpc(schemas.ReadingPack, roles=STAFF)
    def pack(self, args: dict[str, Any]) -> dict[str, Any]:
        """The bytes of a frozen pack."""
        with self.db.begin() as session:
            found = packs.find_pack(session, args, datetime.now(UTC))
        return packs.pack_content(photos.store(), *found)

    @rpc(schemas.WritingReview, roles=WRITERS)
    def open_review(self, args: dict[str, Any]) -> dict[str, Any]:
        """Begin a review."""
        return self._do_review(minutes.open_review, args)

    @rpc(schemas.Attending, roles=WRITERS)
    def attend(self, args: dict[str, Any]) -> dict[str, Any]:
        """Record who was there."""
        self._check_post("post", args)
        return self._do_review(minutes.attend, args)

    @rpc(schemas.Minuting, roles=WRITERS)
    def minute(self, args: dict[str, Any]) -> dict[str, Any]:
        """Minute a statement or a decision."""
        self._check_post("post", args)
        return self._do_review(minutes.minute, args)

    @rpc(schemas.Assigning, roles=WRITERS)
    def assign_action(self, args: dict[str, Any]) -> dict[str, Any]:
        """Minute an action."""
        self._check_post("post", args)
        return self._do_review(minutes.assign, args)

    @rpc(schemas.Striking, roles=WRITERS)
    def strike(self, args: dict[str, Any]) -> dict[str, Any]:
        """Take an entry out of minutes that are not closed."""
        return self._do_review(minutes.strike, args)

    @rpc(schemas.WritingReview, roles=WRITERS)
    def close_review(self, args: dict[str, Any]) -> dict[str, Any]:
        """Close the minutes."""
        # Asked before, for nobody waits for another service under a lock.
        with self.db.begin() as session:
            asked = {"review_id": args["review_id"], "as_of": None}
            read = review_views.get_review(session, asked, datetime.now(UTC))
        names = self._post_names(posts_in(read))
        return self._do_review(partial(minutes.close, post_names=names), args)

    @rpc(schemas.Adding, roles=WRITERS)
    def add_addendum(self, args: dict[str, Any]) -> dict[str, Any]:
        """Correct closed minutes."""
        return self._do_review(minutes.add_addendum, args)

    @rpc(schemas.ReadingMinutes, roles=STAFF)
    def minutes(self, args: dict[str, Any]) -> dict[str, Any]:
        """The minutes as PDF."""
        with self.db.begin() as session:
            found = review_views.get_minutes(session, args, datetime.now(UTC))
        if not found["post_names"]:
            found["post_names"] = kept(self._post_names(posts_in(found)))
        content = off_hub(minutes_pdf, found, args["language"])
        return {
            "file": f"minutes-{found['series']}-{found['occurs_on']}-{args['language']}.pdf",
            "content_type": "application/pdf",
            "content_base64": base64.b64encode(content).decode(),
        }

    @rpc(schemas.ListingActions, roles=STAFF)
    def actions(self, args: dict[str, Any]) -> dict[str, Any]:
        """Actions by their day, and how promises were kept."""
        with self.db.begin() as session:
            caller = self.caller.identity
            found = review_views.list_actions(session, args, datetime.now(UTC), caller)
        notify = self.rpc.within(min(WAIT_S, self._patience_s)).notify
        return {**found, "items": with_reached(found["items"], notify, "post")}

    @rpc(schemas.ReportingAction, roles=WRITERS)
    def report_action(self, args: dict[str, Any]) -> dict[str, Any]:
        """Say how an action stands."""
        return self._do_review(actions.report_action, args)

    @rpc(schemas.CompletingAction, roles=WRITERS)
    def complete_action(self, args: dict[str, Any]) -> dict[str, Any]:
        """Say that an action is done, with the evidence."""
        with self.db.begin() as session:
            post = reader_of(self.caller.identity, post_of_action(session, args["action_id"]))
        number = args["evidence_file"]
        unconfirmed = check_file(self._file_asks, "evidence_file", number, post)
        return self._do_review(actions.complete_action, args) | {"unconfirmed": unconfirmed}

    @rpc(schemas.AnsweringAction, roles=WRITERS)
    def answer_action(self, args: dict[str, Any]) -> dict[str, Any]:
        """Accept, reject, drop or extend an action."""
        return self._do_review(actions.answer_action, args)

    @every(_HOLD_EVERY_S)
    def hold_reviews(self, stopping: Callable[[], bool]) -> None:
        """Put the reviews of the coming weeks into the calendar."""
        with waiting_out_outages("the calendar of reviews"), self.db.begin() as session:
            holding.hold_reviews(session, datetime.now(UTC))

    @every(_FOLLOW_EVERY_S)
    def follow_actions(self, stopping: Callable[[], bool]) -> None:
        """Remind of actions, and escalate those that are overdue."""
        with waiting_out_outages("the following of actions"):
            actions.follow_actions(self.db.begin, datetime.now(UTC), stopping)

    @every(_SET_EVERY_S)
    def set_packs(self, stopping: Callable[[], bool]) -> None:
        """Set the pages and slides of packs that were frozen."""
        with waiting_out_outages("the setting of packs"):
            set_packs(self.db.begin, photos.store(), datetime.now(UTC), stopping, self._post_names)
            measure(self.db.begin)

    def _known_kpis(self, within_s: float | None = None) -> dict[str, KnownKpi]:
        kpi = self.rpc.within(within_s or self._patience_s).kpi
        return known_red(self.db.begin, kpi.dashboard)

    @property
    def _patience_s(self) -> float:
        # Who asks here waits as long as this service would.
        return settings(self.name).rpc_timeout_s / 2

    @property
    def _file_asks(self) -> tuple[Ask, ...]:
        # Two are asked, one after the other: both together no longer than one elsewhere.
        eoffice = self.rpc.within(self._patience_s / 2).eoffice
        return eoffice.get, eoffice.archived_file

    def _check_post(self, field: str, args: Mapping[str, Any]) -> None:
        """Refuse what is no post in this field; the e-office is asked only of one that the war
        room does not know."""
        post = args.get(field)
        if post is None:
            return
        made = [args[name] for name in _MAKES if args.get(name) is not None]
        with self.db.begin() as session:
            known = known_posts(session, [post], made)
        check_posts(self.rpc.within(self._patience_s).eoffice.posts, {field: post}, known)

    def _post_names(self, codes: Collection[str], within_s: float | None = None) -> dict[str, Name]:
        return names_of(self.rpc.within(within_s or self._patience_s).eoffice.posts, codes)

    def _do_review(self, command: _Command, args: dict[str, Any]) -> dict[str, Any]:
        now = datetime.now(UTC)
        with self.db.begin() as session:
            done = command(session, self.caller.identity, args, now)
        return review_views.review_view(done, day_of(now))
