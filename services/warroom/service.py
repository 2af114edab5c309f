"""The war room: its entrypoints, and nothing but (those of the reading are in ``reading.py``)."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.blocking import off_hub
from palika.errors import Unavailable
from palika.india import day_of
from palika.rpc import rpc
from palika.timer import every, waiting_out_outages
from services.warroom.commands.add_milestone import add_milestone
from services.warroom.commands.add_photo import add_photo
from services.warroom.commands.add_project import add_project
from services.warroom.commands.assess_risk import add_risk, revise_risk
from services.warroom.commands.decide import decide
from services.warroom.commands.import_projects import (
    import_projects,
    owners_in,
    read_tables,
)
from services.warroom.commands.judge import judge
from services.warroom.commands.link import link
from services.warroom.commands.raise_issue import raise_issue, resolve_issue, revise_issue
from services.warroom.commands.record_money import record_money
from services.warroom.commands.report_progress import report_progress
from services.warroom.commands.revise_milestone import (
    complete_milestone,
    forecast_milestone,
    revise_milestone,
)
from services.warroom.commands.revise_project import revise_project
from services.warroom.commands.sweep import sweep
from services.warroom.commands.withdraw import withdraw
from services.warroom.correlating import Correlating
from services.warroom.domain.facts import LinkKind, State
from services.warroom.files import check_file, reader_of
from services.warroom.grievances import check_category
from services.warroom.kpis import check_kpi
from services.warroom.posts import unknown_owners
from services.warroom.queries import photos, views
from services.warroom.queries.known_posts import known_posts
from services.warroom.queries.states import owner_of
from services.warroom.reading import Reads
from services.warroom.reference import (
    city_days_off,
    city_policy,
    city_reviews,
    city_stages,
    departments,
    wards,
)
from services.warroom.reviewing import Reviews
from services.warroom.schemas import asking
from services.warroom.schemas.reading import Importing
from services.warroom.watching import Watching

WRITERS = {"officer", "supervisor"}
"""Who may change a project, if they answer for it; ``admin`` always may."""
_JUDGE_EVERY_S = 60
_SWEEP_EVERY_S = 3_600
_Command = Callable[[Session, Identity, Mapping[str, Any], datetime], State]


class WarroomService(Reads, Correlating, Watching, Reviews):
    """Keeps the city's projects and everything that was ever known of them."""

    name = "warroom"

    def __init__(self) -> None:
        # A mistake in the city's data is an error when the service starts, not when it is asked.
        city_policy()
        city_stages()
        departments()
        wards()
        city_reviews()
        city_days_off()

    @rpc(asking.Adding, roles=WRITERS)
    def add_project(self, args: dict[str, Any]) -> dict[str, Any]:
        """Bring a project into the war room."""
        self._check_post("owner", args)
        return self._do(add_project, args)

    @rpc(asking.Revising, roles=WRITERS)
    def revise_project(self, args: dict[str, Any]) -> dict[str, Any]:
        """Other values of a project."""
        self._check_post("owner", args)
        return self._do(revise_project, args)

    @rpc(asking.AddingMilestone, roles=WRITERS)
    def add_milestone(self, args: dict[str, Any]) -> dict[str, Any]:
        """Add a milestone."""
        return self._do(add_milestone, args)

    @rpc(asking.RevisingMilestone, roles=WRITERS)
    def revise_milestone(self, args: dict[str, Any]) -> dict[str, Any]:
        """Another plan of a milestone."""
        return self._do(revise_milestone, args)

    @rpc(asking.Forecasting, roles=WRITERS)
    def forecast_milestone(self, args: dict[str, Any]) -> dict[str, Any]:
        """Say when a milestone is expected."""
        return self._do(forecast_milestone, args)

    @rpc(asking.Completing, roles=WRITERS)
    def complete_milestone(self, args: dict[str, Any]) -> dict[str, Any]:
        """Say when a milestone was reached, or take that back."""
        return self._do(complete_milestone, args)

    @rpc(asking.Entering, roles=WRITERS)
    def record_money(self, args: dict[str, Any]) -> dict[str, Any]:
        """Enter what was sanctioned, revised or spent."""
        return self._do(record_money, args)

    @rpc(asking.AddingRisk, roles=WRITERS)
    def add_risk(self, args: dict[str, Any]) -> dict[str, Any]:
        """Add a risk."""
        self._check_post("owner", args)
        return self._do(add_risk, args)

    @rpc(asking.RevisingRisk, roles=WRITERS)
    def revise_risk(self, args: dict[str, Any]) -> dict[str, Any]:
        """Assess a risk anew, or say that it is over."""
        self._check_post("owner", args)
        return self._do(revise_risk, args)

    @rpc(asking.RaisingIssue, roles=WRITERS)
    def raise_issue(self, args: dict[str, Any]) -> dict[str, Any]:
        """Raise an issue."""
        self._check_post("post", args)
        return self._do(raise_issue, args)

    @rpc(asking.RevisingIssue, roles=WRITERS)
    def revise_issue(self, args: dict[str, Any]) -> dict[str, Any]:
        """Other values of an open issue."""
        self._check_post("post", args)
        return self._do(revise_issue, args)

    @rpc(asking.ResolvingIssue, roles=WRITERS)
    def resolve_issue(self, args: dict[str, Any]) -> dict[str, Any]:
        """Resolve an issue."""
        return self._do(resolve_issue, args)

    @rpc(asking.Deciding, roles=WRITERS)
    def decide(self, args: dict[str, Any]) -> dict[str, Any]:
        """Record a decision."""
        self._check_post("by", args)
        unconfirmed = self._check_file("file_number", args["file_number"], args)
        return self._do(decide, args) | {"unconfirmed": unconfirmed}

    @rpc(asking.Reporting, roles=WRITERS)
    def report_progress(self, args: dict[str, Any]) -> dict[str, Any]:
        """Say whether what was promised was done."""
        return self._do(report_progress, args)

    @rpc(asking.Linking, roles=WRITERS)
    def link(self, args: dict[str, Any]) -> dict[str, Any]:
        """Link a project to a KPI, a file, or the grievances of an area."""
        if args["kind"] is LinkKind.KPI:
            check_kpi(self.rpc.within(self._patience_s).kpi.kpi, args["target"])
        if args["category"] is not None:
            # Two may be asked: both together no longer than one elsewhere.
            grievance = self.rpc.within(self._patience_s / 2).grievance
            check_category(grievance.count, args["category"])
        number = args["target"] if args["kind"] is LinkKind.FILE else None
        unconfirmed = self._check_file("target", number, args)
        return self._do(link, args) | {"unconfirmed": unconfirmed}

    @rpc(asking.Withdrawing, roles=WRITERS)
    def withdraw(self, args: dict[str, Any]) -> dict[str, Any]:
        """Take a fact back, with the reason."""
        return self._do(withdraw, args)

    @rpc(asking.AddingPhoto, roles=WRITERS)
    def add_photo(self, args: dict[str, Any]) -> dict[str, Any]:
        """Add a photograph of progress."""
        now = datetime.now(UTC)
        done = add_photo(self.db.begin, photos.store(), self.caller.identity, args, now)
        return views.whole(done, day_of(now))

    # Of whole portfolios nobody is the owner.
    @rpc(Importing, roles=set())
    def import_projects(self, args: dict[str, Any]) -> dict[str, Any]:
        """Take projects and milestones in from CSV or a workbook."""
        names = ("projects", "milestones")
        texts = {name: args[name] for name in names if args[name] is not None}
        given = texts if args["workbook"] is None else args["workbook"]
        tables = off_hub(read_tables, given)
        owners = owners_in(tables)
        with self.db.begin() as session:
            owners -= known_posts(session, owners)
        unknown, unconfirmed = unknown_owners(
            self.rpc.within(self._patience_s).eoffice.posts, owners, dry_run=args["dry_run"]
        )
        with self.db.begin() as session:
            return import_projects(
                session,
                self.caller.identity,
                tables,
                datetime.now(UTC),
                dry_run=args["dry_run"],
                unknown_posts=unknown,
                unconfirmed=unconfirmed,
            )

    @every(_JUDGE_EVERY_S)
    def judge_projects(self, stopping: Callable[[], bool]) -> None:
        """Work out health and forecasts anew when a day has begun."""
        with waiting_out_outages("the judging of projects"):
            judge(self.db.begin, datetime.now(UTC), stopping)

    @every(_SWEEP_EVERY_S)
    def sweep_photos(self, stopping: Callable[[], bool]) -> None:
        """Delete what was kept and is no photograph."""
        # Why a store does not answer is logged where it is asked; the next time does the rest.
        with waiting_out_outages("the sweep of photographs"), suppress(Unavailable):
            sweep(self.db.begin, photos.store(), datetime.now(UTC), stopping)

    def _check_file(self, field: str, number: str | None, args: Mapping[str, Any]) -> list[str]:
        with self.db.begin() as session:
            post = reader_of(self.caller.identity, owner_of(session, args))
        return check_file(self._file_asks, field, number, post)

    def _do(self, command: _Command, args: dict[str, Any]) -> dict[str, Any]:
        now = datetime.now(UTC)
        with self.db.begin() as session:
            done = command(session, self.caller.identity, args, now)
        return views.whole(done, day_of(now))
