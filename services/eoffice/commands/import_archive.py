"""Bring an archive in: as a closed file that is never changed here. What came without a proof may
be proved later, by the same archive with its signature."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.auth import Identity
from palika.errors import Conflict, Forbidden
from palika.store import Store, key_of_digest
from services.eoffice.commands.keep_paper import Begin
from services.eoffice.commands.load import locked, one_at_a_time
from services.eoffice.commands.vouch import agreement
from services.eoffice.domain.organisation import Actor
from services.eoffice.domain.searching import Kind
from services.eoffice.models import Chain, FileNumber, Imported, ImportedPart
from services.eoffice.organisation_store import actor
from services.eoffice.queries.archived import proof_of
from services.eoffice.records.bag import Progress, beside, sha256_of, silent
from services.eoffice.records.reading import Checked, Part, check_archive, refused
from services.eoffice.records.signature import SIGNATURE
from services.eoffice.records.standing import trust_of
from services.eoffice.records.writing import BESIDE, place_of
from services.eoffice.reference import city_retention
from services.eoffice.sealing import Keys, act
from services.eoffice.searching import index

_TYPES = {".pdf": "application/pdf", ".json": "application/json"}
_MOST_TEXT = 2_000_000


@dataclass(frozen=True, slots=True)
class BroughtIn:
    """What came of it.

    Attributes:
        imported: None after a dry run of what is not here.
        again: it was here already.
        proved: it is proved better than before, or would be if it were no dry run.
    """

    checked: Checked
    imported: Imported | None
    again: bool = False
    proved: bool = False


def import_archive(
    begin: Begin,
    store: Store,
    keys: Keys,
    caller: Identity,
    args: Mapping[str, Any],
    folder: Path,
    now: datetime,
    progress: Progress = silent,
) -> BroughtIn:
    """Check an archive, and with ``args["dry_run"]`` no more than that; else keep its bytes, then
    its rows. The same archive again changes nothing, but if it proves more now than when it came:
    unsigned first and signed now, or by an office that the city has listed since. Then what stands
    beside its content (manifests, signature) is kept as it comes now, and an act tells of it.

    ``args["trust"]`` is the SHA-256 of a certificate that who brings it in vouches for, with
    ``args["unsigned"]`` one without a signature is taken; both stand on the record, with who else
    has agreed (``vouch.agree_archive``): one person alone brings in nothing that is not proved.

    Raises:
        Forbidden: the post is not of the record room, or its clearance is below the file's secrecy;
            or it is not proved, and no other officer has agreed.
        Invalid: the archive is not whole, or nobody that is known here has signed it; names what
            is wrong.
        Conflict: its number, or its id, is of a file here; or the file was brought in before from
            an archive that says otherwise: ``differs`` names the files of it.
        Unavailable: the store does not answer.
        OSError: the folder cannot be read.
        ConfigError: the list of other offices' certificates cannot be read.
    """
    with begin() as session:
        _may(actor(session, caller, args["post"], now))
    checked = check_archive(folder, keys, trust_of(args), progress)
    with begin() as session:
        who = actor(session, caller, args["post"], now)
        known = _known(session, checked, who)
        proves = known is not None and _proves_more(session, known, checked)
        if not args["dry_run"] and (known is None or proves):
            agreement(session, checked, who, now)
    if args["dry_run"] or (known is not None and not proves):
        return BroughtIn(checked, known, again=known is not None, proved=proves)
    parts = [*([] if proves else checked.parts), *_beside(folder)]
    stored = _keep(store, parts, folder, now, progress)
    with begin() as session:
        who = actor(session, caller, args["post"], now)
        one_at_a_time(session, checked.id)
        known = _known(session, checked, who)
        if known is not None:
            proves = _proves_more(session, known, checked)
            if proves:
                _prove(session, known, checked, parts, stored, who, now)
            return BroughtIn(checked, known, again=True, proved=proves)
        return BroughtIn(checked, _brought_in(session, checked, parts, stored, who, now))


def _may(who: Actor) -> None:
    if not city_retention().record_room.includes(who.post):
        raise Forbidden(f"{who.post.code} is not of the record room", {"post": who.post.code})


def _known(session: Session, checked: Checked, who: Actor) -> Imported | None:
    """The file, if it was brought in from this very archive."""
    _may(who)
    if who.post.clearance < checked.secrecy:
        raise Forbidden(
            f"{who.post.code} reads up to {who.post.clearance.code}; the file is "
            f"{checked.secrecy.code}",
            {"post": who.post.code, "secrecy": checked.secrecy.code},
        )
    found = session.get(Imported, checked.id)
    if found is None:
        taken = session.get(FileNumber, checked.number)
        if taken is not None or session.get(Chain, checked.id) is not None:
            raise Conflict(
                f"there is a file {checked.number} here already",
                {"number": checked.number, "id": str(taken.file_id if taken else checked.id)},
            )
        return None
    if found.sha256 == checked.sha256:
        return found
    rows = select(ImportedPart.path, ImportedPart.sha256).where(
        ImportedPart.imported_id == found.id, ~ImportedPart.path.startswith(BESIDE)
    )
    before = {each.path: each.sha256 for each in session.execute(rows)}
    comes = {each.path: each.sha256 for each in checked.parts}
    differs = sorted(
        each for each in before.keys() | comes.keys() if before.get(each) != comes.get(each)
    )
    raise Conflict(
        f"file {found.number} was brought in before, and this archive says otherwise: "
        f"{', '.join(differs[:20])}",
        {"number": found.number, "differs": differs[:100], "sha256": found.sha256},
    )


def _beside(folder: Path) -> list[Part]:
    """What describes the bag: with it, the archive goes out as it came, and signed by who did."""
    names = {*beside(folder), *([SIGNATURE] if (folder / SIGNATURE).exists() else [])}
    paths = [(f"{BESIDE}{name}", folder / name) for name in sorted(names)]
    return [Part(path, file.stat().st_size, sha256_of(file)) for path, file in paths]


def _keep(
    store: Store, parts: Sequence[Part], folder: Path, now: datetime, progress: Progress
) -> dict[str, str]:
    """Keep its bytes; the keys, by path."""
    keys = {}
    for part in parts:
        progress(part.path)
        suffix = PurePosixPath(part.path).suffix
        file = place_of(folder, part.path)
        if sha256_of(file) != part.sha256:
            raise refused([f"{part.path}: was changed while it was read"])
        keys[part.path] = key_of_digest(part.sha256, now, suffix)
        kind = _TYPES.get(suffix, "application/octet-stream")
        store.put_file(keys[part.path], file, kind)
    return keys


def _proves_more(session: Session, known: Imported, checked: Checked) -> bool:
    return checked.standing.proves_more(proof_of(session, known))


def _prove(
    session: Session,
    known: Imported,
    checked: Checked,
    parts: Sequence[Part],
    keys: Mapping[str, str],
    who: Actor,
    now: datetime,
) -> None:
    """Keep what stands beside the content of a file as it comes with its proof. The content is the
    same to the byte: the manifest says so, and by its digest it is known."""
    replaced = []
    for part in parts:
        if not part.path.startswith(BESIDE):
            continue
        row = locked(session, ImportedPart, (known.id, part.path))
        if row is None:
            session.add(_part(known, part, keys))
        elif row.sha256 != part.sha256:
            replaced.append(part.path)
            row.key, row.size, row.sha256 = keys[part.path], part.size, part.sha256
    said = {
        "manifest": known.sha256,
        "signature": {**checked.standing.told, **agreement(session, checked, who, now)},
        **({"replaced": replaced} if replaced else {}),
    }
    act(session, known.id, "imported", "proved", who, now, said)


def _part(imported: Imported, part: Part, keys: Mapping[str, str]) -> ImportedPart:
    return ImportedPart(
        imported_id=imported.id,
        path=part.path,
        key=keys[part.path],
        size=part.size,
        sha256=part.sha256,
    )


def _brought_in(
    session: Session,
    checked: Checked,
    parts: Sequence[Part],
    keys: Mapping[str, str],
    who: Actor,
    now: datetime,
) -> Imported:
    file = checked.document["file"]
    imported = Imported(
        id=checked.id,
        **{name: file[name] for name in ("number", "subject", "department", "head")},
        secrecy=int(checked.secrecy),
        opened_at=datetime.fromisoformat(file["opened_at"]),
        closed_at=datetime.fromisoformat(file["closed_at"]),
        # Who has listed an office knows better what it is called than the archive does.
        origin=checked.standing.office or checked.document["origin"]["en"],
        sha256=checked.sha256,
        codes=checked.codes,
        text=_text(checked.document),
        imported_by=who.post.code,
        imported_person=who.person,
        imported_at=now,
    )
    session.add(imported)
    session.flush()
    for part in parts:
        session.add(_part(imported, part, keys))
    index(session, Kind.ARCHIVED, imported.id)
    said = {
        "number": imported.number,
        "origin": imported.origin,
        "manifest": imported.sha256,
        "signature": {**checked.standing.told, **agreement(session, checked, who, now)},
    }
    act(session, imported.id, "imported", "brought in", who, now, said)
    return imported


def _text(document: Mapping[str, Any]) -> str:
    """What its notes, letters, receipts (e-mails with their text) and titles of papers say."""
    rows = document["rows"]
    said = [
        *(each["markup"] for each in rows["note"]),
        *(each["title"] for each in rows["correspondence"]),
        *(f"{each['subject']}\n{each['body']}" for each in rows["letter_version"]),
        *(_said(each) for each in rows["receipt"]),
    ]
    return "\n".join(said)[:_MOST_TEXT].replace("\0", "")


def _said(receipt: Mapping[str, Any]) -> str:
    # By the same words it is found where it came in (searching.sources.receipts).
    names = ("number", "subject", "sender_name", "ref", "body")
    return "\n".join(receipt[each] for each in names if receipt.get(each))
