"""The file of the refusals' translations, and how it is brought up to what the services say."""

from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from services.portal.pages.word_files import untranslated, write
from services.portal.pages.words import FOLDER

FILE: Final = FOLDER / "mr" / "LC_MESSAGES" / "refusals.po"
_VALUE: Final = "value"
"""The context of words that stand for a value in a sentence; nobody collects them."""


def catalogue() -> Catalog:
    """The file, read."""
    with FILE.open("rb") as file:
        return read_po(file, locale="mr")


def update() -> list[str]:
    """Bring the file up to what the services say now, and write it.

    Returns:
        The patterns that have no translation.
    """
    from services.portal.refusals.collecting import collected

    known = catalogue()
    now = Catalog(fuzzy=False)
    for pattern, files in sorted(collected().items()):
        now.add(pattern, locations=[(file, None) for file in sorted(files)])
    for each in known:
        if each.context == _VALUE:
            now.add(each.id, each.string, context=_VALUE)
    known.update(now, no_fuzzy_matching=True)
    known.obsolete.clear()
    write(known, FILE)
    return untranslated(known)
