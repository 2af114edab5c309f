"""What the API takes is what the services take: each operation's arguments, against the schema
of the method that it calls."""

import importlib
import inspect
from typing import Any

import pytest
from marshmallow import ValidationError, fields, validate

from palika.rpc import RpcMethod, rpc_methods
from services.portal.api import ROOMS
from services.portal.api.arguments import recipient
from services.portal.api.operations import Operation
from services.portal.domain.reads import checked, is_of_people
from services.portal.domain.scopes import SCOPES, WALL

SERVICES = ("grievance", "eoffice", "tax", "kpi", "notify", "warroom")
OPERATIONS = [each for room in ROOMS for each in room.operations if isinstance(each.call, str)]


def _methods() -> dict[str, RpcMethod]:
    found = {}
    for name in SERVICES:
        module = importlib.import_module(f"services.{name}.service")
        (service,) = (
            each
            for each in vars(module).values()
            if inspect.isclass(each) and getattr(each, "name", None) == name
        )
        found |= {f"{name}.{each.name}": each for each in rpc_methods(service)}
    return found


METHODS = _methods()


def _taken(method: RpcMethod) -> dict[str, fields.Field]:
    """The fields of a method, by the names that callers say."""
    if method.schema is None:
        return {}
    return {each.data_key or name: each for name, each in method.schema.fields.items()}


def _given(here: Operation) -> dict[str, fields.Field]:
    return dict(here.arguments().fields) if here.arguments is not None else {}


def _in_path(here: Operation) -> set[str]:
    parts = [each for each in here.path.split("/") if each.startswith("<")]
    names = {each.strip("<>").rpartition(":")[2] for each in parts}
    return {here.renamed.get(name, name) for name in names}


def _longest(field: Any) -> int | None:
    found = [each.max for each in field.validators if isinstance(each, validate.Length)]
    return found[0] if found else None


def _choices(field: Any) -> list[Any]:
    inner = field.inner if isinstance(field, fields.List) else field
    return [
        choice
        for each in inner.validators
        if isinstance(each, validate.OneOf)
        for choice in each.choices
    ]


@pytest.mark.parametrize("here", OPERATIONS, ids=lambda each: each.name)
def test_an_operation_takes_what_its_method_takes(here: Operation) -> None:
    method = METHODS[str(here.call)]
    taken, given = _taken(method), _given(here)
    own = {here.again} - {"", "call", "source_id"}
    known = set(given) | _in_path(here) | set(here.fixed) | own
    assert known - set(taken) == set()
    needed = {name for name, each in taken.items() if each.required}
    sure = {name for name, each in given.items() if each.required} | _in_path(here)
    assert needed - sure - set(here.fixed) - own == set()
    for name, each in given.items():
        most = _longest(taken[name])
        if most is not None and not isinstance(each, fields.List) and _longest(each) is not None:
            assert _longest(each) == most, name
        for choice in _choices(each):
            # As the service reads it, whatever kind of field it has for that.
            taken[name].deserialize([choice] if isinstance(each, fields.List) else choice)


@pytest.mark.parametrize("here", OPERATIONS, ids=lambda each: each.name)
def test_whoever_an_operation_lets_in_its_method_does_too(here: Operation) -> None:
    allowed = METHODS[str(here.call)].roles
    roles = {"anonymous"} if here.scope is None else set(here.roles)
    assert roles & allowed, "nobody who comes in may do it"
    assert roles - allowed - {"supervisor"} == set()


def test_operations_have_names_of_their_own_and_scopes_that_there_are() -> None:
    every = [each for room in ROOMS for each in room.operations]
    names = [each.name for each in every]
    assert len(set(names)) == len(names)
    assert {each.scope for each in every} - {None} <= SCOPES
    assert [each.name for each in every if each.method == "GET" and each.writes] == []


def test_scopes_are_of_the_room_and_of_what_is_told() -> None:
    scopes = {each.name: each.scope for room in ROOMS for each in room.operations}
    assert scopes["get_grievances_id"] == "grievance:read"
    assert scopes["get_grievances_id_contact"] == "grievance:write"
    assert scopes["post_properties_estimate"] == "property:read"
    assert scopes["post_orders"] == "property:write"
    assert WALL not in scopes.values()


@pytest.mark.parametrize(
    ("name", "found", "asked", "whose"),
    [
        ("get_properties_id_dues", {"number": "P/1"}, {"id": "0"}, ["property:P/1"]),
        ("get_properties_id_register", {"number": "P/1"}, {"id": "0"}, ["property:P/1"]),
        ("get_properties_id_statement", {"number": "P/1"}, {"id": "0"}, ["property:P/1"]),
        ("get_tax_documents", {"property_number": "P/1"}, {"number": "B 1"}, ["property:P/1"]),
        ("get_tax_documents", {"property_number": None}, {"number": "B 1"}, ["property:B1"]),
        ("get_campaigns_id_rejections", {}, {"id": "0"}, ["message:campaign-0"]),
        ("get_messages_id", {}, {"id": "0"}, ["message:0"]),
    ],
)
def test_a_look_is_written_down_by_what_people_call_it(
    name: str, found: Any, asked: Any, whose: list[str]
) -> None:
    (here,) = (each for each in OPERATIONS if each.name == name)
    assert here.whose is not None
    assert here.whose(found, asked) == whose
    assert checked(whose, here.why, None) == (whose, None)


def test_of_what_a_search_finds_its_file_is_written_down_or_what_lies_in_none() -> None:
    file = {"number": "PMC/1"}
    items = [
        {"kind": "letter", "id": "1", "number": "L/1", "file": file},
        {"kind": "paper", "id": "2", "number": None, "file": file},
        {"kind": "note", "id": "3", "number": None, "file": file},
        {"kind": "receipt", "id": "4", "number": "R/1", "file": None},
        {"kind": "receipt", "id": "5", "number": "R/2", "file": {"number": "PMC/2"}},
        {"kind": "paper", "id": "6", "number": None, "file": None},
        {"kind": "archived", "id": "7", "number": "old 7", "file": None},
    ]
    (here,) = (each for each in OPERATIONS if each.name == "get_files_search")
    assert here.whose is not None
    whose = {"file:PMC/1", "file:PMC/2", "receipt:R/1", "receipt:R/2", "paper:6", "file:7"}
    assert set(here.whose({"items": items}, {})) == whose
    checked(whose, here.why, None)


@pytest.mark.parametrize("typed", ["98123 45678", "+91 98123-45678", "९८१२३४५६७८", "09812345678"])
def test_a_telephone_number_is_one_however_it_was_typed(typed: str) -> None:
    assert recipient().deserialize(typed) == "+919812345678"
    assert recipient().deserialize(" A.B@City.IN ") == "a.b@city.in"
    with pytest.raises(ValidationError, match="telephone number or an address"):
        recipient().deserialize("somebody")


def test_an_operation_that_may_tell_of_people_says_of_whom() -> None:
    silent = []
    for each in OPERATIONS:
        service, _, method = str(each.call).partition(".")
        office = not {"officer", "supervisor", "helpdesk"}.isdisjoint(each.roles)
        if (
            each.scope is not None
            and office
            and is_of_people(service, method)
            and each.whose is None
        ):
            silent.append(each.name)
    assert silent == []
