"""The channel `smtp`: e-mail through one server, over one connection for a run of messages.

The URL: `smtp://host:port` (STARTTLS when the server offers it), `smtps://host:port` (TLS from the
start); `user:password@` logs in.
"""

import logging
import re
import smtplib
import ssl
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import formatdate
from typing import Self
from urllib.parse import unquote, urlsplit
from uuid import UUID

from services.notify.domain.addresses import is_email
from services.notify.domain.messages import Answer, Failed, Message, Sent

_log = logging.getLogger(__name__)


class SmtpChannel:
    """Hands messages to an SMTP server; the server's answer decides what they come to."""

    name = "smtp"
    contact_fields: tuple[str, ...] = ("email",)

    def __init__(self, url: str, sender: str, timeout_s: float = 10.0) -> None:
        """Read the URL; nothing is connected.

        Args:
            url: see the module; checked by the settings.
            sender: the address in the From header.
            timeout_s: how long the server may take for any one answer.
        """
        parts = urlsplit(url)
        self._tls = parts.scheme == "smtps"
        self._host = parts.hostname or "localhost"
        self._port = parts.port or (465 if self._tls else 25)
        self._login = (unquote(parts.username or ""), unquote(parts.password or ""))
        self._timeout_s = timeout_s
        self._sender = sender
        self._domain = sender.rpartition("@")[2]
        self._server: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._leave()

    def accepts(self, address: str) -> bool:
        """Whether it looks like an e-mail address."""
        return is_email(address)

    def message_id(self, delivery_id: UUID) -> str:
        """The Message-ID of a delivery: the same at every try, so a repetition can be told."""
        return f"<{delivery_id}@{self._domain}>"

    def send(self, message: Message) -> Answer:
        """Send one e-mail."""
        try:
            server = self._connected()
        except smtplib.SMTPAuthenticationError as error:
            # Another password may come; the citizens' messages wait for it.
            return Failed(False, "smtp_login_refused", _said(error), True, offered=False)
        except (OSError, smtplib.SMTPException) as error:
            return Failed(False, "smtp_unreachable", _said(error), True, offered=False)
        mail = self._mail(message)
        utf8 = not message.address.isascii()
        if utf8 and not server.has_extn("smtputf8"):
            return Failed(True, "smtp_address_not_supported")
        try:
            server.send_message(
                mail, to_addrs=[message.address], mail_options=["SMTPUTF8"] if utf8 else []
            )
        except smtplib.SMTPRecipientsRefused as error:
            code, said = error.recipients[message.address]
            return _refused("recipient", code, said, message)
        except smtplib.SMTPSenderRefused as error:
            # Our own address: nothing is wrong with the message.
            return Failed(False, "smtp_sender_refused", _text(error.smtp_code, error.smtp_error))
        except smtplib.SMTPResponseException as error:
            return _refused("message", error.smtp_code, error.smtp_error, message)
        except (OSError, smtplib.SMTPException) as error:
            # After DATA this may have been accepted all the same: the next try may be a second.
            self._leave()
            # smtplib tells of both as a disconnection.
            late = isinstance(error.__context__, TimeoutError)
            reason = "smtp_timeout" if late else "smtp_connection_lost"
            return Failed(False, reason, _said(error), channel_down=True)
        return Sent(mail["Message-ID"])

    def _connected(self) -> smtplib.SMTP:
        if self._server is not None:
            try:
                # A server may hang up on a client that has been silent.
                if self._server.noop()[0] == 250:
                    return self._server
            except (OSError, smtplib.SMTPException) as error:
                _log.info("the SMTP connection was lost, connecting again: %s", _said(error))
            self._leave()
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
        self._server = server
        return server

    def _leave(self) -> None:
        server, self._server = self._server, None
        if server is None:
            return
        try:
            server.quit()
        except (OSError, smtplib.SMTPException) as error:
            _log.debug("the SMTP server did not say goodbye: %s", _said(error))
            server.close()

    def _mail(self, message: Message) -> EmailMessage:
        mail = EmailMessage(policy=SMTPUTF8 if not message.address.isascii() else SMTP)
        mail["From"] = self._sender
        mail["To"] = message.address
        mail["Subject"] = message.subject
        mail["Message-ID"] = self.message_id(message.delivery_id)
        mail["Date"] = formatdate()
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.body, charset="utf-8", cte="base64")
        # `set_content` takes away what was said of any content before it.
        mail["Content-Language"] = message.language
        return mail


def _refused(what: str, code: int, said: bytes | str, message: Message) -> Failed:
    """4xx: not now; 5xx: never (RFC 5321); 421 and 454 tell of the server, not of the message."""
    # Servers answer in lower case, too.
    address = re.compile(re.escape(message.address), re.IGNORECASE)
    detail = address.sub("the recipient", _text(code, said))
    return Failed(code >= 500, f"smtp_{what}_refused", detail, channel_down=code in (421, 454))


def _text(code: int, said: bytes | str) -> str:
    words = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    return f"{code} {' '.join(words.split())}"


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return _text(error.smtp_code, error.smtp_error)
    return f"{type(error).__name__}: {error}"
