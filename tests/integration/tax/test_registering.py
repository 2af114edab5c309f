"""A property is put on the roll once, by an order of a day that has come."""

from importlib import import_module
from typing import Any

import pytest
from marshmallow import ValidationError
from sqlalchemy import func, select, text, update

from palika.errors import Conflict, Invalid
from services.tax.commands.ordering import all_locked
from services.tax.models import OwnerWord, Property
from services.tax.queries.lookup import look_up
from services.tax.queries.properties import find
from services.tax.schemas.changing import PartOf
from services.tax.schemas.common import OfProperty
from services.tax.schemas.looking import LookingUp
from services.tax.schemas.registering import Registering
from tests.support.taxes import FLOOR, OWNER, count, recorded, register

ORDER: dict[str, Any] = {"order_number": "TAX/R/1"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("order_number", "TAX/R/2"),
        ("order_date", "2015-04-02"),
        ("effective_from", "2016-04-01"),
    ],
)
def test_the_same_number_by_another_order_is_refused_by_its_name(sessions, field, value):
    made = register(sessions, **ORDER)
    with pytest.raises(Conflict, match=f"registered already, with another {field}$") as refused:
        register(sessions, **ORDER | {field: value})
    assert refused.value.details["differs"] == [field]
    assert register(sessions, **ORDER).id == made.id
    # What a repeated call does not give is not another.
    assert register(sessions, **ORDER | {field: None}).id == made.id


@pytest.mark.parametrize(
    ("field", "args"),
    [
        ("order_date", {"order_date": "2026-04-02"}),
        ("order_date", {"order_date": "0001-01-01"}),
        ("effective_from", {"effective_from": "2026-04-02"}),
        ("effective_from", {"effective_from": "1849-12-31"}),
        ("floors, 2, built_in", {"floors": [FLOOR, FLOOR | {"built_in": 2027}]}),
    ],
)
def test_a_day_to_come_or_of_another_age_is_refused_by_field(sessions, field, args):
    with pytest.raises(Invalid) as refused:
        register(sessions, **args)
    assert list(refused.value.fields) == [field]
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Property)) == 0


def test_today_and_this_year_are_taken(sessions):
    today = {"order_date": "2026-04-01", "effective_from": "2026-04-01"}
    assert register(sessions, **today, floors=[FLOOR | {"built_in": 2026}]).status == "active"


def test_the_same_owner_twice_is_refused(sessions):
    half = OWNER | {"share": "1/2"}
    with pytest.raises(Invalid, match="not a title") as refused:
        register(sessions, owners=[half, half | {"name": half["name"].upper()}])
    assert refused.value.fields == {"owners": ["somebody is there twice: add their shares up"]}
    assert count(sessions, Property) == 0


def test_a_property_is_registered_once(sessions):
    first = register(sessions)
    assert register(sessions).id == first.id
    with pytest.raises(Conflict, match="another owners"):
        register(sessions, owners=[OWNER | {"name": "Somebody Else"}])
    with pytest.raises(Conflict, match="another floors"):
        register(sessions, floors=[FLOOR | {"area_sqm": 63}])
    assert count(sessions, Property) == 1
    assert recorded(sessions) == []


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("ward", {"ward": "16"}),
        ("zone", {"zone": "zone-9"}),
        ("floors, 1, use", {"floors": [FLOOR | {"use": "palace"}]}),
        ("floors, 1, class", {"floors": [FLOOR | {"class": "marble"}]}),
        ("floors, 1", {"floors": [FLOOR | {"use": "open_plot"}]}),
        ("floors, 1, built_in", {"floors": [FLOOR | {"built_in": "1998"}]}),
        ("claims, 1", {"claims": ["poverty"]}),
        ("owners", {"owners": [OWNER | {"share": "1/2"}, OWNER | {"share": "1/3"}]}),
    ],
)
def test_what_the_rate_sheet_does_not_know_is_refused_by_field(sessions, field, change):
    with pytest.raises(Invalid) as refused:
        register(sessions, **change)
    assert list(refused.value.fields) == [field]
    assert count(sessions, Property) == 0


def test_an_order_is_one_order(sessions):
    register(sessions, order_number="TAX/2026/7")
    with pytest.raises(Conflict, match="TAX/2026/7"):
        register(sessions, number="P/1/0002", order_number="TAX/2026/7")
    assert count(sessions, Property) == 1


@pytest.mark.parametrize("field", ["phone", "email"])
def test_owners_may_share_a_word_of_their_names_and_differ_in_what_they_do_not_say(sessions, field):
    first = OWNER | {"share": "1/2", "phone": "9812345678", "email": "asha@example.org"}
    second = first | {"name": f"Ravi {first['name'].split()[-1]}", field: None}
    made = register(sessions, owners=[first, second])
    with sessions() as session:
        words = session.scalars(select(OwnerWord.word).where(OwnerWord.property_id == made.id))
        assert sorted(words) == sorted({*OWNER["name"].lower().split(), "ravi"})


@pytest.mark.parametrize("number", [" ut/1/0001 ", "UT/1/०००१", "ut/१/0001"])
def test_a_number_is_one_number_however_it_is_written(sessions, number):
    made = register(sessions, number="UT/1/0001")
    assert register(sessions, number=number).id == made.id
    assert count(sessions, Property) == 1
    with sessions() as session:
        assert find(session, OfProperty().load({"number": number})).id == made.id
        assert find(session, {"id": None, "number": number}).id == made.id
        found = look_up(session, LookingUp().load({"number": number.strip()[:-1]}), staff=True)
    assert [each["number"] for each in found["items"]] == ["UT/1/0001"]


@pytest.mark.parametrize("sign", ["\n", "\t", "\r", "\x85", "\u200b", "\u2028"])
@pytest.mark.parametrize("schema", [Registering, OfProperty, LookingUp, PartOf])
def test_a_number_is_a_line_of_what_is_seen(schema, sign):
    with pytest.raises(ValidationError) as refused:
        schema().load({"number": f"UT/1{sign}/0001"})
    assert "one line" in str(refused.value.messages["number"])


def test_numbers_that_were_kept_otherwise_are_found_after_an_upgrade(sessions):
    first, second = register(sessions), register(sessions, number="P/1/0002")
    third = register(sessions, number="P/1/0003")
    kept = {first.id: "ut/१/0001", second.id: "ut/1/0002", third.id: "UT/1/0002"}
    module = import_module("services.tax.migrations.0016_numbers")
    with sessions.begin() as session:
        for id_, number in kept.items():
            session.execute(update(Property).where(Property.id == id_).values(number=number))
        session.execute(text(module.PLAIN))
    with sessions() as session:
        numbers = {each.id: each.number for each in session.scalars(select(Property))}
    # Two that are one number now stay as they are: a person has to say which is which.
    assert numbers == kept | {first.id: "UT/1/0001"}
    with sessions() as session:
        # Each of the two is itself, and who asks for the number gets the one that has it.
        assert find(session, {"id": None, "number": "ut/1/0002"}).id == second.id
        assert find(session, {"id": None, "number": "UT/1/0002"}).id == third.id
        assert [each.id for each in all_locked(session, ["ut/1/0002"])] == [second.id]
        assert [each.id for each in all_locked(session, ["ut/१/0001"])] == [first.id]
