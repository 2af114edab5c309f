"""One act on many grievances: chosen in the list, agreed to on a page that says what will become of
each, done once at each however often it is sent."""

import re
import time
from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, redirect, request, url_for

from palika.errors import Conflict, Invalid, PalikaError, Unavailable
from services.portal.accounts import door, who
from services.portal.accounts.parts import parts
from services.portal.citizen.kinds import name_of
from services.portal.commands import bulk
from services.portal.desk import listing, terms
from services.portal.desk.acts import BULK, fields_of, given
from services.portal.desk.grievance import chosen_of, offer
from services.portal.errors import TooMany
from services.portal.models import BulkAct
from services.portal.pages.words import N_, gettext
from services.portal.rooms import FORM, ask, page, refusal, services

_ROW: Final = re.compile(r"([0-9a-f-]{36}) (\d{1,9}) (\S{1,40})", re.ASCII)
_LONGEST_S: Final = 20.0
"""So long it goes on in one request; what is left then is done in the next one."""
_NONE: Final = N_("choose one at least")
_MANY: Final = N_("choose at most %(most)s at once")
_ACT: Final = N_("choose what to do")
_NOT_NOW: Final = N_(
    "The service does not answer just now. What is done is done; send the rest again."
)


def add_to(desk: Blueprint) -> None:
    """Add the pages to the blueprint."""
    desk.add_url_rule("/bulk", "choose", choose, methods=["POST"])
    desk.add_url_rule("/bulk", "choose_page", choose_page)
    desk.add_url_rule("/bulk/<uuid:key>", "bulk", agree, methods=["GET", "POST"])


@door("officer", "supervisor")
def choose_page() -> Any:
    """Where a choice was sent to, the page is loaded again."""
    return redirect(url_for("desk.grievances"), 303)


@door("officer", "supervisor")
def choose() -> Any:
    """Rows of the list, and what is to be done with them; nothing is done yet."""
    typed = request.form
    found = [_ROW.fullmatch(each) for each in typed.getlist("row")]
    rows = {each[1]: each for each in found if each}
    act = typed.get("act", "")
    errors: dict[str, list[str]] = {}
    if not rows:
        errors["row"] = [gettext(_NONE)]
    elif len(rows) > bulk.MOST:
        errors["row"] = [gettext(_MANY, most=bulk.MOST)]
    if act not in BULK:
        errors["act"] = [gettext(_ACT)]
    if errors:
        return listing.listed(400, typed, errors=errors)
    chosen = [{"id": key, "version": int(each[2]), "number": each[3]} for key, each in rows.items()]
    account, post = _whose()
    with parts().store.begin() as session:
        key = bulk.choose(session, account, post, act, chosen, parts().now())
    return redirect(url_for("desk.bulk", key=key), 303)


@door("officer", "supervisor")
def agree(key: UUID) -> Any:
    """What will become of each, and the words of the act; sent, it is done; then what has become.

    Raises:
        NotFound: the choice is another's, or over.
        PalikaError: what may be done cannot be said now.
    """
    here, (account, post) = parts(), _whose()
    with here.store.begin() as session:
        row = bulk.found(session, key, account, post, here.now())
    if request.method == "GET":
        return _page(row)
    typed = request.form
    act = BULK[row.act]
    values: dict[str, Any] = {}
    if row.begun_at is None:
        values, errors = given(act, row.act, typed)
        if errors:
            return _page(row, 400, values=typed, errors=errors)
    try:
        failure = _go_on(key, values)
    except _Wrong as wrong_words:
        # The very first was refused for what was typed: so would be all others.
        told = refusal(wrong_words.error, fields_of(act, row.act), only=True)
        with here.store.begin() as session:
            row = bulk.found(session, key, account, post, here.now(), lock=True)
            said = here.keeping.open(row.given) if row.given is not None else {}
            bulk.end_words(row)
        shown = {**{f"{row.act}-{name}": each for name, each in said.items()}, **typed}
        return _page(row, 400, values=shown, errors=told.errors)
    if failure is not None:
        return redirect(url_for("desk.bulk", key=key, stopped="yes"), 303)
    return redirect(url_for("desk.bulk", key=key), 303)


def _go_on(key: UUID, values: Mapping[str, Any]) -> PalikaError | None:
    """Do what is left of it, some at a time; what has stopped it, if something has.

    Raises:
        _Wrong: what was typed is refused at the first one, and nothing is done.
    """
    here, (account, post) = parts(), _whose()
    # Kept by itself, before the first is done: what a process that dies has done with these words
    # is carried on with no others.
    with here.store.begin() as session:
        row = bulk.found(session, key, account, post, here.now(), lock=True)
        bulk.begin(row, here.keeping, values, here.now())
    end = time.monotonic() + _LONGEST_S
    while time.monotonic() < end:
        with here.store.begin() as session:
            row = bulk.found(session, key, account, post, here.now(), lock=True)
            if row.begun_at is None:
                # Somebody who sent it at the same time was told that the words are wrong.
                return None
            waiting = bulk.left(row)[: bulk.AT_A_TIME]
            if not waiting:
                return None
            assert row.given is not None
            said = here.keeping.open(row.given)
            may = _steps_of(waiting)
            failure = bulk.carry_on(row, _doing(row, said, may, first=not row.outcomes))
        if failure is not None:
            return failure
    return None


