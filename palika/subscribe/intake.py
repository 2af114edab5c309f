"""Which deliveries are in hand together, so that an event that crashes its process harms no other.

The broker counts every delivery that comes back without an answer, and dead-letters what has come
back too often. A crash gives back all that the process held: the event at fault and, with it, as
many neighbours as were prefetched. Handed out once more as the same large batch they would all
reach the limit together. So whatever is *redelivered* is handled alone, with nothing else in hand
(decision 0014).
"""

from enum import Enum, auto

import eventlet

from palika.subscribe.delivery import Delivery
from palika.subscribe.reader import Reader

_ALONE = 1
_LOOK_EVERY_S = 0.002


class _Footing(Enum):
    NARROW = auto()
    """One delivery at a time. A queue hands out what came back before what it has never handed
    out: the first new event says that there is nothing more to fear."""
    WIDE = auto()
    """Whole batches, for as long as nothing comes back."""
    CLEARING = auto()
    """Something came back, perhaps from another process: nothing more is asked for; what is in
    hand is finished, new events first."""
    ENDING = auto()
    """The same, and nothing will be asked for again."""


class Intake:
    """Takes batches from a reader, and tells it how much to hold."""

    def __init__(self, reader: Reader, prefetch: int, batch_size: int) -> None:
        """Prepare.

        Args:
            reader: made with a prefetch of one, for that is how it begins.
            prefetch: deliveries to hold at the most while nothing comes back.
            batch_size: deliveries handled together at the most.
        """
        self._reader = reader
        self._prefetch = prefetch
        self._batch_size = batch_size
        self._footing = _Footing.NARROW

    @property
    def in_order(self) -> bool:
        """Whether everything delivered before the last batch is settled or in it."""
        return self._footing is _Footing.WIDE

    def take(self) -> list[Delivery]:
        """The next deliveries to handle together; none, when there are none or none yet."""
        reader = self._reader
        if self._footing is _Footing.WIDE:
            if not reader.redelivered:
                deliveries = reader.deliveries
                count = min(self._batch_size, len(deliveries))
                return [deliveries.popleft() for _ in range(count)]
            self._clear(_Footing.CLEARING)
        if self._footing is _Footing.NARROW:
            return self._take_one()
        return self._take_what_is_left()

    def settled(self, *, held: bool) -> None:
        """The batch is acknowledged, or ``held`` in hand because it could not be moved."""
        if self._footing is _Footing.NARROW and held:
            # What is held keeps the consumer's one place; another consumer has one.
            self._reader.consume(_ALONE)
        elif self._footing is _Footing.CLEARING and not self._reader.deliveries:
            self._footing = _Footing.NARROW
            self._reader.consume(_ALONE)

    def end(self) -> None:
        """Ask for no more; what is in hand can still be taken."""
        self._clear(_Footing.ENDING)

    def _clear(self, footing: _Footing) -> None:
        self._footing = footing
        self._reader.cancel()

    def _take_one(self) -> list[Delivery]:
        reader = self._reader
        if not reader.deliveries:
            return []
        delivery = reader.deliveries.popleft()
        if not delivery.redelivered:
            reader.redelivered = any(each.redelivered for each in reader.deliveries)
            self._footing = _Footing.WIDE
            reader.consume(self._prefetch)
        return [delivery]

    def _take_what_is_left(self) -> list[Delivery]:
        deliveries = self._reader.deliveries
        new = [each for each in deliveries if not each.redelivered][: self._batch_size]
        if new:
            taken = {each.tag for each in new}
            left = [each for each in deliveries if each.tag not in taken]
            deliveries.clear()
            deliveries.extend(left)
            return new
        if not self._reader.quiet:
            # What is still under way would be in hand beside the one that came back.
            eventlet.sleep(_LOOK_EVERY_S)
            return []
        return [deliveries.popleft()] if deliveries else []
