"""What a signed caller costs a call: ``python -m benchmarks.rpc_identity [CALLS]``.

One client calls a service one call after the other, in turns: unsigned, as ``rpc_identity:
accepted`` still takes it; signed with a token that serves many calls; signed anew for each call, as
when each has another caller. The method refuses its arguments at once: what is measured is the call
itself. It prints the medians, and each as a ratio of the unsigned one of the same run. Broker and
database are private ones, which go when it ends.
"""

import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from statistics import median
from time import perf_counter
from unittest.mock import patch

from benchmarks.ground import Ground
from palika import auth, vouching
from palika.auth import Identity
from palika.errors import Invalid
from palika.rpc import Client

CALLS = 500
_SERVICE = "grievance"


def measure(ground: Ground, calls: int) -> dict[str, float]:
    """The median of each kind, in milliseconds."""
    ground.enter("rpc-identity", _SERVICE)
    os.environ["PALIKA_RPC_IDENTITY"] = "accepted"
    service = ground.part("run", _SERVICE)
    ground.wait_for_consumer(f"rpc-{_SERVICE}", service)
    took: dict[str, list[float]] = {"unsigned": [], "signed": [], "signed anew": []}
    one = Identity.of("citizen:1", "citizen")
    with Client(one) as city:

        def call(identity: Identity) -> float:
            begun = perf_counter()
            with suppress(Invalid):
                city.as_(identity).grievance.get(nothing=1)
            return perf_counter() - begun

        for _ in range(50):
            call(one)
        for number in range(calls):
            with patch.object(vouching, "headers", lambda who, *_: {auth.HEADER: who.to_header()}):
                took["unsigned"].append(call(one))
            took["signed"].append(call(one))
            took["signed anew"].append(call(Identity.of(f"citizen:{number}", "citizen")))
    return {kind: median(each) * 1_000 for kind, each in took.items()}


def main() -> None:
    """Measure and print."""
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else CALLS
    with tempfile.TemporaryDirectory() as folder, Ground(Path(folder)) as ground:
        found = measure(ground, calls)
    for kind, value in found.items():
        print(f"{kind}: {value:.2f} ms, {value / found['unsigned']:.2f} of the unsigned")


if __name__ == "__main__":
    main()
