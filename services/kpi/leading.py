"""One process of several does a thing: the one that holds an advisory lock of the database."""

from sqlalchemy import Connection, Engine, exc, text

# The server gives the lock back when the machine of who leads has gone without a word: in half a
# minute, not in the two hours of the system's own default. It ignores them on a Unix socket.
_KEEPALIVES = {
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}


class Lead:
    """Whether this process leads. The lock lives as long as the connection that took it: with the
    process it falls to another."""

    def __init__(self, name: str) -> None:
        """Prepare; ``name`` is that of the lock, the same in all processes."""
        self._name = name
        self._connection: Connection | None = None

    def held(self, engine: Engine) -> bool:
        """Whether this process leads now; it takes the lead if nobody has it.

        Raises:
            sqlalchemy.exc.DBAPIError: the database is away. Who led may lead no more.
        """
        if self._connection is not None:
            try:
                self._connection.execute(text("SELECT 1"))
                return True
            except exc.DBAPIError:
                self.leave()
        # One of its own: as long as it lasts it would be missing in the pool.
        connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        connection.detach()
        try:
            for name, value in _KEEPALIVES.items():
                connection.execute(
                    text("SELECT set_config(:name, :value, false)"), {"name": name, "value": value}
                )
            taken = connection.scalar(
                text("SELECT pg_try_advisory_lock(hashtextextended(:name, 0))"),
                {"name": self._name},
            )
        except exc.DBAPIError:
            connection.close()
            raise
        if not taken:
            connection.close()
            return False
        self._connection = connection
        return True

    def leave(self) -> None:
        """Let another process lead."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
