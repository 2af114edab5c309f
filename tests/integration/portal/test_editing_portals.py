"""What is put out on one portal is on every other one, and is carried into files and back."""

import json
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import select
from uuid6 import uuid7

from services.portal.content.loading import SHIPPED
from services.portal.models import SiteDraft, SiteVersion
from tests.support.backbone import Backbone
from tests.support.part import Part, wait_for

SLUG = "two-portals"
TYPED = {
    "title.mr": "दोन द्वारे",
    "title.en": "Two portals",
    "summary.mr": "एकच बातमी.",
    "summary.en": "One piece of news.",
    "from": "2026-11-28",
    "updated": "2026-11-28",
    "text.mr": "## बातमी\n\nही बातमी दोन्ही ठिकाणी लगेच दिसते.\n",
    "text.en": "## News\n\nThis is seen on both of them within seconds.\n",
}
HAND = {"person": "m.sathe", "names": {"en": "M"}, "post": "p", "posts": {"en": "P"}}


@pytest.fixture(scope="module")
def portals(
    backbone: Backbone, tmp_path_factory: pytest.TempPathFactory
) -> list[tuple[Part, Path]]:
    """Two of one city, each with a folder of its own."""
    backbone.migrate("portal")
    found = []
    for number in range(2):
        folder = tmp_path_factory.mktemp(f"edited-{number}")
        options = {"PALIKA_PORTAL_HTTP_PORT": "0", "PALIKA_PORTAL_EDITED": str(folder)}
        found.append((backbone.service("portal", **options), folder))
    for part, _ in found:
        part.wait_ready(90)
    return found


def page_of(part: Part) -> requests.Response:
    return requests.get(f"{part.pages}/en/news/{SLUG}", timeout=30)


def scheduled(session: Any, slug: str, **typed: str) -> None:
    now = datetime.now(UTC)
    session.add(
        SiteDraft(
            id=uuid7(),
            kind="news",
            slug=slug,
            state="scheduled",
            removal=False,
            typed={**TYPED, **typed},
            revision=1,
            based_on="",
            authors=["x"],
            author=HAND,
            note="News",
            changed_at=now,
            publish_at=now,
            reviewer=HAND,
        )
    )


def test_what_is_put_out_is_on_every_portal_in_a_moment_and_once(
    backbone: Backbone, portals: list[tuple[Part, Path]]
) -> None:
    for part, _ in portals:
        # A page that is kept in memory does not outlive what it is made of.
        assert SLUG not in requests.get(f"{part.pages}/en/news", timeout=30).text
    with backbone.sessions("portal").begin() as session:
        scheduled(session, SLUG)
    begun = time.monotonic()
    for part, folder in portals:
        wait_for(lambda part=part: page_of(part).status_code == 200, 30)
        assert SLUG in requests.get(f"{part.pages}/en/news", timeout=30).text
        assert (folder / f"news/{SLUG}.yaml").exists()
    print(f"on both after {time.monotonic() - begun:.1f} s")
    with backbone.sessions("portal").begin() as session:
        (version,) = session.scalars(select(SiteVersion))
        assert version.number == 1
        assert session.scalar(select(SiteDraft)) is None


def test_a_portal_that_comes_later_has_it_from_the_first_moment(
    backbone: Backbone, portals: list[tuple[Part, Path]]
) -> None:
    part, folder = portals[0]
    shutil.rmtree(folder / "news")
    part.stop()
    part.start()
    wait_for(lambda: page_of(part).status_code == 200, 30)


def test_it_is_carried_into_the_files_and_back(
    backbone: Backbone, portals: list[tuple[Part, Path]], tmp_path: Path
) -> None:
    own = Path(shutil.copytree(SHIPPED, tmp_path / "own"))
    code, said, _ = run(backbone, "export", own, "--json")
    assert (code, json.loads(said)["files"][0]) == (0, f"news/{SLUG}.en.md")
    assert run(backbone, "check", "--folder", own)[0] == 0
    file = own / f"news/{SLUG}.yaml"
    file.write_text(file.read_text().replace("Two portals", "Two doors"))
    assert run(backbone, "import", own)[0] == 2
    code, said, _ = run(
        backbone, "import", own, "--by", "it-cell", "--why", "A better word", "--json"
    )
    assert (code, json.loads(said)) == (0, {"pages": [f"news/{SLUG}"]})
    for part, _ in portals:
        wait_for(lambda part=part: "Two doors" in page_of(part).text, 30)
    assert json.loads(run(backbone, "import", own, "--why", "x", "--json")[1]) == {"pages": []}
    file.write_text(file.read_text().replace("updated", "updatd"))
    code, _, told = run(backbone, "import", own, "--why", "x")
    assert code == 1
    assert f"news/{SLUG}.yaml, line" in told


def run(backbone: Backbone, *arguments: object) -> tuple[int, str, str]:
    done = backbone.palika("site", *map(str, arguments))
    return done.returncode, done.stdout, done.stderr
