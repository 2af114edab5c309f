"""Who may call what: every method of every service, walked as every role.

``RIGHTS`` is the law. A method that is not in it, or a right that the code gives otherwise, fails.
"""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from palika import catalogue
from palika.auth import ROLES, Identity
from palika.errors import Forbidden, Invalid, PalikaError, Unexpected
from palika.rpc import RpcMethod, rpc_methods
from tests.support import (
    eoffice_calls,
    eoffice_paper_calls,
    kpi_calls,
    notify_calls,
    scorecard_calls,
    tax_calls,
    warroom_calls,
)
from tests.support.backbone import Backbone
from tests.support.part import wait_for
from tests.support.tax_calls import DESKS, EVERYBODY, MATTER, NOBODY

RIGHTS = {
    **tax_calls.RIGHTS,
    **notify_calls.RIGHTS,
    **eoffice_calls.RIGHTS,
    **eoffice_paper_calls.RIGHTS,
    **warroom_calls.RIGHTS,
    **scorecard_calls.RIGHTS,
    **kpi_calls.RIGHTS,
    "grievance.acknowledge": DESKS,
    "grievance.answer": EVERYBODY,
    "grievance.appeal": "anonymous citizen admin",
    "grievance.appeals": DESKS,
    "grievance.appeals_of": EVERYBODY,
    "grievance.assign": DESKS,
    "grievance.attach": EVERYBODY,
    "grievance.attachment": EVERYBODY,
    "grievance.check_sample": "officer supervisor admin",
    "grievance.cancel_leave": "admin supervisor",
    "grievance.close": "anonymous citizen admin",
    "grievance.comment": EVERYBODY,
    "grievance.contact": "officer supervisor admin",
    "grievance.contacts": "admin service",
    "grievance.count": DESKS,
    "grievance.delete_view": DESKS,
    "grievance.detach": DESKS,
    "grievance.decide_appeal": "supervisor admin",
    "grievance.export": DESKS,
    "grievance.file": EVERYBODY,
    "grievance.follow": f"citizen helpdesk {DESKS}",
    "grievance.followed": "citizen admin",
    "grievance.forget": "admin service",
    "grievance.get": f"citizen {DESKS}",
    "grievance.link": DESKS,
    "grievance.list": DESKS,
    "grievance.locate": EVERYBODY,
    "grievance.look_up": "admin helpdesk",
    "grievance.matters_of": DESKS,
    "grievance.merge": DESKS,
    "grievance.mine": "citizen admin",
    "grievance.officers": DESKS,
    "grievance.open311_service": EVERYBODY,
    "grievance.open311_services": EVERYBODY,
    "grievance.published": EVERYBODY,
    "grievance.rate": "anonymous citizen admin",
    "grievance.reassign": "admin supervisor",
    "grievance.reject": DESKS,
    "grievance.rejections": DESKS,
    "grievance.reopen": EVERYBODY,
    "grievance.report": DESKS,
    "grievance.resolve": DESKS,
    "grievance.save_view": DESKS,
    "grievance.similar": EVERYBODY,
    "grievance.sample_draw": DESKS,
    "grievance.sample_results": DESKS,
    "grievance.samples": DESKS,
    "grievance.set_leave": "admin supervisor",
    "grievance.set_officer": "admin supervisor",
    "grievance.start": DESKS,
    "grievance.steps": DESKS,
    "grievance.tie": DESKS,
    "grievance.tied": DESKS,
    "grievance.track": EVERYBODY,
    "grievance.transfer": DESKS,
    "grievance.unfollow": f"citizen helpdesk {DESKS}",
    "grievance.unlink": DESKS,
    "grievance.unmerge": EVERYBODY,
    "grievance.untie": DESKS,
    "grievance.views": DESKS,
    "grievance.wait": DESKS,
    "grievance.withdraw": "anonymous citizen admin",
    "kpi.dashboard": EVERYBODY,
    "kpi.dashboard_export": DESKS,
    "kpi.drill": DESKS,
    "kpi.kpi": EVERYBODY,
    "kpi.measures": DESKS,
    "kpi.trace": DESKS,
}
PERIOD = {"from_day": "2026-04-01", "to_day": "2026-04-30"}
RIGHT = {
    **tax_calls.RIGHT,
    **notify_calls.RIGHT,
    **eoffice_calls.RIGHT,
    **eoffice_paper_calls.RIGHT,
    **warroom_calls.RIGHT,
    **scorecard_calls.RIGHT,
    **kpi_calls.RIGHT,
    "grievance.acknowledge": {"id": NOBODY, "note": "seen", "version": 1},
    "grievance.answer": {"token": "x", "answer": "by the well", "version": 1},
    "grievance.appeal": {"token": "x", "grounds": "not done", "reason": "ill", "version": 1},
    "grievance.appeals": {"department": "roads", "level": 1, "overdue": True, "cursor": "x"},
    "grievance.rejections": {},
    "grievance.steps": {"ids": [NOBODY]},
    "grievance.appeals_of": {"token": "x"},
    "grievance.assign": {"id": NOBODY, "officer": "roads-je", "version": 1},
    "grievance.attach": {"token": "x", "kind": "document", "content_base64": "JVBERi0x"},
    "grievance.attachment": {"token": "x", "attachment_id": NOBODY, "thumbnail": True},
    "grievance.check_sample": {"id": NOBODY, "outcome": "not_done", "note": "x", "version": 1},
    "grievance.cancel_leave": {"id": 1},
    "grievance.close": {"token": "x", "version": 1},
    "grievance.comment": {"id": NOBODY, "text": "see", "public": True, "version": 1},
    "grievance.contact": {"number": "G/1"},
    "grievance.contacts": {"ids": [NOBODY]},
    "grievance.count": {"open": True, "text": "pothole"},
    "grievance.decide_appeal": {"id": NOBODY, "outcome": "upheld", "order": "x", "version": 1},
    "grievance.delete_view": {"id": NOBODY},
    "grievance.export": {
        "ward": ["x"],
        "language": "en",
        "order": "due",
        "cursor": "x",
        "limit": 1,
    },
    "grievance.file": {
        "category": "pothole",
        "description": "deep",
        "ward": "aundh-baner",
        "address": "here",
        "citizen_name": "Asha",
        "lat": 18.5,
        "lon": 73.8,
        "source": "app",
        "source_id": "1",
        "media_url": "https://city.example/1.jpg",
        "attributes_as_text": True,
    },
    "grievance.detach": {"id": NOBODY, "attachment_id": NOBODY, "reason": "x", "version": 1},
    "grievance.follow": {"number": "G/1", "citizen_name": "Asha", "citizen_phone": "98220 12345"},
    "grievance.forget": {"phone": "98220 12345", "subjects": ["citizen:9"]},
    "grievance.followed": {"cursor": "x", "limit": 1},
    "grievance.get": {"number": "G/1"},
    "grievance.link": {"id": NOBODY, "other": NOBODY, "version": 1},
    "grievance.matters_of": {"number": "G/1"},
    "grievance.tie": {"number": "G/1", "correlation_id": MATTER, "note": "the same road"},
    "grievance.tied": {"correlation_id": MATTER},
    "grievance.untie": {"number": "G/1", "correlation_id": MATTER, "reason": "another road"},
    "grievance.list": {
        "status": ["filed"],
        "open": True,
        "ward": "aundh-baner",
        "category": ["pothole"],
        "officer": "x",
        "unassigned": False,
        "timing": "overdue",
        "level_from": 1,
        "rating": [1],
        "reopened": True,
        "filed_from_day": "today",
        "filed_to_day": "today",
        "resolved_to_day": "today",
        "text": "pothole",
        "order": "due",
        "limit": 1,
    },
    "grievance.locate": {"token": "x", "lat": 18.5, "lon": 73.8, "version": 1},
    "grievance.look_up": {"phone": "98220 12345", "cursor": "x", "limit": 1},
    "grievance.merge": {"id": NOBODY, "into": NOBODY, "note": "same", "version": 1},
    "grievance.mine": {"status": "filed", "cursor": "x", "limit": 1},
    "grievance.officers": {"department": "roads", "level": 0, "active": True, "cursor": "x"},
    "grievance.open311_service": {"code": "pothole", "language": "en"},
    "grievance.open311_services": {"language": "en"},
    "grievance.published": {
        "numbers": ["x"],
        "categories": ["pothole"],
        "statuses": ["open"],
        "filed_from": "2026-01-01T00:00:00Z",
        "filed_before": "2026-02-01T00:00:00Z",
        "offset": 0,
        "limit": 1,
        "language": "en",
    },
    "grievance.rate": {"token": "x", "rating": 1, "comment": "no", "satisfied": False},
    "grievance.reassign": {"ids": [NOBODY], "auto": True, "cursor": "x", "limit": 1},
    "grievance.reject": {"id": NOBODY, "rejection": "unable_to_fix", "remark": "no", "version": 1},
    "grievance.reopen": {"id": NOBODY, "reason": "still there", "code": "other", "version": 1},
    "grievance.report": {"name": "sla", "by": "ward", "department": "x", "from_day": "today-9"},
    "grievance.resolve": {"id": NOBODY, "remark": "done", "version": 1},
    "grievance.save_view": {"name": "x", "filters": {"open": True}, "department": "x"},
    "grievance.similar": {
        "category": "pothole",
        "description": "deep, by the Sai temple",
        "address": "here",
        "ward": "aundh-baner",
        "lat": 18.5,
        "lon": 73.8,
        "language": "en",
        "on_behalf": True,
    },
    "grievance.sample_draw": {"day": "2026-04-01"},
    "grievance.sample_results": PERIOD,
    "grievance.samples": {"department": "roads", "cursor": "x", "limit": 1},
    "grievance.set_leave": {
        "officer": "roads-je",
        "from_at": "2026-05-01T00:00:00Z",
        "to_at": "2126-05-09T00:00:00Z",
        "substitute": "roads-de",
    },
    "grievance.set_officer": {
        "code": "roads-je",
        "department": "roads",
        "level": 1,
        "wards": ["aundh-baner"],
        "categories": ["pothole"],
        "capacity": 9,
    },
    "grievance.start": {"id": NOBODY, "note": "begun", "version": 1},
    "grievance.track": {"token": "x"},
    "grievance.transfer": {"id": NOBODY, "category": "no-water", "department": "x", "note": "x"},
    "grievance.unfollow": {"number": "G/1", "citizen_email": "asha@example.org"},
    "grievance.unlink": {"id": NOBODY, "other": NOBODY, "version": 1},
    "grievance.unmerge": {"token": "x", "reason": "not the same", "version": 1},
    "grievance.views": {"department": "x"},
    "grievance.wait": {"id": NOBODY, "question": "where?", "version": 1},
    "grievance.withdraw": {"id": NOBODY, "reason": "done", "version": 1},
    "kpi.dashboard": {**PERIOD, "department": "roads"},
    "kpi.dashboard_export": {**PERIOD, "department": "roads", "language": "mr", "codes": ["x"]},
    "kpi.drill": {**PERIOD, "code": "ga-grievance-pending", "by": "day", "ward": "bibwewadi"},
    "kpi.kpi": {**PERIOD, "code": "ga-grievance-pending", "department": "roads"},
    "kpi.measures": {**PERIOD, "measure": "tax.paid", "department": "x", "ward": "", "limit": 1},
    "kpi.trace": {"measure": "tax.nothing", "day": "2026-04-01", "department": "x", "ward": ""},
}
"""Arguments that pass every schema; what they ask for mostly does not exist."""
ODD = (
    *("", "a\0", "\udc00", "\x1b", "x" * 100_000),
    *(-1, 2**63, 10**40, float("nan"), None),
    *(["\0"], ["x"] * 10_000, {"a": {"\0": 1}}),
)


