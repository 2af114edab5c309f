"""The commands that this service adds to ``palika``: processes of their own, without eventlet."""

import click

from services.eoffice.cli import (
    approvals,
    archives,
    correcting,
    dak,
    examples,
    holds,
    moving,
    notes,
    organisation_changes,
    readings,
    record,
    records,
    reports,
    search,
    signing,
    standing_in,
    weeding,
)


def register(cli: click.Group) -> None:
    """Add the service's commands to ``palika``."""
    own = cli.commands.get("eoffice")
    if not isinstance(own, click.Group):
        own = click.Group("eoffice", help="Look after files, receipts, and the desks they are on.")
        cli.add_command(own)
    own.add_command(moving.inbox_command)
    own.add_command(moving.custody_command)
    own.add_command(moving.transfer_command)
    own.add_command(organisation_changes.group)
    organisation_changes.group.add_command(standing_in.leaves_command)
    organisation_changes.group.add_command(standing_in.delegations_command)
    own.add_command(dak.diarise_command)
    own.add_command(dak.receipts_command)
    own.add_command(dak.pending_command)
    own.add_command(dak.acknowledge_command)
    own.add_command(correcting.correct_command)
    own.add_command(correcting.refile_command)
    own.add_command(correcting.strike_command)
    own.add_command(notes.notes_command)
    own.add_command(notes.difference_command)
    own.add_command(approvals.approvals_command)
    own.add_command(approvals.cancel_command)
    own.add_command(readings.readings_command)
    own.add_command(record.verify_command)
    own.add_command(record.root_command)
    own.add_command(signing.group)
    own.add_command(signing.sign_pdf_command)
    own.add_command(search.search_command)
    own.add_command(search.reindex_command)
    own.add_command(records.due_command)
    own.add_command(records.archive_group)
    records.archive_group.add_command(archives.list_command)
    records.archive_group.add_command(archives.remove_command)
    records.archive_group.add_command(archives.agree_command)
    own.add_command(weeding.group)
    for each in (holds.hold_command, holds.lift_command, holds.holds_command):
        weeding.group.add_command(each)
    own.add_command(reports.report_command)
    own.add_command(reports.overdue_command)
    own.add_command(reports.diary_command)
    own.add_command(reports.track_command)
    examples.show(own)
