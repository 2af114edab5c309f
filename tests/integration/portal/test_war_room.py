"""The war room on the portal: projects, reviews with live minutes, actions, and the wall, with the
real war room, grievance and KPI services."""

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import requests
from sqlalchemy import select

from palika.auth import SYSTEM, Identity
from services.portal.commands.keep_token import add_token
from services.portal.keeping import city_keeping
from services.portal.models import Account
from services.warroom.commands.hold_reviews import review_id
from services.warroom.commands.sitting import Sitting
from services.warroom.domain.reviews import Meeting, Phase
from tests.support.part import wait_for
from tests.support.portal_grievances import text_of
from tests.support.portal_work import (
    CHAIR,
    SECRETARY,
    Officer,
    identity,
    key_of,
    officer,
    portal_of,
    with_kpis,
    with_projects,
)

OWNER = ("roads-ce", 4)


@pytest.fixture(scope="module")
def city(backbone):
    """The services with sample work, and the portal."""
    with_projects(backbone, 8)
    with_kpis(backbone, 0)
    backbone.migrate("grievance")
    backbone.service("grievance").wait_ready(90)
    return portal_of(backbone)


@pytest.fixture
def chair(city) -> Officer:
    return officer(city, CHAIR)


def open_review(city) -> str:
    """A review that is held now, whose minutes are taken."""
    now = datetime.now(UTC)
    day = (now - timedelta(days=1)).date()
    key = review_id("fortnightly", day)
    meeting = Meeting(
        "fortnightly",
        day,
        now - timedelta(days=1),
        120,
        chair=CHAIR[0],
        secretary=SECRETARY[0],
        takers=("projects-head",),
        phase=Phase.OPEN,
        opened_at=now,
    )
    with city.backbone.sessions("warroom").begin() as session:
        Sitting.begin(session, SYSTEM("warroom"), key, meeting, now).save("hold")
    return str(key)


def test_projects_are_listed_the_red_ones_first_and_each_tells_its_reasons(city, chair):
    page = chair.open("/desk/projects")
    codes = re.findall(r"/en/desk/projects/([A-Z]{2}-\d\d)", page.text)
    with city.backbone.client(identity(CHAIR)) as services:
        listed = services.warroom.list()["items"]
        lights = {each["code"]: each["health"]["light"] for each in listed}
        one = services.warroom.get(code=codes[0])
    order = [lights[code] for code in codes]
    assert len(codes) == len(listed) == 8
    assert order == sorted(order, key=["red", "amber", "green", "none"].index)
    said = chair.says(f"/desk/projects/{codes[0]}")
    for reason in one["health"]["reasons"]:
        assert reason["en"] in said
    assert "<polyline" in chair.open(f"/desk/projects/{codes[0]}").text
    assert one["milestones"][0]["name"]["en"] in said
    only = chair.open("/desk/projects?light=green")
    shown = re.findall(r"/en/desk/projects/([A-Z]{2}-\d\d)", only.text)
    assert {lights[code] for code in shown} <= {"green"}
    assert chair.open("/desk/projects/XX-99").status_code == 404
    assert chair.open("/desk/projects?light=purple").status_code == 400


def test_a_project_tells_what_it_is_linked_to_and_what_belongs_to_its_issues(city, chair):
    admin = Identity.of("admin:it-head", "admin")
    due = (datetime.now(UTC) + timedelta(days=9)).date().isoformat()
    with city.backbone.client(admin) as services:
        one, other = (each["code"] for each in services.warroom.list()["items"][:2])
        ids = [str(uuid4()), str(uuid4())]
        for code, key in ((one, ids[0]), (other, ids[1])):
            version = services.warroom.get(code=code)["version"]
            services.warroom.raise_issue(
                code=code,
                version=version,
                issue_id=key,
                title=f"Wait of {code}",
                detail="so",
                severity="high",
                post="roads-ce",
                due_on=due,
            )
        matter = services.warroom.tie(id=ids[0])["correlation_id"]
        services.warroom.tie(id=ids[1], correlation_id=matter)
        version = services.warroom.get(code=one)["version"]
        for target in (
            {"kind": "kpi", "target": "roads-works-late"},
            {"kind": "area", "ward": "bibwewadi", "category": "pothole"},
        ):
            version = services.warroom.link(
                code=one, version=version, link_id=str(uuid4()), **target
            )["version"]
    page, said = chair.open(f"/desk/projects/{one}").text, chair.says(f"/desk/projects/{one}")
    assert f"Belongs together with Issue of a project: {other}: Wait of {other}" in said
    assert f'href="/en/desk/projects/{other}"' in page
    assert 'href="/en/desk/dashboards/kpis/roads-works-late">Works past their date' in page
    assert "Grievances of an area: Bibwewadi ward office, Pothole" in said
    assert "bibwewadi" not in said
    assert "an issue was tied to a matter" in said


