"""``palika tax documents``: examples of every document, and whether one is genuine."""

import json
from pathlib import Path

import click


@click.group("documents")
def group() -> None:
    """Bills, receipts, notices and certificates."""


@group.command("sample")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--png", is_flag=True, help="A picture of each page too.")
def sample(folder: Path, png: bool) -> None:
    """Make an example of every kind of document in both languages, as PDF, into FOLDER.

    For whoever edits the wording or the template: look at them before they go out. They are of
    nobody, and their codes are of a key that no city has.

    Exit status: 0 when they are made, 1 when the wording has mistakes or a font is missing.
    """
    from services.tax.documents import Seal, content_of, document_pdf, engine, samples
    from services.tax.documents.words import LANGUAGES

    folder.mkdir(parents=True, exist_ok=True)
    seal = Seal([b"an example, and no key of a city"], "https://city.example")
    count = 0
    for name, document in samples.all_kinds().items():
        for language in LANGUAGES:
            path = folder / f"{name}-{language}.pdf"
            path.write_bytes(document_pdf(document, language, seal))
            count += 1
            if png:
                pages = engine.pictures([content_of(document, language, seal)])
                for number, page in enumerate(pages, 1):
                    path.with_suffix(f".{number}.png").write_bytes(page)
    click.echo(f"{count} documents in {folder}")


@group.command("bills")
@click.argument("period")
@click.option("--ward", help="Only this one's.")
@click.option(
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    help="A file that ends with .pdf, ordered by ward and number; or a folder, for a file each.",
)
@click.option("--language", type=click.Choice(["mr", "en"]), help="By default each owner's own.")
@click.option("--json", "as_json", is_flag=True, help="The outcome as one JSON object.")
def bills(period: str, ward: str | None, output: Path, language: str | None, as_json: bool) -> None:
    """Make the bills of a PERIOD (2026-27, 2026-27/1) as PDF, as they were issued.

    Bills that cannot be made (a name with a character that no font has) are told at the end, and
    hold up no other.

    Exit status: 0 when all are made, 1 when some could not be or there is none, 2 when an option is
    wrong.
    """
    from services.tax.cli.printing import print_bills

    print_bills(period, ward, output, language, as_json)


@group.command("verify")
@click.argument("link")
@click.option("--json", "as_json", is_flag=True, help="The outcome as one JSON object.")
def verify(link: str, as_json: bool) -> None:
    """Whether the document of a LINK is this city's, and what the city vouches for.

    Exit status: 0 when it is genuine, 1 when it is not, 2 when the keys cannot be read.
    """
    from palika.india import in_digits, rupees
    from services.tax.documents.keys import seal

    found = seal().verify(link)
    told = found.document
    if as_json:
        answer: dict[str, object] = {"genuine": found.genuine, "why_not": found.why_not}
        if told:
            answer |= {
                "kind": told.kind,
                "number": told.number,
                "issued_on": told.issued_on.isoformat(),
                "amount_paise": told.amount_paise,
            }
        click.echo(json.dumps(answer, ensure_ascii=False))
    elif told:
        click.echo(
            f"Genuine: {told.kind} {told.number} of {in_digits(told.issued_on)}, "
            f"{rupees(told.amount_paise)}."
        )
    else:
        click.echo(f"Not genuine: {found.why_not}.", err=True)
    if not found.genuine:
        raise click.exceptions.Exit(1)
