"""``palika grievance officers import``: the posts of a city, from its own list."""

import json
from pathlib import Path
from typing import Any

import click

from palika.database import sessions
from services.grievance.commands.officers import set_all
from services.grievance.domain.posts import Entry
from services.grievance.files.city import WrongData
from services.grievance.files.posts import posts_in


@click.group("officers")
def group() -> None:
    """The posts that grievances are given to."""


@group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="The outcome as one JSON object.")
def import_(file: Path, as_json: bool) -> None:
    """Make the posts of FILE, or change them; a post that is not in it stays as it is.

    FILE is YAML (services/grievance/data/posts.yaml is a sample) or CSV with the columns code,
    department and, if wanted, level, wards, categories (both separated by blanks), capacity and
    active.

    Exit status: 0 when all are in, 1 when something is wrong (each mistake is told with its line,
    and no post is changed), 2 when there is no such file.
    """
    try:
        posts = posts_in(file)
    except WrongData as error:
        _tell_mistakes(error, as_json)
        raise click.exceptions.Exit(1) from error
    with sessions("grievance").begin() as session:
        set_all(session, posts)
    if as_json:
        click.echo(json.dumps({"valid": True, "mistakes": [], **_counts(posts)}))
    else:
        counts = ", ".join(f"{count} {what}" for what, count in _counts(posts).items())
        click.echo(f"All are in: {counts}.")


def _tell_mistakes(error: WrongData, as_json: bool) -> None:
    if not as_json:
        for each in error.mistakes:
            click.echo(str(each), err=True)
        return
    told: list[dict[str, Any]] = [
        {"file": each.file, "line": each.line, "rule": each.rule} for each in error.mistakes
    ]
    click.echo(json.dumps({"valid": False, "mistakes": told}, ensure_ascii=False))


def _counts(posts: list[Entry]) -> dict[str, int]:
    return {"posts": len(posts), "departments": len({each.department for each in posts})}
