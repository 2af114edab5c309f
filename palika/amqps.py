"""The way to a broker over TLS: whose certificate it shows is checked, with the name on it.

py-amqp alone checks who has signed a certificate, and not whether it is this broker's: any server
of the same authority could stand in for it.
"""

import ssl
from functools import cache
from typing import Any, Final

from kombu.transport import TRANSPORT_ALIASES
from kombu.transport.pyamqp import SSLTransport

from palika.config import settings

_NAME: Final = "palika.amqps:Transport"


def check_names() -> None:
    """From now on each ``amqps://`` of kombu's, and so of Nameko's, goes by ``Transport``."""
    TRANSPORT_ALIASES["amqps"] = _NAME


def authority() -> str | None:
    """The file of the authorities that a broker's certificate is to be signed by; None: the
    system's, or those of ``SSL_CERT_FILE``."""
    return settings().broker_ca or None


@cache
def context() -> ssl.SSLContext:
    """For a client other than kombu."""
    return ssl.create_default_context(cafile=authority())


class Transport(SSLTransport):
    """kombu's, which insists on a certificate that is signed and has the host's name."""

    def establish_connection(self) -> Any:
        """As kombu's.

        Raises:
            ssl.SSLCertVerificationError: the certificate is another's.
        """
        client: Any = self.client
        if not isinstance(client.ssl, dict):
            client.ssl = {
                # Of the address as it was given: kombu makes 127.0.0.1 of localhost.
                "server_hostname": client.hostname or "localhost",
                "cert_reqs": ssl.CERT_REQUIRED,
                "ca_certs": authority(),
                "tls_minimum_version": ssl.TLSVersion.TLSv1_2,
            }
        return super().establish_connection()
