"""``palika portal demo``: the accounts of the city of sample work."""

import click

from palika.exits import fail
from services.portal.cli.common import keeping, known_officer, now, transaction
from services.portal.commands.make_demo import make_demo
from services.portal.demo import in_demo
from services.portal.reference import demo_people


@click.command("demo", hidden=True)
def demo_command() -> None:
    """Make the accounts with which the city of sample work is tried out, or put them back.

    `palika up` does it at each start of such a city. Exit status: 1 in every other city.
    """
    if not in_demo():
        fail("accounts for trying out are made in the city of sample work alone (make run)", 1)
    known = {person: known_officer(person) for person in demo_people().officers}
    with transaction() as session:
        count = make_demo(session, keeping(), known, now())
    click.echo(f"{count} officers and a citizen can be tried out: the site says how")
