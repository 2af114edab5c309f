"""The skeleton of a micro-site: files with the fields that are needed, to be filled in."""

from datetime import date
from pathlib import Path
from typing import Final

from palika.errors import Conflict, Invalid
from services.portal.content.fields import SLUG, UNFILLED
from services.portal.content.loading import UNFINISHED

_T: Final = f'{{mr: "{UNFILLED}", en: "{UNFILLED}"}}'
_SITE: Final = f"""\
name: {_T}
summary: {_T}
kind: department  # or programme
department: @department
icon: office
head: {_T}
contact:
  address: {_T}
  phone: "{UNFILLED}"
  email: "{UNFILLED}"
  hours: {_T}
kpis: []
grievances: []
updated: @today
illustrative: [contact]
"""
_SERVICE: Final = f"""\
title: {_T}
summary: {_T}
department: @department
updated: @today
audience: [citizen]
needs:
  - {_T}
fee: {{paise: 0}}
limit: {{text: {_T}}}
where:
  - {_T}
legal: []
illustrative: [limit]
"""
_PERSON: Final = f"""\
title: {_T}
summary: {_T}
department: @department
updated: @today
group: head
rank: 100
office: {_T}
phone: "{UNFILLED}"
illustrative: [phone]
"""
_NOTICE: Final = f"""\
title: {_T}
summary: {_T}
department: @department
updated: @today
from: @today
until: @today
kind: public
"""
_MARK: Final = f"""\
The city's site does not show this micro-site yet. Fill in every {UNFILLED}, run
`palika site check`, and then take this file away.
"""
_TEXTS: Final = {
    "home": {
        "mr": f"## आपल्यासाठी काय करतो\n\n{UNFILLED}\n\n## आपले हक्क\n\n{UNFILLED}\n",
        "en": f"## What it does for you\n\n{UNFILLED}\n\n## Your rights\n\n{UNFILLED}\n",
    },
    "service": {
        "mr": f"## कसे करावे\n\n1. {UNFILLED}\n\n## लक्षात ठेवा\n\n{UNFILLED}\n",
        "en": f"## How it goes on\n\n1. {UNFILLED}\n\n## Please note\n\n{UNFILLED}\n",
    },
    "notice": {"mr": f"{UNFILLED}\n", "en": f"{UNFILLED}\n"},
}


def draft_site(folder: Path, slug: str, department: str, today: date) -> list[Path]:
    """Write the skeleton of a micro-site, marked as not finished: the site goes on without it.

    Args:
        folder: of the whole site.
        slug: of the micro-site.
        department: its code.

    Returns:
        The files, in the order in which they are best filled in.

    Raises:
        Invalid: the slug is none.
        Conflict: there is such a micro-site.
    """
    if not SLUG.fullmatch(slug):
        raise Invalid("no slug", {"slug": ["must be small letters, digits and hyphens"]})
    home = folder / "sites" / slug
    if home.exists():
        raise Conflict(f"there is a micro-site {slug}: {home}")
    files = {
        "site.yaml": _SITE,
        **{f"home.{language}.md": text for language, text in _TEXTS["home"].items()},
    }
    for room, name, facts, texts in (
        ("services", f"{slug}-service", _SERVICE, "service"),
        ("people", f"{slug}-head", _PERSON, None),
        ("notices", f"{slug}-notice", _NOTICE, "notice"),
    ):
        files[f"{room}/{name}.yaml"] = facts
        for language, text in _TEXTS[texts].items() if texts else ():
            files[f"{room}/{name}.{language}.md"] = text
    files[UNFINISHED] = _MARK
    written = []
    for name, text in files.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        filled = text.replace("@department", department).replace("@today", today.isoformat())
        path.write_text(filled, encoding="utf-8")
        written.append(path)
    return written
