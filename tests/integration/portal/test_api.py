"""The city's HTTP API with all its services behind it: what programs do with it. Each answer is
held to the document."""

import base64
import io
import uuid
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import update

from services.portal.api import ROOMS
from services.portal.domain.limits import RULES, Limit
from services.portal.models import Taken
from tests.support.portal_api import ADMIN, ANSWERED, PHONE, ApiCity, api

__all__ = ["api"]

pytestmark = pytest.mark.timeout(900)
"""Seven services are started, and sample work is filed."""

HOLE = {"category": "pothole", "description": "A deep hole", "ward": "aundh-baner"}
OWNED = {**HOLE, "citizen_name": "S. Kale", "citizen_phone": PHONE}
LONG_AGO = "2020-01-01T00:00:00Z"


def photo() -> str:
    """A photograph, in base64."""
    made = io.BytesIO()
    Image.new("RGB", (64, 64), "gray").save(made, "JPEG")
    return base64.b64encode(made.getvalue()).decode()


def faults(answer: Any) -> dict[str | None, str]:
    """The rules of a refusal, by field."""
    return {each["field"]: each["rule"] for each in answer.json()["errors"]}


# -- the way of asking --------------------------------------------------------------------------


def test_a_token_is_needed_and_its_scope(api: ApiCity) -> None:
    assert api["nobody"].ask("GET", "/grievances").status_code == 401
    assert api["nobody"].ask("POST", "/grievances", json=HOLE).status_code == 401
    reader = api.token("reader", "grievance:read")
    assert reader.ask("GET", "/grievances/mine").status_code == 200
    refused = reader.ask("POST", "/grievances", json=HOLE)
    assert refused.status_code == 403
    assert "grievance:write" in refused.json()["detail"]
    assert reader.ask("GET", "/properties", params={"number": "DEMO"}).status_code == 403
    # Who filed something is for those who work on it.
    some = api["head"].get("/grievances", limit=1)["items"][0]["id"]
    counts = api.token("counts", "grievance:read", person="v.deshpande4", post="roads-ce")
    assert counts.ask("GET", f"/grievances/{some}").status_code == 200
    assert counts.ask("GET", f"/grievances/{some}/contact").status_code == 403
    assert api["nobody"].ask("POST", "/properties/estimate", json={}).status_code == 401


def test_a_token_can_do_no_more_than_its_post(api: ApiCity) -> None:
    assert api["alone"].ask("GET", "/grievances").status_code == 403
    assert api["alone"].ask("GET", "/files/inbox").status_code == 403
    assert (
        api["engineer"].ask("POST", "/campaigns/" + str(uuid.uuid4()) + "/approve").status_code
        == 403
    )


def test_what_is_wrong_is_told_by_field_and_rule(api: ApiCity) -> None:
    wrong = {"category": "pothole", "colour": "red", "anonymous": "perhaps"}
    answer = api["alone"].ask("POST", "/grievances", json=wrong)
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid"
    assert set(faults(answer)) == {"description", "colour", "anonymous"}
    answer = api["head"].ask("GET", "/grievances", params={"status": "lost", "sort": "x"})
    assert set(faults(answer)) == {"status.0", "sort"}
    for body in (b"{", b"[]", b"1", b'{"a": NaN', b"\xff\xfe"):
        kind = {"Content-Type": "application/json"}
        answer = api["alone"].ask("POST", "/grievances", data=body, headers=kind)
        assert (answer.status_code, set(faults(answer))) == (400, {"body"}), body
    answer = api["alone"].ask("POST", "/grievances", data={"category": "pothole"})
    assert set(faults(answer)) == {"body"}
    answer = api["alone"].ask("POST", "/grievances", json={**HOLE, "description": "x" * 300_000})
    assert answer.status_code == 413


def test_a_list_goes_on_where_its_page_ended(api: ApiCity) -> None:
    whole = api["commissioner"].get("/grievances", limit=20)
    first = api["commissioner"].get("/grievances", limit=7)
    second = api["commissioner"].get("/grievances", limit=7, cursor=first["next"])
    ids = [each["id"] for each in (*first["items"], *second["items"])]
    assert ids == [each["id"] for each in whole["items"][:14]]
    other = api["commissioner"].ask("GET", "/grievances", params={"cursor": "x", "limit": 7})
    assert set(faults(other)) == {"cursor"}


