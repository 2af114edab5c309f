"""Save versions of templates, and note what Meta says of those registered with it."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from palika.errors import Invalid, NotFound
from services.notify.domain.dlt import Register, unregistered
from services.notify.domain.template_data import digest, template, templates
from services.notify.domain.templates import SMS, WHATSAPP, Template
from services.notify.domain.whatsapp_text import Approval, registered
from services.notify.domain.wording import ALL_LANGUAGES
from services.notify.models import TemplateVersion, WhatsappTemplate

_log = logging.getLogger(__name__)

FILE = "file"
"""Who has saved what came with the service."""
_LOCK = "notify.template_version"
_REASON_MAX = 300


@dataclass(frozen=True, slots=True)
class Saved:
    """A version of a template, whether it is a new one, and what its saver should look at."""

    name: str
    version: int
    new: bool
    warnings: tuple[str, ...] = ()


def save(
    session: Session,
    name: str,
    content: Any,
    *,
    register: Register,
    by: str,
    now: datetime,
    note: str = "",
) -> Saved:
    """Save a template in the caller's transaction, as a new version if it says something new.

    Its WhatsApp texts that are new, or other than what is registered, wait for Meta's approval.

    Args:
        content: as ``data/templates/*.yaml`` have it.
        by: the subject of who saves it.
        now: aware.

    Raises:
        Invalid: under the template's name every mistake; nothing is saved.
    """
    sound = template(name, content, register)
    key = digest(content)
    _lock(session)
    newest = _newest(session).get(name)
    if newest is not None and newest.digest == key:
        return Saved(name, newest.version, new=False)
    _no_other_has(session, sound)
    return _add(session, sound, content, key, newest, by, now, note)


def load(
    session: Session,
    data: Any,
    *,
    register: Register,
    now: datetime,
    by: str = FILE,
    shipped: bool = False,
) -> list[Saved]:
    """Save all templates of a file, each as a new version if it says something new.

    Args:
        data: by name.
        shipped: these are the shipped files: what was saved once, in whichever version, is not
            saved again, so that a start takes back nothing that somebody has changed since.

    Raises:
        Invalid: one has mistakes: none is saved.
    """
    known = templates(data, register)
    _lock(session)
    newest = _newest(session)
    ever: set[tuple[str, str]] = set()
    if shipped:
        ever = {
            (n, d) for n, d in session.execute(select(TemplateVersion.name, TemplateVersion.digest))
        }
    saved = []
    for name, sound in known.by_name.items():
        last, key = newest.get(name), digest(data[name])
        if last is not None and (last.digest == key or (name, key) in ever):
            saved.append(Saved(name, last.version, new=False))
            continue
        _no_other_has(session, sound)
        saved.append(_add(session, sound, data[name], key, last, by, now, ""))
    return saved


def note_status(
    session: Session,
    name: str,
    language: str,
    state: Approval,
    at: datetime,
    reason: str | None = None,
) -> bool:
    """Note what Meta says of a registered template; what is older than what is known is left.

    Args:
        name, language: as they are registered.
        at: when Meta said so, aware.
        reason: why it was rejected or paused, in Meta's words.

    Returns:
        Whether it was noted.
    """
    told = {"state": state.value, "reason": (reason or "")[:_REASON_MAX] or None, "changed_at": at}
    row = insert(WhatsappTemplate).values(name=name, language=language, **told)
    noted = session.execute(
        row.on_conflict_do_update(
            index_elements=["name", "language"],
            set_=told,
            where=WhatsappTemplate.changed_at < at,
        ).returning(WhatsappTemplate.name)
    ).scalar()
    if noted and state is not Approval.APPROVED:
        _log.warning("WhatsApp template %s (%s) is %s", name, language, state.value)
    return noted is not None


def approve(session: Session, name: str | None, now: datetime) -> int:
    """Take registered templates for approved: on a laptop, or when Meta's word was lost.

    Args:
        name: a registered name, or the name of a template of ours; None: all that are waiting.

    Returns:
        How many names and languages were not approved before.

    Raises:
        NotFound: none has that name.
    """
    if name is not None and (ours := _newest(session).get(name)) is not None:
        # Registered names have no full stop, ours have one: no name is both.
        name = (ours.content.get("whatsapp") or {}).get("name", name)
    if name is not None and not session.scalar(
        select(func.count()).where(WhatsappTemplate.name == name)
    ):
        raise NotFound(f"No WhatsApp template is named {name!r}.", {"name": name})
    which = (
        WhatsappTemplate.state == Approval.PENDING
        if name is None
        else WhatsappTemplate.name == name
    )
    changed = session.execute(
        update(WhatsappTemplate)
        .where(which, WhatsappTemplate.state != Approval.APPROVED)
        .values(state=Approval.APPROVED.value, reason=None, changed_at=now)
        .returning(WhatsappTemplate.name)
    )
    return len(changed.all())


def _lock(session: Session) -> None:
    # One saves at a time, so the versions of a name count up and ids come in their order.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(_LOCK, 0))))


def _newest(session: Session) -> dict[str, TemplateVersion]:
    last = select(func.max(TemplateVersion.id)).group_by(TemplateVersion.name)
    found = session.scalars(select(TemplateVersion).where(TemplateVersion.id.in_(last)))
    return {each.name: each for each in found}


def _add(
    session: Session,
    sound: Template,
    content: Mapping[str, Any],
    key: str,
    last: TemplateVersion | None,
    by: str,
    now: datetime,
    note: str,
) -> Saved:
    version = last.version + 1 if last else 1
    session.add(
        TemplateVersion(
            name=sound.name,
            version=version,
            content=dict(content),
            digest=key,
            saved_by=by,
            saved_at=now,
            note=note,
        )
    )
    session.flush()
    for row in _registrations(sound):
        told = {**row, "state": Approval.PENDING.value, "reason": None, "changed_at": now}
        session.execute(
            insert(WhatsappTemplate)
            .values(**told)
            .on_conflict_do_update(
                index_elements=["name", "language"],
                set_=told,
                # What Meta has told of before it was written here keeps its state (below).
                where=or_(
                    WhatsappTemplate.body != row["body"],
                    WhatsappTemplate.category != row["category"],
                ),
            )
        )
        session.execute(
            update(WhatsappTemplate)
            .where(
                WhatsappTemplate.name == row["name"],
                WhatsappTemplate.language == row["language"],
                WhatsappTemplate.body.is_(None),
            )
            .values(body=row["body"], category=row["category"])
        )
    warnings = _warnings(last.content, content) if last else ()
    for each in warnings:
        _log.warning("template %s, version %s: %s", sound.name, version, each)
    return Saved(sound.name, version, new=True, warnings=warnings)


def _warnings(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """Text messages that say something new under the id of what they said before."""
    found = []
    for language in ALL_LANGUAGES:
        old, new = (each.get(language, {}).get(SMS) for each in (before, after))
        if old and new and (wrong := unregistered(old, new)):
            found.append(f"{language}.{SMS}: {wrong}")
    return tuple(found)


def _registrations(sound: Template) -> list[dict[str, str]]:
    known = sound.whatsapp
    if known is None:
        return []
    return [
        {
            "name": known.name,
            "language": code,
            "category": known.category.value,
            "body": registered(sound.texts[language][WHATSAPP].body),
        }
        for language, code in known.languages.items()
    ]


def _no_other_has(session: Session, sound: Template) -> None:
    """Raise Invalid when another template is registered under the same name with WhatsApp, or
    another text under the same id with the operators."""
    mistakes = []
    ours = {
        texts[SMS].registered: language for language, texts in sound.texts.items() if SMS in texts
    }
    if len(ours) < sum(SMS in texts for texts in sound.texts.values()):
        mistakes.append("dlt: two languages have the same id")
    for name, newest in _newest(session).items():
        if name == sound.name:
            continue
        if sound.whatsapp is not None:
            other = newest.content.get("whatsapp") or {}
            if other.get("name") == sound.whatsapp.name:
                mistakes.append(f"whatsapp: {name} has the name {sound.whatsapp.name}")
        for language in ALL_LANGUAGES:
            theirs = (newest.content.get(language) or {}).get(SMS) or {}
            if theirs.get("dlt") in ours:
                where = f"{ours[theirs['dlt']]}, {SMS}"
                mistakes.append(f"{where}: {name} ({language}) has the id {theirs['dlt']}")
    if mistakes:
        raise Invalid(f"The template {sound.name} has mistakes.", {sound.name: mistakes})
