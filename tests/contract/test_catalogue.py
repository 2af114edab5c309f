"""One list of events, exchanges and queues: nothing is missing from it, and nothing is orphaned."""

import json
import re
import sys
from collections import Counter
from types import ModuleType

import pytest
from marshmallow import fields

from palika import catalogue, topology
from palika.catalogue import Listener
from palika.config import settings
from palika.events import Event, EventType, registered_types
from tests.support.part import ROOT
from tests.support.samples import GOLDEN, golden, golden_data

PUBLISHED = {str(kind.name): kind for kind in catalogue.all_published()}
LISTENERS = catalogue.all_listeners()


@pytest.fixture(params=PUBLISHED.values(), ids=PUBLISHED.keys())
def kind(request: pytest.FixtureRequest) -> EventType:
    """Every published type."""
    found: EventType = request.param
    return found


@pytest.fixture(params=LISTENERS, ids=lambda one: one.queue)
def listener(request: pytest.FixtureRequest) -> Listener:
    """Every subscription."""
    found: Listener = request.param
    return found


def schemas_of(service: str) -> ModuleType:
    return sys.modules[f"services.{service}.schemas"]


# ---- events


def test_the_city_publishes_and_listens():
    assert {kind.name.service for kind in PUBLISHED.values()} == {
        *["grievance", "tax", "eoffice", "kpi", "notify", "warroom", "portal"]
    }
    assert {one.queue for one in LISTENERS} == {
        *("kpi.measures", "notify.deliveries", "tax.promises"),
        *("warroom.activity", "warroom.alerts"),
    }


def test_every_event_is_published_by_its_own_service(kind: EventType):
    service = kind.name.service
    module = type(kind.schema).__module__
    assert f"{module}.".startswith(f"services.{service}.schemas.")
    (constant,) = [name for name, value in vars(schemas_of(service)).items() if value is kind]
    code = [path.read_text("utf-8") for path in (ROOT / "services" / service).rglob("*.py")]
    makers = [text for text in code if re.search(rf"\b{constant}\.new\(", text)]
    assert makers, f"no code of {service} makes a {kind.name}"


def test_every_event_has_a_summary_and_a_described_schema(kind: EventType):
    assert re.fullmatch(r"[A-Z].+\.", kind.summary)
    assert str(kind.name) in (type(kind.schema).__doc__ or "")
    assert kind.schema.unknown == "raise"


def test_every_event_is_in_its_services_log_and_on_its_exchange(kind: EventType):
    service = kind.name.service
    declared = topology.publisher(service, settings(service))
    (log,) = declared.queues
    assert declared.exchanges == (kind.name.exchange,)
    assert (kind.name.exchange, kind.name.routing_key) in log.bindings


def test_every_golden_sample_still_loads_and_says_the_same(kind: EventType):
    body = golden(str(kind.name)).read_text("utf-8")
    event = Event.from_json(body)
    assert event.type == str(kind.name)
    assert event.data == golden_data(str(kind.name))
    assert kind.schema.dump(kind.schema.load(event.data)) == event.data
    assert json.loads(event.to_json()) == json.loads(body)


def test_every_golden_sample_belongs_to_a_published_event():
    assert {path.stem for path in GOLDEN.iterdir()} == set(PUBLISHED)


def test_no_event_carries_a_persons_name_or_number(kind: EventType):
    personal = re.compile(r"(^|_)(name|phone|mobile|email|address|citizen)($|_)")
    assert [field for field in kind.schema.fields if personal.search(field)] == []


PLAIN = (
    fields.UUID,
    fields.Integer,
    fields.Float,
    fields.Boolean,
    fields.AwareDateTime,
    fields.Date,
)
"""Ids, numbers, yes or no, times: nothing that anybody has written can be in them."""
CODES = {
    *("category", "channel", "department", "mode", "officer", "period", "ward"),
    *("action", "bill_number", "language", "notice_number", "number", "step"),
    *("from_post", "held_by", "person", "power", "to_post"),
    *("audience", "event_type", "lane", "purpose", "source", "template"),
    *("from_category", "from_department", "from_parent_category", "parent_category", "priority"),
    *("code", "light", "light_before", "owner", "severity", "stage", "wards"),
    *(
        "against",
        "answer",
        "by",
        "closed_by",
        "kind",
        "outcome",
        "post",
        "reason",
        "rejection",
        "to",
    ),
}
"""Texts that come from the city's own lists and counters, and never from a keyboard."""
OPAQUE = {"recipient_key", "recipient_ref"}
"""By what a citizen is known to one service: an id, or a keyed digest."""
SEALS = {"before_digest", "entries_digest", "key_digest", "signature"}
"""Digests and signatures of the record, in hexadecimal."""


