"""A city's own name and files in the place of what is shipped, in every service."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from palika.city_data import own, with_corporation
from palika.config import settings
from palika.reading import Mistakes

ROOT = Path(__file__).parents[2]
MR, EN = "नाशिक महानगरपालिका", "Nashik Municipal Corporation"
ASK = """
import json
from services.eoffice.documents.setting import address, corporation
from services.eoffice.organisation_store import shipped
from services.kpi import files
from services.notify.calls.reference import city_flow
from services.notify.chat.table import city_table
from services.portal.content.loading import SHIPPED, load
from services.tax.documents.data import city
from services.tax.reference import wards
from services.warroom import reference

def both(name):
    return [name.mr, name.en]

print(json.dumps({
    "eoffice": both(corporation()),
    "address": both(address()),
    "posts": [each["code"] for each in shipped("departments")][:1],
    "kpi": both(files.read_corporation()),
    "tax": both(city().corporation),
    "wards": sorted(wards()),
    "warroom": both(reference.corporation()),
    "portal": both(load(SHIPPED).city["name"]),
    "calls": repr(city_flow().states),
    "chat": repr(city_table().states),
}))
"""


def told(**variables: str) -> dict[str, Any]:
    """What the services say in a process of their own."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ASK],
        cwd=ROOT,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_city_s_name_is_on_its_pages_and_papers_and_in_its_calls() -> None:
    said = told(PALIKA_CITY_NAME_MR=MR, PALIKA_CITY_NAME_EN=EN)
    for each in ("eoffice", "kpi", "tax", "warroom", "portal"):
        assert said[each] == [MR, EN], each
    for each in ("calls", "chat"):
        assert MR in said[each]
        assert EN in said[each]
        assert "Pune" not in said[each]
        assert "{corporation}" not in said[each]


def test_an_only_city_is_called_as_its_files_say() -> None:
    said = told()
    assert said["portal"] == ["पुणे महानगरपालिका", "Pune Municipal Corporation"]
    assert said["tax"] == ["पुणे महानगरपालिका", "Pune Municipal Corporation"]
    assert "Pune Municipal Corporation" in said["calls"]
    assert "पुणे महानगरपालिका" in said["chat"]


def test_a_city_s_own_files_stand_in_the_place_of_the_shipped_ones(tmp_path: Path) -> None:
    for name, change in (
        ("tax/wards.yaml", lambda text: text),
        ("eoffice/documents/city.yaml", lambda text: text.replace("Main Building", "Rajiv Bhavan")),
        ("eoffice/organisation/departments.csv", lambda text: text),
    ):
        service, _, file = name.partition("/")
        text = (ROOT / "services" / service / "data" / file).read_text("utf-8")
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(change(text), "utf-8")
    before = told()
    said = told(PALIKA_CITY_DATA=str(tmp_path))
    assert "Rajiv Bhavan" in said["address"][1]
    assert "Rajiv Bhavan" not in before["address"][1]
    assert said["wards"] == before["wards"]
    (tmp_path / "tax" / "wards.yaml").write_text("nonsense: 1\n")
    with pytest.raises(AssertionError, match=r"wards\.yaml"):
        told(PALIKA_CITY_DATA=str(tmp_path))


def test_what_is_no_shipped_file_stands_for_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PALIKA_CITY_DATA", str(tmp_path))
    settings.cache_clear()
    for path in (tmp_path / "a.yaml", ROOT / "services" / "tax" / "data" / "wards.yaml"):
        assert own(path) == path
    settings.cache_clear()


@pytest.mark.parametrize("said", ["Pune", {"mr": "पुणे"}, {"mr": "", "en": "Pune"}])
def test_half_a_name_in_a_file_is_told(said: object) -> None:
    with pytest.raises(Mistakes, match="corporation: needs a name in mr and in en"):
        with_corporation({"corporation": said})


def test_only_texts_by_language_have_the_name_put_in() -> None:
    raw = {
        "corporation": {"mr": "पुणे", "en": "Pune"},
        "says": {"mr": "{corporation} {owed}", "en": "[{corporation}]"},
        "code": "{corporation}",
    }
    assert with_corporation(raw) == {
        "says": {"mr": "पुणे {owed}", "en": "[Pune]"},
        "code": "{corporation}",
    }
