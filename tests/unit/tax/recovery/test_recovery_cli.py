"""``palika tax recovery`` on a made-up city: trained, carded, explained, planned, compared."""

import json
from pathlib import Path
from string import ascii_letters

import pytest

from palika import cli
from services.tax.domain.planner_words import SKIPPED

CITY = ["--synthetic", "1300", "--years", "4", "--seed", "3"]


@pytest.fixture(autouse=True)
def own_var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No city runs."""
    monkeypatch.setenv("PALIKA_VAR", str(tmp_path / "var"))


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    """A model of the made-up city."""
    path = tmp_path_factory.mktemp("model") / "model.json"
    assert run("train", *CITY, "--trees", "15", "--out", str(path), "--json") == 0
    return path


def run(*arguments: str) -> int:
    return cli.main(["tax", "recovery", *arguments])


def answer(capsys, *arguments: str):
    capsys.readouterr()
    assert run(*arguments, "--json") == 0
    return json.loads(capsys.readouterr().out)


def test_what_was_trained_is_told(capsys):
    found = answer(capsys, "train", *CITY, "--trees", "15")
    assert found["illustrative"] is True
    assert len(found["sha256"]) == 64
    assert found["version"].startswith(found["data_until"])
    assert found["judged"]["brier"] < found["judged"]["brier_of_the_mean"]


def test_a_city_too_small_is_refused_in_both_languages(capsys):
    small = ["--synthetic", "100", "--years", "3"]
    assert run("train", *small, "--language", "en") == 1
    assert "too little history to learn from: to teach" in capsys.readouterr().err
    assert run("train", *small) == 1
    told = capsys.readouterr().err
    assert "पुरेसा इतिहास नाही: शिकवण्यासाठी" in told
    # All of it in one language.
    assert not set(told.removeprefix("Error: ")) & set(ascii_letters)
    assert run("train", *small, "--language", "en", "--json") == 1
    told = capsys.readouterr()
    assert ("a model needs 2000 at the least" in told.err, told.out) == (True, "")


@pytest.mark.parametrize(("language", "words"), [("mr", "काल्पनिक शहरावर"), ("en", "made-up city")])
def test_the_card(model, capsys, language, words):
    assert run("card", "--model", str(model), "--language", language) == 0
    assert words in capsys.readouterr().out


def test_a_file_that_is_no_model_is_refused(tmp_path, capsys):
    path = tmp_path / "model.json"
    path.write_bytes(b"\x80\x04cos\nsystem\n")
    assert run("card", "--model", str(path)) == 1
    assert "not a model" in capsys.readouterr().err


def test_a_plan_with_its_reasons(model, capsys):
    found = answer(capsys, "plan", *CITY, "--model", str(model), "--days", "3", "--top", "5")
    assert found["choices"] == sum(found["by_action"].values()) > 50
    assert set(found["skips"]) <= set(SKIPPED)
    assert 0 < found["value_rupees"] <= found["bound_rupees"]
    assert len(found["top"]) == 5
    for each in found["top"]:
        assert each["needs_signature"] == (each["action"] == "attachment")
        assert each["mr"] != each["en"]
    assert run("plan", *CITY, "--model", str(model), "--days", "3", "--language", "en") == 0
    assert "no plan exceeds" in capsys.readouterr().out


def test_a_property_with_its_reasons(model, capsys):
    top = answer(capsys, "plan", *CITY, "--model", str(model), "--top", "1")["top"][0]["property"]
    found = answer(capsys, "explain", top, *CITY, "--model", str(model))
    assert found["number"] == top
    assert found["prospects"][0]["action"] == "none"
    assert len(found["prospects"]) == 5
    assert found["reasons"]
    assert run("explain", top, *CITY, "--model", str(model), "--language", "en") == 0
    assert found["reasons"][0]["en"] in capsys.readouterr().out
    assert run("explain", "S999999", *CITY, "--model", str(model)) == 1
    assert "अशी मिळकत नाही" in capsys.readouterr().err


def test_the_comparison_is_printed(capsys):
    options = [*CITY, "--trees", "15"]
    assert run("evaluate", *options, "--language", "en") == 0
    out = capsys.readouterr().out
    for words in ("largest arrears first", "model ÷ largest first", "came true", "•"):
        assert words in out
