"""A private RabbitMQ node: its own name, ports, data, cookie and epmd, on 127.0.0.1 only.

It lives beside any system-wide node without touching it, as root or as an ordinary user, and keeps
all it has in one directory.
"""

import contextlib
import glob
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from palika.local.processes import (
    Identity,
    LocalError,
    ProcessId,
    family,
    free_port,
    memory_pss,
    not_started,
    tail,
    until,
)

# The wrapper in /usr/sbin changes to the system's own user; the script beneath it does not.
_SCRIPTS = (
    "/usr/lib/rabbitmq/bin",
    "/opt/homebrew/opt/rabbitmq/sbin",
    "/usr/local/opt/rabbitmq/sbin",
)
_NODE = "palika@localhost"
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


class Broker:
    """A private RabbitMQ node whose data live in `directory` and outlast stop and kill.

    Args:
        directory: where everything is kept; made when missing.
        port: the AMQP port; by default the one it had last, or any free one.
    """

    def __init__(self, directory: Path | str, port: int | None = None) -> None:
        self.directory = Path(directory).resolve()
        self.log = self.directory / "log" / "broker.log"
        self._wanted = port
        self._process: subprocess.Popen[bytes] | None = None
        self._epmd: subprocess.Popen[bytes] | None = None
        self._ports: dict[str, int] = {}
        self._password = ""

    # -- life ---------------------------------------------------------------------------------

    def start(self, timeout_s: float = 60) -> None:
        """Start the node and return when it accepts AMQP connections.

        Raises:
            LocalError: RabbitMQ is not installed, the directory is in use, or it did not come up.
        """
        self._refuse_second()
        self._prepare()
        self._process = self._launch()
        self._remember("node", self._process.pid)
        process = self._process
        until(lambda: process.poll() is not None or self._answers(), timeout_s, 0.05)
        if process.poll() is not None or not self._answers():
            how = not_started(process, timeout_s)
            report = f"{tail(self.directory / 'start.log')}\n{tail(self.log)}".strip()
            self.kill()
            self._stop_epmd()
            raise LocalError(f"the RabbitMQ node {how}:\n{report}")

    def stop(self, grace_s: float = 30) -> None:
        """Stop the node in order, then its epmd; harmless when neither runs."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGTERM)
            try:
                self._process.wait(grace_s)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        self._stop_epmd()

    def kill(self) -> None:
        """kill -9 of the node only, as a failing machine would; `start` brings it back."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _launch(self) -> "subprocess.Popen[bytes]":
        scripts = find_scripts()
        if self._epmd is None or self._epmd.poll() is not None:
            self._start_epmd()
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

    def _start_epmd(self) -> None:
        epmd = shutil.which("epmd") or next(iter(glob.glob("/usr/lib/erlang/erts-*/bin/epmd")), "")
        if not epmd:
            raise LocalError("epmd, a part of Erlang, was not found: install rabbitmq-server")
        self._epmd = subprocess.Popen(
            [epmd, "-address", "127.0.0.1", "-port", str(self._ports["epmd"])],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.directory,
            start_new_session=True,
        )
        self._remember("epmd", self._epmd.pid)
        if not until(lambda: _listens(self._ports["epmd"]), 10):
            raise LocalError(f"epmd did not start on port {self._ports['epmd']}")

    def _stop_epmd(self) -> None:
        if self._epmd is not None:
            self._epmd.terminate()
            self._epmd.wait()
            self._epmd = None

    # -- what it is ---------------------------------------------------------------------------

    def uri(self, vhost: str = "/") -> str:
        """The AMQP address of a virtual host, for kombu, pika and Nameko."""
        if not self._ports:
            self._prepare()
        name = "%2F" if vhost == "/" else vhost
        return f"amqp://palika:{self._password}@127.0.0.1:{self._ports['amqp']}/{name}"

    @property
    def port(self) -> int:
        """The AMQP port."""
        return self._ports["amqp"]

    @property
    def pid(self) -> int | None:
        """The pid of the node (the Erlang VM); None when it does not run."""
        running = self._process is not None and self._process.poll() is None
        return self._process.pid if running and self._process else None

    @property
    def processes(self) -> dict[str, int]:
        """The pids of all it has started that still run: the node's, then epmd's."""
        started = {"broker": self._process, "epmd": self._epmd}
        return {n: each.pid for n, each in started.items() if each and each.poll() is None}

    @property
    def memory(self) -> int:
        """Bytes of memory of all it has started."""
        return memory_pss(pid for root in self.processes.values() for pid in family(root))

    # -- asking the node ----------------------------------------------------------------------

    def evaluate(self, code: str) -> str:
        """Run Erlang expressions in the node (they end with a full stop); what they give, as text.

        Raises:
            LocalError: the node does not answer, or the code failed there.
        """
        if call := shutil.which("erl_call"):
            # The cookie it finds in HOME: on a command line everybody could read it.
            command = [call, "-sname", _NODE, "-e"]
            answer = self._connected(command, code + "\n")
            if not answer.startswith("{ok, "):
                raise LocalError(f"the RabbitMQ node refused {code!r}: {answer}")
            return answer[len("{ok, ") : -1]
        return self.control("eval", code)

    def control(self, *arguments: str) -> str:
        """`rabbitmqctl` on this node; what it prints. Slow (a second): `evaluate` is not."""
        return self._run([f"{find_scripts()}/rabbitmqctl", "-q", "-n", _NODE, *arguments], "")

    def command(self, *arguments: str, text: str = "") -> str:
        """`rabbitmqctl` with ``text`` as its standard input; what it prints."""
        return self._run([f"{find_scripts()}/rabbitmqctl", "-q", "-n", _NODE, *arguments], text)

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

    def _connected(self, command: list[str], text: str) -> str:
        """As ``_run``; a node that is busy may refuse a connection, over which nothing was said."""
        for _ in range(_TRIES - 1):
            try:
                return self._run(command, text)
            except LocalError as error:
                if "failed to connect" not in str(error):
                    raise
            time.sleep(_TRY_AGAIN_S)
        return self._run(command, text)

    def _run(self, command: list[str], text: str) -> str:
        result = subprocess.run(
            command,
            input=text,
            env=self._environment(),
            cwd=self.directory,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
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
        database = self.directory / "mnesia"
        identity = Identity(self.directory, has_data=any(database.iterdir()))
        known = identity.read() or {"ports": {}, "password": secrets.token_urlsafe(18)}
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
                "epmd": free_port(ports.get("epmd"), [amqp, dist]),
            }
        identity.write({"ports": self._ports, "password": self._password})
        cookie = home / ".erlang.cookie"
        if not cookie.exists():
            cookie.write_text(secrets.token_hex(20))
            cookie.chmod(0o400)
        config = self.directory / "rabbitmq.conf"
        config.touch(0o600)
        config.write_text(self._configuration())
        (self.directory / "enabled_plugins").write_text("[].\n")
        (self.directory / "rabbitmq-env.conf").write_text("# the machine's own file is not read\n")

    def _configuration(self) -> str:
        return _CONFIG.format(
            listener=f"127.0.0.1:{self.port}", password=self._password, logs=f"{self._told}/log"
        )

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
        return kept | {
            "HOME": f"{here}/home",
            "RABBITMQ_NODENAME": _NODE,
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self._ports["amqp"]),
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

    def _remember(self, name: str, pid: int) -> None:
        if process := ProcessId.of(pid):
            process.save(self.directory / f"{name}.process")

    def _refuse_second(self) -> None:
        # Two nodes on the same data would destroy them.
        known = ProcessId.load(self.directory / "node.process")
        if known is not None and known.alive:
            raise LocalError(f"a RabbitMQ node already runs in {self.directory} (pid {known.pid})")

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self._ports["amqp"]), 1) as connection:
                connection.settimeout(1)
                connection.sendall(b"AMQP\x00\x00\x09\x01")
                # The first frame of a server that speaks 0-9-1: a method frame on channel 0.
                return connection.recv(3) == b"\x01\x00\x00"
        except OSError:
            return False


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


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1):
            return True
    except OSError:
        return False
