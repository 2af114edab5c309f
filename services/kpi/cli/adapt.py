"""``palika kpi adapt``: store readings anew after the catalogue has changed their decimals."""

import json

import click


@click.command("adapt")
@click.option("--json", "as_json", is_flag=True, help="The outcome as one JSON object.")
def adapt_(as_json: bool) -> None:
    """Store what was entered with the decimals that the catalogue says now.

    A value stays what it is: 12 becomes 12.00. Stop the service before; it does not start while the
    catalogue and what is stored differ. `palika kpi check --database` tells what differs.

    Exit status: 0 when all is right now, 1 when something cannot be stored so; nothing is changed
    then.
    """
    from palika.database import sessions
    from palika.errors import Conflict
    from services.kpi.commands.adapt import adapt

    try:
        with sessions("kpi").begin() as session:
            done = adapt(session)
    except Conflict as error:
        click.echo(str(error), err=True)
        raise click.exceptions.Exit(1) from error
    if as_json:
        told = [each._asdict() for each in done]
        click.echo(json.dumps({"adapted": told}, ensure_ascii=False))
        return
    for each in done:
        older = f", and {each.older} older ones on record" if each.older else ""
        click.echo(
            f"{each.measure}: {each.readings} values now have {each.decimals} decimals{older}"
        )
    if not done:
        click.echo("Nothing differs from the catalogue.")
