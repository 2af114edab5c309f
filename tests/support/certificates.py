"""A server over TLS with a certificate of its own making, for tests of who is believed."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from palika.certificates import make_authority, make_certificate
from palika.local.loopback import LoopbackServer


def certificate(folder: Path, host: str = "127.0.0.1") -> Path:
    """A certificate for an hour, its key and its authority, in one file of PEM: it is shown,
    and it is what to believe."""
    own = folder / f"authority-of-{host}"
    own.mkdir()
    now = datetime.now(UTC)
    make_authority(own, now)
    return make_certificate(own, host, [host], 1 / 24, now).rename(folder / f"{host}.pem")


@contextmanager
def over_tls(server: LoopbackServer, file: Path) -> Iterator[str]:
    """The server, running over TLS; its address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    plain = server._server.socket
    # A handshake that fails would end the server's loop: it is left to the connection's thread.
    server._server.socket = context.wrap_socket(
        plain, server_side=True, do_handshake_on_connect=False
    )
    with server:
        yield server.url.replace("http:", "https:")
