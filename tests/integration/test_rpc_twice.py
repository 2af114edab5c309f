"""A call that is delivered twice, one after the other or at once, is carried out once."""

import contextlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.exc import DataError

from palika import calls, outbox
from palika.errors import Conflict, PalikaError
from palika.local import Broker
from tests.support.backbone import ADMIN, Backbone, ping, signed
from tests.support.fixtures import Probe
from tests.support.part import wait_for

RECORDED = "SELECT count(*) FROM outbox WHERE body::json ->> 'subject' = %s"


def recorded(probe: Probe, number: int) -> int:
    count: int = probe.backbone.value("probe", RECORDED, str(number))
    return count


def ping_call(probe: Probe, number: int, call: Any) -> Any:
    """The answer to a ping with a call id of the test's own."""
    headers = {"nameko.palika_call": call, **signed(ADMIN, "probe")}
    body = {"args": [], "kwargs": {"numbers": [number]}}
    return probe.backbone.call_raw("probe.ping", body, headers)


def test_the_second_time_a_call_is_refused_and_told_to_look(probe: Probe) -> None:
    (number,) = probe.numbers()
    call = str(uuid4())
    assert ping_call(probe, number, call)["result"] == {"recorded": 1}
    error = ping_call(probe, number, call)["error"]
    assert error["exc_type"] == "Conflict"
    assert "has been carried out already" in error["exc_args"][0]
    assert recorded(probe, number) == 1
    assert ping_call(probe, number, str(uuid4()))["result"] == {"recorded": 1}, "another call"
    assert recorded(probe, number) == 2


def test_at_the_same_time_too(probe: Probe) -> None:
    (number,) = probe.numbers()
    call = str(uuid4())
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: ping_call(probe, number, call), range(8)))
    assert [answer["error"] is None for answer in answers].count(True) == 1
    told = {answer["error"]["exc_type"] for answer in answers if answer["error"]}
    assert told == {"Conflict"}
    assert recorded(probe, number) == 1


def test_a_call_without_an_id_is_carried_out_and_one_with_a_malformed_id_is_not(
    probe: Probe,
) -> None:
    (number,) = probe.numbers()
    assert ping_call(probe, number, None)["result"] == {"recorded": 1}
    for wrong in ("", 7, "x" * 100, ["a"], str(uuid4()).upper()):
        assert ping_call(probe, number, wrong)["error"]["exc_type"] == "Invalid"
    assert recorded(probe, number) == 1


def test_a_call_whose_connection_is_lost_while_it_is_carried_out_is_carried_out_once(
    backbone: Backbone, broker: Broker
) -> None:
    """The broker delivers it again at once, to the same process, and the first goes on."""
    eoffice = backbone.migrate("eoffice").part("run", "eoffice", PALIKA_HEARTBEAT_S="3600").start()

    def in_hand(count: int) -> None:
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        wait_for(
            lambda: (
                eoffice.metric("palika_rpc_in_progress") == count
                and backbone.value("eoffice", waiting) >= count
            ),
            30,
            f"{count} wait for the outbox",
        )

    with ThreadPoolExecutor(1) as calling, backbone.sessions("eoffice")() as lock:
        lock.connection().exec_driver_sql("LOCK TABLE outbox IN ACCESS EXCLUSIVE MODE")
        calling.submit(_open_file, backbone)
        in_hand(1)
        broker.evaluate('rabbit_networking:close_all_connections("cut").')
        in_hand(2)
        lock.rollback()
    wait_for(lambda: eoffice.metric("palika_rpc_in_progress") == 0, 30)
    assert backbone.value("eoffice", "SELECT count(*) FROM file") == 1
    opened = "SELECT count(*) FROM outbox WHERE type = 'eoffice.file_opened.v1'"
    assert backbone.value("eoffice", opened) == 1
    refused = {"method": "eoffice.open_file", "outcome": "conflict"}
    assert eoffice.metric("palika_rpc_requests_total", **refused) == 1
    eoffice.kill()


def _open_file(backbone: Backbone) -> None:
    # Whether the first answer still finds its way is not the point here.
    with backbone.client() as city, contextlib.suppress(PalikaError):
        city.eoffice.open_file(subject="a road", post="roads-clerk")


def test_what_a_handler_or_a_command_line_records_belongs_to_no_call(probe: Probe) -> None:
    numbers = probe.ping("echo", "echo")
    probe.wait_counted(*numbers)
    echoed = "SELECT count(*) FROM outbox WHERE type = 'probe.echoed.v1' AND call IS NULL"
    assert probe.backbone.value("probe", echoed) == 2


def test_a_transaction_that_is_rolled_back_and_tried_again_has_recorded_once(
    probe: Probe,
) -> None:
    """The second delivery may need no second try: its number has to be the same."""
    (first, second), call = probe.numbers(2), calls.new_id()
    sessions = probe.backbone.sessions("probe")

    def record(number: int) -> None:
        with calls.attempt(), sessions.begin() as session:
            outbox.record(session, ping(number))
            session.connection().exec_driver_sql(f"SELECT 1 / {int(may_commit)}")

    with calls.carrying_out(call):
        may_commit = False
        with pytest.raises(DataError):
            record(first)
        may_commit = True
        record(first)
    with calls.carrying_out(call), pytest.raises(Conflict):
        record(second)
    assert recorded(probe, first) == 1
    assert recorded(probe, second) == 0
