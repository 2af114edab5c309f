"""Dashboards as the files that Grafana is given: written, or compared with what is there."""

import json
from collections.abc import Mapping
from pathlib import Path

import click

from palika.grafana.panels import Json


def as_files(dashboards: Mapping[str, Json]) -> dict[str, str]:
    """The JSON of dashboards, by the names of their files."""
    return {
        name: json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
        for name, content in dashboards.items()
    }


def refuse_missing(out: Path) -> None:
    """Raise ``UsageError`` where there is no folder to compare with."""
    if not out.is_dir():
        raise click.UsageError(
            f"there is no folder {out} here: run it where deploy/ is, or name the folder with --out"
        )


def write_or_check(out: Path, files: Mapping[str, str], prefix: str, *, check: bool) -> None:
    """Write the files that differ and remove dashboards that are no more; or only tell which.

    Args:
        out: the folder.
        files: their contents by name.
        prefix: of the uids of these dashboards; others in the folder are somebody's own, and stay.
        check: write nothing.

    Raises:
        Exit: with ``check``: status 1 where a file is missing, differs or is no more, else 0.
    """
    changed = _changed(out, files, prefix)
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


def _changed(out: Path, files: Mapping[str, str], prefix: str) -> list[str]:
    there = {path.name: path.read_text(encoding="utf-8") for path in sorted(out.glob("*.json"))}
    gone = [name for name in there.keys() - files.keys() if _ours(there[name], prefix)]
    return sorted([*gone, *(name for name in files if files[name] != there.get(name))])


def _ours(content: str, prefix: str) -> bool:
    """Whether it is a dashboard that was made here, and not somebody's own."""
    try:
        read = json.loads(content)
    except ValueError:
        return False
    return isinstance(read, dict) and str(read.get("uid")).startswith(prefix)
