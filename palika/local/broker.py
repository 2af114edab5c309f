"""A private RabbitMQ node: its own name, ports, data, cookie and epmd, on 127.0.0.1 only.

It lives beside any system-wide node without touching it, as root or as an ordinary user, and keeps
all it has in one directory.
"""

import contextlib
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from palika.local.epmd import Epmd
from palika.local.installed import find_scripts
from palika.local.member import Member, PortMapper
from palika.local.processes import (
    Identity,
    LocalError,
    ProcessId,
    family,
    free_port,
    memory_pss,
    not_started,
    over_tls,
    tail,
    until,
)

_TRIES = 4
_TRY_AGAIN_S = 0.2
# What RabbitMQ can be told: its settings are in latin-1, and its paths come into shell commands.
_PLAIN = re.compile(r"[A-Za-z0-9_./ +,=@~-]+")
# The node runs in its own directory. This name of it is plain, whatever the path to it is.
_HERE = Path("/proc/self/cwd")

_CONFIG = """\
listeners.tcp.1 = {listener}
default_user = palika
default_pass = {password}
log.dir = {logs}
log.file = broker.log
log.file.level = info
log.file.rotation.size = 10485760
log.file.rotation.count = 2
log.console = false
disk_free_limit.absolute = 100MB
# The write-ahead log is kept in memory as well: small segments keep the node small.
raft.wal_max_size_bytes = 33554432
"""

_TLS = """\
listeners.tcp = none
ssl_options.cacertfile = {shown}
ssl_options.certfile = {shown}
ssl_options.keyfile = {shown}
ssl_options.versions.1 = tlsv1.3
ssl_options.versions.2 = tlsv1.2
"""