def test_what_has_not_changed_is_not_sent_again(api: ApiCity) -> None:
    first = api["nobody"].ask("GET", "/categories")
    same = {"If-None-Match": first.headers["ETag"]}
    assert api["nobody"].ask("GET", "/categories", headers=same).status_code == 304
    other = api["nobody"].ask("GET", "/categories", params={"language": "en"}, headers=same)
    assert other.status_code == 200


def test_what_the_office_sees_of_people_leaves_a_trace(api: ApiCity) -> None:
    filed = api["alone"].post("/grievances", **OWNED)
    before = api.backbone.value("portal", "SELECT count(*) FROM data_read")
    api["head"].get(f"/grievances/{filed['id']}")
    api["alone"].get(f"/grievances/{filed['id']}")
    looked = api.backbone.query(
        "portal", "SELECT reader, post, what, why FROM data_read ORDER BY at DESC LIMIT 1"
    )
    assert api.backbone.value("portal", "SELECT count(*) FROM data_read") == before + 1
    assert looked == [("v.deshpande4", "roads-ce", "api_grievances.get_grievances_id", "handles")]
    # Where nothing is found nobody is looked at.
    assert api["head"].get("/grievances", text="nothing has these words")["items"] == []


# -- once and only once -------------------------------------------------------------------------


def test_a_grievance_is_filed_once_under_a_key(api: ApiCity) -> None:
    first = api["alone"].post("/grievances", "key-1", **OWNED)
    again = api["alone"].post("/grievances", "key-1", **OWNED)
    assert first["token"]
    assert (again["id"], again["token"]) == (first["id"], None)
    other = api["alone"].ask("POST", "/grievances", "key-1", json={**OWNED, "description": "B"})
    assert other.status_code == 409
    assert api["alone"].post("/grievances", "key-2", **OWNED)["id"] != first["id"]
    answer = api["alone"].ask("POST", "/grievances", "k" * 201, json=OWNED)
    assert set(faults(answer)) == {"Idempotency-Key"}


def test_a_step_is_taken_once_under_a_key(api: ApiCity) -> None:
    filed = api["alone"].post("/grievances", **OWNED)
    path = f"/grievances/{filed['id']}/comment"
    api["head"].post(path, "say-1", text="Seen", public=True)
    again = api["head"].ask("POST", path, "say-1", json={"text": "Seen", "public": True})
    assert again.status_code == 409
    assert "carried out already" in again.json()["detail"]
    told = api["alone"].get(f"/grievances/{filed['id']}/timeline")["items"]
    assert [each["note"] for each in told if each["step"] == "comment"] == ["Seen"]


def test_the_e_office_gives_the_same_answer_under_a_key(api: ApiCity) -> None:
    given = {"subject": "Resurfacing", "department": "roads"}
    first = api["engineer"].post("/files", "file-1", **given)
    assert api["engineer"].post("/files", "file-1", **given)["id"] == first["id"]
    path = f"/files/{first['id']}/put-up"
    moved = api["engineer"].post(path, "up-1", remark="For sanction")
    again = api["engineer"].ask("POST", path, "up-1", json={"remark": "For sanction"})
    assert again.status_code in (200, 409)
    other = api["engineer"].ask("POST", path, "up-1", json={"remark": "Other words"})
    assert other.status_code == 409
    assert api["engineer"].get(f"/files/{first['id']}")["moves"] == moved["moves"]


# -- the resources ------------------------------------------------------------------------------


