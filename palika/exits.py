"""How the commands that services add to ``palika`` end when something is wrong."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import click
from sqlalchemy.exc import DBAPIError


def fail(message: str, status: int) -> NoReturn:
    """End with a message on the standard error and an exit status."""
    error = click.ClickException(message)
    error.exit_code = status  # type: ignore[misc]  # click takes it of the instance, too
    raise error


@contextmanager
def database_told(then: str = "") -> Iterator[None]:
    """End with 1 and what the database says, when it refuses or is away.

    Args:
        then: what to do now, on a line of its own.
    """
    try:
        yield
    except DBAPIError as error:
        said = f"the database: {str(error.orig).strip()}"
        fail(f"{said}\n{then}" if then else said, 1)
