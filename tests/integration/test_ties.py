"""What every service that takes part in matters promises: the same tests on each of them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from marshmallow import ValidationError
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from palika import correlation
from palika.auth import Identity
from palika.catalogue import service_class
from palika.correlation import MOST_MATTERS, MOST_TIES, new_id
from palika.errors import Conflict, Forbidden, NotFound
from palika.local import Postgres
from palika.rpc import CallContext
from services.eoffice.models import Act
from services.eoffice.sealing.keys import city_keys_of_record
from services.eoffice.sealing.verify.rows import verify_rows
from tests.support.databases import service_database
from tests.support.eoffice_moves import opened
from tests.support.grievances import FILING, GrievanceDesk
from tests.support.receipts import COMMISSIONER
from tests.support.taxes import bill, register

OFFICER = Identity.of("officer:roads-je", "officer")
OTHER = Identity.of("officer:law", "officer")
_numbers = count(1)


@dataclass
class Side:
    """A service, called as its callers do, and what it can make."""

    name: str
    sessions: sessionmaker[Session]
    make: Callable[[], dict[str, str]]

    def call(self, method: str, caller: Identity = OFFICER, **args: Any) -> Any:
        """What a method answers."""
        kind = service_class(self.name)
        service: Any = kind.__new__(kind)
        service.db = SimpleNamespace(begin=self.sessions.begin)
        service.caller = CallContext.within(self.name, caller)
        described: Any = getattr(kind, method)
        return described.__wrapped__(service, described.rpc_method.schema.load(args))

    def numbers(self, matter: str, caller: Identity = OFFICER, **args: Any) -> list[str]:
        """The numbers of what is tied to a matter, in order."""
        found = self.call("tied", caller, correlation_id=matter, **args)["items"]
        return [each["number"] for each in found]


def _grievance(sessions: sessionmaker[Session]) -> Side:
    def make() -> dict[str, str]:
        filed = GrievanceDesk(sessions).file(**FILING | {"description": f"hole {next(_numbers)}"})
        return {"kind": "grievance", "number": filed.number}

    return Side("grievance", sessions, make)


def _eoffice(sessions: sessionmaker[Session]) -> Side:
    return Side("eoffice", sessions, lambda: {"kind": "file", "number": opened(sessions).number})


def _property(sessions: sessionmaker[Session]) -> Side:
    def make() -> dict[str, str]:
        number = f"T/{next(_numbers)}"
        register(sessions, number=number, order_number=f"O/{number}")
        return {"kind": "property", "number": number}

    return Side("tax", sessions, make)


def _bill(sessions: sessionmaker[Session]) -> Side:
    def make() -> dict[str, str]:
        number = f"T/{next(_numbers)}"
        owed = register(sessions, number=number, order_number=f"O/{number}")
        return {"kind": "bill", "number": bill(sessions, owed).number}

    return Side("tax", sessions, make)


SIDES = {"grievance": _grievance, "eoffice": _eoffice, "property": _property, "bill": _bill}


@pytest.fixture(scope="module")
def databases(postgres: Postgres) -> Iterator[dict[str, sessionmaker[Session]]]:
    with (
        service_database(postgres, "grievance") as grievance,
        service_database(postgres, "eoffice") as eoffice,
        service_database(postgres, "tax") as tax,
    ):
        yield {"grievance": grievance, "eoffice": eoffice, "property": tax, "bill": tax}


@pytest.fixture(params=SIDES)
def side(request: pytest.FixtureRequest, databases: dict[str, sessionmaker[Session]]) -> Side:
    return SIDES[request.param](databases[request.param])


def test_a_matter_begins_with_a_thing_and_others_are_tied_to_it(side):
    first, second = side.make(), side.make()
    begun = side.call("tie", **first, note="the same road")
    matter = begun["correlation_id"]
    assert UUID(matter).version == 7
    assert (begun["number"], begun["note"]) == (first["number"], "the same road")
    assert begun["tied_by"] == OFFICER.subject
    side.call("tie", **second, correlation_id=matter)
    assert side.numbers(matter) == [first["number"], second["number"]]


def test_a_thing_shows_its_matters_wherever_it_is_shown(side):
    thing = side.make()
    matters = [side.call("tie", **thing)["correlation_id"] for _ in range(2)]
    told = side.call("matters_of", **thing)
    assert [each["correlation_id"] for each in told["matters"]] == matters
    by_id = side.call("matters_of", kind=thing["kind"], id=told["id"])
    assert by_id == told
    if thing["kind"] != "bill":
        shown = side.call("get", number=thing["number"])
        assert shown["matters"] == told["matters"]


def test_asked_twice_it_is_tied_once(side):
    thing, matter = side.make(), str(new_id())
    first = side.call("tie", **thing, correlation_id=matter, note="a")
    assert side.call("tie", **thing, correlation_id=matter, note="a") == first
    assert side.call("tie", OTHER, **thing, correlation_id=matter) == first
    with pytest.raises(Conflict, match="another note"):
        side.call("tie", **thing, correlation_id=matter, note="b")
    assert len(side.numbers(matter)) == 1


def test_what_is_untied_was_tied_and_may_be_tied_again(side):
    thing = side.make()
    matter = side.call("tie", **thing)["correlation_id"]
    between = datetime.now(UTC).isoformat()
    asked = {**thing, "correlation_id": matter, "reason": "another road"}
    ended = side.call("untie", **asked)
    assert (ended["untied_by"], ended["reason"]) == (OFFICER.subject, "another road")
    assert side.call("untie", **asked) == ended
    assert side.numbers(matter) == []
    assert side.call("matters_of", **thing)["matters"] == []
    assert side.numbers(matter, as_of=between) == [thing["number"]]
    with pytest.raises(NotFound, match="not tied"):
        side.call("untie", OTHER, **asked)
    side.call("tie", **thing, correlation_id=matter)
    assert side.numbers(matter) == [thing["number"]]


def test_what_there_is_not_is_neither_tied_nor_untied(side):
    kind, matter = side.make()["kind"], str(new_id())
    more = {"tie": {}, "untie": {"reason": "x"}}
    for method, args in more.items():
        for key in ({"id": str(uuid4())}, {"number": "no-such"}):
            with pytest.raises(NotFound):
                side.call(method, kind=kind, **key, correlation_id=matter, **args)
    assert side.numbers(matter) == []


def test_what_is_not_understood_is_refused_with_the_field(side):
    thing = side.make()
    wrong = {
        "correlation_id": {"correlation_id": str(uuid4())},
        "kind": {"kind": "tree"},
        "id": {"id": str(uuid4())},
        "note": {"note": "x" * 501},
    }
    for field, args in wrong.items():
        with pytest.raises(ValidationError) as refused:
            side.call("tie", **{**thing, **args})
        assert [*refused.value.messages] == [field]


def test_answers_are_bounded(side, monkeypatch):
    monkeypatch.setattr(correlation, "MOST_TIES", 2)
    monkeypatch.setattr(correlation, "MOST_MATTERS", 2)
    assert MOST_MATTERS < MOST_TIES
    first, second, third = side.make(), side.make(), side.make()
    matter = side.call("tie", **first)["correlation_id"]
    side.call("tie", **second, correlation_id=matter)
    with pytest.raises(Conflict, match="2 things here"):
        side.call("tie", **third, correlation_id=matter)
    side.call("tie", **first)
    with pytest.raises(Conflict, match="belongs to 2 matters"):
        side.call("tie", **first)


# ---- secrecy


def test_a_private_grievance_is_not_there_for_whom_it_is_no_business(databases):
    side = _grievance(databases["grievance"])
    desk = GrievanceDesk(side.sessions)
    hidden = desk.file(category="bribe", attributes={"office": "Aundh"})
    open_ = side.make()
    supervisor = Identity.of("supervisor:vigilance", "supervisor")
    matter = side.call("tie", supervisor, number=hidden.number)["correlation_id"]
    side.call("tie", **open_, correlation_id=matter)
    assert side.numbers(matter, supervisor) == [hidden.number, open_["number"]]
    assert side.numbers(matter) == [open_["number"]]
    for method in ("tie", "matters_of"):
        with pytest.raises(Forbidden):
            side.call(method, number=hidden.number)


def test_a_secret_file_is_not_there_for_who_may_not_read_it(databases):
    side = _eoffice(databases["eoffice"])
    secret = opened(side.sessions, COMMISSIONER, secrecy="top_secret")
    open_ = side.make()
    matter = side.call("tie", COMMISSIONER, number=secret.number)["correlation_id"]
    side.call("tie", **open_, correlation_id=matter)
    assert side.numbers(matter, COMMISSIONER) == [secret.number, open_["number"]]
    assert side.numbers(matter) == [open_["number"]]
    told = []
    for key in (str(secret.id), str(uuid4())):
        with pytest.raises(NotFound) as refused:
            side.call("untie", id=key, correlation_id=matter, reason="x")
        told.append(repr(refused.value.to_dict()).replace(key, "…"))
    assert told[0] == told[1]


# ---- what is kept beside


def test_the_timeline_of_a_grievance_keeps_who_tied_it_for_the_office_only(databases):
    side = _grievance(databases["grievance"])
    desk = GrievanceDesk(side.sessions)
    filed = desk.file()
    matter = side.call("tie", number=filed.number)["correlation_id"]
    side.call("untie", number=filed.number, correlation_id=matter, reason="another road")
    steps = [(each["step"], each["data"]) for each in desk.timeline(filed)[-2:]]
    assert steps == [("tie", {"matter": matter}), ("untie", {"matter": matter})]
    assert not any(each["public"] for each in desk.timeline(filed)[-2:])
    assert desk.stored(filed).version == filed.version


def test_each_tying_of_a_file_stands_in_its_chain_and_a_changed_tie_is_found(databases):
    side = _eoffice(databases["eoffice"])
    file = opened(side.sessions)
    matter = side.call("tie", number=file.number)["correlation_id"]
    side.call("untie", number=file.number, correlation_id=matter, reason="another road")
    other = side.call("tie", number=file.number)["correlation_id"]
    with side.sessions() as session:
        acts = session.query(Act).filter_by(chain_id=file.id).order_by(Act.position).all()
    said = [(each.verb, each.data["matter"]) for each in acts[-3:]]
    assert said == [("tied", matter), ("untied", matter), ("tied", other)]

    def found() -> list[str]:
        with side.sessions() as session:
            told = verify_rows(session, city_keys_of_record(), lambda *_: None)
            return [each.row for each in told if each.row.startswith("tie:")]

    assert found() == []
    with side.sessions.begin() as session:
        session.execute(text("UPDATE tie SET note = 'x' WHERE correlation_id = :id"), {"id": other})
    (row,) = found()
    with side.sessions.begin() as session:
        session.execute(
            text("UPDATE tie SET note = NULL WHERE correlation_id = :id"), {"id": other}
        )
    assert row.startswith("tie:")