def test_a_grievance_from_its_filing_to_its_end(api: ApiCity) -> None:
    head, alone = api["head"], api["alone"]
    assert "pothole" in [each["service_code"] for each in api["nobody"].get("/categories")["items"]]
    assert api["nobody"].get("/categories/pothole", language="en")["service_code"] == "pothole"
    # While nobody is in charge of roads, what is filed is not assigned by itself.
    with api.backbone.client(ADMIN) as city:
        city.grievance.set_officer(code="roads-je", department="roads", active=False)
        filed = alone.post("/grievances", **OWNED)
        city.grievance.set_officer(code="roads-je", department="roads", capacity=200)
    at = f"/grievances/{filed['id']}"
    assert api["nobody"].get(f"/grievances/tracked/{filed['token']}")["number"] == filed["number"]
    assert filed["id"] in [each["id"] for each in alone.get("/grievances/mine")["items"]]
    head.post(f"{at}/acknowledge", note="Seen")
    head.post(f"{at}/assign", officer="roads-je")
    assert api["engineer"].get(f"{at}/contact")["phone"] == PHONE
    head.post(f"{at}/start")
    head.post(f"{at}/wait", question="Which lane?")
    alone.post(f"{at}/answer", answer="The left one")
    added = head.post(f"{at}/attachments", kind="photo_after", content_base64=photo())
    shown = head.ask("GET", f"{at}/attachments/{added['id']}", params={"thumbnail": "true"})
    assert shown.headers["Content-Type"] == "image/jpeg"
    assert api.looked("head") == [f"grievance:{filed['number']}"]
    version = head.get(at)["version"]
    head.post(f"{at}/resolve", remark="Filled", version=version)
    assert head.ask("POST", f"{at}/resolve", json={"remark": "x"}).status_code == 409
    assert alone.post(f"{at}/rate", rating=1, satisfied=False)["status"] == "assigned"
    head.post(f"{at}/resolve", remark="Filled again")
    assert alone.post(f"{at}/close")["status"] == "closed"
    assert (
        alone.post(f"{at}/reopen", reason="It came back", code="came_back")["status"] == "assigned"
    )
    other = alone.post("/grievances", **OWNED)
    there = f"/grievances/{other['id']}"
    head.post(f"{there}/link", other=filed["id"])
    head.post(f"{there}/unlink", other=filed["id"])
    head.post(f"{there}/merge", into=filed["id"])
    third = alone.post("/grievances", **OWNED)
    alone.post(f"/grievances/{third['id']}/withdraw", reason="It is gone")
    fourth = alone.post("/grievances", **OWNED)
    head.post(f"/grievances/{fourth['id']}/reject", rejection="no_fault_found", remark="None there")
    fifth = alone.post("/grievances", **OWNED)
    head.post(f"/grievances/{fifth['id']}/transfer", category="street-light")
    assert head.get("/grievances/count", open="true")["count"] > 0
    for name in ("pendency", "ageing", "sla", "reopens", "ratings", "heat"):
        head.get("/grievances/report", name=name, by="ward")
    for each in api["commissioner"].get("/grievances", limit=30)["items"]:
        api["commissioner"].get(f"/grievances/{each['id']}")
        api["commissioner"].get(f"/grievances/{each['id']}/timeline")


def test_a_property_what_it_owes_and_how_it_is_paid(api: ApiCity) -> None:
    commissioner, alone = api["commissioner"], api["alone"]
    found = commissioner.get("/properties", number="DEMO-1-", limit=5)["items"]
    for each in found:
        at = f"/properties/{each['id']}"
        for program in (commissioner, alone):
            program.get(at)
            program.get(f"{at}/dues")
            program.get(f"{at}/register")
        commissioner.get(f"{at}/statement")
        assert api.looked("commissioner") == [f"property:{each['number']}"]
    assert (
        "•" in alone.get("/properties", number=found[0]["number"])["items"][0]["owners"][0]["name"]
    )
    one = found[0]["id"]
    bill = commissioner.get(f"/properties/{one}")["bills"][0]["number"]
    paper = commissioner.ask("GET", "/tax-documents", params={"kind": "bill", "number": bill})
    assert paper.content.startswith(b"%PDF")
    first = alone.post("/orders", "pay-1", property_id=one, amount_paise=10_000)
    assert alone.post("/orders", "pay-1", property_id=one, amount_paise=10_000)["id"] == first["id"]
    assert alone.get(f"/orders/{first['id']}")["id"] == first["id"]
    alone.post(f"/properties/{one}/pay-link", amount_paise=10_000)
    number = found[0]["number"]
    commissioner.post(f"/properties/{one}/pay-link", amount_paise=10_000)
    assert api.looked("commissioner") == [f"property:{number}"]
    commissioner.get(f"/orders/{first['id']}")
    assert api.looked("commissioner") == [f"property:{number}"]
    commissioner.ask("GET", "/tax-documents", params={"kind": "bill", "number": bill})
    assert api.looked("commissioner") == [f"property:{number}"]
    commissioner.get("/properties/collection", by=["ward", "use"])
    floor = {
        "floor": "ground",
        "area_sqm": "50",
        "use": "residential",
        "class": "rcc",
        "built_in": 2010,
        "occupancy": "self",
    }
    alone.post("/properties/estimate", period="2026-27", zone="zone-1", floors=[floor])


