"""``palika grafana``: the dashboards of operations, as JSON for Grafana."""

from pathlib import Path

import click

from palika.local.city import database_names, service_names, web_names

OUT = Path("deploy/grafana/operations")


@click.command("grafana")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=OUT,
    show_default=True,
    help="The folder to write to; dashboards in it that are no more are removed.",
)
@click.option(
    "--check",
    is_flag=True,
    help="Write nothing; exit status 1 if that would change files, 2 if there is no such folder.",
)
def grafana(out: Path, check: bool) -> None:
    """Write the dashboards of who runs the city: the city, the flow of events, each service.

    Those of the KPIs are made by `palika kpi grafana`. The same services give the same files, byte
    for byte.
    """
    from palika.grafana.files import as_files, refuse_missing, write_or_check
    from palika.grafana.operations import PREFIX, operations

    if check:
        refuse_missing(out)
    made = operations(service_names(), web_names(), database_names())
    write_or_check(out, as_files(made), PREFIX, check=check)
