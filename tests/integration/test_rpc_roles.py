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
from tests.support.backbone import Backbone
from tests.support.taxes import PROPERTY

EVERYBODY = "anonymous citizen helpdesk officer supervisor admin service"
DESKS = "officer supervisor admin service"
PAYERS = f"anonymous citizen {DESKS}"
RIGHTS = {
    "eoffice.close": DESKS,
    "eoffice.forward": DESKS,
    "eoffice.get": DESKS,
    "eoffice.list": DESKS,
    "eoffice.open_file": DESKS,
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
    "grievance.get": f"citizen {DESKS}",
    "grievance.link": DESKS,
    "grievance.list": DESKS,
    "grievance.locate": EVERYBODY,
    "grievance.look_up": "admin helpdesk",
    "grievance.merge": DESKS,
    "grievance.mine": "citizen admin",
    "grievance.officers": DESKS,
    "grievance.open311_service": EVERYBODY,
    "grievance.open311_services": EVERYBODY,
    "grievance.published": EVERYBODY,
    "grievance.rate": "anonymous citizen admin",
    "grievance.reassign": "admin supervisor",
    "grievance.reject": DESKS,
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
    "grievance.track": EVERYBODY,
    "grievance.transfer": DESKS,
    "grievance.unfollow": f"citizen helpdesk {DESKS}",
    "grievance.unlink": DESKS,
    "grievance.unmerge": EVERYBODY,
    "grievance.views": DESKS,
    "grievance.wait": DESKS,
    "grievance.withdraw": "anonymous citizen admin",
    "kpi.dashboard": EVERYBODY,
    "kpi.kpi": EVERYBODY,
    "kpi.measures": DESKS,
    "notify.deliveries": DESKS,
    "notify.get": DESKS,
    "notify.preview": DESKS,
    "tax.accept_held": "supervisor admin",
    "tax.approve_campaign": "admin supervisor",
    "tax.bounce_cheque": "officer admin",
    "tax.campaign": DESKS,
    "tax.cancel_at_counter": "supervisor admin",
    "tax.cancel_campaign": "admin supervisor",
    "tax.cancel_notice": DESKS,
    "tax.certify": DESKS,
    "tax.charge_back": "supervisor admin",
    "tax.cheques": DESKS,
    "tax.clear_cheques": "officer admin",
    "tax.close_counter": "supervisor admin",
    "tax.confirm_order": PAYERS,
    "tax.contacts": "admin service",
    "tax.count_counter": "officer admin",
    "tax.counters": DESKS,
    "tax.dcb": DESKS,
    "tax.deposit_cash": "officer admin",
    "tax.deposit_cheques": "officer admin",
    "tax.document": DESKS,
    "tax.document_by_link": f"anonymous citizen {DESKS}",
    "tax.dues": f"citizen {DESKS}",
    "tax.gateway_held": DESKS,
    "tax.get": f"citizen {DESKS}",
    "tax.identify_payment": "officer admin",
    "tax.make_order": PAYERS,
    "tax.notices": DESKS,
    "tax.open_counter": "officer admin",
    "tax.order": PAYERS,
    "tax.pay": DESKS,
    "tax.prepare_notice": DESKS,
    "tax.promise": DESKS,
    "tax.raise_bill": DESKS,
    "tax.receipts": DESKS,
    "tax.refund_payment": "supervisor admin",
    "tax.register_property": DESKS,
    "tax.return_payment": "supervisor admin",
    "tax.serve": DESKS,
    "tax.sign_attachment": "admin supervisor",
    "tax.sign_notice": "admin supervisor",
    "tax.statement": DESKS,
    "tax.suspense": DESKS,
    "tax.suspense_one": DESKS,
    "tax.take_action": DESKS,
    "tax.take_at_counter": "officer admin",
    "tax.tell_outcome": DESKS,
    "tax.verify": f"anonymous citizen {DESKS}",
    "tax.webhook": "admin service",
}
NOBODY = "00000000-0000-7000-8000-000000000000"
PERIOD = {"from_day": "2026-04-01", "to_day": "2026-04-30"}
RIGHT = {
    "eoffice.close": {"id": NOBODY, "post": "roads-je", "version": 1},
    "eoffice.forward": {"id": NOBODY, "post": "roads-je", "to": "accounts", "remark": "see"},
    "eoffice.get": {"number": "R/1"},
    "eoffice.list": {"held_by": "roads-je", "department": "roads", "cursor": "x"},
    "eoffice.open_file": {"subject": "Estimate", "post": "roads-je", "department": "roads"},
    "grievance.acknowledge": {"id": NOBODY, "note": "seen", "version": 1},
    "grievance.answer": {"token": "x", "answer": "by the well", "version": 1},
    "grievance.appeal": {"token": "x", "grounds": "not done", "reason": "ill", "version": 1},
    "grievance.appeals": {"department": "roads", "level": 1, "overdue": True, "cursor": "x"},
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
    "grievance.followed": {"cursor": "x", "limit": 1},
    "grievance.get": {"number": "G/1"},
    "grievance.link": {"id": NOBODY, "other": NOBODY, "version": 1},
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
    "kpi.kpi": {**PERIOD, "code": "grievances-registered", "department": "roads"},
    "kpi.measures": {**PERIOD, "measure": "tax.paid", "department": "x", "ward": "", "limit": 1},
    "notify.deliveries": {"event_id": NOBODY, "recipient_ref": "x", "after": NOBODY, "limit": 1},
    "notify.get": {"id": NOBODY},
    "notify.preview": {"template": "tax.paid", "language": "en", "fields": {"name": "x"}},
    "tax.approve_campaign": {"campaign_id": NOBODY},
    "tax.campaign": {"campaign_id": NOBODY},
    "tax.cancel_campaign": {"campaign_id": NOBODY},
    "tax.cancel_notice": {"id": NOBODY, "reason": "paid"},
    "tax.certify": {"property_id": NOBODY},
    "tax.contacts": {"ids": [NOBODY]},
    "tax.dcb": {
        "from_day": "2026-04-01",
        "to_day": "2026-04-30",
        "known_at": "2026-05-01T00:00:00Z",
        "by": ["ward", "head"],
        "ward": ["aundh-baner"],
        "use": ["mixed"],
        "head": ["general"],
    },
    "tax.document": {"kind": "bill", "number": "x", "language": "en"},
    "tax.document_by_link": {"link": "x", "language": "mr"},
    "tax.dues": {"number": "P/1", "on": "2026-04-01"},
    "tax.get": {"number": "P/1"},
    "tax.notices": {"number": "P/1"},
    "tax.pay": {
        "property_id": NOBODY,
        "amount_paise": 1,
        "reference": "r",
        "mode": "upi",
        "received_on": None,
    },
    "tax.promise": {"property_id": NOBODY, "until": "2026-12-31", "reason": "by telephone"},
    "tax.raise_bill": {"property_id": NOBODY, "period": "2026-27"},
    "tax.register_property": PROPERTY | {"order_number": "TAX/1", "claims": ["solar"]},
    "tax.accept_held": {"order_id": NOBODY, "note": "x"},
    "tax.bounce_cheque": {"payment_id": NOBODY, "reason": "01", "returned_on": "2026-04-01"},
    "tax.cancel_at_counter": {"payment_id": NOBODY, "reason": "wrong property"},
    "tax.charge_back": {"kind": "dispute", "id": "disp_1", "note": "x"},
    "tax.cheques": {"state": "in_hand", "limit": 1},
    "tax.clear_cheques": {"payment_ids": [NOBODY], "cleared_on": "2026-04-01"},
    "tax.close_counter": {"session_id": NOBODY},
    "tax.confirm_order": {
        "order_id": NOBODY,
        "gateway_order_id": "order_1",
        "gateway_payment_id": "pay_1",
        "signature": "0",
    },
    "tax.count_counter": {
        "session_id": NOBODY,
        "pieces": {"50000": 1},
        "cheque_paise": 0,
        "explanation": "x",
    },
    "tax.counters": {"day": "2026-04-01", "place": "BANER"},
    "tax.deposit_cash": {"number": "S1", "deposited_on": "2026-04-01", "amount_paise": 1},
    "tax.deposit_cheques": {
        "number": "S1",
        "deposited_on": "2026-04-01",
        "payment_ids": [NOBODY],
    },
    "tax.gateway_held": {"limit": 1},
    "tax.identify_payment": {
        "payment_id": NOBODY,
        "property_id": NOBODY,
        "amount_paise": 1,
        "key": "k",
        "note": "x",
    },
    "tax.make_order": {"property_id": NOBODY, "amount_paise": 100, "key": "k"},
    "tax.open_counter": {"place": "BANER", "counter": "1"},
    "tax.order": {"order_id": NOBODY},
    "tax.receipts": {"year": "2026-27", "place": "BANER"},
    "tax.refund_payment": {
        "payment_id": NOBODY,
        "amount_paise": 1,
        "reason": "x",
        "key": "k",
    },
    "tax.return_payment": {"payment_id": NOBODY, "amount_paise": 1, "key": "k", "note": "x"},
    "tax.suspense": {"limit": 1},
    "tax.suspense_one": {"payment_id": NOBODY, "language": "en"},
    "tax.take_at_counter": {
        "session_id": NOBODY,
        "property_id": NOBODY,
        "amount_paise": 1,
        "mode": "cheque",
        "reference": "r",
        "cheque": {
            "number": "123456",
            "micr": "411002003",
            "bank": "SBI",
            "dated": "2026-04-01",
        },
    },
    "tax.webhook": {"body": "e30=", "signature": "0", "event_id": "evt_1"},
    "tax.prepare_notice": {"property_id": NOBODY, "step": "warrant"},
    "tax.serve": {"kind": "bill", "number": "x", "served_on": "2026-04-01", "how": "hand"},
    "tax.sign_notice": {"id": NOBODY, "name": "R. S. Patil", "post": "Assistant Commissioner"},
    "tax.sign_attachment": {"item_id": NOBODY},
    "tax.statement": {"number": "P/1", "on": "2026-04-01"},
    "tax.take_action": {"item_id": NOBODY, "outcome": "served"},
    "tax.tell_outcome": {"item_id": NOBODY, "outcome": "promised"},
    "tax.verify": {"link": "x"},
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
