"""Stock Nameko: its event dispatcher with confirms, reading nothing.

The standalone dispatcher is the quicker one: ``EventDispatcher`` has the same publisher beneath it,
and a worker context and headers above. It waits for each confirm; ``greenlets`` of them may wait at
once, each on a connection of its own out of kombu's pool.
"""

import warnings

warnings.filterwarnings("ignore", message="(?s).*Eventlet is deprecated")
import eventlet  # noqa: E402

eventlet.monkey_patch()

import orjson  # noqa: E402
from kombu import pools  # noqa: E402
from nameko.standalone.events import event_dispatcher  # noqa: E402

from benchmarks.load import read  # noqa: E402
from benchmarks.peers import Stopwatch, options  # noqa: E402


def main() -> None:
    """Dispatch ``count`` events; print the rate."""
    given = options()
    pools.set_limit(given["greenlets"])
    dispatch = event_dispatcher({"AMQP_URI": given["uri"]})
    events = [orjson.loads(message.body) for message in read(given["messages"], given["count"])]
    watch = Stopwatch(len(events))
    done = 0
    waiting = iter(events)

    def work() -> None:
        nonlocal done
        for event in waiting:
            dispatch("grievance", "filed", event)
            done += 1
            watch.done(done)

    pool = eventlet.GreenPool(given["greenlets"])
    for _ in range(given["greenlets"]):
        pool.spawn(work)
    pool.waitall()


if __name__ == "__main__":
    main()
