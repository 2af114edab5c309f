"""``palika chat``: scripts, JSON, the picture, the check, and what it refuses."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from services.notify.chat.table import city_table
from services.notify.cli.chat import chat_command
from services.notify.domain.chat.graph import mermaid

SCRIPT = """
# a question for a person
नमस्कार
1
अबकड
4

दाखला कुठे मिळेल?
/place 18.5 73.8 Karve Road
/quit
never said
"""


@pytest.fixture
def keys(tmp_path, monkeypatch):
    monkeypatch.setenv("PALIKA_VAR", str(tmp_path / "var"))
    from services.notify.secrets import city_secrets

    city_secrets.cache_clear()
    yield
    city_secrets.cache_clear()


def _run(*arguments, lines=None):
    return CliRunner().invoke(chat_command, [*map(str, arguments)], input=lines)


def test_a_script_is_played_as_json(world, keys, tmp_path):
    script = tmp_path / "script.txt"
    script.write_text(SCRIPT, encoding="utf-8")
    result = _run("--script", script, "--json", "--yes", "--phone", "98123 45610")
    assert result.exit_code == 0, result.output
    lines = [json.loads(line) for line in result.output.splitlines()]
    said = [each["text"] for each in lines if each["from"] == "citizen"]
    assert said[0] == "नमस्कार"
    assert "never said" not in said
    bot = [each for each in lines if each["from"] == "bot"]
    assert bot[0]["choices"] == ["मराठी", "English"]
    assert bot[1]["kind"] == "list"
    assert "आपला प्रश्न लिहा" in bot[3]["text"]
    assert "कर्मचाऱ्याकडे पाठवला" in bot[4]["text"]
    assert len(world.query("SELECT 1 FROM handover")) == 1


def test_it_reads_from_a_pipe_and_goes_on_where_it_was(world, keys):
    assert "1. My property tax" in _run("--language", "en", "--yes", lines="").output
    result = _run("--yes", lines="takrar\n/photo nowhere.jpg\n")
    assert "What is it about?" in result.output
    assert result.exit_code == 2
    assert "a file that is there" in result.output


def test_it_does_not_talk_as_a_citizen_of_a_real_city_unless_that_is_meant(world, keys):
    result = _run("--phone", "9812345610")
    assert result.exit_code == 1
    assert "--yes" in result.output


def test_without_a_city_it_says_how_to_start_one(monkeypatch):
    for name in ("DATABASE_URL", "NOTIFY_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    result = _run()
    assert result.exit_code == 1
    assert "palika up" in result.output


def test_a_number_that_is_no_mobile_is_refused(world, keys):
    result = _run("--phone", "12345", "--yes")
    assert (result.exit_code, "mobile" in result.output) == (2, True)


def test_the_picture_in_the_documentation_is_that_of_the_table(root: Path):
    drawn = _run("--graph").output
    assert drawn == mermaid(city_table(), "en")
    text = (root / "docs" / "chatbot.md").read_text(encoding="utf-8")
    assert f"```mermaid\n{drawn}```" in text
    rules = city_table().rules
    for told in (
        f"Good for {rules.code_minutes} minutes and {rules.code_tries} tries",
        f"{rules.codes_a_day} a day for a citizen",
        f"{rules.codes_a_day_of_property} a day to an owner",
        f"{rules.property_numbers_an_hour} property numbers an hour",
        f"after {rules.link_unused_days} days without use",
        f"After {rules.remind_minutes} minutes of silence",
        f"after {rules.end_minutes} it",
        f"{rules.handover_hours} hours",
    ):
        assert told in text


def test_a_table_is_checked_with_every_mistake(tmp_path, root: Path):
    good = root / "services" / "notify" / "data" / "chat.yaml"
    assert "no mistakes" in _run("--check", good).output
    bad = tmp_path / "chat.yaml"
    text = good.read_text(encoding="utf-8")
    bad.write_text(text.replace("to: tax,", "to: taxi,", 1).replace("do: bill", "do: bull", 1))
    result = _run("--check", bad)
    assert result.exit_code == 2
    assert "taxi" in result.output
    assert "bull" in result.output
    bad.write_text("a: [")
    assert "not YAML" in _run("--check", bad).output
