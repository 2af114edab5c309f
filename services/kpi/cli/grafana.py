"""``palika kpi grafana``: the dashboards of the KPIs, as JSON for Grafana."""

import json
from collections.abc import Mapping
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
    if check and not out.is_dir():
        raise click.UsageError(
            f"there is no folder {out} here: run it where deploy/ is, or name the folder with --out"
        )
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
    changed = _changed(out, files)
    if check:
        for name in changed:
            click.echo(f"{out / name} is not what would be generated", err=True)
        raise click.exceptions.Exit(1 if changed else 0)
    out.mkdir(parents=True, exist_ok=True)
    for name in changed:
        if name in files:
            (out / name).write_text(files[name], encoding="utf-8")
        else:
            (out / name).unlink()
    click.echo(f"{len(files)} dashboards in {out}, {len(changed)} of them changed.")


def _changed(out: Path, files: Mapping[str, str]) -> list[str]:
    """The files that are missing, differ or are no more."""
    there = {path.name: path.read_text(encoding="utf-8") for path in sorted(out.glob("*.json"))}
    gone = [name for name in there.keys() - files.keys() if _ours(there[name])]
    return sorted([*gone, *(name for name in files if files[name] != there.get(name))])


def _ours(content: str) -> bool:
    """Whether it is a dashboard that was made here, and not somebody's own."""
    try:
        read = json.loads(content)
    except ValueError:
        return False
    return isinstance(read, dict) and str(read.get("uid")).startswith("palika-kpi-")