def test_no_event_carries_what_people_have_written(kind: EventType):
    known = CODES | OPAQUE | SEALS
    written = {
        f"{kind.name} {name}"
        for name, field in kind.schema.fields.items()
        if not isinstance(getattr(field, "inner", field), PLAIN) and name not in known
    }
    assert written == set()


def test_codes_have_no_room_for_a_sentence_or_a_telephone_number(kind: EventType):
    data = golden_data(str(kind.name))
    odd = [
        name
        for name in CODES & data.keys()
        for one in (data[name] if isinstance(data[name], list) else [data[name]])
        if one is not None and not re.fullmatch(r"[A-Za-z][\w./-]*|\d{4}-\d\d", one)
    ]
    assert odd == []


def test_by_what_a_citizen_is_known_tells_nobody_else_who_that_is(kind: EventType):
    data = golden_data(str(kind.name))
    assert all(re.fullmatch(r"[0-9a-f]{64}|[0-9a-f-]{36}", data[name]) for name in OPAQUE & {*data})


def test_a_seal_says_nothing_but_hexadecimal(kind: EventType):
    data = golden_data(str(kind.name))
    assert all(re.fullmatch(r"[0-9a-f]+", data[name]) for name in SEALS & {*data})


def test_no_two_events_share_an_exchange_and_a_routing_key():
    routes = Counter((kind.name.exchange, kind.name.routing_key) for kind in PUBLISHED.values())
    assert max(routes.values()) == 1


def test_only_heartbeats_are_kept_out_of_the_catalogue():
    silent = [kind for kind in registered_types() if not kind.logged]
    assert {kind.name.event for kind in silent} <= {"heartbeat"}


# ---- subscriptions


def test_no_subscription_listens_to_an_event_that_nobody_publishes(listener: Listener):
    assert set(listener.types) <= set(PUBLISHED)


def test_no_subscription_names_an_event_twice(listener: Listener):
    assert len(set(listener.types)) == len(listener.types) > 0


def test_every_subscription_says_what_it_is_for(listener: Listener):
    assert re.fullmatch(r"[A-Z].+\.", listener.summary)


def test_every_subscription_has_its_queue_retry_queues_and_dead_letters(listener: Listener):
    config = settings(listener.service)
    declared = topology.subscription(listener.service, listener.name, listener.types, config)
    names = [queue.name for queue in declared.queues]
    assert sorted(names) == sorted([listener.queue, listener.dead_letters, *listener.retries])
    assert len(listener.retries) == len(config.retry_delays_ms) > 0


def test_every_subscription_receives_all_that_it_listens_to(listener: Listener):
    declared = topology.subscription(
        listener.service, listener.name, listener.types, settings(listener.service)
    )
    (queue,) = [queue for queue in declared.queues if queue.name == listener.queue]
    wanted = {(PUBLISHED[n].name.exchange, PUBLISHED[n].name.routing_key) for n in listener.types}
    assert wanted <= set(queue.bindings)
    assert {key for _, key in set(queue.bindings) - wanted} <= {"heartbeat"}


def test_no_two_queues_share_a_name():
    names = [topology.log_of(service) for service in catalogue.database_names()]
    for one in LISTENERS:
        names += [one.queue, one.dead_letters, *one.retries]
    assert [name for name, times in Counter(names).items() if times > 1] == []


def test_a_service_that_does_not_exist_is_named_with_those_that_do():
    with pytest.raises(catalogue.UnknownService, match=r"'water'; there are: eoffice, grievance"):
        catalogue.published("water")