class Broker:
    """A private RabbitMQ node whose data live in `directory` and outlast stop and kill.

    Args:
        directory: where everything is kept; made when missing.
        port: the AMQP port; by default the one it had last, or any free one.
        member: of a cluster; by default it is alone.
        certificate: to show, in PEM with its key and authority; then it listens over TLS alone.
    """

    name = "palika@localhost"

    def __init__(
        self,
        directory: Path | str,
        port: int | None = None,
        member: Member | None = None,
        certificate: Path | None = None,
    ) -> None:
        self.directory = Path(directory).resolve()
        self.log = self.directory / "log" / "broker.log"
        self._wanted = port
        self._member = member
        if member:
            self.name = member.name
        self._certificate = certificate
        self._process: subprocess.Popen[bytes] | None = None
        self._epmd: PortMapper | None = member.mapper if member else None
        self._ports: dict[str, int] = {}
        self._password = ""
        self.nodes = [self]
        """Itself; a cluster has several."""

    # -- life ---------------------------------------------------------------------------------

    def start(self, timeout_s: float = 60) -> None:
        """Start the node and return when it accepts AMQP connections.

        Raises:
            LocalError: RabbitMQ is not installed, the directory is in use, or it did not come up.
        """
        self.begin()
        self.await_up(timeout_s)

    def begin(self) -> None:
        """Start the node and do not wait; a cluster's wait for each other.

        Raises:
            LocalError: as `start`.
        """
        self._refuse_second()
        self._prepare()
        self._process = self._launch()
        if known := ProcessId.of(self._process.pid):
            known.save(self.directory / "node.process")

    def await_up(self, timeout_s: float = 60) -> None:
        """Wait until the node that was begun accepts AMQP connections.

        Raises:
            LocalError: it did not come up; then it runs no more.
        """
        process = self._process
        assert process is not None, "it was not begun"
        until(lambda: process.poll() is not None or self._answers(), timeout_s, 0.05)
        if process.poll() is not None or not self._answers():
            how = not_started(process, timeout_s)
            report = f"{tail(self.directory / 'start.log')}\n{tail(self.log)}".strip()
            self.kill()
            self._stop_epmd()
            raise LocalError(f"the RabbitMQ node {how}:\n{report}")

    def stop(self, grace_s: float = 30) -> None:
        """Stop the node in order, then its own epmd; harmless when neither runs."""
        if self._process is not None:
            self.ask_to_stop()
            try:
                self._process.wait(grace_s)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        self._stop_epmd()

    def ask_to_stop(self) -> None:
        """Tell the node to stop, and do not wait."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGTERM)

    def kill(self) -> None:
        """kill -9 of the node only, as a failing machine would; `start` brings it back."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _launch(self) -> "subprocess.Popen[bytes]":
        scripts = find_scripts()
        if self._epmd is None:
            self._epmd = Epmd(self.directory, self._ports["epmd"])
        self._epmd.start()
        with (self.directory / "start.log").open("wb") as output:
            return subprocess.Popen(
                [f"{scripts}/rabbitmq-server"],
                env=self._environment(),
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _stop_epmd(self) -> None:
        # A cluster's serves the other nodes.
        if self._member is None and self._epmd is not None:
            self._epmd.stop()

    # -- what it is ---------------------------------------------------------------------------

    def uri(self, vhost: str = "/") -> str:
        """The AMQP address of a virtual host, for kombu, pika and Nameko."""
        if not self._ports:
            self._prepare()
        name = "%2F" if vhost == "/" else vhost
        scheme = "amqps" if self._certificate else "amqp"
        return f"{scheme}://palika:{self._password}@127.0.0.1:{self._ports['amqp']}/{name}"

    @property
    def has_data(self) -> bool:
        """Whether it has ever run: what it kept is there."""
        database = self.directory / "mnesia"
        return database.is_dir() and any(database.iterdir())

    def recall(self) -> "Broker":
        """Know where it is, to ask a node that another process runs; changes nothing.

        Raises:
            LocalError: its identity is missing or unreadable.
        """
        known = Identity(self.directory, has_data=True).read() or {}
        self._ports, self._password = known["ports"], known["password"]
        return self

    @property
    def port(self) -> int:
        """The AMQP port."""
        return self._ports["amqp"]

    @property
    def distribution_port(self) -> int:
        """The port on which other nodes of its cluster reach it; 0 before it was ever started."""
        return self._ports.get("dist", 0)

    @property
    def pid(self) -> int | None:
        """The pid of the node (the Erlang VM); None when it does not run."""
        running = self._process is not None and self._process.poll() is None
        return self._process.pid if running and self._process else None

    @property
    def processes(self) -> dict[str, int]:
        """The pids of all it has started that still run: the node's, then epmd's."""
        own = self._epmd.pid if self._epmd and not self._member else None
        started = {"broker": self.pid, "epmd": own}
        return {name: pid for name, pid in started.items() if pid is not None}

    @property
    def memory(self) -> int:
        """Bytes of memory of all it has started."""
        return memory_pss(pid for root in self.processes.values() for pid in family(root))

    # -- asking the node ----------------------------------------------------------------------

    def evaluate(self, code: str, timeout_s: float = 60) -> str:
        """Run Erlang expressions in the node (they end with a full stop); what they give, as text.

        Raises:
            LocalError: the node does not answer in time, or the code failed there.
        """
        if call := shutil.which("erl_call"):
            # The cookie it finds in HOME: on a command line everybody could read it.
            command = [call, "-sname", self.name, "-e"]
            answer = self._connected(command, code + "\n", timeout_s)
            if not answer.startswith("{ok, "):
                raise LocalError(f"the RabbitMQ node refused {code!r}: {answer}")
            return answer[len("{ok, ") : -1]
        return self.control("eval", code)

    def control(self, *arguments: str, text: str = "") -> str:
        """`rabbitmqctl` on this node, with `text` as its standard input; what it prints.

        Slow (a second): `evaluate` is not.
        """
        return self._run([f"{find_scripts()}/rabbitmqctl", "-q", "-n", self.name, *arguments], text)

    def add_vhost(self, name: str) -> str:
        """Make a virtual host (nothing happens when it exists) and give its address."""
        self.evaluate(
            f'rabbit_vhost:add(<<"{name}">>, <<"palika">>), '
            f'ok = rabbit_auth_backend_internal:set_permissions(<<"palika">>, <<"{name}">>, '
            '<<".*">>, <<".*">>, <<".*">>, <<"palika">>).'
        )
        return self.uri(name)

    def delete_vhost(self, name: str) -> None:
        """Delete a virtual host with all its queues."""
        self.evaluate(f'rabbit_vhost:delete(<<"{name}">>, <<"palika">>).')

    def _connected(self, command: list[str], text: str, timeout_s: float) -> str:
        """As ``_run``; a node that is busy may refuse a connection, over which nothing was said."""
        for _ in range(_TRIES - 1):
            try:
                return self._run(command, text, timeout_s)
            except LocalError as error:
                if "failed to connect" not in str(error):
                    raise
            time.sleep(_TRY_AGAIN_S)
        return self._run(command, text, timeout_s)

    def _run(self, command: list[str], text: str, timeout_s: float = 60) -> str:
        try:
            result = subprocess.run(
                command,
                input=text,
                env=self._environment(),
                cwd=self.directory,
                capture_output=True,
                text=True,
                timeout=timeout_s,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise LocalError(f"the RabbitMQ node hangs: nothing within {timeout_s:g} s") from error
        if result.returncode:
            raise LocalError(f"the RabbitMQ node does not answer: {result.stderr.strip()}")
        return result.stdout.strip()

    # -- its directory ------------------------------------------------------------------------

    def _prepare(self) -> None:
        """Ports, cookie, password and configuration; what is there already is kept."""
        home = self.directory / "home"
        for part in (home, self.log.parent, self.directory / "mnesia"):
            part.mkdir(parents=True, exist_ok=True)
        self.directory.chmod(0o700)
        identity = Identity(self.directory, has_data=self.has_data)
        known = identity.read() or {"ports": {}, "password": secrets.token_urlsafe(18)}
        if self._member:
            known["password"] = self._member.password
        self._password = known["password"]
        if not self._ports:
            ports = known.get("ports", {})
            amqp = free_port(self._wanted or ports.get("amqp"))
            if self._wanted and amqp != self._wanted:
                raise LocalError(f"port {self._wanted} is in use; choose another for the broker")
            dist = free_port(ports.get("dist"), [amqp])
            self._ports = {
                "amqp": amqp,
                "dist": dist,
                "epmd": self._member.mapper.port
                if self._member
                else free_port(ports.get("epmd"), [amqp, dist]),
            }
        identity.write({"ports": self._ports, "password": self._password})
        cookie = home / ".erlang.cookie"
        wanted = self._member.cookie if self._member else ""
        if not cookie.exists() or (wanted and cookie.read_text() != wanted):
            cookie.unlink(missing_ok=True)
            cookie.touch(0o600)
            cookie.write_text(wanted or secrets.token_hex(20))
            cookie.chmod(0o400)
        config = self.directory / "rabbitmq.conf"
        config.touch(0o600)
        config.write_text(self._configuration())
        (self.directory / "enabled_plugins").write_text("[].\n")
        (self.directory / "rabbitmq-env.conf").write_text("# the machine's own file is not read\n")

    def _configuration(self) -> str:
        config = _CONFIG.format(
            listener=f"127.0.0.1:{self.port}", password=self._password, logs=f"{self._told}/log"
        )
        if self._member:
            config += self._member.settings
        if self._certificate is None:
            return config
        # Beside its data: RabbitMQ does not take every path.
        shown = self.directory / "certificate.pem"
        shown.touch(0o600)
        shown.write_bytes(self._certificate.read_bytes())
        tls = _TLS.format(shown=f"{self._told}/{shown.name}")
        return config.replace("listeners.tcp.1", "listeners.ssl.1") + tls

    @property
    def _told(self) -> Path:
        """The directory, as the node and its tools are told.

        Raises:
            LocalError: RabbitMQ could not use it, and this machine has no other name for it.
        """
        if _PLAIN.fullmatch(str(self.directory)):
            return self.directory
        if _HERE.exists():
            return _HERE
        raise LocalError(
            f"RabbitMQ cannot keep its data in {self.directory}: let the path have only letters "
            "from a to z, figures, spaces and . _ - in it, or name a running broker in AMQP_URI"
        )

    def _environment(self) -> dict[str, str]:
        here = str(self._told)
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("RABBITMQ_", "ERL_"))}
        schedulers = min(4, os.cpu_count() or 1)
        lean = (
            f"+S {schedulers}:{schedulers} +sbwt none +sbwtdcpu none +sbwtdio none +A 16 "
            "-kernel inet_dist_use_interface {127,0,0,1}"
        )
        # Either of the two would make it listen without TLS as well.
        port = str(self._ports["amqp"])
        plain = {"RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1", "RABBITMQ_NODE_PORT": port}
        return (kept if self._certificate else kept | plain) | {
            "HOME": f"{here}/home",
            "RABBITMQ_NODENAME": self.name,
            "RABBITMQ_DIST_PORT": str(self._ports["dist"]),
            "RABBITMQ_MNESIA_BASE": f"{here}/mnesia",
            "RABBITMQ_LOG_BASE": f"{here}/log",
            "RABBITMQ_CONFIG_FILE": f"{here}/rabbitmq",
            "RABBITMQ_CONF_ENV_FILE": f"{here}/rabbitmq-env.conf",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{here}/enabled_plugins",
            "RABBITMQ_PID_FILE": f"{here}/node.pid",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": lean,
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self._ports["epmd"]),
            "ERL_CRASH_DUMP_SECONDS": "0",
            # The start script then becomes the Erlang VM: one pid, no shell between.
            "RUNNING_UNDER_SYSTEMD": "true",
            "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8",
        }

    def _refuse_second(self) -> None:
        # Two nodes on the same data would destroy them.
        known = ProcessId.load(self.directory / "node.process")
        if known is not None and known.alive:
            raise LocalError(f"a RabbitMQ node already runs in {self.directory} (pid {known.pid})")

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self._ports["amqp"]), 1) as plain:
                plain.settimeout(1)
                connection = over_tls(plain, self._certificate) if self._certificate else plain
                connection.sendall(b"AMQP\x00\x00\x09\x01")
                # The first frame of a server that speaks 0-9-1: a method frame on channel 0.
                return connection.recv(3) == b"\x01\x00\x00"
        except OSError:
            return False
