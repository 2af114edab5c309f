"""The e-office's commands: what their help says, and how their lists fit a terminal."""

import shlex
from collections.abc import Iterator
from datetime import UTC, date, datetime
from importlib.resources import files

import click
import pytest
from click.testing import CliRunner
from rich.cells import cell_len

from palika.days import DAY
from services.eoffice.cli import register
from services.eoffice.cli.asking import checked
from services.eoffice.cli.examples import EXAMPLES
from services.eoffice.cli.showing import day, listed, moment
from services.eoffice.cli.words import say
from services.eoffice.queries.headings import heading
from services.eoffice.schemas.organisation import MyPosts
from services.eoffice.schemas.reports import REPORTS

_OURS = click.Group("palika")
register(_OURS)


def _leaves(
    group: click.Group, words: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, each in group.commands.items():
        if isinstance(each, click.Group):
            yield from _leaves(each, (*words, name))
        else:
            yield (*words, name), each


LEAVES = {" ".join(words[1:]): (words, command) for words, command in _leaves(_OURS)}


def test_every_command_has_an_example_and_there_is_no_other():
    assert EXAMPLES.keys() == LEAVES.keys()


@pytest.mark.parametrize("name", LEAVES)
def test_the_help_says_what_a_command_does_what_it_takes_and_how_it_is_typed(name):
    words, command = LEAVES[name]
    shown = CliRunner().invoke(_OURS, [*words, "--help"], env={"COLUMNS": "80"}).output
    assert f"For example: palika {' '.join(words)}" in " ".join(shown.split())
    assert command.help
    silent = [
        each.name
        for each in command.params
        if isinstance(each, click.Option) and not each.help and each.name != "help"
    ]
    assert silent == []
    for each in command.params:
        if isinstance(each, click.Argument) and not isinstance(each.type, click.Choice):
            named = each.make_metavar(click.Context(command)).strip("[].")
            assert named in command.help or named == "CODE", f"{named} is not told"


@pytest.mark.parametrize("name", LEAVES)
def test_each_example_can_be_typed(name, tmp_path, monkeypatch):
    words, command = LEAVES[name]
    monkeypatch.chdir(tmp_path)
    for each in ("letter.pdf", "map.pdf", "asha.cer"):
        (tmp_path / each).write_bytes(b"")
    (tmp_path / "archive").mkdir()
    assert command.make_context(words[-1], shlex.split(EXAMPLES[name])).params


LONG = "मौजे कसबा पेठ येथील रस्त्याचे पुनर्डांबरीकरण, पदपथ व पावसाळी गटार यांचे अंदाजपत्रक"
COLUMNS = ("number", "priority", "since", "due", "from", "subject")
ROWS = [
    ("ROADS/EST/TENDER/2026/0001", "urgent", "01-07-2026 10:00", "05-07-2026", "roads-je", LONG),
    (
        *("BUILDING-PERMISSION/BPM/ESTABLISHMENT/2026/0001", "most urgent", "01-07-2026 10:00"),
        *("05-07-2026 (overdue)", "information-technology-clerk", LONG),
    ),
]


@pytest.mark.parametrize("width", range(56, 200, 4))
@pytest.mark.parametrize("rows", [ROWS[:1], ROWS])
@pytest.mark.parametrize("language", ["mr", "en"])
def test_in_a_list_nothing_is_cut_off_and_only_texts_are_folded(width, rows, language):
    command = click.Command("list", callback=lambda: listed(COLUMNS, rows, language))
    shown = CliRunner().invoke(command, env={"COLUMNS": str(width)}).output
    assert all(cell_len(line.rstrip()) <= width for line in shown.splitlines()), shown
    for row in rows:
        for cell in row[:-1]:
            assert cell in shown, shown
        for word in LONG.split():
            assert word in shown, shown
    assert {"mr": "प्राधान्य", "en": "priority"}[language] in shown


def test_days_and_moments_are_written_in_one_way_of_india():
    at = datetime(2026, 6, 30, 20, 15, tzinfo=UTC)
    assert moment(at) == moment(at.isoformat()) == "01-07-2026 01:45"
    assert day("2026-07-01") == "01-07-2026"
    assert (day(None), moment(None)) == ("", "")


def test_a_file_is_called_by_one_word_in_marathi():
    said = files("services.eoffice.data").joinpath("reports.yaml").read_text("utf-8")
    assert "फाइल" not in said
    assert heading("number").in_("mr") == "नस्ती क्रमांक"


@pytest.mark.parametrize("report", REPORTS)
def test_the_title_of_a_report_is_words(report):
    assert say(report, "en") != report
    assert say(report, "en")[0].isupper()


@pytest.mark.parametrize("name", LEAVES)
def test_every_option_that_takes_a_day_takes_it_as_it_is_shown(name):
    _, command = LEAVES[name]
    days = [
        "day",
        "on_day",
        "from_day",
        "to_day",
        "since",
        "until",
        "due_on",
        "dated",
        "received_on",
    ]
    for each in command.params:
        if each.name in days:
            assert each.type is DAY, each.name


def test_a_day_that_was_typed_is_checked_as_a_call_would_have_it():
    found = checked(MyPosts(), {"day": DAY.convert("31-12-2026", None, None)})
    assert found["day"] == date(2026, 12, 31)
