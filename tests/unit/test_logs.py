"""Logs: nobody's telephone number or e-mail address in clear, and everything else readable."""

import io
import json
import logging
import sys
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palika import logs, tracing
from palika.logs import mask

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
EVENT = "0196f3a0-1111-7000-8000-982201234567"
MASK = "•••"


def test_a_line_says_which_city_of_several_it_is_of(as_json: "Log") -> None:
    as_json.logger.info("started")
    assert "city" not in as_json.entry()
    logs.configure(service="kpi", part="service", form="json", level="info", city="nashik")
    record = logging.LogRecord("palika.test", logging.INFO, "", 0, "started", (), None)
    assert logs.fields_of(record)["city"] == "nashik"
    assert "city=nashik" in logs.HumanFormatter().format(record)
    logs.configure(service="kpi", part="service", form="json", level="info")
    assert "city" not in logs.fields_of(record)


class Log:
    """The process's log, set up as ``configure`` does."""

    def __init__(self, form: str, level: str = "info") -> None:
        logs.configure(service="kpi", part="service", form=form, level=level)
        (handler,) = logging.getLogger().handlers
        assert isinstance(handler, logging.StreamHandler)
        assert handler.stream is sys.stderr
        self.handler = handler
        self._stream = io.StringIO()
        handler.setStream(self._stream)
        self.logger = logging.getLogger("palika.test")

    def written(self) -> list[str]:
        """The lines that were written."""
        return self._stream.getvalue().splitlines()

    def entry(self) -> dict[str, Any]:
        """The one line of JSON that was written."""
        (line,) = self.written()
        found: dict[str, Any] = json.loads(line)
        return found


@pytest.fixture(autouse=True)
def undone(monkeypatch: pytest.MonkeyPatch) -> None:
    """What ``configure`` does is undone after the test; the handlers there were are not closed."""
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    for name in (None, "pika", "kombu", "nameko", "alembic", "amqp"):
        logger = logging.getLogger(name)
        monkeypatch.setattr(logger, "level", logger.level)


@pytest.fixture
def as_json() -> Log:
    """A log in JSON."""
    return Log("json")


@pytest.fixture
def for_people() -> Log:
    """A log for people."""
    return Log("human")


# ---- what is masked


@pytest.mark.parametrize(
    "number",
    [
        "9822012345",
        "98220 12345",
        "98220-12345",
        "982 201 2345",
        "982-201-2345",
        "9822 012 345",
        "9822-012345",
        "982 2012345",
        "98-22012345",
        "98 2201 2345",
        "6000000000",
        "+919822012345",
        "+91 98220 12345",
        "+91-98220-12345",
        "(+91) 98220 12345",
        "91 9822012345",
        "919822012345",
        "0091 9822012345",
        "09822012345",
        "0 98220 12345",
        "९८२२०१२३४५",
        "+९१ ९८२२० १२३४५",
        "98220\u00a012345",
        "020-25501234",
        "020 2550 1234",
        "02112-222333",
    ],
)
@pytest.mark.parametrize(
    "around", ["{}", "call {}.", "({})", "'{}',", "tel:{};", "मो.{} ला", "a={}"]
)
def test_a_telephone_number_is_masked_whole(number, around):
    assert mask(around.format(number)) == around.format(MASK)


def test_every_number_of_a_text_is_masked():
    assert mask("9822012345, 98220 12346 and 9822-012-347") == f"{MASK}, {MASK} and {MASK}"


@given(st.integers(6 * 10**9, 10**10 - 1))
def test_every_mobile_number_is_masked(number):
    digits = str(number)
    for text in (digits, f"{digits[:5]} {digits[5:]}", f"+91-{digits}"):
        assert mask(text) == MASK


@pytest.mark.parametrize(
    "address",
    [
        "asha@example.in",
        "asha.kulkarni+pmc@mail.pune.gov.in",
        "ASHA_K%x@EXAMPLE.IN",
        "अशा@उदाहरण.भारत",
    ],
)
@pytest.mark.parametrize("around", ["{}", "to <{}>", "{}: bounced", "mailto:{}?x=y"])
def test_an_e_mail_address_is_masked_whole(address, around):
    assert mask(around.format(address)) == around.format(MASK)