def test_minutes_are_taken_live_and_actions_reach_their_post(city, chair):
    key = open_review(city)
    page = f"/desk/reviews/{key}"
    wrong = chair.submit(page, f"{page}/assign", title="", action_post="", due_on="soon")
    assert wrong.status_code == 400
    assert "must be a day like 2026-04-01" in text_of(wrong)
    chair.submit(page, f"{page}/attend", attend_post="commissioner", presence="present")
    entry = {"kind": "statement", "text": "So <b>be it</b>.", "minute_post": "commissioner"}
    told = chair.submit(page, f"{page}/minute", **entry)
    assert "It is in the minutes." in text_of(told)
    assert "So &lt;b&gt;be it&lt;/b&gt;." in told.text
    due = (datetime.now(UTC) + timedelta(days=9)).date().isoformat()
    action = {"id": "0198c0de-0000-7000-8000-000000000001", "title": "Cut the trees"}
    action |= {"action_post": OWNER[0], "due_on": due}
    for _ in range(2):
        told = chair.submit(page, f"{page}/assign", **action)
        assert told.status_code == 200, text_of(told)
    assert told.text.count("Cut the trees") == 1
    # Who takes no minutes is told whose it is.
    other = officer(city, OWNER)
    assert "Take the minutes" not in other.says(page)
    refused = other.submit("/account/", f"{page}/minute", **entry)
    assert refused.status_code == 403
    assert "commissioner" in text_of(refused)
    closed = chair.submit(page, f"{page}/close")
    assert "The minutes are closed" in text_of(closed)
    assert chair.open(f"{page}/minutes.pdf").content.startswith(b"%PDF")
    # The post sees it, says how it stands, and that it is done; its chair answers.
    mine = other.says("/desk/actions")
    assert "Cut the trees" in mine
    at = f"/desk/actions/{action['id']}"
    empty = other.submit("/desk/actions", f"{at}/report", status="")
    assert empty.status_code == 400
    assert "How it stands: must not be empty" in text_of(empty)
    other.submit("/desk/actions", f"{at}/report", status="Half of them")
    told = other.submit("/desk/actions", f"{at}/complete", evidence="All are cut")
    assert "they say whether it is done" in text_of(told)
    waiting = chair.says("/desk/actions")
    assert "All are cut" in waiting
    no_reason = chair.submit("/desk/actions", f"{at}/answer", answer="reject")
    assert no_reason.status_code == 400
    told = chair.submit("/desk/actions", f"{at}/answer", answer="accept")
    assert "Your answer is kept" in text_of(told)
    with city.backbone.client(identity(CHAIR)) as services:
        (done,) = services.warroom.actions(post=OWNER[0], review_id=key)["items"]
    assert done["work"] == "done"


def test_a_pack_of_the_last_review_is_downloaded(city, chair):
    closed = [
        each
        for each in reviews(city)
        if each["phase"] == "closed" and each["frozen_at"] is not None
    ]
    key = closed[0]["id"]

    def ready() -> bool:
        return f"/desk/reviews/{key}/pack.pdf" in chair.open(f"/desk/reviews/{key}").text

    wait_for(ready, 120)
    assert chair.open(f"/desk/reviews/{key}/pack.pdf").content.startswith(b"%PDF")
    slides = chair.open(f"/desk/reviews/{key}/pack.pptx")
    assert slides.content.startswith(b"PK")
    assert "attachment" in slides.headers["Content-Disposition"]


