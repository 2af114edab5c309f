"""``palika tax assess``: a property that is described in a file, assessed with its explanation."""

import json
from pathlib import Path

import pytest
import yaml

from palika import cli

FLAT = {
    "floor": "Ground",
    "area_sqm": 62.5,
    "use": "residential",
    "class": "rcc",
    "built_in": 1998,
    "occupancy": "self",
}
HOME = {"number": "P/1/02/00345", "zone": "zone-2", "claims": ["self_occupied"], "floors": [FLAT]}


@pytest.fixture(autouse=True)
def own_var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No city runs; a terminal that is wide enough for a line a step."""
    monkeypatch.setenv("PALIKA_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("COLUMNS", "160")


@pytest.fixture
def run(tmp_path, capsys):
    """Assess what is described; give the exit status and what was shown."""

    def run(described, *options):
        path = tmp_path / "home.yaml"
        path.write_text(yaml.safe_dump(described, allow_unicode=True), "utf-8")
        status = cli.main(["tax", "assess", str(path), *options])
        return status, capsys.readouterr()

    return run


def test_an_assessment_is_told_to_scripts(run):
    status, shown = run(HOME, "--half-year", "20211", "--known-on", "2024-01-01", "--json")
    assert status == 0
    told = json.loads(shown.out)
    assert (told["number"], told["half_year"], told["use"]) == (
        "P/1/02/00345",
        "2021-22/1",
        "residential",
    )
    # 62.5 x 16 x 12 = 12,000; - 20 %; - 40 %; - 15 %
    assert told["letting_value_paise"] == 9_600_00
    assert told["rateable_value_paise"] == 4_896_00
    assert told["lines"][0] == {
        "kind": "tax",
        "head": "general",
        "name": "सर्वसाधारण कर",
        "concession": None,
        "amount_paise": 410_00,
    }
    assert told["total_paise"] == sum(line["amount_paise"] for line in told["lines"])
    assert told["steps"][-1]["amount_paise"] == told["total_paise"]
    assert "rebate" not in told
    assert "difference" not in told


def test_a_clerk_reads_it_in_marathi_unless_they_ask_for_english(run):
    half = ["--half-year", "2021-22/1", "--known-on", "2021-04-01"]
    status, shown = run(HOME, *half)
    assert status == 0
    assert "मिळकत P/1/02/00345, सहामाही 2021-22/1, 01-04-2021 रोजी" in shown.out
    assert "वजा देखभाल दुरुस्ती: ₹9,600.00 च्या 15 %" in shown.out
    status, shown = run(HOME, *half, "--language", "en")
    assert status == 0
    assert "less repairs: 15 % of ₹9,600.00" in shown.out
    assert "from 01-04-2019; source: As reported (Hindus" in shown.out


def test_a_step_is_told_whole_into_a_pipe_of_a_narrow_terminal(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    options = ["--half-year", "2021-22/1", "--known-on", "2021-04-01", "--language", "en"]
    assert "less repairs: 15 % of ₹9,600.00" in run(HOME, *options)[1].out


def test_what_changed_since_a_day_and_the_rebate_are_told_too(run):
    options = ["--half-year", "2021-22/1", "--known-on", "01-01-2024", "--language", "en"]
    more = ["--against", "2021-04-01", "--paid-on", "2021-05-31"]
    status, shown = run(HOME, *options, *more)
    assert status == 0
    assert "What was billed too much is given back over 4 years." in shown.out
    for half in ("2021-22/1", "2021-22/2"):
        assert f"{half}, 10 % of General tax, ₹410.00" in shown.out
    status, shown = run(HOME, *options, *more, "--json")
    told = json.loads(shown.out)
    assert (
        told["difference"]["total_paise"] + told["difference"]["difference_paise"]
        == (told["total_paise"])
    )
    assert told["difference"]["lines"]["general"] == 410_00 - 928_00
    assert told["rebate"]["lines"]["general"] == 82_00
    status, shown = run(HOME, *options, "--paid-on", "2021-06-01")
    assert "There is no early-payment rebate on 01-06-2021." in shown.out
    status, shown = run(HOME, *options, "--paid-on", "2021-06-01", "--json")
    assert json.loads(shown.out)["rebate"] is None


def test_a_number_with_leading_zeros_is_what_was_written(tmp_path, capsys):
    path = tmp_path / "home.yaml"
    flat = "{floor: G, area_sqm: 10, use: open_plot, occupancy: vacant}"
    path.write_text(f"number: 00345\nzone: zone-2\nfloors: [{flat}]\n", "utf-8")
    assert cli.main(["tax", "assess", str(path), "--half-year", "20211", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["number"] == "00345"


def test_without_a_day_it_is_as_known_today(run):
    _, shown = run(HOME, "--half-year", "2021-22/1", "--json")
    assert json.loads(shown.out)["rateable_value_paise"] == 4_896_00


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"zone": "zone-9"}, "zone: must be one of zone-1"),
        ({"number": None}, "number: must be text, not None"),
        ({"number": "x" * 101}, "number: must be of at most 100 characters"),
        ({"claims": ["solr"]}, "claims, 1: must be one of ex_serviceman"),
        ({"claims": ["solar", "solar"]}, "claims, 2: solar is there twice"),
        ({"owner": "A"}, "file: owner not known"),
        ({"floors": []}, "floors: there must be one at least"),
        ({"floors": [FLAT | {"area_sqm": 0}]}, "floors, 1, area_sqm: must be a number above 0"),
        ({"floors": [FLAT | {"area_sqm": 62.505}]}, "area_sqm: must be a number above 0"),
        ({"floors": [FLAT | {"area_sqm": "62.5"}]}, "area_sqm: must be a number above 0"),
        ({"floors": [FLAT | {"class": "mud"}]}, "floors, 1, class: must be one of rcc"),
        ({"floors": [FLAT | {"use": "home"}]}, "floors, 1, use: must be one of residential"),
        ({"floors": [FLAT | {"occupancy": "own"}]}, "occupancy: must be one of self, let, vacant"),
        ({"floors": [FLAT | {"built_in": "old"}]}, "built_in: must be a whole number from 1600"),
        (
            {"floors": [{key: FLAT[key] for key in FLAT if key not in ("class", "built_in")}]},
            "floors, 1: class, built_in missing",
        ),
        (
            {"floors": [FLAT | {"use": "open_plot"}]},
            "floors, 1: an open plot has no class and no built_in",
        ),
    ],
)
def test_what_is_wrong_in_the_description_is_told(run, change, told):
    status, shown = run(HOME | change, "--half-year", "20211")
    assert status == 1
    assert shown.err.startswith("home.yaml, line ")
    assert told in shown.err
    status, shown = run(HOME | change, "--half-year", "20211", "--json")
    assert status == 1
    ((mistake),) = json.loads(shown.out)["mistakes"]
    assert told in f"{mistake['place']}: {mistake['rule']}"


@pytest.mark.parametrize(
    ("options", "status", "told"),
    [
        (["--half-year", "2021"], 2, "--half-year: must be a half-year like 2026-27/1"),
        (["--half-year", "20091"], 1, "the rate sheet covers 2010-11/1 to 2030-31/2"),
        (["--half-year", "20211", "--known-on", "1.4.2021"], 2, "write 31-12-2026 or 2026-12-31"),
        (["--half-year", "20211", "--known-on", "1999-01-01"], 1, "knows what was decided from"),
        ([], 2, "Missing option '--half-year'"),
    ],
)
def test_what_cannot_be_assessed_is_refused_with_the_reason(run, options, status, told):
    found, shown = run(HOME, *options)
    assert found == status
    assert told in shown.err
    assert shown.out == ""


def test_a_sheet_of_the_citys_own_that_is_wrong_is_told(run, tmp_path):
    own = tmp_path / "own.yaml"
    own.write_text("heads: {}\n", "utf-8")
    status, shown = run(HOME, "--half-year", "20211", "--rates", str(own))
    assert status == 1
    assert "own.yaml, line 1: file: city, covers, " in shown.err


def test_a_day_to_compare_with_is_not_after_the_day_that_is_asked_for(run):
    days = ["--known-on", "2021-04-01", "--against", "2024-01-01"]
    status, shown = run(HOME, "--half-year", "20211", *days)
    assert status == 2
    assert "--against: must not be after the day" in shown.err