def test_a_program_alone_reads_no_register_and_looks_so_often_a_day(api: ApiCity) -> None:
    reader = api.token("reader-of-properties", "property:read")
    known = api["commissioner"].get("/properties", number="DEMO-1-", limit=1)["items"][0]
    assert reader.get("/properties", number=known["number"])["items"][0]["id"] == known["id"]
    assert reader.get("/properties", number=known["number"][:-1])["items"] == []
    assert reader.ask("GET", "/properties", params={"phone": PHONE}).status_code == 403
    name = known["owners"][0]["name"]
    assert reader.ask("GET", "/properties", params={"name": name}).status_code == 400
    named = reader.get("/properties", name=name, ward=known["ward"])["items"]
    assert named
    assert not any({"id", "number", "address"} & each.keys() for each in named)
    limit = Limit.PROPERTIES_OF_PROGRAM_A_DAY
    with api.backbone.sessions("portal").begin() as session:
        session.execute(
            update(Taken)
            .where(Taken.limit == limit, Taken.digest == "api:reader-of-properties")
            .values(count=RULES[limit].most)
        )
    for path in ("/properties", f"/properties/{uuid.uuid4()}"):
        number = {"number": "NO/SUCH"} if path == "/properties" else {}
        assert reader.ask("GET", path, params=number).status_code == 429
    found = api["commissioner"].ask("GET", "/properties", params={"number": "NO/SUCH"})
    assert found.status_code == 200, "a post is its office's business"


def test_a_file_from_desk_to_desk(api: ApiCity) -> None:
    engineer, head = api["engineer"], api["head"]
    begun = engineer.post("/files", subject="A road for Baner", department="roads", public=True)
    at = f"/files/{begun['id']}"
    assert api["nobody"].get("/files/tracked", number=begun["number"])["number"] == begun["number"]
    draft = f"/drafts/{uuid.uuid4()}"
    saved = engineer.ask("PUT", draft, json={"file_id": begun["id"], "markup": "Please sanction."})
    assert saved.status_code == 200, saved.text
    assert engineer.get(draft)["markup"] == "Please sanction."
    assert engineer.get("/files/drafts")["items"]
    engineer.post(f"{draft}/confirm", version=saved.json()["version"])
    other = f"/drafts/{uuid.uuid4()}"
    engineer.ask("PUT", other, json={"file_id": begun["id"], "markup": "No."})
    engineer.post(f"{other}/discard")
    engineer.post(f"{at}/put-up", remark="For sanction")
    engineer.get("/files/sent")
    engineer.post(f"{at}/pull-back")
    engineer.post(f"{at}/forward", to="roads-ce")
    assert begun["id"] in [each["id"] for each in head.get("/files/inbox")["items"]]
    head.post(f"{at}/open")
    head.post(f"{at}/send-back", remark="How long?")
    engineer.post(f"{at}/forward", to="roads-de")
    head.post(f"{at}/pull-up")
    head.post(f"{at}/park", wake_on="2027-06-01", reason="The monsoon")
    assert head.get("/files/parked")["items"]
    head.post(f"{at}/wake")
    head.post(f"{at}/approve", power="works", amount_paise=1_000_000)
    head.post(f"{at}/mark", posts=["roads-je"], question="When?")
    engineer.post(f"{at}/answer", answer="In a month")
    for program in (engineer, head, api["commissioner"]):
        program.get("/files", limit=20)
        program.get("/files/search", words="Baner")
    head.get(f"{at}/notes")
    head.get(f"{at}/history")
    head.get(f"{at}/approvals")
    assert head.ask("GET", f"{at}/note-sheet.pdf").content.startswith(b"%PDF")
    short = engineer.post("/files", subject="A short one", department="roads")
    there = f"/files/{short['id']}"
    engineer.post(f"{there}/forward", to="roads-ce")
    head.post(f"{there}/refuse", power="works", amount_paise=100, remark="No")
    head.post(f"{there}/close", remark="Done")
    head.post(f"{there}/reopen", remark="Not done")


