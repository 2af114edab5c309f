"""The words of the interface, by gettext: English is the msgid, ``translations/`` has the Marathi.

In templates ``{{ _("Search") }}``, ``{% trans %}…{% endtrans %}``, ``ngettext``; in Python
``gettext("Search")``, and ``N_("Search")`` marks words that are translated later. After new words
run ``palika site words`` and translate what it lists.
"""

import gettext as standard
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask

from services.portal.pages import languages

FOLDER: Final = Path(__file__).parent.parent / "translations"


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for it
    """The message as it is: a mark for who collects what is to be translated."""
    return message


def gettext(message: str, **values: Any) -> str:
    """The message in the language of the page, with its ``%(name)s`` filled in."""
    found = translations(languages.current()).gettext(message)
    return found % values if values else found


def ngettext(one: str, many: str, number: int, **values: Any) -> str:
    """The same of a number of things; ``%(num)s`` is the number, as it is, if not given."""
    found = translations(languages.current()).ngettext(one, many, number)
    return found % {"num": number, **values}


def register(app: Flask) -> None:
    """Make the words known to templates.

    Raises:
        ValueError: a file of translations is no catalogue.
    """
    translations(languages.MARATHI)
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(gettext, ngettext, newstyle=False)  # type: ignore[attr-defined]
    app.jinja_env.globals["_"] = gettext


@cache
def translations(language: str) -> standard.NullTranslations:
    """The translations into a language, compiled in memory; English needs none."""
    if language == languages.ENGLISH:
        return standard.NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, catalogue(language))
    compiled.seek(0)
    return standard.GNUTranslations(compiled)


def catalogue(language: str) -> Catalog:
    """The file of a language's translations, read."""
    with file_of(language).open("rb") as file:
        return read_po(file, locale=language)


def file_of(language: str) -> Path:
    """Where the translations into a language are."""
    return FOLDER / language / "LC_MESSAGES" / "messages.po"
