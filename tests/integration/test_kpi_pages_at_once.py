"""Pages that are asked for at once, of two real processes of the service."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text

from palika.auth import Identity
from services.kpi.commands.project import add
from tests.support.backbone import Backbone
from tests.support.part import wait_for

pytestmark = pytest.mark.slow

OFFICER = Identity.of("officer:je-12", "officer")
PERIOD = "2026-04"
_WAITING = """
    SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'measure_year'::regclass
"""


def test_whoever_waits_for_the_database_holds_nobody_up_for_good(backbone: Backbone) -> None:
    backbone.migrate("kpi")
    parts = [backbone.service("kpi"), backbone.service("kpi")]
    for part in parts:
        part.wait_ready()
    sessions = backbone.sessions("kpi")
    filed = ("grievance.filed", "roads", "", "2026-04-02", 0)

    def ask(_: int) -> Any:
        with backbone.client(OFFICER) as client:
            found = client.kpi.dashboard(period=PERIOD)["kpis"]
            return {each["code"]: each["value"] for each in found}

    before = ask(0)
    with ThreadPoolExecutor(8) as pool:
        with sessions.begin() as session:
            session.execute(text("LOCK TABLE measure_year IN ACCESS EXCLUSIVE MODE"))
            asked = [pool.submit(ask, number) for number in range(8)]
            wait_for(lambda: backbone.value("kpi", _WAITING) == 8)
            assert not any(each.done() for each in asked)
            add(session, {filed: 5})
        answers = [each.result(60) for each in asked]
    assert all(each == answers[0] for each in answers)
    assert answers[0] != before
    # And each time anew, whichever process answers.
    for number in range(1, 7):
        with sessions.begin() as session:
            add(session, {filed: 5})
        told = ask(number)
        assert told != before
        before = told
