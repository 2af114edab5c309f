"""What the interface says, collected for who translates it and for the test."""

from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import write_po

from services.portal.pages.words import catalogue, file_of

_ROOT: Final = Path(__file__).parent.parent
_METHODS: Final = [("**.py", "python"), ("**.html", "jinja2"), ("**.xml", "jinja2")]
_KEYWORDS: Final = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
_NOISE: Final = tuple(
    f'"{name}'
    for name in ("Project", "Report", "POT-", "PO-", "Last-", "Language-Team", "Generated-")
)
"""What gettext's tools put into the head of a file, and would change with every run."""


def collected() -> Catalog:
    """Every message of the portal, each with the file that says it."""
    found = Catalog(fuzzy=False)
    said = extract_from_dir(_ROOT, _METHODS, keywords=_KEYWORDS)
    for file, _, message, _, context in sorted(said, key=lambda each: (each[0], each[1])):
        # Without lines: a file of words does not change with every line of code.
        found.add(message, locations=[(file, None)], context=context)
    return found


def update(language: str) -> list[str]:
    """Bring the file of a language up to what is said now, and write it.

    Returns:
        The messages that have no translation.
    """
    known = catalogue(language)
    known.update(collected(), no_fuzzy_matching=True)
    known.obsolete.clear()
    write(known, file_of(language))
    return untranslated(known)


def write(known: Catalog, path: Path) -> None:
    """Write a catalogue so that the same messages are the same file."""
    written = BytesIO()
    write_po(written, known, width=100, sort_output=True, include_lineno=False)
    lines = written.getvalue().decode().splitlines(keepends=True)
    path.write_text("".join(each for each in lines if not each.startswith(_NOISE)))


def untranslated(known: Catalog) -> list[str]:
    """The messages of a catalogue that have no translation, or an unsure one."""

    def lacks(message: object) -> bool:
        said = getattr(message, "string", "")
        return not all(said) if isinstance(said, tuple) else not said

    return [str(each.id) for each in known if each.id and (lacks(each) or each.fuzzy)]
