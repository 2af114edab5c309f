"""The broker where RabbitMQ is not installed but Docker is: the same promises, in a container."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from palika.local.broker import Broker
from palika.local.cluster import SIZE, Cluster, size_of
from palika.local.installed import find_scripts
from palika.local.processes import LocalError

IMAGE = "rabbitmq:3.13-alpine"


class DockerBroker(Broker):
    """A RabbitMQ node in a container; its data are in `directory` like any other's.

    `pid` is that of the `docker run` that stays attached to it and hands signals on.
    """

    def __init__(self, directory: Path | str, port: int | None = None) -> None:
        super().__init__(directory, port)
        self.container = "palika-" + hashlib.sha256(str(self.directory).encode()).hexdigest()[:12]
        self.log = self.directory / "start.log"

    def start(self, timeout_s: float = 300) -> None:
        """Start the node and return when it answers; the first time its image is fetched."""
        super().start(timeout_s)

    def stop(self, grace_s: float = 30) -> None:
        """Stop the node in order and remove its container; harmless when there is none."""
        super().stop(grace_s)
        self._docker("rm", "--force", self.container, check=False)

    def kill(self) -> None:
        """SIGKILL to the node; `start` brings it back with its data."""
        self._docker("kill", self.container, check=False)
        super().kill()

    def evaluate(self, code: str, timeout_s: float = 60) -> str:
        """Run Erlang expressions in the node; what they give, as text."""
        return self.control("eval", code)

    def control(self, *arguments: str, text: str = "") -> str:
        """`rabbitmqctl` inside the container, with `text` as its standard input."""
        inside = ("exec", "--interactive", self.container, "rabbitmqctl", "-q", *arguments)
        return self._docker(*inside, text=text)

    def _launch(self) -> "subprocess.Popen[bytes]":
        # One that an earlier run left behind still holds the name.
        self._docker("rm", "--force", self.container, check=False)
        # Files then belong to who runs the city, and `make clean` can remove them.
        user = [] if os.geteuid() == 0 else ["--user", f"{os.getuid()}:{os.getgid()}"]
        # The image drops root's rights before it reads this; the directory around it is closed.
        (self.directory / "rabbitmq.conf").chmod(0o644)
        with self.log.open("wb") as output:
            return subprocess.Popen(
                [
                    "docker",
                    "run",
                    "--rm",
                    "--name",
                    self.container,
                    # The name of the node, and with it of its data, comes from the host name.
                    "--hostname=palika",
                    f"--publish=127.0.0.1:{self.port}:5672",
                    f"--volume={self.directory}/mnesia:/var/lib/rabbitmq",
                    f"--volume={self.directory}/rabbitmq.conf:/etc/rabbitmq/rabbitmq.conf:ro",
                    *user,
                    IMAGE,
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def _told(self) -> Path:
        return Path("/var/lib/rabbitmq")

    def _configuration(self) -> str:
        kept = [
            line
            for line in super()._configuration().splitlines()
            if not line.startswith(("listeners.", "log."))
        ]
        # Inside the container every address; outside only 127.0.0.1 is published.
        return "\n".join(["listeners.tcp.1 = 0.0.0.0:5672", "log.console = true", *kept, ""])

    def _docker(self, *arguments: str, check: bool = True, text: str = "") -> str:
        result = subprocess.run(
            ["docker", *arguments],
            input=text,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if check and result.returncode:
            raise LocalError(f"docker {arguments[0]}: {result.stderr.strip()}")
        return result.stdout.strip()


def private_broker(
    directory: Path | str, nodes: int | None = None, certificate: Path | None = None
) -> Broker | Cluster:
    """A broker for this machine: RabbitMQ as installed, or else in Docker.

    Args:
        directory: its data's.
        nodes: 1 or 3; by default as many as it had. One becomes three with all it has; three never
            become one.
        certificate: to show, in PEM with its key and authority; then it listens over TLS alone.

    Raises:
        LocalError: neither is there, or not with so many nodes; in Docker it shows no certificate.
    """
    had = size_of(Path(directory).resolve())
    if nodes is not None and nodes < had:
        raise LocalError(
            f"the broker's data are on {had} nodes, and one of them alone may lack what the others "
            f"took: start it with `--broker-nodes {had}` or without the option. To begin anew with "
            f"{nodes} and without what is in the queues and logs, remove {directory}"
        )
    several = (nodes or had) > 1
    try:
        find_scripts()
    except LocalError as error:
        if shutil.which("docker") is None:
            raise
        if several:
            raise LocalError(
                f"a broker of {SIZE} nodes cannot be had in Docker: {error}"
            ) from error
        if certificate is not None:
            raise LocalError(
                "TLS needs RabbitMQ on this machine: it is here in Docker alone"
            ) from None
        return DockerBroker(directory)
    if several:
        return Cluster(directory, certificate)
    return Broker(directory, certificate=certificate)