@pytest.mark.parametrize("url", ["amqp://guest:{}@h:5672//", "postgresql://u:{}@localhost/db"])
@pytest.mark.parametrize("password", ["s3cret", "a/s3cret", "a@s3cret", "s3cret@b"])
def test_the_password_of_a_url_is_masked(url, password):
    text = mask(f"cannot reach {url.format(password)}: refused")
    assert "s3cret" not in text
    assert text.endswith(url.partition("@")[2] + ": refused")


# ---- what is not


@pytest.mark.parametrize(
    "text",
    [
        EVENT,
        "98220123-4567-7abc-8def-0123456789ab",
        TRACE,
        "GR-2026-000001",
        "GR-2026-9822012345",
        "UPI9822012345",
        "9822012345abc",
        "982201234567",
        "98220123456",
        "1775044800",
        "5822012345",
        "1.9822012345",
        "9822012345.50",
        "₹9,82,20,12,345",
        "1,23,45,678 paise",
        "2026-04-01 10:15:00.123",
        "127.0.0.1:56789",
        "http://127.0.0.1:40123/metrics",
        "batch of 500 in 7000 ms",
        "7000 1000 600",
        "kpi.measures.retry.600000",
        "@subscribe",
        "amqp://localhost:5672//",
    ],
)
def test_ids_amounts_times_and_addresses_of_machines_stay(text):
    assert mask(text) == text
    assert mask(f"it is {text} here") == f"it is {text} here"


@given(st.uuids())
def test_no_uuid_is_masked(key):
    assert mask(f"event {key} failed") == f"event {key} failed"


# ---- a line


def test_a_line_of_json_says_what_when_and_where(as_json: Log):
    as_json.logger.info("took %d events", 5)
    found = as_json.entry()
    assert found["time"].endswith("+00:00")
    assert {key: found[key] for key in ("level", "service", "part", "logger", "message")} == {
        "level": "info",
        "service": "kpi",
        "part": "service",
        "logger": "palika.test",
        "message": "took 5 events",
    }
    assert "trace_id" not in found
    assert "event_id" not in found


def test_a_line_for_people_is_short(for_people: Log):
    for_people.logger.warning("took %d events", 5, extra={"queue": "kpi.measures"})
    (line,) = for_people.written()
    time, rest = line.split(" ", 1)
    assert len(time) == len("12:00:00.000")
    assert rest == "warning kpi/service took 5 events  queue=kpi.measures"


def test_arguments_of_a_message_are_masked(as_json: Log):
    as_json.logger.info("sending to %s at %s", "asha@example.in", "98220 12345")
    assert as_json.entry()["message"] == f"sending to {MASK} at {MASK}"


def test_extras_are_masked_by_their_name_and_by_what_they_say(as_json: Log):
    extra = {
        "phone": "12345",
        "Email": "somewhere",
        "owner_phone": 9822012345,
        "recipient": ["anybody"],
        "citizen": {"id": 7},
        "note": "call 98220 12345",
        "nested": {"address": "1, Baner Road", "deep": [{"mobile": "1"}, "asha@example.in"]},
        "by_number": {"9822012345": "kept"},
        "error": ValueError("no route to 98220 12345"),
        "raw": b"98220 12345",
    }
    as_json.logger.info("x", extra=extra)
    found = as_json.entry()
    assert {key: found[key] for key in extra} == {
        "phone": MASK,
        "Email": MASK,
        "owner_phone": MASK,
        "recipient": MASK,
        "citizen": MASK,
        "note": f"call {MASK}",
        "nested": {"address": MASK, "deep": [{"mobile": MASK}, MASK]},
        "by_number": {MASK: "kept"},
        "error": f"no route to {MASK}",
        "raw": f"b'{MASK}'",
    }


def test_extras_that_are_nobodys_stay_as_they_are(as_json: Log):
    extra = {
        "amount_paise": 9822012345,
        "event": UUID(EVENT),
        "queue": "kpi.measures",
        "share": 0.5,
        "ok": True,
        "nothing": None,
        "pair": (1, 2),
    }
    as_json.logger.info("x", extra=extra)
    found = as_json.entry()
    shown = {key: found[key] for key in extra}
    assert shown == extra | {"event": EVENT, "pair": [1, 2]}


def test_an_exception_is_masked_too(as_json: Log):
    try:
        raise KeyError("no citizen with 98220 12345")
    except KeyError:
        as_json.logger.exception("lookup failed")
    found = as_json.entry()
    assert found["level"] == "error"
    assert f"KeyError: 'no citizen with {MASK}'" in found["exception"]
    assert "Traceback" in found["exception"]
    assert "12345" not in json.dumps(found)


