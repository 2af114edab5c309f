"""Recipients from a CSV file, row by row: the file is never whole in memory."""

import hashlib
import io
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TextIO
from uuid import UUID

from sqlalchemy.orm import Session

from palika import csv_files
from palika.errors import Conflict, Invalid
from services.notify.commands.campaign_draft import Row, Shop, finish, locked, put
from services.notify.domain.campaign_rows import Checker, Columns
from services.notify.domain.campaigns import CampaignState
from services.notify.models import Campaign

CHUNK = 500
"""Rows in one transaction."""
MOST_ROWS = 5_000_000


@dataclass(frozen=True, slots=True)
class File:
    """A CSV file that can be read to its end.

    Attributes:
        header: its first row.
        rows: behind it, empty lines included.
        digest: SHA-256.
    """

    path: Path
    header: tuple[str, ...]
    rows: int
    digest: str


def look_at(path: Path) -> File:
    """Read a file once through, before anything is written: is it CSV in UTF-8, how long is it?

    Cells are separated by what separates most of the header: commas, semicolons or tabs.

    Raises:
        Invalid: it is not, or too long, with the row.
        OSError: it cannot be read.
    """
    header: list[str] = []
    last = 0
    with _opened(path) as (digest, text):
        for number, cells in csv_files.rows(text):
            header = cells if number == 1 else header
            last = number
    if not header:
        raise Invalid("An empty file.", {"row 1": ["the header is missing"]})
    if last == 1:
        raise Invalid("No recipients.", {"row 2": ["the file ends after its header"]})
    if last - 1 > MOST_ROWS:
        raise Invalid("Too long.", {"rows": [f"{MOST_ROWS} at the most"]})
    return File(path, tuple(header), last - 1, digest)


def load(
    begin: Callable[[], AbstractContextManager[Session]],
    campaign_id: UUID,
    file: File,
    shop: Shop,
    now: Callable[[], datetime],
    progress: Callable[[Campaign], None] = lambda campaign: None,
    stopping: Callable[[], bool] = lambda: False,
) -> Campaign:
    """Load the rows that are not there yet, until all are or it is told to stop.

    Any number of processes may load the same file into one campaign: each row is put down once.

    Returns:
        The campaign: a draft, or still loading when it was told to stop.

    Raises:
        Invalid: the columns are not those of the template; nothing is written then.
        Conflict: the file has changed while it was read, or somebody has cancelled the campaign.
    """
    with begin() as session:
        campaign = locked(session, campaign_id)
    if campaign.state != CampaignState.LOADING:
        return campaign
    template = shop.templates.named(campaign.template, campaign.template_version)
    columns = Columns.of(file.header, template, campaign.fields)
    checker = shop.checker(template, campaign.fields, strict=True)
    with _opened(file.path) as (digest, text):
        if digest != campaign.digest:
            raise Conflict("The file has changed.", {"file": str(file.path)})
        behind = max(campaign.loaded_to, 1)
        rows = (each for each in csv_files.rows(text) if each[0] > behind)
        while chunk := list(islice(rows, CHUNK)):
            if stopping():
                return campaign
            checked = list(_checked(chunk, columns, checker))
            with begin() as session:
                campaign = locked(session, campaign_id)
                if campaign.state == CampaignState.LOADING:
                    put(session, campaign, checked, chunk[-1][0], shop)
            if campaign.state != CampaignState.LOADING:
                break
            progress(campaign)
    with begin() as session:
        campaign = locked(session, campaign_id)
        if campaign.state == CampaignState.CANCELLED:
            raise Conflict("It was cancelled.", {"state": campaign.state})
        if campaign.state == CampaignState.LOADING:
            finish(session, campaign, shop, now())
    return campaign


def _checked(
    chunk: Sequence[tuple[int, list[str]]], columns: Columns, checker: Checker
) -> Iterator[Row]:
    for number, cells in chunk:
        if not any(cells):
            continue
        contact, fields, wrong = columns.read(cells)
        if wrong:
            yield Row(number, None, wrong)
            continue
        recipient, wrong = checker.check(contact, fields)
        yield Row(number, recipient, wrong)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[str, TextIO]]:
    """The digest of a file, and the file from its beginning.

    Raises:
        Invalid: it is a workbook, or text in UTF-16.
        Conflict: somebody has written to it meanwhile.
    """
    with path.open("rb") as file:
        before = os.fstat(file.fileno())
        csv_files.check_begins(file.read(4))
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        # A byte that is no UTF-8 is found in the row that it is in.
        with io.TextIOWrapper(file, "utf-8-sig", "surrogateescape", newline="") as text:
            yield digest, text
            after = os.fstat(file.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise Conflict("The file has changed while it was read.", {"file": str(path)})
