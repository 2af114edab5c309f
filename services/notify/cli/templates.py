"""``palika notify templates``: what citizens are told, its versions and how it looks."""

import difflib
import getpass
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import click
import yaml

from palika.database import sessions
from palika.errors import Invalid, NotFound
from palika.exits import database_told, fail
from palika.yaml_files import WrongData
from services.notify.cli.files import tell_mistakes, templates_in
from services.notify.cli.options import json_object
from services.notify.cli.shown import AS_JSON, WRONG_INPUT, columns, echo_json
from services.notify.commands.templates import FILE, approve, load
from services.notify.domain.template_data import templates
from services.notify.domain.templates import CHANNELS, Templates
from services.notify.domain.wording import ALL_LANGUAGES
from services.notify.queries import templates as queries
from services.notify.reference import TEMPLATES, city_register
from services.notify.template_store import TemplateStore

_FILES = click.argument(
    "files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
_FILE = click.option(
    "--file",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Of this file, not of what is stored.",
)


@click.group("templates")
def group() -> None:
    """What citizens are told: texts for each channel, in each language, in versions."""


@group.command("check")
@_FILES
@AS_JSON
def check(files: tuple[Path, ...], as_json: bool) -> None:
    """Check files of templates: fields, languages, and what SMS and WhatsApp ask of a text.

    Without FILES the shipped ones are checked. The city's register (data/dlt.yaml) has the limits.

    Exit status: 0 when all is right, 1 when there are mistakes (each is told with its file, line
    and rule), 2 when there is no such file.
    """
    found = templates(_data(files, as_json), city_register())
    counts = _counts(found)
    if as_json:
        told = {"valid": True, "mistakes": [], **counts}
        echo_json(told)
    else:
        click.echo(f"All is right: {', '.join(f'{n} {what}' for what, n in counts.items())}.")


@group.command("load")
@_FILES
@AS_JSON
def load_command(files: tuple[Path, ...], as_json: bool) -> None:
    """Save the templates of files, each as a new version if it says something new.

    Without FILES the shipped ones are loaded, as the service itself does when it starts; of those,
    what was stored once is not stored again over what was saved since. A text message that changes
    under the id of the text before is warned of on the standard error.

    Exit status: 0 when all are in, 1 when something is wrong (nothing is saved), 2 when there is no
    such file.
    """
    data = _data(files, as_json)
    with database_told(), sessions("notify").begin() as session:
        try:
            saved = load(
                session,
                data,
                register=city_register(),
                now=datetime.now(UTC),
                by=f"shell:{getpass.getuser()}" if files else FILE,
                shipped=not files,
            )
        except Invalid as error:
            fail(str(error), 1)
    new = [each for each in saved if each.new]
    for each in new:
        for warning in each.warnings:
            click.echo(f"warning: {each.name}: {warning}", err=True)
    if as_json:
        told = [{"template": each.name, "version": each.version} for each in new]
        echo_json({"saved": told, "unchanged": len(saved) - len(new)})
        return
    for each in new:
        click.echo(f"{each.name}: version {each.version}")
    click.echo(f"{len(new)} saved, {len(saved) - len(new)} as they were.")


@group.command("list")
@AS_JSON
def list_command(as_json: bool) -> None:
    """List the stored templates: newest version, channels, and what Meta says of each.

    Exit status: 0 when there are some, 1 when there is none.
    """
    with database_told(), sessions("notify").begin() as session:
        rows = queries.listed(session, _stored())
    if as_json:
        echo_json({"templates": rows})
    elif rows:
        cells = [("template", "version", "purpose", "lane", "channels", "languages", "WhatsApp")]
        cells += [
            (
                row["template"],
                str(row["version"]),
                row["purpose"],
                row["lane"],
                " ".join(row["channels"]),
                " ".join(row["languages"]),
                " ".join(f"{of}:{state or 'unknown'}" for of, state in row["whatsapp"].items()),
            )
            for row in rows
        ]
        columns(cells)
    if not rows:
        fail("no template is stored: palika notify templates load", 1)


@group.command("show")
@click.argument("name")
@click.option("--version", type=click.IntRange(1), help="Not the newest.")
@AS_JSON
def show(name: str, version: int | None, as_json: bool) -> None:
    """Show a version of a template as it was saved, and who has saved it when.

    Exit status: 0, 1 when there is none.
    """
    found = _version(name, version)
    if as_json:
        echo_json(found)
        return
    note = f": {found['note']}" if found["note"] else ""
    click.echo(f"# version {found['version']}, {found['saved_at']}, {found['saved_by']}{note}")
    click.echo(_yaml({name: found["content"]}), nl=False)


@group.command("diff")
@click.argument("name")
@click.option("--from", "old", type=click.IntRange(1), help="The version before the other one.")
@click.option("--to", "new", type=click.IntRange(1), help="The newest, if none is given.")
@_FILE
@AS_JSON
def diff(name: str, old: int | None, new: int | None, file: Path | None, as_json: bool) -> None:
    """Show what another version of a template, or a file, says differently.

    Exit status: 0, also when they are the same; 1 when there is no such version or the file is
    wrong; 2 when an option is wrong.
    """
    if file is not None:
        if new is not None:
            fail("--to and --file exclude each other", WRONG_INPUT)
        content = _data((file,), as_json).get(name)
        if content is None:
            fail(f"{file} has no template {name!r}", 1)
        before, after = _version(name, old), {"version": str(file), "content": content}
    else:
        after = _version(name, new)
        first = after["version"] == 1 and old is None
        before = (
            {"version": 0, "content": {}} if first else _version(name, old or after["version"] - 1)
        )
    lines = list(
        difflib.unified_diff(
            _yaml(before["content"]).splitlines() if before["content"] else [],
            _yaml(after["content"]).splitlines(),
            f"{name} {before['version']}",
            f"{name} {after['version']}",
            lineterm="",
        )
    )
    if as_json:
        told = {"template": name, "from": before["version"], "to": after["version"], "diff": lines}
        echo_json(told)
    else:
        click.echo("\n".join(lines) if lines else "They say the same.")


@group.command("preview")
@click.argument("name")
@click.option("--language", default="mr", show_default=True, type=click.Choice(ALL_LANGUAGES))
@click.option("--channel", type=click.Choice(CHANNELS), help="Only over this one.")
@click.option("--version", type=click.IntRange(1), help="Not the newest.")
@click.option("--fields", help="A JSON object; the template's own sample, if left out.")
@_FILE
@AS_JSON
def preview(
    name: str,
    language: str,
    channel: str | None,
    version: int | None,
    fields: str | None,
    file: Path | None,
    as_json: bool,
) -> None:
    """Show a template as it would be sent, with the segments of the text message.

    Exit status: 0, 1 when there is no such template, 2 when a field or an option is wrong.
    """
    known = _stored() if file is None else templates(_data((file,), as_json), city_register())
    asked = {
        "template": name,
        "language": language,
        "channel": channel,
        "version": version,
        "fields_": None if fields is None else json_object("--fields", fields),
        "sampled": False,
    }
    try:
        shown = queries.preview(known, asked)
    except NotFound as error:
        fail(str(error), 1)
    except Invalid as error:
        fail(str(error), WRONG_INPUT)
    if as_json:
        echo_json(shown)
    else:
        _show(shown)


@group.command("approve")
@click.argument("name", required=False)
@click.option("--all", "everything", is_flag=True, help="All that are waiting.")
@AS_JSON
def approve_command(name: str | None, everything: bool, as_json: bool) -> None:
    """Take WhatsApp templates for approved: on a laptop, or when Meta's word was lost.

    NAME is as `list` has it, or as it is registered with Meta. What Meta says later counts again.

    Exit status: 0, 1 when none has that name, 2 without NAME or --all.
    """
    if (name is None) is not everything:
        fail("give a NAME or --all", WRONG_INPUT)
    with database_told(), sessions("notify").begin() as session:
        try:
            changed = approve(session, name, datetime.now(UTC))
        except NotFound as error:
            fail(str(error), 1)
    if as_json:
        echo_json({"approved": changed})
    else:
        click.echo(f"{changed} approved.")


def _data(files: Sequence[Path], as_json: bool) -> dict[str, Any]:
    if not files:
        folder = resources.files("services.notify") / "data" / "templates"
        files = [Path(str(folder / name)) for name in TEMPLATES]
    try:
        return templates_in(files)
    except WrongData as error:
        tell_mistakes(error, as_json)


def _stored() -> Templates:
    with database_told():
        return TemplateStore(sessions("notify").begin).current()


def _version(name: str, version: int | None) -> dict[str, Any]:
    with database_told(), sessions("notify").begin() as session:
        try:
            found = queries.stored(session, name, version)
        except NotFound as error:
            fail(str(error), 1)
        return {
            "template": found.name,
            "version": found.version,
            "saved_by": found.saved_by,
            "saved_at": found.saved_at.isoformat(),
            "note": found.note,
            "content": found.content,
        }


def _counts(found: Templates) -> dict[str, int]:
    all_of = found.by_name.values()
    return {
        "templates": len(all_of),
        "texts": sum(len(each.channels) * len(each.languages) for each in all_of),
        "fields": sum(len(each.fields) for each in all_of),
    }


def _yaml(data: Any) -> str:
    return yaml.safe_dump(data, allow_unicode=True, sort_keys=True, width=10_000)


def _show(shown: dict[str, Any]) -> None:
    click.echo(f"{shown['template']}, version {shown['version']}, {shown['language']}")
    for channel, each in shown["channels"].items():
        click.echo(f"\n{channel}" + (f" ({each['refusal']})" if each["refusal"] else ""))
        if each["subject"]:
            click.echo(f"  subject: {each['subject']}")
        for line in each["body"].splitlines():
            click.echo(f"  {line}".rstrip())
        if "encoding" in each:
            click.echo(
                f"  [{each['encoding']}, {each['units']} units, {each['segments']} segment(s), "
                f"room for {each['left']}; {each['dlt']['header']}, {each['dlt']['template_id']}]"
            )
            for warning in each["warnings"]:
                click.echo(f"  warning: {warning}")
        if "whatsapp" in each:
            of = each["whatsapp"]
            numbered = enumerate(of["parameters"], 1)
            given = ", ".join(f"{{{{{n}}}}} {value}" for n, value in numbered)
            click.echo(f"  [{of['name']}, {of['language']}, {of['category']}: {given}]")
