"""Key performance indicators: figures, and what is entered by hand."""

from typing import Any

from services.portal.api import arguments as a
from services.portal.api.operations import ANYONE, OFFICE, Room
from services.portal.api.shapes import entries
from services.portal.api.shapes import kpis as shapes

_LARGEST_FILE = 5 * 1024 * 1024

room = Room("kpis", "kpi", "Key performance indicators, and values that are entered by hand.")


def _period() -> dict[str, Any]:
    return {
        "period": a.code(about="`2026-27`, `2026-Q1`, `2026-07`, or a word such as `year`."),
        "from_day": a.day(),
        "to_day": a.day(),
        "department": a.code(),
    }


room.read("/kpis", "kpi.dashboard", "All that the token's post may see.", shapes.Dashboard,
          roles=ANYONE, **_period())  # fmt: skip
room.read("/kpis/<code>", "kpi.kpi", "One KPI.", shapes.Kpi, roles=ANYONE, **_period())
room.read(
    "/kpis/<code>/drill",
    "kpi.drill",
    "What it is made of.",
    shapes.Drill,
    roles=OFFICE,
    by=a.one_of("ward", "zone", "department", "day", "month", required=True),
    **_period(),
)
room.read(
    "/kpis/<code>/forecast", "kpi.forecast", "Where it is going.", shapes.Forecast, roles=OFFICE,
    until=a.one_of("period", "year"),
)  # fmt: skip
room.read(
    "/entries",
    "kpi.entries",
    "Values that were entered by hand.",
    entries.Entries,
    roles=OFFICE,
    department=a.code(required=True),
    period=a.code(20),
    measure=a.code(),
    place=a.code(),
    state=a.one_of("draft", "submitted", "approved", "sent_back", "dropped"),
    **a.paging(longest=400),
)
room.read(
    "/entries/form", "kpi.form", "What a department has to enter for a period.", entries.Form,
    roles=OFFICE, department=a.code(required=True), period=a.code(20),
)  # fmt: skip
room.read(
    "/batches",
    "kpi.batches",
    "What was entered together.",
    entries.Batches,
    roles=OFFICE,
    department=a.code(),
    state=a.one_of("draft", "submitted", "decided", "dropped"),
    to_check=a.one_of("own", "all"),
    **a.paging(longest=400),
)
room.read("/batches/<uuid:id>", "kpi.batch", "One batch.", entries.Batch, roles=OFFICE)
_Line = a.schema_of(
    "EntryLine",
    {
        "measure": a.code(required=True),
        "period": a.code(20, required=True),
        "place": a.code(),
        "value": a.anything(required=True, about="A number, or text with one."),
        "reason": a.words(1_000),
        "unit": a.one_of("rupees"),
    },
)
room.write(
    "/batches",
    "kpi.enter",
    "Enter values.",
    entries.Batch,
    status=201,
    again="id",
    roles=OFFICE,
    fixed={"via": "api"},
    largest=5 * 1024 * 1024,
    department=a.code(required=True),
    lines=a.rows(_Line, 20_000),
    note=a.words(1_000),
    submit=a.yes(about="No: it stays a draft."),
)
room.write(
    "/batches/import",
    "kpi.import_file",
    "Enter values from a CSV file or a workbook.",
    entries.Imported,
    status=201,
    again="id",
    roles=OFFICE,
    largest=_LARGEST_FILE * 4 // 3 + 100_000,
    name=a.words(200, required=True, about="Of the file, with its ending."),
    content=a.long_text(_LARGEST_FILE * 4 // 3 + 4, required=True, about="In base64."),
    department=a.code(),
    period=a.code(20),
    note=a.words(1_000),
    submit=a.yes(),
    dry_run=a.yes(about="Only say what is wrong."),
)
room.write("/batches/<uuid:id>/submit", "kpi.submit", "Hand a draft in.", entries.Batch,
           roles=OFFICE)  # fmt: skip
room.write(
    "/batches/<uuid:id>/approve",
    "kpi.approve",
    "Approve lines of it; not one's own.",
    entries.Batch,
    roles=OFFICE,
    lines=a.many(a.whole(), 1, 20_000),
    outliers=a.many(a.whole(), 0, 20_000, about="Lines that are approved although they stand out."),
    remark=a.words(1_000),
)
room.write(
    "/batches/<uuid:id>/send-back",
    "kpi.send_back",
    "Send lines of it back.",
    entries.Batch,
    roles=OFFICE,
    lines=a.many(a.whole(), 1, 20_000),
    remark=a.words(1_000, required=True),
)
