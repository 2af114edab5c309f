"""A database that makes its service wait: so many milliseconds for each transaction of a batch.

A trigger on the inbox, which is written first in every batch's transaction: the service, its queue
and its handler are the real ones, and nothing of them knows. While it sleeps a process needs no
processor, as with a database that is elsewhere or busy, so that a machine of few cores can show how
far several processes go. It holds no row that another batch wants: those are written after it.
"""

from typing import Any

GATE = 20_260_049
"""The advisory lock that batches stand before: held by who measures until all is ready."""

_TRIGGER = """
    CREATE OR REPLACE FUNCTION bench_wait() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_advisory_xact_lock_shared({gate});
        PERFORM pg_sleep({seconds});
        RETURN NULL;
    END $$;
    CREATE OR REPLACE TRIGGER bench_wait AFTER INSERT ON inbox
    FOR EACH STATEMENT EXECUTE FUNCTION bench_wait()
"""
_LONGEST_MS = 5_000


def wait_for(cursor: Any, ms: float) -> None:
    """Let each batch's transaction wait so long; with 0 it only stands before the gate.

    Args:
        cursor: on the service's database.
        ms: at the most five seconds, for a statement is not given more than fifteen.

    Raises:
        ValueError: ``ms`` is less than nothing, or too much.
    """
    if not 0 <= ms <= _LONGEST_MS:
        raise ValueError(f"ms: {ms:g} is not between 0 and {_LONGEST_MS}")
    cursor.execute(_TRIGGER.format(gate=GATE, seconds=ms / 1_000))


def wait_no_more(cursor: Any) -> None:
    """Take the trigger away."""
    cursor.execute("DROP TRIGGER IF EXISTS bench_wait ON inbox")
    cursor.execute("DROP FUNCTION IF EXISTS bench_wait")


def close_gate(cursor: Any) -> None:
    """Nobody's batch goes on until ``open_gate``, on the same connection."""
    cursor.execute("SELECT pg_advisory_lock(%s)", (GATE,))


def open_gate(cursor: Any) -> None:
    """Let all go on at once."""
    cursor.execute("SELECT pg_advisory_unlock(%s)", (GATE,))
