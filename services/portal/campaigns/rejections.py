"""The rows of a campaign that nothing is sent for: as a table and as a file."""

import csv
import io
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, request

from palika.spreadsheets import harmless
from services.portal.accounts.doors import door
from services.portal.accounts.looks import looked_at
from services.portal.asking import Question
from services.portal.campaigns.planning import WITHIN_S
from services.portal.domain.reads import Reason
from services.portal.rooms import ask, one, page, services

_PAGE: Final = 100
_AT_ONCE: Final = 500
_MOST: Final = 50_000
_FILE_S: Final = 30.0


def add_to(campaigns: Blueprint) -> None:
    """Add the pages to the blueprint."""
    campaigns.add_url_rule("/<uuid:key>/rejections", "rejections", rejections)
    campaigns.add_url_rule("/<uuid:key>/rejections.csv", "rejected_file", rejected_file)


@door("officer", "supervisor")
def rejections(key: UUID) -> Response:
    """A page of them. Values are masked, and it is noted who has looked all the same."""
    text = request.args.get("after", "0")
    after = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    told = ask(
        WITHIN_S,
        campaign=Question("notify", "campaign", {"id": str(key)}),
        rows=Question(
            "notify", "campaign_rejections", {"id": str(key), "after": after, "limit": _PAGE}
        ),
    )
    found, rows = one(told["campaign"]), one(told["rows"])
    looked_at([f"message:campaign-{key}"], Reason.HANDLES)
    return page(
        "campaigns/rejections.html", campaign=found, rows=rows["rejections"], next=rows["next"]
    )


@door("officer", "supervisor")
def rejected_file(key: UUID) -> Response:
    """All of them as CSV, for who puts the list right."""
    rows: list[dict[str, Any]] = []
    after: int | None = 0
    with services(_FILE_S) as city:
        while after is not None and len(rows) < _MOST:
            found = city.notify.campaign_rejections(id=str(key), after=after, limit=_AT_ONCE)
            rows += found["rejections"]
            after = found["next"]
    looked_at([f"message:campaign-{key}"], Reason.HANDLES)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["row", "field", "rule", "value"])
    for each in rows:
        writer.writerow(
            [each["row"], *(harmless(each[name]) for name in ("field", "rule", "value"))]
        )
    headers = {
        "Content-Disposition": f'attachment; filename="rejected-{key}.csv"',
        "Cache-Control": "private, no-store",
    }
    return Response(
        "\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8", headers=headers
    )
