"""E-mail, through one SMTP server, over a few connections that any thread may use.

The URL: ``smtp://host:port`` (STARTTLS when the server offers it), ``smtps://host:port`` (TLS from
the start); ``user:password@`` logs in.

What the server's answers come to (RFC 5321): 4xx is not now, 5xx never; 421 and 454 tell of the
server, not of the message. Until the server has the whole text nothing is accepted, so a connection
that breaks before is safe to repeat; one that breaks after may have been accepted (``uncertain``).
SMTP offers nothing to ask afterwards, and no receipts: what bounces comes as e-mail to the sender.
All copies of a delivery carry the same Message-ID, by which many mail programs show one.
"""

import logging
import re
import smtplib
import ssl
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTPUTF8, EmailPolicy
from email.utils import formatdate
from typing import Final
from urllib.parse import unquote, urlsplit
from uuid import UUID

from palika.config import Settings
from palika.errors import Forbidden
from services.notify.domain.addresses import is_email
from services.notify.domain.messages import Answer, Attachment, Failed, Message, Receipt, Sent

_log = logging.getLogger(__name__)

_IDLE_S: Final = 30.0
_DOWN: Final = (421, 454)
_UNSAFE: Final = re.compile(r"[\x00-\x1f\x7f/\\]")


class Email:
    """The provider ``smtp``; see ``provider.Provider``."""

    name: str = "smtp"
    channel: str = "email"

    def __init__(
        self, url: str, sender: str, timeout_s: float = 10.0, connections: int = 4
    ) -> None:
        """Read the URL; nothing is connected.

        Args:
            url: see the module; checked by the settings.
            sender: the address in the From header.
            timeout_s: how long the server may take for any one step.
            connections: so many at once, at the most; further threads wait for one.
        """
        parts = urlsplit(url)
        self._tls = parts.scheme == "smtps"
        self._host = parts.hostname or "localhost"
        self._port = parts.port or (465 if self._tls else 25)
        self._login = (unquote(parts.username or ""), unquote(parts.password or ""))
        self._timeout_s = timeout_s
        self._sender = sender
        self._domain = sender.rpartition("@")[2]
        self._places = threading.BoundedSemaphore(connections)
        self._idle: deque[tuple[smtplib.SMTP, float]] = deque()

    def message_id(self, delivery_id: UUID) -> str:
        """The Message-ID of a delivery: the same at every try, so a repetition can be told."""
        return f"<{delivery_id}@{self._domain}>"

    def send(self, message: Message) -> Answer:
        """Send one e-mail."""
        if not is_email(message.address):
            return Failed(True, "smtp_address_invalid", offered=False)
        if not self._places.acquire(timeout=self._timeout_s):
            return Failed(False, "smtp_busy", offered=False)
        try:
            return self._send(message)
        finally:
            self._places.release()

    def look_up(self, attempt_id: UUID) -> Answer | None:
        """None: there is nothing to ask."""
        return None

    def receipts(
        self, headers: Mapping[str, str], body: bytes, query: Mapping[str, str]
    ) -> Sequence[Receipt]:
        """Raises Forbidden: an SMTP server sends none."""
        raise Forbidden("e-mail has no receipts")

    def close(self) -> None:
        """Let go of the idle connections."""
        while self._idle:
            _leave(self._idle.pop()[0])

    def _send(self, message: Message) -> Answer:
        server, reused = self._reused(), True
        while True:
            if server is None:
                reused = False
                connected = self._connected()
                if isinstance(connected, Failed):
                    return connected
                server = connected
            answer, usable = self._offered(server, message, reused)
            if usable:
                self._idle.append((server, time.monotonic()))
            else:
                server.close()
            if answer is not None:
                return answer
            # An old connection that the server has ended meanwhile: once more over a new one.
            server = None

    def _reused(self) -> smtplib.SMTP | None:
        while self._idle:
            try:
                server, since = self._idle.pop()
            except IndexError:
                break
            if time.monotonic() - since < _IDLE_S:
                return server
            _leave(server)
        return None

    def _connected(self) -> smtplib.SMTP | Failed:
        try:
            return self._connect()
        except smtplib.SMTPAuthenticationError as error:
            # Another password may come; the citizens' messages wait for it.
            return Failed(False, "smtp_login_refused", _said(error), True, offered=False)
        except (OSError, smtplib.SMTPException) as error:
            return Failed(False, "smtp_unreachable", _said(error), True, offered=False)

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        server: smtplib.SMTP
        if self._tls:
            server = smtplib.SMTP_SSL(
                self._host, self._port, timeout=self._timeout_s, context=context
            )
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=self._timeout_s)
        try:
            server.ehlo()
            if not self._tls and server.has_extn("starttls"):
                server.starttls(context=context)
                server.ehlo()
            if self._login[0]:
                server.login(*self._login)
        except BaseException:
            server.close()
            raise
        return server

    def _offered(
        self, server: smtplib.SMTP, message: Message, reused: bool
    ) -> tuple[Answer | None, bool]:
        """What comes of it, and whether the connection may be used again. No answer: the
        connection was an old one and is gone, and nothing was offered."""
        utf8 = not message.address.isascii()
        if utf8 and not server.has_extn("smtputf8"):
            return Failed(True, "smtp_address_not_supported"), True
        content = self._mail(message).as_bytes()
        options = ["SMTPUTF8", "BODY=8BITMIME"] if utf8 else []
        if server.has_extn("size"):
            options.append(f"size={len(content)}")
        given = False
        try:
            code, said = server.mail(self._sender, options)
            if code == 421 and reused:
                return None, False
            if code != 250:
                # Our own address: nothing is wrong with the message.
                told = Failed(False, "smtp_sender_refused", _text(code, said), code in _DOWN)
                return told, _reset(server)
            code, said = server.rcpt(message.address)
            if code not in (250, 251):
                return _refused("recipient", code, said, message), _reset(server)
            given = True
            code, said = server.data(content)
        except smtplib.SMTPDataError as error:
            refused = _refused("message", error.smtp_code, error.smtp_error, message)
            return refused, _reset(server)
        except (OSError, smtplib.SMTPException) as error:
            # smtplib tells of both as a disconnection.
            late = isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)
            if reused and not given and not late:
                return None, False
            reason = "smtp_timeout" if late else "smtp_connection_lost"
            return Failed(False, reason, _said(error), channel_down=True, uncertain=given), False
        if code != 250:
            return _refused("message", code, said, message), _reset(server)
        return Sent(self.message_id(message.delivery_id)), True

    def _mail(self, message: Message) -> EmailMessage:
        mail = EmailMessage(policy=_ASCII if message.address.isascii() else SMTPUTF8)
        mail["From"] = self._sender
        mail["To"] = message.address
        mail["Subject"] = " ".join(message.subject.split())
        mail["Message-ID"] = self.message_id(message.delivery_id)
        mail["Date"] = formatdate()
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.body, charset="utf-8", cte="base64")
        # `set_content` takes away what was said of any content before it.
        mail["Content-Language"] = message.language
        for each in message.attachments:
            _attach(mail, each)
        return mail


