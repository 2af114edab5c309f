"""Scorecards of a programme that is over: nothing is added, and what was given stays."""

from dataclasses import replace
from uuid import uuid4

import pytest

from palika.errors import Conflict
from services.kpi.reference import city_programmes
from tests.support.scorecards import HEAD, PROGRAMME, line


def test_a_programme_that_is_over_and_evaluated_takes_no_marks(
    ask_kpi, give_mark, score_database, monkeypatch
):
    key = str(uuid4())
    given = give_mark(10, HEAD, assessor="QCI", id=key)
    over = replace(city_programmes()[PROGRAMME], evaluation_days=100)
    monkeypatch.setitem(city_programmes(), PROGRAMME, over)
    with pytest.raises(
        Conflict, match="ended on 02-10-2025, and marks were given until 10-01-2026"
    ):
        give_mark(12, HEAD, assessor="QCI")
    with pytest.raises(Conflict, match="it takes no more"):
        ask_kpi("compute_marks", programme=PROGRAMME, subject="corporation")
    # What was given stays, also to who asks again.
    assert give_mark(10, HEAD, assessor="QCI", id=key)["id"] == given["id"]
    assert line(ask_kpi("scorecard", programme=PROGRAMME))["third_party"]["marks"] == 10
