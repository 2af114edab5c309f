"""The public site over HTTP: what is kept, what changes with the content, and a service that is
away and comes back."""

import re
import shutil
import time
from xml.etree import ElementTree

import pytest
import requests

from services.portal.content.loading import SHIPPED
from tests.support.part import wait_for
from tests.support.portal import WAIT_S, Portal

BACK_S = 10
DEPARTMENT = "/en/departments/solid-waste"
OPEN = re.compile(r"<strong class=\"large\">(\d+)</strong> open, (\d+) of them past")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The city's own content."""
    return shutil.copytree(SHIPPED, tmp_path_factory.mktemp("site") / "site")


@pytest.fixture(scope="module")
def grievance(backbone):
    service = backbone.migrate("grievance").service("grievance")
    service.wait_ready()
    return service


@pytest.fixture(scope="module")
def site(backbone, folder, grievance):
    part = backbone.service(
        "portal",
        PALIKA_PORTAL_HTTP_PORT="0",
        PALIKA_PORTAL_SITE=str(folder),
        PALIKA_OPEN311_POST_WITHOUT_KEY="yes",
    )
    part.wait_ready()
    return Portal(backbone, part)


def read(site, path, **headers):
    return requests.get(f"{site.url}{path}", headers=headers, timeout=WAIT_S)


def test_the_root_leads_to_a_page_and_every_address_of_the_sitemap_answers(site):
    page = requests.get(site.url, headers={"Accept-Language": "en"}, timeout=WAIT_S)
    assert page.url.endswith("/en/")
    assert page.status_code == 200
    found = ElementTree.fromstring(read(site, "/sitemap.xml").content)
    addresses = [
        each.text for each in found.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")
    ]
    assert len(addresses) > 100
    assert len(set(addresses)) == len(addresses)
    with requests.Session() as session:
        wrong = [
            (address, answer.status_code)
            for address in addresses
            if (answer := session.get(address, timeout=WAIT_S)).status_code != 200
        ]
    assert wrong == []


_OF_OTHERS = ("/property/", "/transparency/projects")


def test_no_link_of_the_site_leads_nowhere(site):
    seen, waiting, wrong = set(), ["/en/", "/mr/"], []
    with requests.Session() as session:
        while waiting:
            path = waiting.pop()
            if path in seen:
                continue
            seen.add(path)
            answer = session.get(f"{site.url}{path}", timeout=WAIT_S)
            # Of services that do not run here a page says so, and leads on all the same.
            away = answer.status_code == 503 and path[3:].startswith(_OF_OTHERS)
            if answer.status_code != 200 and not away:
                wrong.append((path, answer.status_code))
            elif answer.headers["Content-Type"].startswith("text/html"):
                links = re.findall(r'(?:href|src|action)="(/[^"#?]*)', answer.text)
                waiting += [each for each in links if each not in seen]
    assert wrong == []
    assert len(seen) > 100


def test_a_page_is_kept_and_told_to_be_the_same(site):
    first = read(site, "/en/services")
    made = site.part.metric(
        "palika_http_duration_seconds_count", route="/<any(mr, en):language>/services"
    )
    again = read(site, "/en/services", **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert first.headers["Cache-Control"] == "no-cache"
    assert "Content-Security-Policy" in again.headers
    now = site.part.metric(
        "palika_http_duration_seconds_count", route="/<any(mr, en):language>/services"
    )
    assert now == made, "it was made anew"


def test_a_proxy_is_told_what_it_may_keep(site):
    names = [name.lower() for name in read(site, "/en/services").headers]
    # nginx looks at what comes first.
    assert names.index("x-accel-expires") < names.index("cache-control")
    for path in ("/en/grievances/new", "/en/account/sign-in", "/en/nowhere"):
        answer = read(site, path)
        assert "X-Accel-Expires" not in answer.headers
        assert "no-store" in answer.headers["Cache-Control"]
    with_cookie = read(site, "/en/services", Cookie="a=b")
    assert "X-Accel-Expires" not in with_cookie.headers


def test_what_is_changed_in_the_content_is_shown_soon(site, folder):
    path = folder / "news/portal-in-two-languages.yaml"
    assert "The corporation&#39;s new site" in read(site, "/en/news").text
    path.write_text(
        path.read_text().replace("The corporation's new site is", "The new site is now")
    )
    wait_for(lambda: "The new site is now" in read(site, "/en/news").text, BACK_S)
    assert "The new site is now" in read(site, "/en/search?q=new+site").text


def test_feeds_have_the_newest_in_their_language(site):
    for language, word in (("en", "No water on Thursday"), ("mr", "गुरुवारी पाणीपुरवठा")):
        feed = ElementTree.fromstring(read(site, f"/{language}/rss/notices.xml").content)
        titles = [each.text for each in feed.iter("title")]
        assert any(word in title for title in titles[1:])
        assert feed.find("channel/language").text == language
    assert read(site, "/en/rss/people.xml").status_code == 404


def open_now(site):
    found = OPEN.search(read(site, DEPARTMENT).text)
    return None if found is None else int(found[1])


def test_open_grievances_are_counted_and_private_kinds_are_not_named(site):
    site.filed(service_code="garbage-not-collected", api_key=None)
    wait_for(lambda: open_now(site) == 1, 70, step_s=1)
    page = read(site, f"{DEPARTMENT}/performance").text
    assert "Garbage not collected" in page or "garbage" in page.lower()


def test_a_service_that_is_away_takes_away_its_part_alone_and_is_back_soon(site, grievance):
    # The KPI service has never run here: its part is away, and the page is complete all the same.
    page = read(site, DEPARTMENT)
    assert page.status_code == 200
    assert "Figures of this department cannot be shown just now." in page.text
    assert "Doorstep collection of waste" in page.text
    assert page.headers["Cache-Control"] == "private, no-store"

    grievance.kill()
    wait_for(lambda: "Open grievances cannot be shown" in read(site, DEPARTMENT).text, 90, step_s=1)
    begun = time.monotonic()
    for _ in range(5):
        assert read(site, DEPARTMENT).status_code == 200
    assert time.monotonic() - begun < 5, "each page waits for what is known to be away"
    marathi = read(site, DEPARTMENT.replace("/en/", "/mr/")).text
    assert "“प्रलंबित तक्रारी” हा भाग आत्ता दाखवता येत नाही." in marathi
    assert read(site, "/en/services/pay-property-tax").status_code == 200
    assert site.part.is_ready()

    grievance.start()
    wait_for(lambda: open_now(site) is not None, BACK_S)
