"""The kinds of settings: what each accepts, and how it says what is wrong.

Nothing here quotes a value: where a URL is broken, its password can be anywhere.
"""

import re
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from marshmallow import ValidationError, fields, validate

from palika import broker_addresses

_JOINERS: Final = dict.fromkeys(map(ord, "\u200c\u200d"))
SECRETS: Final = "one secret or several with spaces between, or nothing"
"""Of ``words``: while one secret takes another's place, both are believed."""


def whole(low: int, high: int) -> fields.Field[Any]:
    """A whole number within bounds."""
    return fields.Integer(
        required=True,
        validate=validate.Range(low, high),
        error_messages={"invalid": "not a whole number"},
        metadata={"accepted": f"a whole number from {low} to {high}"},
    )


def number(low: float, high: float) -> fields.Field[Any]:
    """A number within bounds."""
    return fields.Float(
        required=True,
        validate=validate.Range(low, high),
        error_messages={"invalid": "not a number"},
        metadata={"accepted": f"a number from {low:g} to {high:g}"},
    )


def url(*schemes: str) -> fields.Field[Any]:
    """The address of a server, with its user and password."""
    accepted = f"a URL like {schemes[0]}://user:password@host:port/"
    return fields.String(
        required=True,
        validate=lambda value: _check_url(value, schemes),
        metadata={"accepted": accepted},
    )


def node_urls(*schemes: str) -> fields.Field[Any]:
    """The addresses of a broker's nodes, one or several with ``;`` between."""

    def check(value: str) -> None:
        found = broker_addresses.split(value)
        if len(found) > 1 and not all(found):
            raise ValidationError("an address is empty: one ; stands between two")
        for each in found:
            _check_url(each, schemes)
        if len({urlsplit(each).path for each in found}) > 1:
            raise ValidationError("its nodes are not of one virtual host")
        if len({urlsplit(each).netloc.rpartition("@")[2] for each in found}) < len(found):
            raise ValidationError("it names a node twice")

    accepted = f"a URL like {schemes[0]}://user:password@host:port/, or several with ; between"
    return fields.String(required=True, validate=check, metadata={"accepted": accepted})


def _check_url(value: str, schemes: tuple[str, ...]) -> None:
    # None of these may quote the value: where the URL is broken, its password can be anywhere.
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError as error:
        raise ValidationError("its host or port cannot be read") from error
    if parts.scheme not in schemes:
        raise ValidationError(f"its scheme is not {' or '.join(schemes)}")
    if not parts.hostname and not socket_folder(value):
        raise ValidationError("it names no host")


def storage() -> fields.Field[Any]:
    """Where files are kept: a folder or a bucket."""

    def check(value: str) -> None:
        try:
            parts = urlsplit(value)
        except ValueError as error:
            raise ValidationError("it cannot be read") from error
        if parts.scheme not in ("file", "s3"):
            raise ValidationError("its scheme is not file or s3")
        if parts.scheme == "s3" and not parts.netloc:
            raise ValidationError("it names no bucket")
        if parts.scheme == "file" and (parts.netloc or not parts.path.strip("/")):
            raise ValidationError("it names no folder")

    accepted = "file:///a/folder, file:a-folder-in-var, or s3://bucket/prefix"
    return fields.String(required=True, validate=check, metadata={"accepted": accepted})


def endpoint(example: str = "https://s3.city.example:9000") -> fields.Field[Any]:
    """The address of a server over HTTP, or nothing."""
    check = validate.Regexp(r"(https?://[\w.:\[\]-]+/?)?\Z", error="not the address of a server")
    accepted = f"a URL like {example}, or nothing"
    return fields.String(required=True, validate=check, metadata={"accepted": accepted})


def server(example: str) -> fields.Field[Any]:
    """The address of a server over HTTP, which may have a path, or nothing."""
    check = validate.Regexp(r"(https?://[\w.:\[\]-]+(/[\w.~/-]*)?)?\Z", error="not such an address")
    accepted = f"a URL like {example}, or nothing"
    return fields.String(required=True, validate=check, metadata={"accepted": accepted})


def folder() -> fields.Field[Any]:
    """A folder that exists, or nothing."""

    def check(value: str) -> None:
        if value and not Path(value).is_dir():
            raise ValidationError("there is no such folder")

    accepted = "a folder that exists, or nothing"
    return fields.String(required=True, validate=check, metadata={"accepted": accepted})


def file() -> fields.Field[Any]:
    """A file that exists, or nothing."""

    def check(value: str) -> None:
        if value and not Path(value).is_file():
            raise ValidationError("there is no such file")

    accepted = "a file that exists, or nothing"
    return fields.String(required=True, validate=check, metadata={"accepted": accepted})


def host() -> fields.Field[Any]:
    """A host's name or address."""
    # An empty one would listen on every address.
    check = validate.Regexp(r"[\w.:-]+\Z", error="not a host name or address")
    return fields.String(
        required=True, validate=check, metadata={"accepted": "a host name or address"}
    )


def one_of(*words: str) -> fields.Field[Any]:
    """One of some words."""
    return fields.String(
        required=True,
        validate=validate.OneOf(words),
        metadata={"accepted": " or ".join(words)},
    )


def some_of(*words: str) -> fields.Field[Any]:
    """One or more of some words, with blanks between; each once."""
    return SomeOf(required=True, known=words, metadata={"accepted": f"some of {', '.join(words)}"})


class SomeOf(fields.Field[tuple[str, ...]]):
    """Words with blanks between, as a tuple in the order given."""

    def __init__(self, *, known: tuple[str, ...], **options: Any) -> None:
        """``known``: the words that there are."""
        super().__init__(**options)
        self._known = known

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[str, ...]:
        found = tuple(value.split()) if isinstance(value, str) else ()
        if not found:
            raise ValidationError("one at least")
        if unknown := [each for each in found if each not in self._known]:
            raise ValidationError(f"not known: {', '.join(unknown)}")
        if len(set(found)) < len(found):
            raise ValidationError("each once")
        return found


def words(accepted: str, *, one: bool = False) -> fields.Field[Any]:
    """Plain characters; ``one``: without blanks."""
    check = validate.Regexp(r"[!-~]*\Z" if one else r"[ -~]*\Z", error="not plain characters")
    return fields.String(required=True, validate=check, metadata={"accepted": accepted})


def matching(pattern: str, accepted: str) -> fields.Field[Any]:
    """What an expression matches from end to end; ASCII."""
    check = validate.Regexp(re.compile(rf"{pattern}\Z", re.ASCII), error="not of this form")
    return fields.String(required=True, validate=check, metadata={"accepted": accepted})


def line(most: int) -> fields.Field[Any]:
    """A line of printable text, or nothing."""

    def check(value: str) -> None:
        if len(value) > most:
            raise ValidationError(f"it has more than {most} characters")
        if value != value.strip() or not value.translate(_JOINERS).isprintable():
            raise ValidationError("it is not one line of printable characters")

    accepted = f"a line of at most {most} characters, or nothing"
    return fields.String(required=True, validate=check, metadata={"accepted": accepted})


class Delays(fields.List[int]):
    """A list in YAML, numbers with commas in the environment."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(value, str):
            value = [part.strip() for part in value.split(",") if part.strip()]
        return tuple(super()._deserialize(value, *args, **kwargs))


def socket_folder(url: str) -> str | None:
    """The folder of the Unix socket that a database's URL names, as ``?host=/run/postgresql``."""
    parts = urlsplit(url)
    if parts.hostname or not parts.scheme.startswith("postgres"):
        return None
    host = parse_qs(parts.query).get("host", [""])[-1]
    return host if host.startswith("/") else None
