"""Days as people at the command line write them: one type for every command that takes one."""

import re
from datetime import date
from typing import Final, NoReturn

import click

from palika.text import plain_digits

_SHOWN: Final = re.compile(r"(\d{1,2})-(\d{1,2})-(\d{4})")


class Day(click.ParamType[date]):
    """A day as it is shown, 31-12-2026, or as programs write it, 2026-12-31; in either script's
    digits. It gives a ``date``."""

    name = "day"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> date:
        """The day that is meant; ends the command when it is none."""
        if isinstance(value, date):
            return value
        text = plain_digits(str(value).strip())
        try:
            shown = _SHOWN.fullmatch(text)
            if shown:
                return date(int(shown[3]), int(shown[2]), int(shown[1]))
            return date.fromisoformat(text)
        except ValueError:
            return self._refuse(value, param, ctx)

    def _refuse(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> NoReturn:
        self.fail(f"{str(value)!r} is not a day; write 31-12-2026 or 2026-12-31", param, ctx)


DAY: Final = Day()
