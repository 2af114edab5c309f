"""What the first ``palika up`` shows: real work filed through the services, and its arrival."""

import click


@click.command(hidden=True)
def showcase() -> None:
    """File sample work through the running city and show it arriving in the KPIs."""