class _Folding(EmailPolicy):
    """As ``email.policy.SMTP``, but blanks of a subject in Marathi stay where they are: the
    standard library loses some between two encoded words (python/cpython#92081)."""

    def fold_binary(self, name: str, value: str) -> bytes:
        """A header as it is sent."""
        if name.lower() != "subject" or str(value).isascii():
            return super().fold_binary(name, value)
        told = Header(str(value), "utf-8", header_name=name).encode(linesep=self.linesep)
        return f"{name}: {told}{self.linesep}".encode("ascii")


_ASCII: Final = _Folding(linesep="\r\n")


def _attach(mail: EmailMessage, attachment: Attachment) -> None:
    main, _, sub = attachment.media_type.partition("/")
    name = _UNSAFE.sub("_", attachment.name)
    mail.add_attachment(
        attachment.content, maintype=main, subtype=sub or "octet-stream", filename=name
    )


def _reset(server: smtplib.SMTP) -> bool:
    """Whether the connection is good for another message."""
    try:
        return server.rset()[0] == 250
    except (OSError, smtplib.SMTPException):
        return False


def _leave(server: smtplib.SMTP) -> None:
    try:
        server.quit()
    except (OSError, smtplib.SMTPException) as error:
        _log.debug("the SMTP server did not say goodbye: %s", _said(error))
        server.close()


def _refused(what: str, code: int, said: bytes | str, message: Message) -> Failed:
    # Servers answer in lower case, too.
    address = re.compile(re.escape(message.address), re.IGNORECASE)
    detail = address.sub("the recipient", _text(code, said))
    return Failed(code >= 500, f"smtp_{what}_refused", detail, channel_down=code in _DOWN)


def _text(code: int, said: bytes | str) -> str:
    words = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    return f"{code} {' '.join(words.split())}"


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return _text(error.smtp_code, error.smtp_error)
    return f"{type(error).__name__}: {error}"


def open_email(config: Settings) -> Email:
    """The provider of the settings; nothing is connected yet."""
    return Email(config.smtp_url, config.notify_sender)
