"""``palika kpi grafana``: the dashboards of the KPIs, as JSON for Grafana."""

from pathlib import Path

import click

OUT = Path("deploy/grafana/kpi")


@click.command("grafana")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=OUT,
    show_default=True,
    help="The folder to write to; dashboards in it that are no more are removed.",
)
@click.option("--all", "everyone", is_flag=True, help="Of all departments, not of the chosen ones.")
@click.option(
    "--check",
    is_flag=True,
    help="Write nothing; exit status 1 if that would change files, 2 if there is no such folder.",
)
def grafana(out: Path, everyone: bool, check: bool) -> None:
    """Write the commissioner's dashboard and those of the departments, made from the catalogue.

    data/monitoring.yaml names the departments with a dashboard of their own. The same catalogue
    gives the same files, byte for byte.
    """
    from palika.grafana.files import refuse_missing, write_or_check

    if check:
        refuse_missing(out)
    from palika.config import settings
    from services.kpi.domain.monitoring import exported
    from services.kpi.grafana.dashboards import dashboards
    from services.kpi.reference import city_catalogue, city_dashboards

    known = city_catalogue()
    shown, left_out = exported(known, settings("kpi").kpi_metrics_most)
    departments = tuple(known.departments) if everyone else city_dashboards()
    files = dashboards(known, {each.code for each in shown}, departments)
    if left_out:
        click.echo(
            f"warning: {left_out} KPIs are not exported (PALIKA_KPI_METRICS_MOST), and on none",
            err=True,
        )
    write_or_check(out, files, "palika-kpi-", check=check)
