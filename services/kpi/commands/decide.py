"""Approve what another has entered, or send it back."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Conflict, Invalid
from services.kpi.commands.readings import count, lines_of, locked, standing, values_of
from services.kpi.domain.batch_steps import Step, check_state, check_who
from services.kpi.domain.entry import Key
from services.kpi.domain.wholes import Known, beside, too_much
from services.kpi.models import Batch, Reading
from services.kpi.reference import city_catalogue, city_entry, city_places


def approve(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> Batch:
    """Approve a batch, or some lines of it: the values count from now on.

    Asked twice by the same checker it is done once.

    Args:
        session: in a transaction.
        caller: the checker, who is not the maker: neither the same post nor the same person.
        args: `id`; `lines`: numbers from 1, or None for all that wait; `outliers`: of them, the
            lines that the checker has found unusual, and approves none the less; `remark`.
        now: aware.

    Raises:
        NotFound: there is no such batch.
        Forbidden: the caller is its maker, or does not check this department's values.
        Invalid: a line that the batch does not have, an outlier that is not approved, or a part
            above its whole as they are in force (a correction of the other may wait still).
        Conflict: the batch is not submitted, or a line is decided otherwise already.
    """
    batch, chosen = _chosen(session, caller, args, Step.APPROVE, "approved")
    odd = set(args["outliers"])
    if unknown := sorted(odd - {each.line for each in chosen}):
        rule = f"not among the approved lines: {', '.join(map(str, unknown))}"
        raise Invalid("unknown lines", {"outliers": [rule]})
    fresh = [each for each in chosen if each.state == "submitted"]
    before = _in_force(session, batch.department, fresh)
    if before:
        gone = [each.id for each in before.values()]
        session.execute(update(Reading).where(Reading.id.in_(gone)).values(in_force=False))
    for each in fresh:
        old = before.get((each.measure, each.place, each.day))
        each.state, each.in_force, each.outlier = "approved", True, each.line in odd
        each.version = 1 if old is None else (old.version or 0) + 1
        each.replaced = None if old is None else old.value
        each.decided_by, each.decided_at, each.remark = caller.subject, now, args["remark"]
    session.flush()
    _check_wholes(session, batch.department, fresh)
    count(session, fresh)
    _close(session, batch)
    return batch


def send_back(session: Session, caller: Identity, args: Mapping[str, Any], now: datetime) -> Batch:
    """Send a batch back, or some lines of it, with a reason; the maker enters them anew.

    Args and errors as of `approve`; `remark` is the reason.
    """
    batch, chosen = _chosen(session, caller, args, Step.SEND_BACK, "sent_back")
    for each in chosen:
        if each.state == "submitted":
            each.state = "sent_back"
            each.decided_by, each.decided_at, each.remark = caller.subject, now, args["remark"]
    session.flush()
    _close(session, batch)
    return batch


def _chosen(
    session: Session, caller: Identity, args: Mapping[str, Any], step: Step, to: str
) -> tuple[Batch, list[Reading]]:
    """The batch, and the lines of it that are decided; some may be so already, by this caller."""
    batch = locked(session, args["id"])
    found = standing(session, batch)
    check_who(city_entry(), step, found, caller)
    if batch.state != "decided":
        check_state(step, found)
    lines = {each.line: each for each in lines_of(session, batch)}
    asked: Sequence[int] | None = args["lines"]
    if asked is None:
        waiting = [each for each in lines.values() if each.state == "submitted"]
        if waiting:
            return batch, waiting
        asked = [
            n for n, each in lines.items() if (each.state, each.decided_by) == (to, caller.subject)
        ]
        if not asked:
            raise Conflict("nothing of the batch waits for a decision", {"state": batch.state})
    if unknown := sorted(set(asked) - set(lines)):
        rule = f"the batch has no line {', '.join(map(str, unknown))}"
        raise Invalid("unknown lines", {"lines": [rule]})
    chosen = [lines[number] for number in sorted(set(asked))]
    for each in chosen:
        if each.state != "submitted" and (each.state, each.decided_by) != (to, caller.subject):
            raise Conflict(
                f"line {each.line} is {each.state} already",
                {"line": each.line, "state": each.state},
            )
    return batch, chosen


def _in_force(
    session: Session, department: str, lines: Sequence[Reading]
) -> dict[tuple[Any, ...], Reading]:
    """What the lines would replace."""
    if not lines:
        return {}
    query = select(Reading).where(
        Reading.department == department,
        Reading.measure.in_({each.measure for each in lines}),
        Reading.day.in_({each.day for each in lines}),
        Reading.in_force,
    )
    wanted = {(each.measure, each.place, each.day) for each in lines}
    found = session.scalars(query.execution_options(populate_existing=True))
    by_key = {(each.measure, each.place, each.day): each for each in found}
    return {key: each for key, each in by_key.items() if key in wanted}


def _check_wholes(session: Session, department: str, lines: Sequence[Reading]) -> None:
    """Refuse what was possible beside values that waited, and is not beside those in force."""
    measures = city_catalogue().measures
    keys = {each.line: Key(each.measure, each.place, each.day) for each in lines}
    keys = {line: key for line, key in keys.items() if key.measure in measures}
    asked = beside({key.measure for key in keys.values()}, measures)
    since = min((key.day for key in keys.values()), default=None)
    values = values_of(session, department, asked, since, waiting=False)
    found = too_much(keys, Known(values, measures, city_places()))
    if found:
        told = [f"line {each.line}: {each.rule}" for each in found]
        raise Invalid("nothing was approved", {"lines": told})


def _close(session: Session, batch: Batch) -> None:
    query = select(Reading.id).where(Reading.batch_id == batch.id, Reading.state == "submitted")
    if session.scalar(query.limit(1)) is None:
        batch.state = "decided"
