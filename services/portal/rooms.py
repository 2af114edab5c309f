"""What rooms of the portal share: a page that nobody keeps, a file, calls as who is signed in, what
was typed into a form, and how a service's refusal is told beside its fields."""

import base64
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from flask import Response, current_app, render_template, request
from werkzeug.datastructures import FileStorage

from palika.auth import SYSTEM, Identity
from palika.errors import Conflict, Invalid, PalikaError
from palika.india import INDIA
from palika.rpc import Client
from palika.text import plain_digits
from services.portal.accounts.parts import parts
from services.portal.accounts.present import who
from services.portal.asking import DEADLINE_S, Asking, Part, Question
from services.portal.errors import TooMany, problem, rules
from services.portal.pages.formats import day_in, moment_in
from services.portal.pages.frame import frame
from services.portal.pages.languages import current
from services.portal.pages.words import N_, gettext

EMPTY: Final = N_("must not be empty")
CHOOSE: Final = N_("choose one")
NOT_NOW: Final = N_("This cannot be taken just now. Try again in a few seconds.")
DAY: Final = N_("must be a day like 2026-04-01")
MOMENT: Final = N_("must be a day and a time, like 2026-04-01T10:30")
TOO_MUCH: Final = N_("must be less than ₹10,000 crore")
RUPEES: Final = N_("must be an amount in rupees, such as 1,15,000 or 250.50")
LONG: Final = N_("must have at most %(most)s characters")
_AMOUNT: Final = re.compile(
    r"(?:[0-9]{1,37}|[0-9]{1,3}(?:,[0-9]{2,3})*,[0-9]{3})(?:\.[0-9]{1,2})?", re.ASCII
)
_TOO_MANY_PAISE: Final = 10**13
_RUNS_NOTHING: Final = "default-src 'none'; sandbox"
AGAIN_S: Final = "5"
"""After so many seconds what is away may be asked again."""
FORM: Final = "form"
"""Among the fields of a form: the form itself."""
MEANWHILE: Final = N_("It has changed meanwhile. Look at it again, and decide anew.")
_NAMES_KEPT_S: Final = 300.0
_NAMES_WITHIN_S: Final = 1.0
_MOST_NAMES: Final = 500


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something was not done: the status of the answer, and the rules by the form's fields."""

    status: int
    errors: dict[str, list[str]] = field(default_factory=dict)


def page(
    template: str, status: int = 200, error: PalikaError | None = None, /, **values: Any
) -> Response:
    """A page that nobody keeps. Its template has ``at``: what a service says as text is a day or a
    moment then; and ``too_often``.

    Args:
        template: its name.
        status: of HTTP; 429 and 503 say when it may be tried again.
        error: why a part of it is away, or nothing was done.
        values: for the template.
    """
    given = {
        "errors": {},
        "values": {},
        "at": at,
        "department_name": department_name,
        "too_often": isinstance(error, TooMany),
        **values,
    }
    headers = {"Cache-Control": "no-store"}
    if status in (429, 503):
        told = {} if error is None else problem(error).headers
        headers["Retry-After"] = told.get("Retry-After", AGAIN_S)
    return Response(render_template(template, **given), status, headers)


def download(name: str, kind: str, content: str | bytes, *, shown: bool = False) -> Response:
    """A file, to be kept by who asks.

    Args:
        name: of the file.
        kind: its media type.
        content: its bytes; text is base64, as a service gives it.
        shown: it is shown in the browser, where nothing in it runs.
    """
    headers = {
        "Content-Type": kind,
        "Content-Disposition": f'{"inline" if shown else "attachment"}; filename="{name}"',
        "Content-Security-Policy": _RUNS_NOTHING,
        # It may have names and addresses: no search engine is to find it.
        "X-Robots-Tag": "noindex",
    }
    return as_told(headers, content)


def as_told(headers: Mapping[str, str], content: Any, kept_s: int = 0) -> Response:
    """What a service keeps, with the headers that it gives it.

    Args:
        headers: of the service.
        content: as ``download`` has it, or parts of it that come one after another.
        kept_s: the browser that asks may keep it for so long.
    """
    body = base64.b64decode(content) if isinstance(content, str) else content
    kept = f"private, max-age={kept_s}" if kept_s else "private, no-store"
    return Response(body, headers={**headers, "Cache-Control": kept})


def ask(
    deadline_s: float | None = None, as_: Identity | None = None, **questions: Question
) -> dict[str, Part]:
    """Questions, all at once (``asking.py``); as who is signed in, if ``as_`` is nobody."""
    asking: Asking = current_app.extensions["asking"]
    asker = who().identity if as_ is None else as_
    return asking.ask(asker, DEADLINE_S if deadline_s is None else deadline_s, **questions)


@contextmanager
def services(
    timeout_s: float | None = None, as_: Identity | None = None, call: str | None = None
) -> Iterator[Client]:
    """Calls, as who is signed in, if ``as_`` is nobody; ``timeout_s`` and ``call`` are as
    ``Calls.as_`` has them.

    Raises:
        TooMany: no connection was free in time.
    """
    asker = who().identity if as_ is None else as_
    with parts().calls.as_(asker, timeout_s, call) as found:
        yield found


def one(part: Part) -> Any:
    """What a question was answered, on a page that is nothing without it.

    Raises:
        PalikaError: it was not.
    """
    if part.error is not None:
        raise part.error
    return part.value


