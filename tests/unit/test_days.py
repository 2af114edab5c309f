"""Days as they are written at the command line."""

from collections.abc import Iterator
from datetime import date

import click
import pytest

from palika.cli import cli
from palika.days import DAY


@pytest.mark.parametrize(
    "text", ["01-05-2026", "1-5-2026", "2026-05-01", " 2026-05-01 ", "०१-०५-२०२६", "२०२६-०५-०१"]
)
def test_a_day_is_written_as_shown_or_as_programs_write_it(text):
    assert DAY.convert(text, None, None) == date(2026, 5, 1)


@pytest.mark.parametrize("text", ["", "today", "31-02-2026", "2026-13-01", "01-05-26", "1/5/2026"])
def test_what_is_no_day_is_refused_with_the_forms(text):
    with pytest.raises(click.BadParameter, match="write 31-12-2026 or 2026-12-31"):
        DAY.convert(text, None, None)


def _commands(group: click.Group, name: str) -> Iterator[tuple[str, click.Command]]:
    for each in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), each)
        assert command is not None, each
        if isinstance(command, click.Group):
            yield from _commands(command, f"{name} {each}")
        else:
            yield f"{name} {each}", command


def test_every_command_of_every_service_takes_a_day_in_the_one_way():
    days = []
    for name, command in _commands(cli, "palika"):
        for each in command.params:
            if isinstance(each.type, click.DateTime):
                # A moment has its hour.
                assert any("%H" in form for form in each.type.formats), f"{name}: {each.name}"
            elif each.type.name == "day":
                assert each.type is DAY, f"{name}: {each.name}"
                days.append(name.split()[1])
    assert {"eoffice", "kpi", "notify", "tax", "warroom"} <= set(days)
