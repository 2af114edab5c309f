"""``palika tax notices check``: what a city hears of its ladder before anybody is sent a notice."""

import json
from pathlib import Path

import pytest

from palika import cli
from services.tax.documents.data import NOTICES

CHECK = ["tax", "notices", "check"]


@pytest.fixture(autouse=True)
def own_var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No city runs."""
    monkeypatch.setenv("PALIKA_VAR", str(tmp_path / "var"))


def test_the_shipped_ladder_is_right_and_says_how_much_of_it_is_illustrative(capsys):
    assert cli.main(CHECK) == 0
    told = capsys.readouterr().out
    assert told.startswith("All is right: 4 steps, 3 stops.\n")
    assert "  warrant: 21 days after the demand-notice, signed by a person\n" in told
    assert told.endswith("Of 8 rules 6 cite a source; 5 have illustrative figures.\n")


def test_as_json(capsys):
    assert cli.main([*CHECK, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["valid"]
    assert told["steps"]["attachment"]["after"] == "warrant"


@pytest.mark.parametrize(
    ("before", "after", "place", "rule"),
    [
        ("waits_days: 21", "waits_days: 0", "steps, warrant, waits_days", "from 1 to 3650"),
        ("waits_days: 21", "waits_days: 1.5", "steps, warrant, waits_days", "whole number"),
        ("after: demand-notice", "after: attachment", "steps, warrant, after", "demand-notice"),
        ("after: bill", "after: warrant", "steps, demand-notice, after", "must be one of bill"),
        ("signed: true", "signed: false", "steps, warrant, signed", "a person signs it"),
        ("fee_rupees: 200", "fee_rupees: -1", "steps, warrant, fee_rupees", "must be rupees"),
        ("least_rupees: 5000", "least: 5000", "steps, warrant", "least_rupees missing"),
        ("A warrant comes {days}", "A warrant comes 21", "steps, warrant, rule", "as {days}"),
        ("    source: merged\n", "", "stops, merged-village", "neither a source"),
        ("source: rule-42", "source: rule-43", "steps, sealing, source", "must be one of"),
        ("repeat: {months: 12", "repeat: {months: 0", "repeat, months", "from 1 to 120"),
        ("mr: समाविष्ट गाव\n", "mr: ''\n", "stops, merged-village", "needs a name in mr"),
        ("  warrant:\n", "  Warrant:\n", "steps, Warrant", "a code is small letters"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_place(
    tmp_path: Path, capsys, before: str, after: str, place: str, rule: str
):
    path = tmp_path / "own.yaml"
    text = NOTICES.read_text("utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), "utf-8")
    assert cli.main([*CHECK, str(path)]) == 1
    told = capsys.readouterr().err.splitlines()
    (line,) = [each for each in told if f": {place}: " in each and rule in each]
    number = int(line.split(", line ")[1].split(":")[0])
    assert 0 < number <= text.count("\n") + 1


def test_all_mistakes_are_told_at_once_in_the_order_of_their_lines(tmp_path: Path, capsys):
    path = tmp_path / "own.yaml"
    text = NOTICES.read_text("utf-8")
    for before, after in (("waits_days: 15", "waits_days: x"), ("signed: true", "signed: maybe")):
        text = text.replace(before, after)
    path.write_text(text, "utf-8")
    assert cli.main([*CHECK, str(path), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    lines = [each["line"] for each in told["mistakes"]]
    assert len(lines) == 6
    assert lines == sorted(lines)


@pytest.mark.parametrize("text", ["", "steps: [", "- a\n", "sources: 1\nsteps: 2\n"])
def test_what_is_no_ladder_is_refused_without_a_trace(tmp_path: Path, capsys, text: str):
    path = tmp_path / "own.yaml"
    path.write_text(text)
    assert cli.main([*CHECK, str(path)]) == 1
    assert capsys.readouterr().err.startswith("own.yaml, line ")
