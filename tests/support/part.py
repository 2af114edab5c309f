"""Run one part of the city as ``palika run`` and ``palika relay`` do, the tests' services included.

``python tests/support/part.py service probe``; settings come from the environment.
"""

import sys


def main(verb: str, service: str) -> int:
    """Run it; gives the process's exit status."""
    if verb == "migrate":
        from palika.migrate import upgrade

        upgrade(service)
        return 0
    from palika.runner import run_relay, run_service

    return {"service": run_service, "relay": run_relay}[verb](service)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
