"""Agree that an archive which nothing proves is brought in by another officer."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from palika.auth import Identity
from palika.errors import Conflict, Forbidden
from palika.india import day_of
from services.eoffice.commands.keep_paper import Begin
from services.eoffice.commands.load import one_at_a_time
from services.eoffice.domain.linking import check_linked_decides
from services.eoffice.domain.organisation import Actor
from services.eoffice.domain.vouching import check_agrees, check_two
from services.eoffice.models import Vouching
from services.eoffice.organisation_store import actor, current
from services.eoffice.records.bag import Progress, silent
from services.eoffice.records.reading import Checked, check_archive
from services.eoffice.records.standing import trust_of
from services.eoffice.reference import city_linking, city_vouchers
from services.eoffice.sealing import Keys, act


def agree_archive(
    begin: Begin,
    keys: Keys,
    caller: Identity,
    args: Mapping[str, Any],
    folder: Path,
    now: datetime,
    progress: Progress = silent,
) -> tuple[Checked, Vouching]:
    """Check an archive as ``import_archive`` does, and agree to it by the digest of its manifest.
    The same officer's agreement again is the one that is there.

    Args:
        args: ``post``, ``remark`` and, one of them, ``trust`` and ``unsigned`` as of
            ``import_archive``.

    Raises:
        Forbidden: the post may not, is not cleared for the file, or who acts for it is a service or
            a linked officer of too low a level.
        Invalid: the archive is not whole, or not what was said of its signature.
        Conflict: this city knows who signed it: nobody has to agree.
        OSError: the folder cannot be read.
        ConfigError: the list of other offices' certificates cannot be read.
    """
    with begin() as session:
        _may(session, actor(session, caller, args["post"], now), now)
    checked = check_archive(folder, keys, trust_of(args), progress)
    if checked.standing.proved:
        said = f"{checked.number} is proved by its signature: nobody has to agree to it"
        raise Conflict(said, {"manifest": checked.sha256})
    with begin() as session:
        who = actor(session, caller, args["post"], now)
        _may(session, who, now)
        if who.post.clearance < checked.secrecy:
            raise Forbidden(
                f"{who.post.code} reads up to {who.post.clearance.code}; the file is "
                f"{checked.secrecy.code}",
                {"post": who.post.code, "secrecy": checked.secrecy.code},
            )
        one_at_a_time(session, checked.id)
        found = next((each for each in _agreed(session, checked) if _is_by(each, who)), None)
        if found is not None:
            return checked, found
        made = Vouching(
            id=uuid7(),
            manifest=checked.sha256,
            certificate=checked.standing.told.get("certificate"),
            number=checked.number,
            remark=args["remark"],
            agreed_by=who.post.code,
            agreed_person=who.person,
            agreed_at=now,
        )
        session.add(made)
        said = {"number": made.number, "manifest": made.manifest, "remark": made.remark}
        told = {**said, "signature": checked.standing.told}
        act(session, made.id, "vouching", "agreed", who, now, told)
        return checked, made


def agreement(session: Session, checked: Checked, who: Actor, now: datetime) -> dict[str, Any]:
    """Who else has agreed to an archive, as the record says it; nothing of one that is proved.

    Raises:
        Forbidden: it is not proved, and nobody else has.
    """
    if checked.standing.proved:
        return {}
    agreed = [(each.agreed_by, each.agreed_person) for each in _agreed(session, checked)]
    above = _above(session, who, now)
    post, person = check_two(who, agreed, city_vouchers(), above, checked.sha256)
    return {"agreed_by": post, "agreed_person": person}


def _may(session: Session, who: Actor, now: datetime) -> None:
    above = _above(session, who, now)
    check_agrees(who, city_vouchers(), above)
    check_linked_decides(who, city_linking(), above, list)


def _above(session: Session, who: Actor, now: datetime) -> list[str]:
    """The posts up the line that may agree."""
    city, rule = current(session), city_vouchers()
    there = city.held_above(who.post.code, day_of(now))
    return [each for each in there if rule.able.includes(city.posts[each])]


def _agreed(session: Session, checked: Checked) -> list[Vouching]:
    certificate = checked.standing.told.get("certificate")
    same = Vouching.certificate.is_not_distinct_from(certificate)
    found = select(Vouching).where(Vouching.manifest == checked.sha256, same)
    return list(session.scalars(found.order_by(Vouching.agreed_at, Vouching.id)))


def _is_by(made: Vouching, who: Actor) -> bool:
    return (made.agreed_by, made.agreed_person) == (who.post.code, who.person)
