"""COPY: files into tables, over one connection or several at once; prints rows a second.

Options: ``url``; ``parts``, for each connection a list of ``[into, file]`` that it loads one after
the other; ``count``, what the rate is of.
"""

import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

import psycopg2


def main() -> None:
    """Load, and print the rate as JSON."""
    options = json.loads(sys.argv[1])
    connections = [psycopg2.connect(options["url"]) for _ in options["parts"]]
    threads = [
        threading.Thread(target=load, args=(connection, part))
        for connection, part in zip(connections, options["parts"], strict=True)
    ]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps({"rate": options["count"] / (time.perf_counter() - started)}))


def load(connection: Any, part: list[list[str]]) -> None:
    """Load files, each in a transaction."""
    for into, file in part:
        with Path(file).open("rb") as stream, connection, connection.cursor() as cursor:
            cursor.copy_expert(f"COPY {into} FROM STDIN", stream, 1 << 20)


if __name__ == "__main__":
    main()
