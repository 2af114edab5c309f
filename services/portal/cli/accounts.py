"""``palika portal account``: officers' accounts."""

import sys
from typing import Any

import click

from palika.config import settings
from services.portal.cli.common import (
    as_json,
    by_option,
    keeping,
    known_officer,
    now,
    ordered_by,
    show,
    transaction,
)
from services.portal.commands import enrol, keep_account
from services.portal.commands.hold_session import end_sessions
from services.portal.domain.sessions import Ended
from services.portal.models import Account
from services.portal.queries import sessions as queries

_COLUMNS = ("person", "name", "posts", "password", "second_factor", "signed_in_at", "disabled_at")
_LANGUAGES = ("mr", "en")


@click.group("account")
def group() -> None:
    """Officers' accounts: who may sign in."""


@group.command("add")
@click.argument("person")
@click.option("--language", type=click.Choice(_LANGUAGES), default="mr", show_default=True)
@click.option("--password", is_flag=True, help="Ask for a password now, in place of an invitation.")
@by_option
@as_json
def add(person: str, language: str, password: bool, by: str | None, as_json: bool) -> None:
    """Make an account for PERSON, an officer's code in the e-office, and invite them.

    Prints the link by which the officer chooses a password within 72 hours. With --password it is
    asked for here (from a pipe: its first line), and no link is made.
    """
    known = known_officer(person)
    chosen = _password() if password else None
    with transaction() as session:
        account = keep_account.add(session, person, known, ordered_by(by), language, now())
        if chosen is not None:
            keep_account.set_password(session, account, chosen, now())
            shown = _row(account)
        else:
            token = keep_account.invite(session, keeping(), account, ordered_by(by), now())
            shown = _row(account) | {"link": _link(token, account.language)}
    _told(shown, as_json)


@group.command("invite")
@click.argument("person")
@by_option
@as_json
def invite(person: str, by: str | None, as_json: bool) -> None:
    """Make another link by which PERSON chooses a password; earlier ones are over."""
    with transaction() as session:
        account = keep_account.account_of(session, person)
        token = keep_account.invite(session, keeping(), account, ordered_by(by), now())
        shown = _row(account) | {"link": _link(token, account.language)}
    _told(shown, as_json)


@group.command("list")
@as_json
def list_command(as_json: bool) -> None:
    """All accounts."""
    with transaction() as session:
        rows = [_row(each) for each in queries.accounts(session)]
    show(rows, _COLUMNS, whole=as_json)


@group.command("disable")
@click.argument("person")
def disable(person: str) -> None:
    """Let nobody sign in to PERSON's account, and end its sessions. `enable` takes that back."""
    with transaction() as session:
        account = keep_account.account_of(session, person, lock=True)
        ended = keep_account.disable(session, account, now())
    click.echo(f"{account.person}: disabled; {ended} sessions ended")


@group.command("enable")
@click.argument("person")
def enable(person: str) -> None:
    """Let PERSON sign in again."""
    with transaction() as session:
        account = keep_account.account_of(session, person, lock=True)
        keep_account.enable(session, account)
    click.echo(f"{account.person}: enabled")


@group.command("reset-second-factor")
@click.argument("person")
def reset(person: str) -> None:
    """PERSON has lost the telephone and the codes on paper: another second factor is set up the
    next time they sign in. Their sessions end."""
    with transaction() as session:
        account = keep_account.account_of(session, person, lock=True)
        enrol.reset(session, account, now())
    click.echo(f"{account.person}: the second factor is set up anew at the next sign-in")


@group.command("end-sessions")
@click.argument("person")
def end_command(person: str) -> None:
    """Sign PERSON out everywhere."""
    with transaction() as session:
        account = keep_account.account_of(session, person)
        ended = end_sessions(session, account.id, Ended.BY_ADMIN, now())
    click.echo(f"{account.person}: {ended} sessions ended")


@click.command("sessions")
@as_json
def sessions_command(as_json: bool) -> None:
    """Which officers are signed in, and where."""
    with transaction() as session:
        rows = [
            {
                "person": account.person,
                "post": row.post,
                "way": row.way,
                "device": row.device,
                "network": row.place,
                "begun_at": row.created_at,
                "seen_at": row.seen_at,
            }
            for row, account in queries.officers_sessions(session, now())
        ]
    columns = ("person", "post", "way", "device", "network", "begun_at", "seen_at")
    show(rows, columns, whole=as_json)


def _password() -> str:
    """What is typed, twice; or the first line of what is piped in."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    found: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return found


def _link(token: str, language: str) -> str:
    root = settings("portal").portal_url.rstrip("/") or "http://127.0.0.1:8080"
    return f"{root}/{language}/account/invitation/{token}"


def _row(account: Account) -> dict[str, Any]:
    return {
        "person": account.person,
        "name": account.names.get("en", ""),
        "posts": [each["code"] for each in account.posts],
        "password": account.password is not None,
        "second_factor": account.totp_at is not None,
        "signed_in_at": account.signed_in_at,
        "disabled_at": account.disabled_at,
    }


def _told(shown: dict[str, Any], whole: bool) -> None:
    if whole:
        show([shown], (), whole=True)
        return
    click.echo(f"{shown['person']} ({shown['name']}): {', '.join(shown['posts']) or 'no post'}")
    if "link" in shown:
        click.echo(f"by this link they choose a password, within 72 hours:\n{shown['link']}")
