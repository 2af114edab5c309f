"""The dashboards of the office, on the KPI service's own answers: filters, periods, comparing, down
to the records; on paper."""

import base64
import csv
import gzip
import io
import json
import re
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from palika.errors import NotFound
from palika.local import Postgres
from services.kpi.reference import city_catalogue
from services.portal.asking import Asking
from services.portal.models import DataReadOf
from tests.support.portal_accounts import Asked, Browser, House, house_on, text_of
from tests.support.portal_figures import beside_kpi, kpi_with_a_past

DESK = "/en/desk/dashboards"
TYPED = {"Accept-Encoding": "gzip", "Sec-Fetch-Site": "none"}
MOST_BYTES = 300_000


@pytest.fixture(scope="module")
def city(postgres: Postgres) -> Iterator[House]:
    with kpi_with_a_past(postgres) as sessions, house_on(postgres) as house:
        yield beside_kpi(house, sessions)


@pytest.fixture(scope="module")
def chief(city: House) -> Browser:
    return city.signed_in("supervisor")


def rows(page: str) -> list[str]:
    """The codes of the KPIs that a page shows."""
    shown = re.findall(r"<tr data-s=[^>]*?>.*?</tr>", page, re.S)
    visible = (each for each in shown if not re.match(r"<tr [^>]* hidden>", each))
    return [re.search(r"/kpis/([a-z0-9-]+)", each)[1] for each in visible]  # type: ignore[index]


@pytest.mark.parametrize("language", ["mr", "en"])
def test_the_whole_catalogue_is_one_small_page(chief, language):
    answer = chief.get(f"/{language}/desk/dashboards/", headers=TYPED)
    assert answer.status_code == 200
    assert answer.headers["Content-Encoding"] == "gzip"
    page = gzip.decompress(answer.data).decode()
    print(f"{language}: {len(answer.data):,} bytes compressed, {len(page):,} as they are")
    assert len(answer.data) < MOST_BYTES
    assert rows(page) == list(city_catalogue().indicators)


def test_filters_are_the_address_and_what_is_left_out_is_hidden(chief):
    page = chief.get(f"{DESK}/?status=red").text
    shown = rows(page)
    assert 0 < len(shown) < page.count("<tr data-s=")
    assert f"{len(shown)} of {len(city_catalogue().indicators)} KPIs are shown." in page
    assert "status=red" in re.search(r'href="([^"]*dashboards/pdf[^"]*)"', page)[1]
    words = chief.get(f"{DESK}/?words=water+supply&department=water-supply").text
    assert rows(words)
    assert all(each.startswith("water-") for each in rows(words))
    assert rows(chief.get(f"{DESK}/?words=पाणी").text), "in the other language, too"
    nothing = chief.get(f"{DESK}/?words=there+is+no+such+thing").text
    assert rows(nothing) == []
    assert '<p class="nothing" data-nothing>' in nothing


def test_an_order_puts_all_in_one_list(chief):
    page = chief.get(f"{DESK}/?sort=status").text
    statuses = re.findall(r'<tr data-s="([^"]+)"', page)
    order = ["red", "amber", "green", "not judged", "no target", "no data"]
    assert statuses == sorted(statuses, key=order.index)
    assert page.count('<section class="kpis"') == 1


@pytest.mark.parametrize(
    ("query", "field"),
    [("status=pink", "status"), ("sort=x", "sort"), ("period=2026-13", "period")],
)
def test_what_is_no_view_is_told_by_field_and_rule(chief, query, field):
    answer = chief.get(f"{DESK}/?{query}", headers={"Accept": "text/html"})
    assert answer.status_code == 400
    assert field in text_of(answer)


def test_a_department_has_its_own_page_and_one_that_is_not_there_has_none(chief):
    page = chief.get(f"{DESK}/departments/solid-waste").text
    known = city_catalogue().indicators.values()
    assert rows(page) == [each.code for each in known if each.department == "solid-waste"]
    answer = chief.get(f"{DESK}/departments/nowhere", headers={"Accept": "text/html"})
    assert answer.status_code == 400


