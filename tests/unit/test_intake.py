"""What comes back is handled alone; what is new, in whole batches."""

from collections import deque

import pytest

from palika.subscribe.delivery import Delivery
from palika.subscribe.intake import Intake

PREFETCH, BATCH = 50, 10


class Queue:
    """A queue as the broker keeps it, and the reader in front of it."""

    def __init__(self, back: int, new: int) -> None:
        self.waiting = deque([True] * back + [False] * new)
        self.deliveries: deque[Delivery] = deque()
        self.redelivered = False
        self.quiet = False
        self.places = 1
        self.unsettled: set[int] = set()
        self.asked = [1]
        self._tag = 0

    def consume(self, prefetch: int) -> None:
        self.asked.append(prefetch)
        self.places, self.quiet = prefetch, False

    def cancel(self) -> None:
        self.places, self.quiet = 0, True

    def deliver(self) -> None:
        while self.waiting and self.places:
            self.give(back=self.waiting.popleft())

    def give(self, *, back: bool) -> None:
        self.places -= 1
        self._tag += 1
        self.unsettled.add(self._tag)
        self.redelivered |= back
        self.deliveries.append(Delivery(self._tag, b"", b"", back))

    def settle(self, batch: list[Delivery]) -> None:
        for each in batch:
            self.unsettled.remove(each.tag)
        self.places += 0 if self.quiet else len(batch)


def batches(queue: Queue, intake: Intake) -> list[tuple[int, int, int]]:
    """Of each batch: what had come back, what is new, what else was in hand."""
    seen = []
    while True:
        queue.deliver()
        batch = intake.take()
        if not batch:
            return seen
        back = sum(each.redelivered for each in batch)
        seen.append((back, len(batch) - back, len(queue.unsettled) - len(batch)))
        queue.settle(batch)
        intake.settled(held=False)


def test_what_came_back_is_alone_in_hand_and_what_is_new_comes_in_batches() -> None:
    queue = Queue(back=5, new=100)
    seen = batches(queue, Intake(queue, PREFETCH, BATCH))
    assert seen[:5] == [(1, 0, 0)] * 5
    assert seen[5] == (0, 1, 0)
    assert {new for _, new, _ in seen[6:-1]} == {BATCH}
    assert sum(new for _, new, _ in seen) == 100
    assert queue.asked == [1, PREFETCH]


def test_what_comes_back_amid_new_ones_waits_until_those_are_done() -> None:
    queue = Queue(back=0, new=31)
    intake = Intake(queue, PREFETCH, BATCH)
    queue.deliver()
    queue.settle(intake.take())
    queue.deliver()
    queue.give(back=True)
    queue.places = 0
    queue.waiting.extend([True, False])
    assert batches(queue, intake) == [
        (0, BATCH, 21),
        (0, BATCH, 11),
        (0, BATCH, 1),
        (1, 0, 0),
        (1, 0, 0),
        (0, 1, 0),
    ]
    assert queue.asked == [1, PREFETCH, 1, PREFETCH]


def test_nothing_is_asked_for_at_the_end_and_what_is_in_hand_can_be_taken() -> None:
    queue = Queue(back=0, new=26)
    intake = Intake(queue, PREFETCH, BATCH)
    queue.deliver()
    queue.settle(intake.take())
    queue.deliver()
    queue.waiting.extend([False] * 5)
    intake.end()
    assert [new for _, new, _ in batches(queue, intake)] == [BATCH, BATCH, 5]
    assert len(queue.waiting) == 5
    assert not intake.in_order


def test_what_is_under_way_is_waited_for_before_what_came_back_is_handled() -> None:
    queue = Queue(back=0, new=1)
    intake = Intake(queue, PREFETCH, BATCH)
    queue.deliver()
    queue.settle(intake.take())
    queue.give(back=True)
    queue.cancel = lambda: None
    assert intake.take() == []
    queue.give(back=False)
    assert [each.redelivered for each in intake.take()] == [False]
    queue.quiet = True
    assert [each.redelivered for each in intake.take()] == [True]


@pytest.mark.parametrize("held", [True, False])
def test_what_is_held_does_not_keep_the_only_place(held: bool) -> None:
    queue = Queue(back=2, new=0)
    intake = Intake(queue, PREFETCH, BATCH)
    queue.deliver()
    assert len(intake.take()) == 1
    intake.settled(held=held)
    queue.deliver()
    assert len(intake.take()) == int(held)