def refusal(
    error: PalikaError,
    shown_as: Mapping[str, str] | None = None,
    otherwise: str = FORM,
    *,
    only: bool = False,
) -> Refusal:
    """What a service has refused, by the fields of a form.

    Args:
        error: as it was raised.
        shown_as: where a field of the service stands in the form, if not under its own name; what
            is inside of a field is named with a dot, ``cheque.number``.
        otherwise: the field that is told what is of none.
        only: the form has the fields of ``shown_as`` and no others.
    """
    if isinstance(error, Invalid) and error.fields:
        found: dict[str, list[str]] = {}
        names = shown_as or {}
        for field_, broken in error.fields.items():
            for name, rule in rules({field_: broken}):
                of_form = names.get(name) or names.get(field_)
                if of_form is None and only:
                    found.setdefault(otherwise, []).append(f"{name}: {rule}")
                else:
                    found.setdefault(of_form or field_, []).append(rule)
        return Refusal(400, found)
    told = problem(error)
    if told.status >= 500 and told.status != 503:
        # Nothing that was typed is wrong: what is told is the trace under which it is logged.
        return Refusal(told.status, {otherwise: list(told.lines)})
    said = gettext(NOT_NOW) if told.status in (429, 503) else error.message
    if isinstance(error, Conflict) and "expected" in error.details:
        # Versions are the services' own business.
        said = gettext(MEANWHILE)
    if posts := error.details.get("posts"):
        said = gettext("This is for who holds: %(posts)s.", posts=post_list(posts))
    return Refusal(told.status, {otherwise: [said]})


def post_names(codes: Iterable[str | None]) -> dict[str, str]:
    """What posts are called in the language of the page, by code; those that the e-office cannot
    name now are left out, and their codes say it as well."""
    wanted = sorted({each for each in codes if each})[:_MOST_NAMES]
    if not wanted:
        return {}
    question = Question("eoffice", "posts", {"codes": wanted}, _NAMES_KEPT_S)
    found = ask(_NAMES_WITHIN_S, SYSTEM("portal"), posts=question)["posts"]
    if found.missing:
        return {}
    return {code: names[current()] for code, names in found.value["posts"].items()}


def post_list(codes: Sequence[str]) -> str:
    """What posts are called, one after another; the code of one that has no name now."""
    named = post_names(codes)
    return ", ".join(named.get(each, each) for each in codes)


def department_name(code: str) -> str:
    """What a department is called in the language of the page; its code, if the site has none."""
    names = frame().shelf.content.city["departments"]
    return names[code].in_(current()) if code in names else code


def at(text: str) -> date | datetime:
    """A day or a moment as a service says it."""
    return day_in(text) if len(text) == len("2026-04-01") else moment_in(text)


def typed(name: str, most: int = 2_000) -> str:
    """What was typed into a field, without blanks around."""
    return within(request.form.get(name, ""), most)


def within(text: str, most: int) -> str:
    """What was typed, with one way of ending lines (a browser sends two characters), and of what is
    too long one character too many: so a service refuses it, and nobody's words are cut."""
    return text.replace("\r\n", "\n").strip()[: most + 1]


def day_typed(name: str) -> tuple[str, list[str]]:
    """A day that was typed, as ISO has it, and what is wrong with it; empty, if nothing was."""
    text = plain_digits(typed(name, 20))
    try:
        return (date.fromisoformat(text).isoformat() if text else ""), []
    except ValueError:
        return "", [DAY]


def moment_typed(name: str) -> tuple[str, list[str]]:
    """A day and a time of India that were typed, as an aware moment of ISO; as ``day_typed``."""
    text = plain_digits(typed(name, 30))
    try:
        if text:
            return datetime.fromisoformat(text).replace(tzinfo=INDIA).isoformat(), []
    except ValueError:
        return "", [MOMENT]
    return "", []


def paise_typed(name: str, *, needed: bool = False) -> tuple[int | None, list[str]]:
    """An amount in rupees that was typed, in paise; as ``day_typed``, None if nothing was, which is
    wrong where it is ``needed``."""
    text = plain_digits(typed(name, 40)).removeprefix("₹").replace("\N{NO-BREAK SPACE}", "").strip()
    if not text:
        return None, [EMPTY] if needed else []
    if not _AMOUNT.fullmatch(text):
        return None, [RUPEES]
    paise = int(Decimal(text.replace(",", "")) * 100)
    return (paise, []) if paise < _TOO_MANY_PAISE else (None, [TOO_MUCH])


def rupees_to_type(paise: int) -> str:
    """An amount as it stands in a field: 250.50."""
    whole, rest = divmod(paise, 100)
    return f"{whole}.{rest:02}" if rest else f"{whole}"


def put_typed(
    given: dict[str, Any],
    errors: dict[str, list[str]],
    name: str,
    read: Callable[[str], tuple[Any, list[str]]],
    field: str = "",
) -> None:
    """Put what was typed into a field where a service's call takes it, or what is wrong with it
    among the errors of the form; nothing, if nothing was typed.

    Args:
        name: of the call's argument.
        read: ``day_typed``, ``moment_typed`` or ``paise_typed``.
        field: of the form; of the same name, if it is not said.
    """
    found, wrong = read(field or name)
    if wrong:
        errors[field or name] = wrong
    elif found not in ("", None):
        given[name] = found


def file_sent(name: str, most: int) -> tuple[str, bytes] | None:
    """The name and the bytes of a file that came with a form, one byte more than ``most`` at the
    most; None: none was chosen."""
    given: FileStorage | None = request.files.get(name)
    if given is None or not given.filename:
        return None
    return given.filename, given.stream.read(most + 1)