def test_a_past_period_can_be_asked_for_and_is_kept_on_the_way_down(chief):
    page = chief.get(f"{DESK}/?period=2026-09").text
    assert "Of the period September 2026" in page
    assert "/kpis/waste-segregation?period=2026-09" in page


@pytest.mark.parametrize("against", ["", "previous", "last_year", "2026-03"])
def test_one_kpi_says_what_it_is_and_what_it_was(chief, against):
    page = chief.get(f"{DESK}/kpis/waste-segregation?against={against}").text
    assert '<svg class="chart"' in page
    assert "स्रोतावर" in page, "the definition stands in both languages"
    assert ("Both periods" in page) is bool(against)
    assert page.count('class="beside"') == bool(against)
    assert "by=day&amp;ward=bibwewadi" in page


def test_a_kpi_that_is_not_there_is_told_so(chief):
    answer = chief.get(f"{DESK}/kpis/no-such-kpi", headers={"Accept": "text/html"})
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("by", "more"), [("ward", ""), ("zone", ""), ("day", ""), ("day", "&ward=bibwewadi")]
)
def test_a_kpi_is_parted(chief, by, more):
    page = chief.get(f"{DESK}/kpis/ga-grievance-on-time/parts?by={by}{more}").text
    assert page.count("<tr>") > 4
    assert ("Bibwewadi" in page) is ("ward" in (by, *more.split("=")[0].split("&")))


def test_what_cannot_be_parted_so_is_told_by_field(chief):
    path = f"{DESK}/kpis/ga-grievance-on-time/parts"
    for query, field in (("by=hour", "by"), ("by=day&ward=atlantis", "ward")):
        answer = chief.get(f"{path}?{query}", headers={"Accept": "text/html"})
        assert answer.status_code == 400
        assert field in text_of(answer)
    answer = chief.get(f"{DESK}/records/grievance.filed", headers={"Accept": "text/html"})
    assert "day" in text_of(answer)


def test_records_lead_to_what_was_counted(city, chief):
    given = {
        "measure": "grievance.filed",
        "name": {"mr": "नोंद", "en": "Filed"},
        "unit": "count",
        "decimals": 0,
        "day": "2026-11-02",
        "source": "events",
        "stored": 1,
        "found": 1,
        "exact": True,
        "stopped": False,
        "count": 1,
        "truncated": False,
        "from": [
            {
                "event": "0198",
                "type": "grievance.filed.v1",
                "subject": "01a229b9-285a-78bb-af4e-558e7088ebf0",
                "number": "GRV-2026-000001",
                "at": "2026-11-02T04:30:00+00:00",
                "amount": 1,
                "department": "roads",
                "ward": "bibwewadi",
            }
        ],
    }
    city.services.answers["kpi.trace"] = lambda **asked: given
    said = chief.says(f"{DESK}/records/grievance.filed?day=2026-11-02&ward=bibwewadi")
    assert "GRV-2026-000001" in said
    assert "2 November 2026, 10:00 am" in said
    assert "Filed" in said
    for internal in ("grievance.filed.v1", "0198", "01a229b9"):
        assert internal not in said
    asked = [given for _, name, given in city.services.asked if name == "kpi.trace"][-1]
    assert (asked["ward"], asked["day"]) == ("bibwewadi", "2026-11-02")
    with city.begin() as session:
        looked = session.scalars(select(DataReadOf.whose)).all()
    assert looked == ["grievance:GRV-2026-000001"]


def test_a_view_is_printed_with_those_kpis_that_it_shows(city, chief):
    asked = []

    def export(**given):
        asked.append(given)
        content = base64.b64encode(b"%PDF-1.7").decode()
        return {"file": "kpis.pdf", "content_type": "application/pdf", "content_base64": content}

    city.services.answers["kpi.dashboard_export"] = export
    answer = chief.get(f"{DESK}/pdf?status=red&of=solid-waste")
    assert (answer.mimetype, answer.data) == ("application/pdf", b"%PDF-1.7")
    shown = rows(chief.get(f"{DESK}/departments/solid-waste?status=red").text)
    assert asked[0]["codes"] == shown
    assert (asked[0]["department"], asked[0]["language"]) == ("solid-waste", "en")
    chief.get("/mr/desk/dashboards/pdf")
    assert "codes" not in asked[1]


