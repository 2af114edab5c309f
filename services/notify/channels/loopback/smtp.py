"""A mail server on this machine: it keeps what it is sent, and fails as it is told (RFC 5321)."""

import email
import email.policy
import socket
import socketserver
import struct
import threading
from collections import deque
from dataclasses import dataclass
from email.message import EmailMessage
from enum import StrEnum
from typing import ClassVar, Self

from services.notify.domain.magic import Fate, fate_of


class SmtpFault(StrEnum):
    """What goes wrong with a message; each is of the next one that begins."""

    BUSY_421 = "421"
    """The server ends the connection at MAIL, as one that shuts down does."""
    SENDER_550 = "sender"
    RECIPIENT_450 = "450"
    RECIPIENT_550 = "550"
    DATA_451 = "451"
    DATA_554 = "554"
    DROP_BEFORE = "drop_before"
    """The connection is reset at MAIL."""
    DROP_AFTER = "drop_after"
    """The message is accepted, and the connection reset before the answer."""
    STALL_AFTER = "stall_after"
    """The message is accepted, and no answer comes."""


@dataclass(frozen=True, slots=True)
class Mail:
    """What was accepted, and for whom."""

    to: tuple[str, ...]
    message: EmailMessage


class SmtpServer:
    """A server that runs while the context lasts.

    Attributes:
        mails: what was accepted, in order.
        faults: for the messages to come, first in first out; None is none.
        connections: how many were made.
    """

    def __init__(self, port: int = 0, *, utf8: bool = True) -> None:
        """Prepare; ``port`` is to listen on, on the loopback; ``utf8``: it offers SMTPUTF8."""
        self.mails: list[Mail] = []
        self.faults: deque[SmtpFault | None] = deque()
        self.connections = 0
        self.utf8 = utf8
        self.closing = threading.Event()
        handler = type("Handler", (_Handler,), {"mail_server": self})
        self._server = _Threads(("127.0.0.1", port), handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )

    @property
    def url(self) -> str:
        """Where it is."""
        return f"smtp://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()


class _Threads(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64


class _Handler(socketserver.StreamRequestHandler):
    """One connection."""

    mail_server: ClassVar[SmtpServer]

    def handle(self) -> None:
        """Talk, until one side ends it."""
        self.mail_server.connections += 1
        self._fault: SmtpFault | None = None
        self._to: list[str] = []
        try:
            self._say("220 loopback ESMTP")
            while line := self.rfile.readline(10_000):
                words = line.decode("utf-8", "replace").strip()
                if not self._answer(words.split(" ", 1)[0].upper(), words):
                    return
        except OSError:
            return  # Whoever asked has given up.

    def _answer(self, verb: str, words: str) -> bool:
        """Whether the conversation goes on."""
        match verb:
            case "EHLO" | "HELO":
                self._say("250-loopback")
                if self.mail_server.utf8:
                    self._say("250-SMTPUTF8")
                self._say("250-8BITMIME")
                self._say("250 SIZE 30000000")
            case "MAIL":
                return self._begin()
            case "RCPT":
                self._recipient(words.partition("<")[2].partition(">")[0])
            case "DATA":
                return self._data()
            case "RSET" | "NOOP":
                self._to = []
                self._say("250 OK")
            case "QUIT":
                self._say("221 bye")
                return False
            case _:
                self._say("502 not here")
        return True

    def _begin(self) -> bool:
        faults = self.mail_server.faults
        self._fault = faults.popleft() if faults else None
        if self._fault is SmtpFault.BUSY_421:
            self._say("421 shutting down")
            return False
        if self._fault is SmtpFault.DROP_BEFORE:
            return self._reset()
        if self._fault is SmtpFault.SENDER_550:
            self._say("550 who are you")
        else:
            self._say("250 OK")
        return True

    def _recipient(self, address: str) -> None:
        fate = fate_of(address)
        if self._fault is SmtpFault.RECIPIENT_450 or fate in (Fate.FAILS_FOR_NOW, Fate.THROTTLED):
            self._say(f"450 {address}: not now")
        elif self._fault is SmtpFault.RECIPIENT_550 or fate in (Fate.FAILS_FOR_GOOD, Fate.REFUSED):
            self._say(f"550 {address}: no such user")
        else:
            self._to.append(address)
            self._say("250 OK")

    def _data(self) -> bool:
        if not self._to:
            self._say("503 nobody to send to")
            return True
        self._say("354 go on")
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b".") else line)
        if self._fault is SmtpFault.DATA_451:
            self._say("451 the disk is full")
            return True
        if self._fault is SmtpFault.DATA_554:
            self._say("554 this is spam")
            return True
        parsed = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
        self.mail_server.mails.append(Mail(tuple(self._to), parsed))
        self._to = []
        if self._fault is SmtpFault.DROP_AFTER:
            return self._reset()
        if self._fault is SmtpFault.STALL_AFTER:
            self.mail_server.closing.wait(120)
            return False
        self._say("250 accepted")
        return True

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def _reset(self) -> bool:
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()
        return False
