"""Values that people enter: forms, batches, maker and checker. Entrypoints, and nothing but."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from palika.blocking import off_hub
from palika.india import day_of
from palika.roles import STAFF
from palika.rpc import rpc
from palika.service import Service
from palika.timer import every, waiting_out_outages
from services.kpi.commands.decide import approve, send_back
from services.kpi.commands.enter import drop, enter, submit
from services.kpi.commands.import_file import import_file, read_file
from services.kpi.commands.readings import check_department
from services.kpi.commands.remind import remind
from services.kpi.commands.sign_off import sign_off, signed_view
from services.kpi.entered import batches
from services.kpi.entered.desks import desks
from services.kpi.entered.form import form
from services.kpi.entered.quality import quality_of
from services.kpi.entered.template import template
from services.kpi.schemas.entry import (
    ApproveArgs,
    BatchArgs,
    BatchesArgs,
    CorrectArgs,
    DesksArgs,
    EnterArgs,
    EntriesArgs,
    FormArgs,
    ImportArgs,
    LineArgs,
    QualityArgs,
    SendBackArgs,
    SignOffArgs,
    TemplateArgs,
    lines,
)

_CLOCK_S = 300.0


class Entering(Service):
    """The methods of the KPI service for what is entered by hand."""

    def _batch(self, command: Callable[..., Any], args: dict[str, Any]) -> dict[str, Any]:
        with self.db.begin() as session:
            found = command(session, self.caller.identity, args, datetime.now(UTC))
            return batches.view(session, found, self.caller.identity)

    @rpc(DesksArgs, roles=STAFF)
    def desks(self, args: dict[str, Any]) -> dict[str, Any]:
        """The departments that the caller enters or checks values of, and what is due."""
        with self.db.begin() as session:
            return desks(session, self.caller.identity, day_of(datetime.now(UTC)))

    @rpc(FormArgs, roles=STAFF)
    def form(self, args: dict[str, Any]) -> dict[str, Any]:
        """What a department is to enter, what it has entered, and when it is due."""
        check_department(args["department"])
        with self.db.begin() as session:
            return form(session, args, day_of(datetime.now(UTC)))

    @rpc(EnterArgs, roles=STAFF)
    def enter(self, args: dict[str, Any]) -> dict[str, Any]:
        """Enter a batch of values: all of it, or nothing."""
        return self._batch(enter, args | {"lines": lines(args["lines"]), "file_name": None})

    @rpc(CorrectArgs, roles=STAFF)
    def correct(self, args: dict[str, Any]) -> dict[str, Any]:
        """Ask for a correction of one value, with a reason; another person approves it."""
        line = {name: args[name] for name in LineArgs().fields}
        return self._batch(
            enter,
            {
                "id": args["id"],
                "department": args["department"],
                "lines": lines([line]),
                "via": "form",
                "file_name": None,
                "note": None,
                "submit": True,
            },
        )

    @rpc(BatchArgs, roles=STAFF)
    def submit(self, args: dict[str, Any]) -> dict[str, Any]:
        """Submit a draft of one's own to be checked."""
        return self._batch(submit, args)

    @rpc(BatchArgs, roles=STAFF)
    def drop(self, args: dict[str, Any]) -> dict[str, Any]:
        """Take back a batch of one's own of which nothing is decided."""
        return self._batch(drop, args)

    @rpc(ApproveArgs, roles=STAFF)
    def approve(self, args: dict[str, Any]) -> dict[str, Any]:
        """Approve what another has entered: it counts from now on."""
        return self._batch(approve, args)

    @rpc(SendBackArgs, roles=STAFF)
    def send_back(self, args: dict[str, Any]) -> dict[str, Any]:
        """Send back what another has entered, with a reason."""
        return self._batch(send_back, args)

    @rpc(BatchArgs, roles=STAFF)
    def batch(self, args: dict[str, Any]) -> dict[str, Any]:
        """One batch with its lines, and what the caller may do with it."""
        with self.db.begin() as session:
            return batches.batch(session, args["id"], self.caller.identity)

    @rpc(BatchesArgs, roles=STAFF)
    def batches(self, args: dict[str, Any]) -> dict[str, Any]:
        """Batches, newest first, a page at a time."""
        with self.db.begin() as session:
            return batches.batches(session, args, self.caller.identity)

    @rpc(EntriesArgs, roles=STAFF)
    def entries(self, args: dict[str, Any]) -> dict[str, Any]:
        """Every version of a department's values, a page at a time."""
        check_department(args["department"])
        with self.db.begin() as session:
            return batches.entries(session, args)

    @rpc(SignOffArgs, roles=STAFF)
    def sign_off(self, args: dict[str, Any]) -> dict[str, Any]:
        """Close a period of a department; after it there are corrections only."""
        with self.db.begin() as session:
            return signed_view(sign_off(session, self.caller.identity, args, datetime.now(UTC)))

    @rpc(QualityArgs, roles=STAFF)
    def quality(self, args: dict[str, Any]) -> dict[str, Any]:
        """How far the values of a period can be relied on, in words and as a score."""
        check_department(args["department"])
        with self.db.begin() as session:
            return quality_of(session, args, day_of(datetime.now(UTC)))

    @rpc(TemplateArgs, roles=STAFF)
    def template(self, args: dict[str, Any]) -> dict[str, Any]:
        """A CSV or XLSX file to fill in, with the values that are there."""
        check_department(args["department"])
        with self.db.begin() as session:
            asked = form(session, args, day_of(datetime.now(UTC)))
        return off_hub(template, asked, args["period"], args["format"])

    @rpc(ImportArgs, roles=STAFF)
    def import_file(self, args: dict[str, Any]) -> dict[str, Any]:
        """Enter what a filled template says, as one batch; with `dry_run` only check it."""
        filled = read_file(args)
        with self.db.begin() as session:
            return import_file(session, self.caller.identity, args, filled, datetime.now(UTC))

    @every(_CLOCK_S)
    def remind(self, stopping: Callable[[], bool]) -> None:
        """Tell owners of values that are due, and of those that are late."""
        with waiting_out_outages("reminders of values to be entered"):
            remind(self.db.begin, datetime.now(UTC), stopping)
