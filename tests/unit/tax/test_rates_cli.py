"""``palika tax rates check``: what a city hears before it bills by its sheet."""

import json
from pathlib import Path

import pytest

from palika import cli
from services.tax.reference import RATES

CHECK = ["tax", "rates", "check"]


@pytest.fixture(autouse=True)
def own_var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No city runs."""
    monkeypatch.setenv("PALIKA_VAR", str(tmp_path / "var"))


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A sheet of the city's own, like the shipped one."""
    path = tmp_path / "own.yaml"
    path.write_text(RATES.read_text("utf-8"), "utf-8")
    return path


def edit(path: Path, before: str, after: str) -> int:
    """Put ``after`` for the first ``before``; give the number of its line."""
    text = path.read_text("utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), "utf-8")
    return text[: text.index(before)].count("\n") + 1


def test_the_shipped_sheet_is_right_and_says_how_much_of_it_is_illustrative(capsys):
    assert cli.main(CHECK) == 0
    told = capsys.readouterr().out
    assert told.startswith("All is right, for 2010-11/1 to 2030-31/2: 4 zones, 4 classes")
    assert "12 heads" in told
    assert "are illustrative." in told


def test_the_counts_are_told_to_scripts_too(own, capsys):
    assert cli.main([*CHECK, str(own), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["valid"]
    assert told["mistakes"] == []
    assert told["covers"] == {"from": "2010-11/1", "to": "2030-31/2"}
    assert told["heads"] == 12
    assert 0 < told["sourced"] < told["rules"]


def test_mistakes_are_told_with_their_lines_in_their_order(own, capsys):
    first = edit(own, "percent: 40, source: self-occupied-2023", "percent: 140, source: nowhere")
    begins = 'Early-payment rebate"\n  heads: [general'
    second = 1 + edit(own, begins, f"{begins}, fires")
    assert cli.main([*CHECK, str(own)]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    lines = shown.err.splitlines()
    where = "deductions, self_occupied, rules, 1"
    assert lines[0].startswith(f"own.yaml, line {first}: {where}, source: must be one of rule-41")
    assert lines[1] == (
        f"own.yaml, line {first}: {where}, percent: must be a percentage from 0 to 100, with 4 "
        "decimals at the most, not 140"
    )
    assert lines[2].startswith(f"own.yaml, line {second}: early_payment, heads, 2: must be one of")
    assert len(lines) == 3


def test_mistakes_are_told_to_scripts(own, capsys):
    line = edit(
        own, "    - {year: 2014-15, from: 2014-04-01, to: 2014-05-31, illustrative: true}\n", ""
    )
    assert cli.main([*CHECK, str(own), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert not told["valid"]
    ((mistake),) = told["mistakes"]
    assert mistake["place"] == "early_payment, windows"
    assert "no window for 2014-15" in mistake["rule"]
    assert line - 6 < mistake["line"] < line


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("percent: 16.75", "percent: .inf", "percent: must be a percentage from 0 to 100"),
        ("percent: 16.75", "percent: 1.675e+1", "percent: must be a percentage from 0 to 100"),
        ("percent: 22.75", "percent: 022", "percent: must be a percentage from 0 to 100"),
        ("percent: 22.75", "percent: 2:22", "percent: must be a percentage from 0 to 100"),
        ("percent: 22.75", f"percent: {'9' * 5000}", "percent: must be a percentage from 0 to"),
        ("percent: 16.75", "percent: 16.75, percent: 17", "not YAML: percent is there twice"),
        ("percent: 16.75", "percent: 16.75]", "not YAML:"),
        (
            "2019-04-01, percent: 0",
            "2019-02-30, percent: 0",
            "must be a day like 2026-04-01, not '2019-02-30'",
        ),
    ],
)
def test_what_is_no_exact_number_no_day_or_no_yaml_is_told(own, capsys, before, after, told):
    line = edit(own, before, after)
    assert cli.main([*CHECK, str(own)]) == 1
    shown = capsys.readouterr().err
    assert told in shown
    assert f"own.yaml, line {line}: " in shown


def test_a_sheet_that_is_not_utf_8_is_refused(own, capsys):
    own.write_bytes("city: पुणे".encode("utf-16"))
    assert cli.main([*CHECK, str(own)]) == 1
    assert "is not UTF-8" in capsys.readouterr().err


def test_a_sheet_that_is_not_there_is_wrong_usage(tmp_path, capsys):
    assert cli.main([*CHECK, str(tmp_path / "nowhere.yaml")]) == 2
    assert "does not exist" in capsys.readouterr().err
