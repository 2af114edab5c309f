"""What a provider's HTTP answers come to, where nothing in them is the provider's own.

Of every failure must be told: whether the same would fail again (``permanent``), whether the
provider itself is the trouble (``channel_down``), whether the message was looked at at all
(``offered``), and whether it may have been accepted all the same (``uncertain``). The last is what
makes a message arrive twice when it is judged wrongly:

- nothing has left, or the other side has said no in its own words: certain;
- no whole answer, or one of a server in between (a page where JSON is spoken): uncertain.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from palika.outgoing import Answered, Lost, NotSent
from services.notify.domain.messages import Failed

_LONGEST_WAIT_S: Final = 86_400.0
_DETAIL_MAX: Final = 300
_NUMBER: Final = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)


def is_number(address: str) -> bool:
    """Whether it is a telephone number in E.164; anything else may mean more to a provider than
    one number."""
    return _NUMBER.fullmatch(address) is not None


def unanswered(provider: str, outcome: NotSent | Lost) -> Failed:
    """A request without a whole answer."""
    if isinstance(outcome, NotSent):
        return Failed(
            False, f"{provider}_unreachable", outcome.reason, channel_down=True, offered=False
        )
    return Failed(False, f"{provider}_no_answer", outcome.reason, channel_down=True, uncertain=True)


def refusal(provider: str, answer: Answered, said: str | None) -> Failed:
    """An answer that is no success, by its status alone.

    Args:
        provider: its name, that the reason begins with.
        answer: of any status.
        said: what it says of the failure, in the provider's own form; None: not in that form.
    """
    detail = f"{answer.status} {said or ''}".strip()[:_DETAIL_MAX]
    wait = retry_after_s(answer.headers)
    match answer.status:
        case 401 | 403:
            # Our own key: nothing is wrong with the message.
            return Failed(
                False, f"{provider}_login_refused", detail, channel_down=True, offered=False
            )
        case 429:
            return Failed(
                False,
                f"{provider}_throttled",
                detail,
                channel_down=True,
                offered=False,
                retry_after_s=wait,
            )
        case 503:
            return Failed(
                False,
                f"{provider}_unavailable",
                detail,
                channel_down=True,
                offered=False,
                retry_after_s=wait,
            )
        case status if 400 <= status < 500 and said is not None:
            return Failed(True, f"{provider}_refused", detail)
        case _:
            return Failed(
                False,
                f"{provider}_server_error",
                detail,
                channel_down=True,
                uncertain=said is None,
                retry_after_s=wait,
            )


def unreadable(provider: str, answer: Answered) -> Failed:
    """A success whose words are not the documented ones: it may have been accepted."""
    return Failed(
        False,
        f"{provider}_answer_unreadable",
        f"{answer.status} not of the documented form",
        channel_down=True,
        uncertain=True,
    )


def retry_after_s(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Retry-After in seconds, a day at the most; None where there is none that can be read."""
    given = headers.get("retry-after", "").strip()
    if given.isascii() and given.isdigit():
        return min(float(given[:9]), _LONGEST_WAIT_S)
    try:
        until = parsedate_to_datetime(given)
    except (ValueError, OverflowError):
        return None
    if until.tzinfo is None:
        return None
    left = (until - (now or datetime.now(UTC))).total_seconds()
    return min(max(left, 0.0), _LONGEST_WAIT_S)


def json_of(body: bytes) -> Any:
    """The body's JSON; None where it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def within(value: Any, *path: str | int) -> Any:
    """What is in somebody else's JSON at a path of keys and places; None where anything is
    missing or of another kind."""
    for step in path:
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, Mapping) else None
        else:
            value = value[step] if isinstance(value, list) and len(value) > step else None
    return value


def text_at(value: Any, *path: str | int, most: int = 500) -> str:
    """The text there, cut; a number as text; empty where there is neither. What no database takes
    (a NUL, half of a surrogate pair) is taken out."""
    found = within(value, *path)
    if isinstance(found, bool) or not isinstance(found, str | int):
        return ""
    return str(found).replace("\0", "").encode(errors="ignore").decode()[:most]


def list_at(value: Any, *path: str | int) -> list[Any]:
    """The list there; empty where there is none."""
    found = within(value, *path)
    return found if isinstance(found, list) else []
