"""How long the war room waits for others: whoever asks it waits as well."""

from collections.abc import Callable
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from palika.errors import Unavailable
from palika.reached import ask_again
from services.warroom import reviewing
from services.warroom.cli import reviewing as terminal

PATIENCE_S = 12.0


class Away:
    """Another service that never answers, as ``self.rpc`` or a ``Client`` has it."""

    def __init__(self, waits: list[float], timeout_s: float) -> None:
        self._waits, self._timeout_s = waits, timeout_s

    def __getattr__(self, name: str) -> Any:
        return self

    def __call__(self, **given: Any) -> Any:
        self._waits.append(self._timeout_s)
        raise Unavailable("no answer")


class Room(reviewing.Reviews):
    name = "warroom"

    def __init__(self, waits: list[float]) -> None:
        self.rpc = SimpleNamespace(within=lambda timeout_s: Away(waits, timeout_s))
        self.caller = SimpleNamespace(identity=None)
        self.db = SimpleNamespace(begin=nullcontext)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    limits = SimpleNamespace(rpc_timeout_s=PATIENCE_S)
    monkeypatch.setattr(reviewing, "settings", lambda service: limits)
    monkeypatch.setattr(reviewing.review_views, "review_view", lambda *given: {})
    return []


def test_who_freezes_a_pack_is_answered_though_two_services_are_away(waits, monkeypatch):
    monkeypatch.setattr("services.warroom.kpis.red_kpis", lambda _: [SimpleNamespace(code="x")])

    def freeze(*given: Any) -> None:
        name_posts: Callable[..., Any] = given[-1]
        assert name_posts({"roads-ce"}) == {}

    monkeypatch.setattr(reviewing, "freeze", freeze)
    monkeypatch.setattr(reviewing.photos, "store", lambda: None)
    reviewing.Reviews.freeze_pack.__wrapped__(Room(waits), {"review_id": UUID(int=1)})
    assert len(waits) == 2
    # The other half is for the pack.
    assert sum(waits) <= PATIENCE_S / 2


ACTION = {"told_event": "1", "post": "roads-ce"}


def test_actions_are_shown_within_a_second_though_notify_is_away(waits, monkeypatch):
    monkeypatch.setattr(reviewing.review_views, "list_actions", lambda *given: {"items": [ACTION]})
    found = reviewing.Reviews.actions.__wrapped__(Room(waits), {})
    assert [each["reached"] for each in found["items"]] == [None]

    def client(identity: Any, timeout_s: float = PATIENCE_S) -> Any:
        return nullcontext(Away(waits, timeout_s))

    monkeypatch.setattr(terminal, "Client", client)
    ask_again()
    assert [each["reached"] for each in terminal._with_reached([ACTION])] == [None]
    assert waits == [1, 1]