def test_a_receipt_comes_in_and_into_a_file(api: ApiCity) -> None:
    engineer, head = api["engineer"], api["head"]
    given = {"medium": "letter", "subject": "A lamp is out", "sender_name": "S. Kale"}
    come = engineer.post("/receipts", "in-1", **given, sender_phone=PHONE)
    assert engineer.post("/receipts", "in-1", **given, sender_phone=PHONE)["id"] == come["id"]
    at = f"/receipts/{come['id']}"
    engineer.post(f"{at}/send", to="roads-ce")
    head.post(f"{at}/receive")
    file = head.post("/files", subject="Lamps", department="roads")
    head.post(f"{at}/put-in-file", file_id=file["id"])
    head.get(at)
    assert head.get("/receipts", limit=20)["items"]
    other = engineer.post("/receipts", **given)
    engineer.post(f"/receipts/{other['id']}/close", remark="Nothing to do")
    engineer.get("/files/search", words="A lamp is out")


def test_figures_and_what_is_entered_by_hand(api: ApiCity) -> None:
    engineer, head, commissioner = api["engineer"], api["head"], api["commissioner"]
    assert api["alone"].get("/kpis", department="roads")["kpis"]
    codes = [each["code"] for each in commissioner.get("/kpis")["kpis"]]
    for code in codes[::40]:
        commissioner.get(f"/kpis/{code}")
        commissioner.get(f"/kpis/{code}/forecast")
        commissioner.get(f"/kpis/{code}/drill", by="month")
    commissioner.get("/kpis/roads-potholes-on-time/drill", by="ward")
    for department in ("roads", "audit", "health"):
        head.get("/entries", department=department)
        head.get("/entries/form", department=department)
    line = {"measure": "roads.potholes_found", "period": "2026-10", "place": "aundh-baner"}
    lines = [{**line, "value": 12}, {**line, "place": "sinhagad-road", "value": 13}]
    given = {"department": "roads", "lines": lines, "submit": False}
    batch = engineer.post("/batches", "enter-1", **given)
    assert engineer.post("/batches", "enter-1", **given)["id"] == batch["id"]
    at = f"/batches/{batch['id']}"
    engineer.post(f"{at}/submit")
    assert engineer.ask("POST", f"{at}/approve", json={}).status_code == 403
    head.post(f"{at}/send-back", lines=[1], remark="Count again")
    head.post(f"{at}/approve")
    table = "Department,Measure,Period,Place,Value\nroads,roads.potholes_found,2026-10,{},14\n"
    for place, dry in (("kondhwa-yewalewadi", True), ("kondhwa-yewalewadi", False)):
        content = base64.b64encode(table.format(place).encode()).decode()
        engineer.post(
            "/batches/import", name="x.csv", content=content, department="roads", dry_run=dry
        )
    content = base64.b64encode(table.format("nowhere").encode()).decode()
    wrong = engineer.ask("POST", "/batches/import", json={"name": "x.csv", "content": content})
    assert "row 2, Place" in faults(wrong)
    for each in commissioner.get("/batches", limit=10)["items"]:
        commissioner.get(f"/batches/{each['id']}")


