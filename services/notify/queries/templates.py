"""Templates, their versions, and how they look."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.errors import NotFound
from services.notify.domain.dlt import pattern
from services.notify.domain.templates import Rendered, Template, Templates
from services.notify.domain.whatsapp_text import registered
from services.notify.models import TemplateVersion


def preview(known: Templates, args: dict[str, Any]) -> dict[str, Any]:
    """A template as it would be sent.

    Returns:
        ``template``, ``version``, ``language``, ``fields`` (the form of each), ``longest`` (most
        characters that operators take of each in the text message) and ``channels``: by channel
        ``subject``, ``body``, ``fields``, ``refusal`` (the code of why it may not go over it now,
        or none); of a text message ``encoding``, ``units``, ``segments``, ``warnings`` and ``dlt``;
        of WhatsApp its registered ``name``, ``language`` and ``parameters``.

    Raises:
        NotFound: no template has that name, or that version.
        Invalid: names every field that is missing or wrong.
    """
    template = known.named(args["template"], args["version"])
    given = args["fields_"] if args["fields_"] is not None else template.sample
    if args["sampled"]:
        given = {**template.sample, **given}
    channels = template.channels if args["channel"] is None else (args["channel"],)
    return {
        "template": template.name,
        "version": template.version,
        "language": args["language"],
        "fields": template.fields,
        "longest": template.longest,
        "channels": {
            channel: _shown(template, template.render(channel, args["language"], given))
            | {"refusal": known.refusal(template, channel, args["language"])}
            for channel in channels
        },
    }


def _shown(template: Template, made: Rendered) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "subject": made.subject or None,
        "body": made.body,
        "fields": template.fields_of(made.channel),
    }
    if made.sms is not None and made.dlt is not None:
        shown |= {
            "encoding": made.sms.encoding,
            "units": made.sms.units,
            "segments": made.sms.segments,
            "left": made.sms.left,
            "warnings": _warnings(template, made),
            "dlt": {
                "entity_id": made.dlt.entity_id,
                "template_id": made.dlt.template_id,
                "header": made.dlt.header,
                "registered": pattern(template.texts[made.language][made.channel].body),
            },
        }
    if made.whatsapp is not None and template.whatsapp is not None:
        shown["whatsapp"] = {
            "name": made.whatsapp.name,
            "language": made.whatsapp.language,
            "category": template.whatsapp.category.value,
            "registered": registered(template.texts[made.language][made.channel].body),
            "parameters": list(made.whatsapp.parameters),
            "document": list(made.whatsapp.document) if made.whatsapp.document else None,
            "button": made.whatsapp.button,
        }
    return shown


def _warnings(template: Template, made: Rendered) -> list[str]:
    most = template.register.warn_segments
    found = []
    if made.segments > most:
        found.append(f"{made.segments} segments, each of them paid for; the city's limit is {most}")
    if made.sms is not None and made.sms.wide and made.language == "en":
        found.append(f"not in the alphabet of GSM: {made.sms.wide[:20]}")
    return found


def stored(session: Session, name: str, version: int | None = None) -> TemplateVersion:
    """A version of a template as it was saved; the newest, when none is named.

    Raises:
        NotFound: there is none.
    """
    query = select(TemplateVersion).where(TemplateVersion.name == name)
    if version is not None:
        query = query.where(TemplateVersion.version == version)
    found = session.scalars(query.order_by(TemplateVersion.version.desc()).limit(1)).first()
    if found is None:
        what = f"template {name!r}" + (f" of version {version}" if version is not None else "")
        raise NotFound(f"There is no {what}.", {"template": name})
    return found


def listed(session: Session, known: Templates) -> list[dict[str, Any]]:
    """All templates by name, each with its newest version and what Meta says of it.

    Returns:
        For each ``template``, ``version``, ``purpose``, ``lane``, ``channels``, ``languages``,
        ``saved_by``, ``saved_at``, ``note`` and ``whatsapp``: by language its state, ``None``
        where Meta was not asked.
    """
    saved = {
        (row.name, row.version): row
        for row in session.execute(
            select(
                TemplateVersion.name,
                TemplateVersion.version,
                TemplateVersion.saved_by,
                TemplateVersion.saved_at,
                TemplateVersion.note,
            )
        )
    }
    shown = []
    for name, template in sorted(known.by_name.items()):
        row = saved.get((name, template.version))
        codes = template.whatsapp.languages if template.whatsapp else {}
        approvals = known.approvals or {}
        registered_as = template.whatsapp.name if template.whatsapp else ""
        shown.append(
            {
                "template": name,
                "version": template.version,
                "purpose": template.purpose.value,
                "lane": template.lane.value,
                "channels": list(template.channels),
                "languages": list(template.languages),
                "saved_by": row.saved_by if row else None,
                "saved_at": row.saved_at.isoformat() if row else None,
                "note": row.note if row else "",
                "whatsapp": {
                    language: state.value if state else None
                    for language, code in codes.items()
                    for state in [approvals.get((registered_as, code))]
                },
            }
        )
    return shown