def _doing(
    row: BulkAct, said: Mapping[str, Any], may: Mapping[str, Any], *, first: bool
) -> Callable[[Mapping[str, Any], str], bulk.Outcome]:
    """What does it at one grievance."""
    tried = not first

    def do(each: Mapping[str, Any], call: str) -> bulk.Outcome:
        nonlocal tried
        found = may.get(each["id"])
        if found is None or (row.act not in found["steps"] and not _may_be_done(each, found)):
            return {"is": "skipped", "said": _why_not(found)}
        try:
            with services(call=call) as city:
                method = getattr(city.grievance, row.act)
                method(id=each["id"], version=each["version"], **said)
        except (Unavailable, TooMany):
            raise
        except Invalid as error:
            if not tried:
                raise _Wrong(error) from error
            return _refused(error)
        except Conflict as error:
            # Its answer was lost, and it was done.
            if error.details.get("carried_out"):
                return {"is": "done", "said": ""}
            return _refused(error)
        except PalikaError as error:
            return _refused(error)
        finally:
            tried = True
        return {"is": "done", "said": ""}

    return do


def _refused(error: PalikaError) -> bulk.Outcome:
    return {"is": "refused", "said": "; ".join(refusal(error, only=True).errors[FORM])}


class _Wrong(Exception):
    """What was typed is wrong: the transaction is taken back, and other words may be typed."""

    def __init__(self, error: Invalid) -> None:
        super().__init__(str(error))
        self.error = error


def _may_be_done(each: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """Whether it may have been done by the call whose answer was lost: it is at another version
    than was seen. The service knows its call again."""
    return not found["masked"] and found["version"] != each["version"]


def _why_not(found: Mapping[str, Any] | None) -> str:
    if found is None:
        return gettext("it is not there")
    if found["masked"]:
        return gettext("it is private, and not on your desk")
    words = terms.state(found["status"])["words"]
    return gettext("not possible now: it is “%(state)s”, or not on your desk", state=words)


def _steps_of(chosen: list[dict[str, Any]]) -> dict[str, Any]:
    with services() as city:
        told = city.grievance.steps(ids=[each["id"] for each in chosen])
    return {each["id"]: each for each in told["items"]}


def _page(row: BulkAct, status: int = 200, **values: Any) -> Response:
    """Before it is begun: what will become of each. After: what has."""
    act, name = BULK[row.act], row.act
    waiting = bulk.left(row)
    may = _steps_of(waiting) if waiting and row.begun_at is None else {}
    rows = [_row(row, each, may) for each in row.chosen]
    told = _asked(row.act) if row.begun_at is None else {}
    return page(
        "desk/bulk.html",
        status,
        act=act,
        name=name,
        key=row.id,
        begun=row.begun_at is not None,
        rows=rows,
        counts={kind: sum(each["is"] == kind for each in rows) for kind in _KINDS},
        left=len(waiting) if row.begun_at is not None else 0,
        options={each.options: chosen_of(each.options, told) for each in act.asked if each.options},
        stopped=gettext(_NOT_NOW) if request.args.get("stopped") else None,
        **values,
    )


_KINDS: Final = ("legal", "skipped", "done", "refused", "waiting")


def _row(row: BulkAct, each: Mapping[str, Any], may: Mapping[str, Any]) -> dict[str, Any]:
    outcome = row.outcomes.get(each["id"])
    if outcome is not None:
        return {**each, **outcome}
    if row.begun_at is not None:
        return {**each, "is": "waiting", "said": ""}
    found = may.get(each["id"])
    if found is None or row.act not in found["steps"]:
        return {**each, "is": "skipped", "said": _why_not(found)}
    changed = found["version"] != each["version"]
    said = gettext("it has changed since you chose it; it will be refused") if changed else ""
    return {
        **each,
        "is": "skipped" if changed else "legal",
        "said": said,
        "kind": name_of(found["category"]),
    }


def _asked(act: str) -> dict[str, Any]:
    wanted = {each.options for each in BULK[act].asked}
    post = who().post
    assert post is not None
    asked = {
        name: each
        for name, each in offer({"department": post.department}).items()
        if name in wanted
    }
    return ask(**asked)


def _whose() -> tuple[UUID, str]:
    present = who()
    assert present.account_id is not None
    assert present.post is not None
    return present.account_id, present.post.code
