"""Maker and checker are two people, and each finds what waits for them."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from palika.auth import Identity
from palika.errors import Forbidden
from services.kpi.commands.enter import submit
from services.kpi.entered.batches import batches
from services.kpi.reference import city_catalogue
from services.kpi.schemas.entry import BatchesArgs
from tests.support.kpi_entry import (
    CLERK,
    OWNER,
    TABLES,
    approved,
    done,
    entered,
    line,
    sent_back,
)

SUM = "water.produced_kl"


@pytest.fixture
def database(kpi_sessions) -> Any:
    """The KPI service's database, with nothing entered."""
    with kpi_sessions.begin() as session:
        session.execute(text(f"TRUNCATE {TABLES}"))
    return kpi_sessions


def test_who_has_entered_a_batch_for_one_post_does_not_check_it_for_another(database):
    maker = Identity(CLERK.subject, CLERK.roles, "E-1")
    batch = entered(database, line(SUM, "2026-10", 1), by=maker)
    assert batch["may"] == ["drop"]
    as_owner = Identity(OWNER.subject, OWNER.roles, "E-1")
    for step in (approved, sent_back):
        with pytest.raises(Forbidden, match="themselves"):
            step(database, batch["id"], by=as_owner)
    assert listed(database, as_owner, to_check="own") == []
    owner = Identity(OWNER.subject, OWNER.roles, "E-2")
    (waits,) = listed(database, owner, to_check="own")
    assert (waits["id"], waits["may"]) == (batch["id"], ["approve", "send_back"])
    assert approved(database, batch["id"], by=owner)["may"] == []
    assert listed(database, owner, to_check="own") == []


@pytest.mark.parametrize("typist", ["E-1", ""])
def test_who_submits_a_draft_of_the_one_before_them_does_not_check_it_for_another_post(
    database, typist
):
    maker = Identity(CLERK.subject, CLERK.roles, typist)
    draft = entered(database, line(SUM, "2026-10", 1), by=maker, submit=False)
    holder = Identity(CLERK.subject, CLERK.roles, "E-2")
    # Asked again by another holder of the post, it was submitted by the first.
    for by in (holder, Identity(CLERK.subject, CLERK.roles, "E-3")):
        done(database, submit, by, {"id": UUID(draft["id"])})
    as_owner = Identity(OWNER.subject, OWNER.roles, "E-2")
    for step in (approved, sent_back):
        with pytest.raises(Forbidden, match="submitted themselves"):
            step(database, draft["id"], by=as_owner)
    assert listed(database, as_owner, to_check="own") == []
    owner = Identity(OWNER.subject, OWNER.roles, "E-3")
    (waits,) = listed(database, owner, to_check="own")
    assert waits["may"] == ["approve", "send_back"]
    assert approved(database, draft["id"], by=owner)["state"] == "decided"


def test_only_what_waits_for_the_caller_is_listed_however_much_waits_for_others(database):
    own = entered(database, line(SUM, "2026-10", 1))
    roads = Identity.of("officer:roads-je", "officer", "supervisor")
    measure = next(
        each.code for each in city_catalogue().measures.values()
        if each.department == "roads" and each.every == "month" and not each.by
    )  # fmt: skip
    for month in ("2026-08", "2026-09", "2026-10"):
        entered(database, line(measure, month, 1), by=roads, department="roads")
    assert [each["id"] for each in listed(database, OWNER, to_check="own", limit=1)] == [own["id"]]
    # Who sits at no desk has all, but what they have entered themselves.
    somebody = Identity.of("supervisor:auditor", "supervisor")
    found = [each["department"] for each in listed(database, somebody, to_check="own")]
    assert found == ["roads", "roads", "roads", "water-supply"]
    assert [each["id"] for each in listed(database, roads, to_check="all")] == [own["id"]]
    assert listed(database, CLERK, to_check="all") == []


def listed(database: Any, by: Identity, **said: Any) -> list[dict[str, Any]]:
    """The batches of a list, as it is asked for."""
    with database() as session:
        found: list[dict[str, Any]] = batches(session, BatchesArgs().load(said), by)["items"]
    return found
