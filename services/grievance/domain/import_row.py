"""One row of another system's records, read through the map."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from palika.errors import Invalid
from services.grievance.domain.import_map import ISO, ImportMap
from services.grievance.domain.lifecycle import State

_EARLIEST_YEAR = 1900


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """A row as it is to be filed.

    Attributes:
        args: for ``schemas.ImportedFiling``; None stands for what is missing.
        filed_at: UTC.
        closed_at: UTC, whatever the status; None when the row has none.
        state: filed, or how it had ended (at ``closed_at``).
        status: the other system's own word, as it came.
    """

    args: dict[str, Any]
    filed_at: datetime
    closed_at: datetime | None
    state: State
    status: str | None


def read_row(rules: ImportMap, row: Mapping[str, str], now: datetime) -> ImportedRow:
    """Read a row.

    Args:
        rules: the map.
        row: the file's column -> value.
        now: no time in the row may be later.

    Raises:
        Invalid: ``fields`` names our field and the rule that its value breaks.
    """
    value = {field: _value(rules, field, row[column]) for field, column in rules.columns.items()}
    for field in ("source_id", "filed_at", "category"):
        if value[field] is None:
            raise _invalid(field, "is missing")
    filed_at = _moments(rules, "filed_at", str(value["filed_at"]), now)[0]
    closed_at = _closed_at(rules, value.get("closed_at"), filed_at, now)
    state = _state(rules, value.get("status"), closed_at)
    if state is not State.FILED and closed_at is None:
        raise _invalid("closed_at", f"is missing, but the status is {value['status']!r}")
    category = str(value["category"])
    ward, department = value.get("ward"), value.get("department")
    return ImportedRow(
        {
            "source": rules.source,
            "source_id": value["source_id"],
            "source_status": value.get("status"),
            "category": rules.categories.read("category", category, rules.source),
            "department": department
            and rules.departments.read("department", department, rules.source),
            "ward": ward and rules.wards.read("ward", ward, rules.source),
            # Many exports have no words of the citizen's: the category is what is known then.
            "description": value.get("description") or category,
            "language": rules.language,
            **{
                field: value[field]
                for field in ("address", "citizen_name", "citizen_phone", "citizen_email")
                if value.get(field) is not None
            },
        },
        filed_at,
        closed_at,
        state,
        value.get("status"),
    )


def _value(rules: ImportMap, field: str, raw: str) -> str | None:
    text = raw.strip()
    if text in rules.missing:
        return None
    trimmed = text.strip(rules.trim[field] + " ") if field in rules.trim else text
    return trimmed or None


def _state(rules: ImportMap, status: str | None, closed_at: datetime | None) -> State:
    if "status" not in rules.columns:
        return State.FILED if closed_at is None else State.RESOLVED
    if status is None:
        raise _invalid("status", "is missing")
    state = rules.statuses.get(status.casefold())
    if state is None:
        raise _invalid("status", f"{status!r} is not in the map")
    return state


def _closed_at(
    rules: ImportMap, text: str | None, filed_at: datetime, now: datetime
) -> datetime | None:
    if text is None:
        return None
    # In the hour that the clocks repeat in autumn a local time means two moments. The first is
    # taken, unless only the second is after the filing.
    moments = _moments(rules, "closed_at", text, now)
    for moment in moments:
        if moment >= filed_at:
            return moment
    raise _invalid("closed_at", "is before filed_at")


def _moments(rules: ImportMap, field: str, text: str, now: datetime) -> list[datetime]:
    """The moments that a text can mean, in UTC, the earliest first."""
    parsed = _parse(rules, text)
    if parsed is None:
        expected = " or ".join(rules.time_formats)
        raise _invalid(field, f"{text!r} is not a time of the form {expected}")
    if parsed.year < _EARLIEST_YEAR:
        raise _invalid(field, f"{text!r} is before {_EARLIEST_YEAR}")
    if parsed.year > now.year + 1:
        raise _invalid(field, f"{text!r} is in the future")
    if parsed.tzinfo is not None:
        moments = [parsed.astimezone(UTC)]
    else:
        local = parsed.replace(tzinfo=rules.zone)
        moments = sorted({local.replace(fold=fold).astimezone(UTC) for fold in (0, 1)})
    if moments[0] > now:
        raise _invalid(field, f"{text!r} is in the future")
    return moments


def _parse(rules: ImportMap, text: str) -> datetime | None:
    for form in rules.time_formats:
        try:
            # A time without a zone of its own is the map's local time: `_moments` gives it that.
            if form == ISO:
                return datetime.fromisoformat(text)
            return datetime.strptime(text, form)  # noqa: DTZ007
        except ValueError:
            continue
    return None


def _invalid(field: str, rule: str) -> Invalid:
    return Invalid("the row is not right", {field: [rule]})
