"""``python -m benchmarks.caller '{…}'``: a process that calls the grievance service (``line``).

*Closed*: so many callers, each of whom begins the next piece of work when the last is done.
*Open*: so many pieces begin in a second, whatever has become of those before.
"""

import json
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from benchmarks.line import Answer, Line
from benchmarks.lives import Piece, pieces
from benchmarks.peers import options

_TICK_S = 0.01


class Caller:
    """The pieces of work in hand on one line."""

    def __init__(
        self,
        uri: str,
        work: Iterator[Piece],
        *,
        callers: int = 0,
        per_second: float = 0.0,
        timeout_s: float = 10.0,
    ) -> None:
        """Prepare.

        Args:
            uri: of the broker.
            work: the pieces, in their order.
            callers: how many pieces are in hand at a time; or else
            per_second: how many begin in a second.
            timeout_s: after so long without an answer a call has failed, and its piece with it.
        """
        self._line = Line(uri, "grievance", timeout_s)
        self._work = work
        self._callers = callers
        self._per_second = per_second
        self._exhausted = False
        self._begun = 0
        self.started = 0.0
        self.ended: list[float] = []
        self.took: list[tuple[float, float]] = []
        self.errors: Counter[str] = Counter()
        self.given = 0

    def run(self) -> None:
        """Do all of the work; returns when the last answer is there, or has not come in time."""
        self._line.run(self._begin)

    def _begin(self) -> None:
        self.started = time.monotonic()
        if self._callers:
            for _ in range(self._callers):
                self._next_piece()
        else:
            self._keep_pace()

    def _keep_pace(self) -> None:
        due = (time.monotonic() - self.started) * self._per_second
        while self._begun < due and not self._exhausted:
            self._next_piece()
        if not self._exhausted:
            self._line.later(_TICK_S, self._keep_pace)

    def _next_piece(self) -> None:
        piece = next(self._work, None)
        if piece is None:
            self._exhausted = True
            self._end_if_done()
            return
        self._begun += 1
        self._go_on(piece, None)

    def _go_on(self, piece: Piece, answer: dict[str, Any] | None) -> None:
        """Make the next call of a piece, or note that it is done."""
        try:
            call = next(piece) if answer is None else piece.send(answer)
        except StopIteration:
            self.ended.append(time.monotonic())
            self._after_a_piece()
            return
        self._line.call(call, lambda told: self._answered(piece, told))

    def _answered(self, piece: Piece, told: Answer) -> None:
        self.took.append((told.began, told.took))
        if told.error is not None:
            self.errors[told.error[:200]] += 1
            self._after_a_piece()
            return
        result = told.result
        # A filing that was given to somebody at once has told two events.
        self.given += "token" in result and result["officer"] is not None
        self._go_on(piece, result)

    def _after_a_piece(self) -> None:
        if self._callers and not self._exhausted:
            self._next_piece()
        else:
            self._end_if_done()

    def _end_if_done(self) -> None:
        if self._exhausted and not self._line.in_hand:
            self._line.close()


def main() -> None:
    """Call; what came of it is printed as JSON. Moments are of the system's monotonic clock."""
    told = options()
    work = list(pieces(told["kind"], told["count"], told["seed"], datetime.now(UTC)))
    caller = Caller(
        told["uri"],
        iter(work),
        callers=told.get("callers", 0),
        per_second=told.get("per_second", 0.0),
        timeout_s=told["timeout_s"],
    )
    caller.run()
    print(
        json.dumps(
            {
                "started": caller.started,
                "ended": caller.ended,
                "took": caller.took,
                "errors": caller.errors,
                "given": caller.given,
            }
        )
    )


if __name__ == "__main__":
    main()
