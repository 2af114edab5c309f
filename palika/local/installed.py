"""Where RabbitMQ is installed on this machine."""

import os
import shutil

from palika.local.processes import LocalError

# The wrapper in /usr/sbin changes to the system's own user; the script beneath it does not.
_SCRIPTS = (
    "/usr/lib/rabbitmq/bin",
    "/opt/homebrew/opt/rabbitmq/sbin",
    "/usr/local/opt/rabbitmq/sbin",
)


def find_scripts() -> str:
    """The directory of RabbitMQ's own scripts.

    Raises:
        LocalError: RabbitMQ is not installed.
    """
    beside = shutil.which("rabbitmq-server")
    for folder in (*_SCRIPTS, os.path.dirname(os.path.realpath(beside)) if beside else ""):
        if folder and os.access(f"{folder}/rabbitmq-server", os.X_OK):
            return folder
    raise LocalError(
        "RabbitMQ is not installed: install the package rabbitmq-server, "
        "or name a running broker in AMQP_URI"
    )