def test_projects_and_what_reviews_agreed(api: ApiCity) -> None:
    commissioner, builder = api["commissioner"], api["builder"]
    for each in api["nobody"].get("/public-projects")["items"]:
        api["nobody"].get(f"/public-projects/{each['code']}")
    for each in commissioner.get("/projects")["items"]:
        commissioner.get(f"/projects/{each['code']}")
        commissioner.get(f"/projects/{each['code']}/changes", since=LONG_AGO)
    at = "/projects/BW-01"
    builder.post(f"{at}/progress", promised="The tender", done=True)
    last = builder.get(at)["milestones"][-1]["id"]
    given = {"forecast_on": "2029-01-01", "reason": "The land is not there yet"}
    builder.post(f"{at}/milestones/{last}/forecast", **given)
    done = {"done_on": "2026-11-01", "reason": "It was there already"}
    builder.post(f"{at}/milestones/{last}/complete", **done)
    assert (
        commissioner.ask("POST", f"{at}/progress", json={"promised": "x", "done": True}).status_code
        == 403
    )
    for each in commissioner.get("/reviews", limit=6)["items"]:
        commissioner.get(f"/reviews/{each['id']}")
    actions = commissioner.get("/actions")["items"]
    open_ones = [each for each in actions if each["work"] in ("open", "claimed")]
    one = open_ones[0]["id"]
    extended = {"answer": "extend", "reason": "More time", "due_on": "2027-03-01"}
    commissioner.post(f"/actions/{one}/answer", **extended)


def test_messages_consent_and_campaigns(api: ApiCity) -> None:
    commissioner, head = api["commissioner"], api["head"]
    sent = commissioner.get("/messages", recipient=PHONE)["items"]
    assert [each["template"] for each in sent] == ["login.code"]
    commissioner.get(f"/messages/{sent[0]['id']}")
    looked = set()
    for typed in (PHONE, "98123 45678", "09812345678"):
        commissioner.get("/consents", recipient=typed)
        looked |= set(api.looked("commissioner"))
    assert len(looked) == 1, "one number is one, however it was typed"
    word = {"recipient": PHONE, "purposes": ["news"], "agreed": True}
    answer = commissioner.ask("PUT", "/consents", json=word)
    assert answer.status_code == 200, answer.text
    assert "campaign.news" in [each["template"] for each in commissioner.get("/templates")["items"]]
    shown = {"template": "grievance.filed", "language": "mr"}
    commissioner.post("/templates/preview", **shown)
    campaign = head.post(
        "/campaigns",
        name="A reminder",
        template="tax.reminder_due",
        audience="tax",
        query="owing",
        arguments={"least_paise": 100},
    )
    at = f"/campaigns/{campaign['id']}"
    head.get(at)
    assert head.ask("POST", f"{at}/approve").status_code == 403
    for act in ("estimate", "approve", "start", "pause", "resume"):
        assert commissioner.ask("POST", f"{at}/{act}").status_code in (200, 409)
    head.post(f"{at}/cancel")
    head.get(f"{at}/rejections")
    assert api.looked("head") == [f"message:campaign-{campaign['id']}"]
    head.get("/campaigns")


def test_the_site_is_searched(api: ApiCity) -> None:
    found = api["nobody"].get("/search", q="property tax", limit=2)
    assert found["items"][0]["url"]["mr"].startswith(f"{api.url}/mr/")
    other = api["nobody"].get("/search", q="property tax", limit=2, cursor=found["next"])
    assert other["items"] != found["items"]


NOT_TRIED = {
    # Their answers are those of the steps that are tried; they need other people, or days.
    *("post_actions_action_id_report", "post_actions_action_id_complete"),
    *("post_campaigns_id_estimate", "post_campaigns_id_approve", "post_campaigns_id_start"),
    *("post_campaigns_id_pause", "post_campaigns_id_resume"),
}


def test_every_operation_has_given_a_good_answer(api: ApiCity) -> None:
    """Last of this module: what it has not tried is not known to be as the document says."""
    known = {each.name for room in ROOMS for each in room.operations}
    assert known - ANSWERED - NOT_TRIED == set()


@pytest.mark.parametrize("away", ["kpi"])
def test_a_service_that_is_away_takes_its_own_operations_away_only(api: ApiCity, away: str) -> None:
    api.parts[away].kill()
    answer = api["commissioner"].ask("GET", "/kpis")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    api["commissioner"].get("/grievances/count")
