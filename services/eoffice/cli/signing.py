"""``palika eoffice certificates, sign-pdf``: officers' certificates and keys, and signed PDFs."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select

from palika.database import sessions
from palika.errors import PalikaError
from palika.exits import database_told, fail
from palika.india import day_of
from services.eoffice.cli.asking import json_option, language_option
from services.eoffice.cli.showing import day, listed
from services.eoffice.cli.words import say
from services.eoffice.commands.certificates import (
    SUPERSEDED,
    add_certificate,
    issue_certificate,
    revoke_certificate,
)
from services.eoffice.domain.written import certified
from services.eoffice.models import Certificate
from services.eoffice.signing.city import city_store
from services.eoffice.signing.trust import against

group = click.Group("certificates", help="Look after the officers' certificates.")


@group.command("list")
@language_option
@json_option
def list_command(language: str, as_json: bool) -> None:
    """Show every certificate, and why it does not count where it does not."""
    now = datetime.now(UTC)
    with database_told(), sessions("eoffice").begin() as session:
        rows = session.scalars(select(Certificate).order_by(Certificate.added_at)).all()
        known = {each.fingerprint: each for each in rows}
        shown = [_shown(each, against(each, known, now)) for each in rows]
    if as_json:
        click.echo(json.dumps({"certificates": shown}, ensure_ascii=False))
        return
    found = [
        (
            each["fingerprint"],
            each["person"] or say("authority", language),
            _status(each, language),
            certified(each["subject"]),
            day(day_of(datetime.fromisoformat(each["not_after"]))),
        )
        for each in shown
    ]
    columns = ("certificate", "whose", "status", "in the name of", "until")
    listed(columns, found, language, texts=("in the name of",))


@group.command("add")
@click.argument("file", type=click.File("rb"))
@click.option("--person", help="Whose it is; without it, an authority's, to be trusted.")
def add_command(file: Any, person: str | None) -> None:
    """Take a certificate in: FILE is X.509, PEM or DER. An authority's comes first."""
    try:
        with database_told(), sessions("eoffice").begin() as session:
            row = add_certificate(session, file.read(), person, datetime.now(UTC))
            click.echo(f"{row.fingerprint}  {certified(row.subject)}")
    except PalikaError as error:
        fail(f"{Path(file.name).name}: {error}", 2)


@group.command("issue")
@click.argument("person")
@click.option("--city", default="Palika", show_default=True, help="The authority's name, if new.")
def issue_command(person: str, city: str) -> None:
    """Make a key for the officer PERSON in the city's key store, certified by the city's own
    authority.

    For a demo, or a city without a licensed authority. A key that the officer had is replaced: its
    certificate counts no more from now on, and what it has signed stays signed. Ended in between,
    the key before stays in use, and the next issuing removes what was left.
    """
    begin = sessions("eoffice").begin
    try:
        with database_told():
            row = issue_certificate(begin, city_store(), person, city, datetime.now(UTC))
    except PalikaError as error:
        fail(str(error), 2)
    click.echo(f"{row.fingerprint}  {certified(row.subject)}")


@group.command("revoke")
@click.argument("fingerprint")
@click.option("--why", required=True, help="The reason, for the record.")
def revoke_command(fingerprint: str, why: str) -> None:
    """Let the certificate of FINGERPRINT count no more from now on; `list` shows fingerprints.

    What it has signed before stays signed.
    """
    try:
        with database_told(), sessions("eoffice").begin() as session:
            row = revoke_certificate(session, fingerprint, why, datetime.now(UTC))
            click.echo(f"{row.fingerprint}  revoked")
    except PalikaError as error:
        fail(str(error), 2)


@click.command("sign-pdf")
@click.argument("source", type=click.File("rb"))
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--person", required=True, help="Whose key signs.")
@click.option("--reason", default="e-Office", show_default=True, help="Why, for the reader.")
@click.option("--location", default="", help="Where, for the reader.")
@click.option("--field", default="Signature", show_default=True, help="The signature's name.")
def sign_pdf_command(
    source: Any, target: Path, person: str, reason: str, location: str, field: str
) -> None:
    """Sign the PDF SOURCE as PAdES B-B with an officer's key, into TARGET.

    Exit status: 0; 1 when TARGET cannot be written, 2 when it cannot be signed.
    """
    # The library takes its time to load: only who signs a PDF waits for it.
    from services.eoffice.signing.pdf import sign_pdf

    try:
        signer = city_store().signer(person)
        signed = sign_pdf(source.read(), signer, reason=reason, location=location, field=field)
    except PalikaError as error:
        fail(str(error), 2)
    try:
        target.write_bytes(signed)
    except OSError as error:
        fail(f"{target} cannot be written: {error.strerror}", 1)
    click.echo(f"{target}  signed by {certified(signer.certificate.subject.rfc4514_string())}")


def _status(each: dict[str, Any], language: str) -> str:
    if each["why"] is None:
        return say("counts", language)
    if (each["revoked_why"] or "").startswith(SUPERSEDED):
        since = day(day_of(datetime.fromisoformat(each["revoked_at"])))
        return say("superseded", language).format(since=since)
    return str(each["why"])


def _shown(row: Certificate, why: str | None) -> dict[str, Any]:
    return {
        "fingerprint": row.fingerprint,
        "person": row.person,
        "subject": row.subject,
        "serial": row.serial,
        "not_before": row.not_before.isoformat(),
        "not_after": row.not_after.isoformat(),
        "revoked_at": row.revoked_at.isoformat() if row.revoked_at else None,
        "revoked_why": row.revoked_why,
        "why": why,
    }
