"""What arguments are refused for before any schema sees them, and what looking for it costs."""

import time
from collections.abc import Callable

import pytest

from palika.rpc_wire import unstorable

CONTENT = "JVBERi0x" * (13 * 1024 * 1024 // 8)
"""As long as the largest attachment in base64."""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a\0b", "U+0000 at position 2"),
        (f"{CONTENT}\0", f"U+0000 at position {len(CONTENT) + 1}"),
        ("खड्डा\0", "U+0000 at position 6"),
        ("a\udc00", "U+DC00 at position 2"),
    ],
)
def test_what_cannot_be_stored_is_found_wherever_it_is(text: str, told: str) -> None:
    expected = [f"has a character that cannot be stored: {told}"]
    assert unstorable({"deep": [{"text": text}]}) == {"deep": {"0": {"text": expected}}}


@pytest.mark.parametrize("text", ["", "plain", "खड्डा", "\x1b", CONTENT])
def test_what_can_be_stored_passes(text: str) -> None:
    assert unstorable({"text": text}) is None


def test_the_content_of_an_attachment_holds_nobody_up() -> None:
    def best_of_three(text: str) -> float:
        return min(_seconds(lambda: unstorable({"content_base64": text})) for _ in range(3))

    # The other one has a letter that is not ASCII, and is searched letter by letter.
    assert best_of_three(CONTENT) * 5 < best_of_three(CONTENT[:-1] + "ख")


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
