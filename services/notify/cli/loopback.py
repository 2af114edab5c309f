"""``palika notify loopback``: all providers on this machine, for a city that is tried out."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import click

from palika.exits import fail
from palika.india import INDIA
from palika.local.loopback import Fault, LoopbackServer
from services.notify.channels import callback, plivo
from services.notify.channels.loopback import InfobipServer, MetaServer, PlivoServer, SmtpServer
from services.notify.channels.loopback.carrier import Carrier, Kept
from services.notify.channels.loopback.telephony import Telephony
from services.notify.channels.whatsapp import WEBHOOK_PATH
from services.notify.cli.shown import columns
from services.notify.domain.addresses import mobile
from services.notify.domain.magic import EMAILS, NUMBERS, fate_of

_SECRET: Final = "loopback-callback-secret"  # noqa: S105 of a provider that is played
_VERIFY: Final = "loopback-word"
_LOOK_S: Final = 0.1
_FIRST_PORT: Final = 8600
_CITYS_NUMBER: Final = "+912025501000"
_MOST_FAULTS: Final = 10_000


@click.command("loopback")
@click.option(
    "--portal",
    default="http://127.0.0.1:8080",
    show_default=True,
    help="Where the city's portal is reached: receipts go there.",
)
@click.option(
    "--port",
    default=_FIRST_PORT,
    show_default=True,
    type=click.IntRange(0, 65_531),
    help="Of the first server; the others have the next ones. 0: any free ones.",
)
@click.option("--magic", is_flag=True, help="List the magic recipients, and end.")
def loopback_command(portal: str, port: int, magic: bool) -> None:
    """Run WhatsApp, two carriers of text messages, a telephone provider and a mail server on this
    machine, and show what the city sends to them. Nothing is sent to anybody, and nobody is called.

    What has to be exported before the city is started is printed first. A line `+919812345610 STOP`
    is a citizen's message over WhatsApp, `sms +919812345610 STOP` a text message;
    `fail plivo error_500 20` lets the next 20 requests to a provider fail (`fail` alone lists how).
    Ctrl-C ends it.

    Exit status: 0, 1 when a port is taken, 2 when an option is wrong.
    """
    if magic:
        rows = [("number", "e-mail", "what becomes of it")]
        for (number, fate), address in zip(NUMBERS.items(), EMAILS, strict=True):
            rows.append((number, address, fate.replace("_", " ")))
        columns(rows)
        return
    with ExitStack() as stack:
        try:
            street = Street.on(port, portal)
        except OSError as error:
            fail(f"port {port} and the four behind it: {error.strerror}", 1)
        for server in street.servers:
            stack.enter_context(server)
        for name, value in street.settings().items():
            click.echo(f'export {name}="{value}"')
        click.echo("# the providers are there; Ctrl-C ends them")
        threading.Thread(target=_listen, args=(street,), daemon=True).start()
        try:
            while True:
                for line in street.news():
                    click.echo(line)
                time.sleep(_LOOK_S)
        except KeyboardInterrupt:
            click.echo("# ended")


@dataclass
class Street:
    """The providers of a city that is tried out, and what was seen of them so far.

    Attributes:
        portal: where webhooks go.
    """

    meta: MetaServer
    plivo: PlivoServer
    infobip: InfobipServer
    smtp: SmtpServer
    voice: Telephony
    portal: str
    _seen: dict[str, int] = field(default_factory=dict)

    @classmethod
    def on(cls, port: int, portal: str) -> "Street":
        """On a port and the four behind it (0: any free ones).

        Raises:
            OSError: one is taken.
        """
        ports = [port + n if port else 0 for n in range(5)]
        found = cls(
            MetaServer(ports[0]),
            PlivoServer(ports[1]),
            InfobipServer(ports[2]),
            SmtpServer(ports[3]),
            Telephony(ports[4]),
            portal.rstrip("/"),
        )
        found.meta.webhook_url = found.portal + WEBHOOK_PATH
        for carrier in found.carriers.values():
            carrier.tells = True
        return found

    @property
    def carriers(self) -> dict[str, Carrier]:
        """Those that post receipts."""
        return {"meta": self.meta, "plivo": self.plivo, "infobip": self.infobip}

    @property
    def servers(self) -> tuple[Any, ...]:
        """All of them, to be entered."""
        return (*self.carriers.values(), self.smtp, self.voice)

    @property
    def failing(self) -> dict[str, LoopbackServer]:
        """Those that can be told to fail."""
        return {**self.carriers, "voice": self.voice}

    def settings(self) -> dict[str, str]:
        """What the city has to be started with, by variable."""
        return {
            "PALIKA_NOTIFY_CHANNELS": "whatsapp sms email voice inbox",
            "PALIKA_PORTAL_URL": self.portal,
            "PALIKA_WHATSAPP_URL": self.meta.url,
            "PALIKA_WHATSAPP_PHONE_NUMBER_ID": self.meta.phone_number_id,
            "PALIKA_WHATSAPP_TOKEN": self.meta.token,
            "PALIKA_WHATSAPP_APP_SECRETS": self.meta.app_secret,
            "PALIKA_WHATSAPP_VERIFY_TOKEN": _VERIFY,
            "PALIKA_SMS_CALLBACK_SECRETS": _SECRET,
            "PALIKA_SMS_PLIVO_URL": self.plivo.url,
            "PALIKA_SMS_PLIVO_AUTH_ID": self.plivo.auth_id,
            "PALIKA_SMS_PLIVO_AUTH_TOKENS": self.plivo.auth_token,
            "PALIKA_SMS_INFOBIP_URL": self.infobip.url,
            "PALIKA_SMS_INFOBIP_API_KEY": self.infobip.api_key,
            "PALIKA_SMTP_URL": self.smtp.url,
            "PALIKA_VOICE_URL": self.voice.url,
            "PALIKA_VOICE_ACCOUNT_SID": self.voice.account,
            "PALIKA_VOICE_AUTH_TOKENS": self.voice.token,
            "PALIKA_VOICE_FROM": _CITYS_NUMBER,
        }

    def news(self) -> Iterator[str]:
        """A line for each message and each receipt since the last time."""
        for name, carrier in self.carriers.items():
            for kept in self._new(name, carrier.sent):
                yield f"{_clock()} {name} → {kept.to} ({_fate(kept.to)}): {_words(kept)}"
            for posted in self._new(f"{name} posted", carrier.posted):
                answer = "nobody answers" if posted.status is None else str(posted.status)
                of = f" of {posted.reference}" if posted.reference else ""
                yield f"{_clock()} {name}: a webhook{of} was answered with {answer}"
        for mail in self._new("smtp", self.smtp.mails):
            yield f"{_clock()} smtp → {', '.join(mail.to)}: {mail.message['subject']}"

        over = [each for each in self.voice.played if each.over.is_set()]
        for call in self._new("voice", over):
            yield f"{_clock()} voice → {call.to} ({_fate(call.to)}): {call.words}"
            for problem in call.problems:
                yield f"{_clock()} voice: {problem}"

    def fail(self, line: str) -> str:
        """``fail PROVIDER HOW [TIMES]``: the next requests fail so; what was understood of it."""
        kinds = [each.value for each in Fault]
        given = dict(zip(("", "provider", "how", "times"), line.split(), strict=False))
        provider, how = given.get("provider", ""), given.get("how", "")
        times = given.get("times", "1")
        server = self.failing.get(provider)
        if server is None or how not in kinds or not times.isdecimal():
            return (
                f"write: fail PROVIDER HOW [TIMES]; PROVIDER is {', '.join(self.failing)}; "
                f"HOW is {', '.join(kinds)}"
            )
        server.faults.extend([Fault(how)] * min(int(times), _MOST_FAULTS))
        return f"requests to {provider} that will fail: {len(server.faults)}"

    def say(self, line: str) -> str:
        """A citizen writes: ``[sms] NUMBER WORDS``; what came of it, for people."""
        words = line.split()
        over_sms = bool(words) and words[0].lower() == "sms"
        number = mobile(words[over_sms]) if len(words) > 1 + over_sms else None
        if number is None:
            return "write: [sms] NUMBER WORDS"
        text = " ".join(words[1 + over_sms :])
        if over_sms:
            url = callback.address(
                plivo.inbound_url(self.portal + plivo.WEBHOOK_PATH), [_SECRET], plivo.INBOUND
            )
            status = self.plivo.tell(self.plivo.said(url, number, text))
        else:
            said = {"type": "text", "text": {"body": text}}
            status = self.meta.tell(self.meta.said(number, said))
        return f"{number} wrote, and was answered with {status or 'nothing'}"

    def _new(self, name: str, all_of: list[Any]) -> list[Any]:
        begun = self._seen.get(name, 0)
        found = all_of[begun:]
        self._seen[name] = begun + len(found)
        return found


def _listen(street: Street, echo: Callable[[str], None] = click.echo) -> None:
    for line in sys.stdin:
        if line.strip():
            told = street.fail(line) if line.split()[0] == "fail" else street.say(line)
            echo(f"{_clock()} {told}")


def _words(kept: Kept) -> str:
    """What is said, whichever provider it was handed to."""
    asked = kept.asked
    if template := asked.get("template"):
        given = [
            parameter.get("text") or parameter["document"]["filename"]
            for component in template.get("components", ())
            for parameter in component["parameters"]
        ]
        return f"{template['name']} ({template['language']['code']}): {' | '.join(given)}"
    if "interactive" in asked:
        return str(asked["interactive"]["body"]["text"])
    if "content" in asked:
        return str(asked["content"]["text"])
    text = asked.get("text", "")
    return str(text["body"] if isinstance(text, dict) else text)


def _fate(address: str) -> str:
    return fate_of(address).replace("_", " ")


def _clock() -> str:
    return f"{datetime.now(UTC).astimezone(INDIA):%H:%M:%S}"
