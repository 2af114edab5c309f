"""Whether people were reached by what a service has told: notify knows, and is asked for it.

It is asked whenever that is shown, and nobody else keeps it: it changes for days (receipts, another
channel, sent again by hand). While it is away a page waits for it once, and not again for a minute.
"""

from collections.abc import Collection, Iterable, Mapping
from time import monotonic
from typing import Any, Final, Protocol

from palika.errors import PalikaError, Unavailable
from palika.text import Name

FIELDS: Final = ("reached", "state", "channel", "reason", "why", "skipped", "at")
"""What is said of one recipient: as notify's `reached` answers, without whom it is about."""

WAIT_S: Final = 1.0
"""So many seconds notify is waited for, and no more: it is told beside the rest."""

_AGAIN_S: Final = 60
"""So many seconds after it has not answered it is asked again."""
_MOST: Final = 500
"""So many events are asked for in one call: notify takes no more."""
_WORDS: Final = {
    True: Name("कळवले", "told"),
    False: Name("पोहोचले नाही", "not told"),
    None: Name("कळवले जात आहे", "being told"),
}
_UNKNOWN: Final = Name("कळवले का हे माहीत नाही", "not known to be told")


class _Away:
    """Until when notify is not asked, by the process's own clock."""

    until = 0.0


class Notify(Protocol):
    """The service's methods, as ``self.rpc.notify`` or a ``Client`` has them."""

    def reached(self, *, events: list[str]) -> Any:
        """See ``services/notify/README.md``."""


def reached(notify: Notify, told: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Of what was told, whether its recipients were reached.

    Args:
        notify: as whom, and how long it is waited for: ``WAIT_S`` at most.
        told: by the id of the event, by what notify knows the recipient.

    Returns:
        By the id of the event ``FIELDS``; nothing of what notify does not know (not yet, or no
        more), and nothing at all while it does not answer, or has not within the last minute.
    """
    if monotonic() < _Away.until:
        return {}
    events, items = list(told), []
    for start in range(0, len(events), _MOST):
        try:
            items += notify.reached(events=events[start : start + _MOST])["items"]
        except Unavailable:
            _Away.until = monotonic() + _AGAIN_S
            return {}
        except PalikaError:
            return {}
    return {
        each["event_id"]: {name: each[name] for name in FIELDS}
        for each in items
        if told.get(each["event_id"]) == each["recipient_ref"]
    }


def ask_again() -> None:
    """Forget that notify has not answered."""
    _Away.until = 0.0


def with_reached(
    items: Iterable[Mapping[str, Any]], notify: Notify, recipient: str
) -> list[dict[str, Any]]:
    """Things that somebody was told of, each with whether they were reached.

    Args:
        items: with `told_event`, the id of the event that told it, or None.
        notify: as for ``reached``.
        recipient: the field of an item by which notify knows who was told.

    Returns:
        The same with `reached`: ``FIELDS``, or None: nothing was told, or notify does not know.
    """
    items = list(items)
    told = {each["told_event"]: each[recipient] for each in items if each["told_event"] is not None}
    said = reached(notify, told)
    return [{**each, "reached": said.get(each["told_event"])} for each in items]


def in_words(said: Mapping[str, Any] | None) -> Name:
    """In one line, whether somebody was reached, over what, and why not.

    Args:
        said: ``FIELDS``; None: it is not known.
    """
    if said is None:
        return _UNKNOWN
    words = _WORDS[said["reached"]]
    codes = said["channel"] if said["reached"] else _why(said)
    more = f": {codes}" if codes else ""
    return Name(f"{words.mr}{more}", f"{words.en}{more}")


def _why(said: Mapping[str, Any]) -> str:
    left_out: Collection[tuple[str, str]] = (said["skipped"] or {}).items()
    channels = ", ".join(f"{channel} {reason}" for channel, reason in left_out)
    return " ".join(filter(None, [said["reason"], f"({channels})" if channels else ""]))
