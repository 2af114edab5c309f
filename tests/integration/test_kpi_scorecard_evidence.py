"""What is shown for a criterion of a scorecard: kept, given back, taken away, swept."""

import base64
import io
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from PIL import Image

from palika.config import settings
from palika.errors import Conflict, Invalid, NotFound
from palika.store import key_of, open_store
from services.kpi.commands.evidence import sweep_evidence
from tests.support.scorecards import PROGRAMME, line, show

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def test_a_document_is_kept_and_given_back_byte_for_byte(ask_kpi):
    encoded = base64.b64encode(PDF).decode()
    kept = show(ask_kpi, content_base64=encoded, exhibit="address")
    assert (kept["content_type"], kept["bytes"]) == ("application/pdf", len(PDF))
    assert ask_kpi("evidence", id=kept["id"])["content_base64"] == encoded
    card = ask_kpi("scorecard", programme=PROGRAMME)
    assert line(card)["evidence"] == ["The dashboard"]
    assert line(card)["lacking"] == []
    assert [each["id"] for each in card["evidence"]] == [kept["id"]]


def test_evidence_that_is_taken_away_stays_as_a_record(ask_kpi):
    kept = show(ask_kpi, url="https://city.example/dashboard", exhibit="address")
    ask_kpi("remove_evidence", id=kept["id"], reason="the link is dead")
    card = ask_kpi("scorecard", programme=PROGRAMME)
    assert line(card)["lacking"] == ["address"]
    assert card["evidence"][0]["removed_reason"] == "the link is dead"
    with pytest.raises(Conflict):
        ask_kpi("remove_evidence", id=kept["id"], reason="again")


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({}, "url"),
        ({"url": "https://a.example", "content_base64": base64.b64encode(PDF).decode()}, "url"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"url": "https://"}, "url"),
        ({"content_base64": base64.b64encode(b"GIF89a").decode()}, "content_base64"),
        ({"content_base64": ""}, "content_base64"),
        ({"url": "https://a.example", "exhibit": "lost"}, "exhibit"),
    ],
)
def test_evidence_that_is_none_is_refused_by_field(ask_kpi, more, field):
    with pytest.raises(Invalid) as caught:
        show(ask_kpi, **more)
    assert field in caught.value.fields


def test_evidence_asked_for_twice_is_kept_once(ask_kpi):
    key = str(uuid4())
    asked = {"id": key, "content_base64": base64.b64encode(PDF).decode()}
    assert show(ask_kpi, **asked)["id"] == show(ask_kpi, **asked)["id"] == key
    picture = io.BytesIO()
    Image.new("RGB", (2, 2)).save(picture, "PNG")
    with pytest.raises(Conflict):
        show(ask_kpi, id=key, content_base64=base64.b64encode(picture.getvalue()).decode())


def test_what_no_row_names_is_swept_away_and_evidence_is_not(ask_kpi, score_database):
    long_ago = datetime.now(UTC) - timedelta(days=3)
    kept = show(ask_kpi, content_base64=base64.b64encode(PDF).decode())
    store = open_store(settings("kpi"), "evidence_url")
    stray = key_of(b"stray", long_ago, ".pdf")
    store.put(stray, b"stray", "application/pdf")
    swept = sweep_evidence(score_database.begin, store, datetime.now(UTC) + timedelta(days=3))
    assert swept.unused == 1
    with pytest.raises(NotFound):
        store.get(stray)
    assert ask_kpi("evidence", id=kept["id"])["content_base64"]
