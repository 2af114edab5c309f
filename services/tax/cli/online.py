"""``palika tax pay-link`` and ``palika tax loopback``: paying online, tried out from a terminal."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

import click

from palika.auth import SYSTEM
from palika.cli.processes import prepare
from palika.config import settings
from palika.database import sessions
from palika.errors import Conflict, Invalid, NotFound, Unavailable
from palika.exits import database_told, fail
from palika.india import INDIA, rupees
from palika.text import Name
from services.tax.commands.pay_link import pay_link
from services.tax.domain.numbers import plain_number
from services.tax.gateway import open_gateway
from services.tax.gateway.loopback_server import LoopbackServer
from services.tax.queries.online import order_view

_WRONG_INPUT: Final = 2
_LOOK_S: Final = 0.1
_SAID = Name(
    "{number}: {amount}, {until} पर्यंत भरता येईल:\n{url}",
    "{number}: {amount}, to be paid until {until} at\n{url}",
)


@click.command("pay-link")
@click.argument("number")
@click.option(
    "--paise",
    type=click.IntRange(100),
    help="How much. Without it: what settles all that is owed today.",
)
@click.option("--language", type=click.Choice(["mr", "en"]), default="mr", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="The answer of tax.pay_link as it is.")
def pay_link_command(number: str, paise: int | None, language: str, as_json: bool) -> None:
    """Make a link by which the dues of the property NUMBER are paid online.

    While one of the same amount is open it is given again.

    Exit status: 0, 1 when nothing is owed or the gateway does not do it, 2 when there is no such
    property.
    """
    args = {"id": None, "number": plain_number(number), "amount_paise": paise}
    try:
        with database_told():
            made = pay_link(
                sessions("tax").begin,
                open_gateway(settings("tax")),
                SYSTEM("tax"),
                args,
                datetime.now(UTC),
            )
    except (NotFound, Invalid) as error:
        fail(str(error), _WRONG_INPUT)
    except (Conflict, Unavailable) as error:
        fail(str(error), 1)
    if as_json:
        click.echo(json.dumps(order_view(made), ensure_ascii=False))
        return
    click.echo(
        _SAID.in_(language).format(
            number=made.number,
            amount=rupees(made.amount_paise),
            until=f"{made.expires_at.astimezone(INDIA):%d-%m-%Y %H:%M}",
            url=made.link_url,
        )
    )


@click.command("loopback")
@click.option(
    "--portal",
    default="http://127.0.0.1:8080",
    show_default=True,
    help="Where the city's portal is reached: webhooks go there.",
)
@click.option(
    "--port",
    default=8605,
    show_default=True,
    type=click.IntRange(0, 65_535),
    help="To listen on; 0: any free one.",
)
@click.option("--supervisor", type=int, hidden=True)
def loopback_command(portal: str, port: int, supervisor: int | None) -> None:
    """Run a payment gateway on this machine, with the pages on which links are paid, and show what
    the city and its payers do there. No money is taken.

    What has to be exported before the city is started is printed first. Ctrl-C ends it. The city of
    sample work, which `palika up` starts, has one already.

    Exit status: 0, 1 when the port is taken.
    """
    keys: dict[str, str] = {}
    if supervisor is not None:
        prepare(supervisor)
        config = settings("tax")
        keys = {
            "key_id": config.razorpay_key_id,
            "key_secret": config.razorpay_key_secret,
            "webhook_secret": config.razorpay_webhook_secrets,
        }
    try:
        server = LoopbackServer(port=port, first=int(time.time()), **keys)
    except OSError as error:
        fail(f"port {port}: {error.strerror}", 1)
    with server:
        server.webhook_url = f"{portal.rstrip('/')}/webhooks/razorpay"
        if supervisor is None:
            for name, value in exports(server).items():
                click.echo(f'export {name}="{value}"')
            click.echo("# the gateway is there; Ctrl-C ends it")
        news = told(server)
        try:
            while True:
                click.echo("".join(f"{line}\n" for line in next(news)), nl=False)
                time.sleep(_LOOK_S)
        except KeyboardInterrupt:
            click.echo("# ended")


def exports(server: LoopbackServer) -> dict[str, str]:
    """What the city has to be started with, by variable."""
    return {
        "PALIKA_RAZORPAY_URL": server.url,
        "PALIKA_RAZORPAY_KEY_ID": server.key_id,
        "PALIKA_RAZORPAY_KEY_SECRET": server.key_secret,
        "PALIKA_RAZORPAY_WEBHOOK_SECRETS": server.webhook_secret,
    }


def told(server: LoopbackServer) -> Iterator[list[str]]:
    """Each time what has been asked of a gateway, and what its webhooks were answered, since the
    last time."""
    asked = posted = 0
    while True:
        requests, answers = server.requests[asked:], server.posted[posted:]
        asked, posted = asked + len(requests), posted + len(answers)
        clock = f"{datetime.now(UTC).astimezone(INDIA):%H:%M:%S}"
        yield [
            *(f"{clock} {each.method} {each.path}" for each in requests),
            *(
                f"{clock} {each.event} of {each.payment_id} was answered with "
                f"{each.status or 'nothing'}"
                for each in answers
            ),
        ]