def reviews(city):
    with city.backbone.client(identity(CHAIR)) as services:
        return services.warroom.reviews()["items"]


def test_the_wall_tells_each_part_and_says_which_is_away(city, chair):
    told = chair.open("/wall/data").json()
    assert {each["id"]: each["away"] for each in told["groups"]} == {
        "projects": False,
        "actions": False,
        "grievances": False,
        "kpis": False,
    }
    assert told["starts_at"] is not None
    page = chair.open("/wall")
    assert page.text.count('<section class="scene" data-scene>') == 1
    assert 'http-equiv="refresh" content="60;url=/en/wall?scene=1"' in page.text
    third = chair.open("/wall?scene=2")
    assert "scene=3" in third.text or "scene=0" in third.text
    # A number of a scene that is not there is no error.
    assert chair.open("/wall?scene=999").status_code == 200
    assert chair.open("/wall?scene=x").status_code == 200


def test_a_screen_has_a_token_that_only_reads(city, chair):
    anew = requests.Session()
    assert "/account/" in anew.get(f"{city.url}/en/wall", timeout=30).url
    screen = Officer(city, "")
    for scopes, rule in (
        (["projects:write"], "is not good for wall:read"),
        (["kpi:read"], "is not good for wall:read"),
        (["wall:read", "projects:read"], "is good for more than wall:read"),
    ):
        refused = screen.submit("/wall/set-up", token=token(city, scopes))
        assert refused.status_code == 400
        assert rule in text_of(refused)
    assert "no token of the city" in text_of(screen.submit("/wall/set-up", token="palika_x"))
    good = token(city, ["wall:read"])
    shown = screen.submit("/wall/set-up", token=good)
    assert shown.status_code == 200
    assert "this screen only reads" in text_of(shown)
    assert screen.open("/wall/data").status_code == 200
    # It opens the wall, and nothing else; and no other opens the wall.
    assert "/account/" in screen.open("/desk/projects").url
    for path in ("projects", "grievances", "kpis", "files/inbox", "messages"):
        assert by_token(f"{city.url}/api/v1/{path}", good).status_code == 403, path
    other = token(city, ["projects:read", "kpi:read", "grievance:write"])
    assert by_token(f"{city.url}/en/wall/data", other).status_code == 403
    with city.backbone.sessions("portal").begin() as session:
        from services.portal.models import ApiToken

        for each in session.scalars(select(ApiToken)):
            each.ended_at = datetime.now(UTC)
    assert screen.open("/wall/data").status_code == 401


def by_token(address: str, token: str) -> requests.Response:
    return requests.get(address, headers={"Authorization": f"Bearer {token}"}, timeout=30)


def token(city, scopes) -> str:
    key_of(city.backbone, *CHAIR)
    with city.backbone.sessions("portal").begin() as session:
        account = session.scalar(select(Account).where(Account.person == f"person-{CHAIR[0]}"))
        return add_token(
            session,
            city_keeping(),
            "wall-" + "-".join(scopes).replace(":", "-"),
            scopes,
            timedelta(days=9),
            "tests",
            datetime.now(UTC),
            account=account,
            post=CHAIR[0],
        )


def test_when_the_war_room_is_away_its_part_says_so_and_comes_back(city, chair, backbone):
    # The last of this file.
    (part,) = [each for each in backbone._parts if each.name == "run warroom"]
    part.stop()

    def away() -> bool:
        groups = {each["id"]: each["away"] for each in chair.open("/wall/data").json()["groups"]}
        return groups == {"projects": True, "actions": True, "grievances": False, "kpis": False}

    wait_for(away, 60)
    page = chair.open("/desk/projects")
    assert page.status_code == 503
    assert "cannot be shown just now" in text_of(page)
    assert "cannot be shown just now" in chair.says("/wall")
    backbone.service("warroom").wait_ready(90)
    wait_for(lambda: not any(e["away"] for e in chair.open("/wall/data").json()["groups"]), 60)
    assert chair.open("/desk/projects").status_code == 200