ROW = """(psycopg2.errors.CheckViolation) new row for relation "grievance" violates check "x"
DETAIL:  Failing row contains (1, Mangala Joshi, Flat 3, Karve Road

HINT of a road, Kothrud).
CONTEXT:  while Mangala Joshi was inserted
[SQL: INSERT INTO grievance (citizen_name) VALUES (%(citizen_name)s)]
(Background on this error at: https://sqlalche.me/e/20/gkpj)"""
CAST = """invalid input syntax for type integer: "Mangala "Joshi", Kothrud"
LINE 1: INSERT INTO grievance VALUES ('Mangala Joshi', 'Kothrud')
                                      ^
HINT:  No function matches"""


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (ROW, ["violates check", "[SQL: INSERT", "(Background on"]),
        (CAST, ["invalid input syntax for type integer: ", "HINT:  No function"]),
        ('date/time field value out of range: "Kothrud, Mangala"', ["out of range: "]),
    ],
    ids=["a row", "a value", "a moment"],
)
def test_an_error_of_the_database_is_told_without_the_values_of_a_row(
    as_json: Log, said: str, kept: list[str]
):
    try:
        # A KeyError shows the representation of its text.
        raise LookupError(f"not filed: {said}") from KeyError(said)
    except LookupError as error:
        as_json.logger.exception("lost: %s", error, extra={"error": error})
    found = as_json.entry()
    for told in (logs.safe(said), found["message"], found["exception"], found["error"]):
        for private in ("Mangala", "Joshi", "Karve", "Kothrud"):
            assert private not in told
        for each in kept:
            assert each in told
    assert "direct cause of the following exception" in found["exception"]


def test_an_exception_for_people_stands_below_its_line(for_people: Log):
    try:
        raise KeyError("asha@example.in")
    except KeyError:
        for_people.logger.exception("lookup failed")
    first, *rest = for_people.written()
    assert first.endswith("kpi/service lookup failed")
    assert rest[0] == "Traceback (most recent call last):"
    assert rest[-1] == f"KeyError: '{MASK}'"


@pytest.mark.parametrize(
    "odd",
    ["\ud800", 2**70, float("nan"), {"deep": [2**70, "\ud800"]}],
    ids=["half a pair", "a large number", "no number", "deep"],
)
def test_what_json_can_hardly_say_is_logged_all_the_same(
    as_json: Log, odd, monkeypatch: pytest.MonkeyPatch
):
    # Not for pytest's own handler: a report with half a surrogate pair ends a worker of xdist.
    monkeypatch.setattr(logging.getLogger(), "handlers", [as_json.handler])
    as_json.logger.info("odd %s", "\udcff", extra={"odd": odd})
    assert as_json.entry()["message"] == "odd \udcff"


# ---- trace and event


def test_lines_of_an_event_carry_its_id_and_trace(as_json: Log):
    with logs.context(event_id=EVENT, traceparent=TRACE):
        as_json.logger.info("inside")
    as_json.logger.info("outside")
    inside, outside = (json.loads(line) for line in as_json.written())
    assert inside["event_id"] == EVENT
    assert inside["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert not outside.keys() & {"event_id", "trace_id"}


def test_the_context_ends_with_an_error_too(as_json: Log):
    with pytest.raises(KeyError), logs.context(event_id=EVENT, traceparent=TRACE):
        raise KeyError
    as_json.logger.info("after")
    assert "event_id" not in as_json.entry()


def test_contexts_nest(as_json: Log):
    with tracing.span(TRACE), logs.context(event_id=EVENT, traceparent=None):
        as_json.logger.info("inner")
    found = as_json.entry()
    assert found["event_id"] == EVENT
    assert found["trace_id"] != "4bf92f3577b34da6a3ce929d0e0e4736"


# ---- levels


def test_what_is_below_the_level_is_not_logged():
    log = Log("json", "warning")
    log.logger.info("no")
    log.logger.warning("yes")
    assert log.entry()["message"] == "yes"


@pytest.mark.parametrize("noisy", ["pika", "kombu", "nameko", "alembic"])
def test_talkative_libraries_say_warnings_only(as_json: Log, noisy):
    logging.getLogger(noisy).info("frame received")
    logging.getLogger(noisy).warning("connection lost")
    assert as_json.entry()["message"] == "connection lost"