def methods() -> Iterator[tuple[str, str, RpcMethod]]:
    for service in catalogue.service_names():
        for method in rpc_methods(catalogue.service_class(service)):
            yield service, method.name, method


ALL = [pytest.param(*each, id=f"{each[0]}.{each[1]}") for each in methods()]


@pytest.fixture(scope="module")
def services(backbone: Backbone) -> Backbone:
    """Every service of the city, ready."""
    names = catalogue.service_names()
    backbone.migrate(*names)
    for part in [backbone.service(name) for name in names]:
        part.wait_ready(60)
    # The templates that are shipped are stored a moment after the start, by whoever asks first.
    stored = "SELECT count(*) FROM template_version"
    wait_for(lambda: backbone.value("notify", stored) > 0, 30, "the templates are stored")
    # And so is the organisation.
    with backbone.client(Identity.of("officer:commissioner", "officer")) as city:
        city.eoffice.directory(limit=1)
    return backbone


def test_the_rights_are_those_written_here() -> None:
    given = {f"{service}.{name}": set(method.roles) for service, name, method in methods()}
    assert given == {name: set(roles.split()) for name, roles in RIGHTS.items()}


@pytest.mark.parametrize(("service", "name", "method"), ALL)
def test_who_is_not_named_is_refused_and_nothing_happens(
    services: Backbone, service: str, name: str, method: RpcMethod
) -> None:
    allowed = set(RIGHTS[f"{service}.{name}"].split())
    before = _rows(services, service)
    with services.client() as city:
        call = getattr(getattr(city, service), name)
        refused = [{role} for role in ROLES - allowed]
        # Nor do all of them together, or none at all, make one who may.
        for roles in (*refused, ROLES - allowed, set()):
            city.as_(Identity.of("nobody:1", *roles))
            with pytest.raises(Forbidden) as caught:
                call(**RIGHT[f"{service}.{name}"])
            assert caught.value.message == (
                f"{service}.{name} is for {', '.join(sorted(allowed))}; "
                f"the caller is {', '.join(sorted(roles))}"
            )
        for role in allowed:
            city.as_(Identity.of(f"{role}:1", role))
            # Past the roles, it is the arguments that are refused.
            with pytest.raises(Invalid) as refusal:
                call(no_such_field=1)
            assert refusal.value.fields["no_such_field"] == ["Unknown field."]
    assert _rows(services, service) == before


