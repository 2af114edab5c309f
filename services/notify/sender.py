"""The entrypoint that sends: a timer that can be told to stop in the middle of its work."""

from collections.abc import Callable

from nameko.timer import Timer


class Sending(Timer):
    """Calls the method every `interval` seconds, never twice at once in a process.

    The method is given a function that says whether the service is stopping; it is expected to
    look at it between two messages and to leave.
    """

    stopping = False

    def stop(self) -> None:
        """Let the method know, then wait for it."""
        self.stopping = True
        super().stop()

    def handle_timer_tick(self) -> None:
        """Start the method in a worker."""
        asked: Callable[[], bool] = lambda: self.stopping  # noqa: E731
        self.container.spawn_worker(self, (asked,), {}, handle_result=self.handle_result)


sending = Sending.decorator
