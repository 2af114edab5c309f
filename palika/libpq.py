"""How every process connects to PostgreSQL, whichever library it uses: options of libpq."""

from typing import Any

# A server that is gone without a word (its machine died, the network is cut) is noticed in half a
# minute: idle connections by keepalives (10 s, then 3 times 5 s), busy ones by what is not
# acknowledged for 20 s. The system's own defaults are two hours and a quarter of an hour.
_HALF_OPEN: dict[str, Any] = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}


def options(
    application: str,
    *,
    lock_timeout_s: float | None = None,
    statement_timeout_s: float | None = None,
) -> dict[str, Any]:
    """Keyword arguments of ``psycopg2.connect``.

    Args:
        application: for ``pg_stat_activity``, after ``palika-``.
        lock_timeout_s: a statement that waits longer for a lock ends with 55P03.
        statement_timeout_s: a statement that takes longer ends with 57014.
    """
    server = ["-c timezone=UTC", "-c jit=off"]
    if lock_timeout_s is not None:
        server.append(f"-c lock_timeout={lock_timeout_s * 1_000:.0f}")
    if statement_timeout_s is not None:
        server.append(f"-c statement_timeout={statement_timeout_s * 1_000:.0f}")
    return {
        "application_name": f"palika-{application}",
        "options": " ".join(server),
        "connect_timeout": 5,
        **_HALF_OPEN,
    }