@pytest.mark.parametrize(("service", "name", "method"), ALL)
def test_whatever_a_caller_says_is_never_a_bug_of_the_service(
    services: Backbone, service: str, name: str, method: RpcMethod
) -> None:
    right = RIGHT[f"{service}.{name}"]
    with services.client() as city:
        call = getattr(getattr(city, service), name)
        _outcome(call, right)
        for field in right:
            for odd in ODD:
                arguments = {**right, field: odd}
                outcome = _outcome(call, arguments)
                assert not isinstance(outcome, Unexpected), (field, repr(odd)[:60])
                if "\\u0000" in json.dumps(odd) or odd == "\udc00":
                    assert isinstance(outcome, Invalid), (field, odd)
                    assert field in outcome.fields


def _outcome(call: Any, arguments: dict[str, Any]) -> Any:
    try:
        return call(**arguments)
    except PalikaError as error:
        return error


def _rows(backbone: Backbone, service: str) -> dict[str, int]:
    """How many rows the service has written, by table; heartbeats come by themselves."""
    return dict(backbone.query(service, _counts(backbone, service)))


@cache
def _counts(backbone: Backbone, service: str) -> str:
    """One statement that counts the rows of every table."""
    tables = backbone.query(
        service, "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
    )
    where = {"outbox": " WHERE type NOT LIKE '%.heartbeat.%'"}
    return " UNION ALL ".join(
        f"SELECT '{table}', count(*) FROM \"{table}\"{where.get(table, '')}"
        for (table,) in tables
        if table != "heartbeat"
    )