def test_while_the_service_is_away_the_page_says_so(city, chief, monkeypatch):
    monkeypatch.setitem(city.app.extensions, "asking", away(city))
    said = chief.says(f"{DESK}/")
    assert "cannot be shown just now" in said
    said = chief.says("/en/transparency/")
    assert said.count("cannot be shown just now") == 3


def away(house: House) -> Asking:
    """Asks services of which none is there."""
    services = Asked(tell=house.services.tell)
    services.told = services.tell  # type: ignore[attr-defined]
    return Asking(services, 4)  # type: ignore[arg-type]


# ---- compressed for whom


def test_a_page_that_another_site_has_led_to_is_not_compressed(chief):
    for site, squeezed in (("same-origin", True), ("cross-site", False), (None, False)):
        headers = {"Accept-Encoding": "gzip"} | ({"Sec-Fetch-Site": site} if site else {})
        answer = chief.get(f"{DESK}/", headers=headers)
        assert (answer.headers.get("Content-Encoding") == "gzip") is squeezed, site
        assert "Sec-Fetch-Site" in answer.headers.getlist("Vary")


# ---- what everybody sees


def test_everybody_sees_public_kpis_alone_and_of_whole_months(city):
    anybody = city.browser()
    page = anybody.get("/en/transparency/departments/solid-waste").text
    assert rows(page.replace("/figures/", "/kpis/"))
    assert "of its days are over" not in page, "no period that runs"
    asked = [each for each in city.services.asked if each[1] == "kpi.dashboard"][-1]
    assert asked[0].roles == {"anonymous"}


def test_a_figure_is_explained_and_a_hidden_one_is_not_there(city, monkeypatch):
    said = city.browser().says("/mr/transparency/figures/waste-segregation")
    assert "या आकड्याचा अर्थ" in said
    assert "स्रोतावर" in said

    def hidden(**_):
        raise NotFound("There is no KPI with the code 'x'.", {"code": "x"})

    monkeypatch.setitem(city.services.answers, "kpi.kpi", hidden)
    assert city.browser().get("/en/transparency/figures/x").status_code == 404


def test_open_data_are_those_of_the_page(city):
    read = csv.DictReader(io.StringIO(city.browser().get("/en/transparency/kpis.csv").text[1:]))
    lines = {each["code"]: each for each in read}
    body = json.loads(city.browser().get("/en/transparency/kpis.json").data)
    assert set(lines) == {each["code"] for each in body["kpis"]} == set(city_catalogue().indicators)
    one = next(each for each in body["kpis"] if each["value"] is not None)
    assert float(lines[one["code"]]["value"]) == one["value"]
    assert one["name_mr"]
    assert one["department_en"]


def test_grievances_are_counted_by_public_kind_and_no_kind_twice(city, monkeypatch):
    kind = {"name": {"mr": "कचरा", "en": "Garbage"}, "open": 5, "overdue": 2}
    secret = {"code": "corruption", "name": {"mr": "ल", "en": "Secret"}, "open": 9, "overdue": 9}
    report = {
        "as_of": "2026-11-15T04:30:00+00:00",
        "rows": [{"code": "garbage-not-collected", **kind}, secret],
    }
    monkeypatch.setitem(city.services.answers, "grievance.report", report)
    said = city.browser().says("/en/transparency/grievances")
    assert "5 open, 2 of them past their time" in said
    assert "Secret" not in said


def test_a_project_that_is_not_public_is_not_there(city, monkeypatch):
    def hidden(**_):
        raise NotFound("there is no such project", {"code": "x"})

    monkeypatch.setitem(city.services.answers, "warroom.public_project", hidden)
    assert city.browser().get("/en/transparency/projects/x").status_code == 404
