"""What stands in a file, as the JSON document of its archive, with the record that proves it.

Every row is there with all of its columns as ``domain/chaining.canonical`` writes them: its SHA-256
is the digest that stands in the act which last touched it, and can be made again by hand.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from palika.india import day_of
from services.eoffice.documents import LetterPaper, SheetPaper
from services.eoffice.documents.setting import corporation, office_code
from services.eoffice.domain.chaining import canonical
from services.eoffice.domain.organisation import Organisation
from services.eoffice.domain.receipts import MAIL
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import (
    Act,
    Approval,
    Certificate,
    Chain,
    Correspondence,
    Course,
    File,
    Hold,
    Letter,
    LetterVersion,
    Marking,
    Movement,
    Note,
    Paper,
    Receipt,
    ReceiptMovement,
    ReceiptPaper,
    Recording,
    RootEntry,
    Signature,
)
from services.eoffice.organisation_store import current
from services.eoffice.queries.letters import letter_paper
from services.eoffice.queries.papers import sheet_paper
from services.eoffice.reference import city_numbering
from services.eoffice.sealing.record import row_of

FORMAT, VERSION = "palika-eoffice-archive", 1
LANGUAGES = ("mr", "en")

_OF_FILE: Sequence[tuple[type[Any], Any]] = (
    (Movement, Movement.position),
    (Note, Note.number),
    (Correspondence, Correspondence.position),
    (Letter, Letter.id),
    (Approval, Approval.id),
    (Marking, Marking.id),
    (Course, Course.file_id),
    (Receipt, Receipt.id),
    (Signature, Signature.id),
    (Recording, Recording.file_id),
    (Hold, Hold.id),
)
SEALED = (
    *("file", "movement", "note", "correspondence", "letter", "letter_version", "approval"),
    *("marking", "course", "receipt", "receipt_paper", "receipt_movement", "paper", "signature"),
    *("recording", "hold"),
)
"""The tables whose rows are in the document; certificates are besides."""


@dataclass(frozen=True, slots=True)
class KeptPaper:
    """A paper of the archive, still in the store; ``path`` is where it goes."""

    path: str
    key: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class SetLetter:
    """A letter that is yet to be set as a PDF."""

    path: str
    paper: LetterPaper
    language: str
    day: date


@dataclass(frozen=True, slots=True)
class Content:
    """All that goes into an archive; nothing of it needs the database any more.

    Attributes:
        document: what becomes ``file.json``.
        acts: how many acts of the file's own chain are in it.
        small: other files, by path.
    """

    document: dict[str, Any]
    acts: int
    papers: Sequence[KeptPaper]
    letters: Sequence[SetLetter]
    sheets: Mapping[str, SheetPaper]
    closed_on: date
    small: Mapping[str, bytes]

    @property
    def size(self) -> int:
        """Bytes of its papers."""
        return sum(each.size for each in self.papers)


def collect(session: Session, file: File) -> Content:
    """Read a closed file, as it is in the caller's transaction.

    Raises:
        Conflict: it was weeded.
    """
    assert file.closed_at is not None  # archives are of closed files
    found = _rows(session, file)
    rows = {name: [plain(each) for each in some] for name, some in found.items()}
    certificates = _certificates(session, found["signature"])
    paths, papers = _papers(found)
    letters = _letters(session, file, found, paths)
    small = _signed(found["signature"], certificates, paths)
    chains = [file.id, *(each.id for each in found["receipt"] + found["paper"])]
    acts = _chains(session, chains)
    document = {
        "format": FORMAT,
        "version": VERSION,
        "origin": {"code": office_code(), "mr": corporation().mr, "en": corporation().en},
        "file": {
            "id": str(file.id),
            "number": file.number,
            "subject": file.subject,
            "department": file.department,
            "head": file.head,
            "language": file.language,
            "secrecy": Secrecy(file.secrecy).code,
            "opened_at": _moment(file.opened_at),
            "closed_at": _moment(file.closed_at),
        },
        "names": _names(current(session), file, rows),
        "rows": rows,
        "certificates": [plain(each) for each in certificates],
        "paths": paths,
        "record": {"chains": acts, "roots": _roots(session, file.id)},
    }
    return Content(
        document=document,
        acts=len(acts[0]["acts"]),
        papers=papers,
        letters=letters,
        sheets={each: sheet_paper(session, file, each) for each in LANGUAGES},
        closed_on=day_of(file.closed_at),
        small=small,
    )


def plain(row: Any) -> dict[str, Any]:
    """A row as JSON has it."""
    found: dict[str, Any] = json.loads(canonical(row_of(row)))
    return found


def _moment(value: Any) -> str:
    found: str = json.loads(canonical(value))
    return found


def _rows(session: Session, file: File) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {each: [] for each in SEALED}
    found["file"] = [file]
    for model, order in _OF_FILE:
        of = select(model).where(model.file_id == file.id).order_by(order)
        found[model.__tablename__] = list(session.scalars(of))
    letters = [each.id for each in found["letter"]]
    receipts = [each.id for each in found["receipt"]]
    versions = select(LetterVersion).where(LetterVersion.letter_id.in_(letters))
    found["letter_version"] = list(
        session.scalars(versions.order_by(LetterVersion.letter_id, LetterVersion.version))
    )
    for of_receipt in (ReceiptPaper, ReceiptMovement):
        some = select(of_receipt).where(of_receipt.receipt_id.in_(receipts))
        ordered = some.order_by(of_receipt.receipt_id, of_receipt.position)
        found[of_receipt.__tablename__] = list(session.scalars(ordered))
    here = {each.paper_id for each in found["correspondence"] if each.paper_id is not None}
    came = {each.paper_id for each in found["receipt_paper"]}
    papers = select(Paper).where(or_(Paper.id.in_(here), Paper.id.in_(came)))
    found["paper"] = list(session.scalars(papers.order_by(Paper.id)))
    return found


def _papers(found: Mapping[str, list[Any]]) -> tuple[dict[str, str], list[KeptPaper]]:
    """Where the papers go: in the order in which they stand in the file."""
    by_id = {each.id: each for each in found["paper"]}
    ordered: dict[UUID, str] = {}
    for each in found["correspondence"]:
        if each.paper_id in by_id and each.paper_id not in ordered:
            pages = f"{each.first_page:04d}-{each.last_page:04d}"
            ordered[each.paper_id] = f"correspondence/{pages}-{each.kind}.pdf"
    for number, key in enumerate(sorted(by_id.keys() - ordered.keys()), 1):
        suffix = "eml" if by_id[key].source == MAIL else "pdf"
        ordered[key] = f"correspondence/other-{number:03d}.{suffix}"
    papers = [
        KeptPaper(path, by_id[key].key, by_id[key].size, by_id[key].sha256)
        for key, path in ordered.items()
    ]
    return {f"paper:{key}": path for key, path in ordered.items()}, papers


def _letters(
    session: Session, file: File, found: Mapping[str, list[Any]], paths: dict[str, str]
) -> list[SetLetter]:
    """Those of the letters that went out of which no paper was kept, to be set again."""
    kept = {
        each.letter_id: paths[f"paper:{each.paper_id}"]
        for each in found["correspondence"]
        if each.letter_id is not None and f"paper:{each.paper_id}" in paths
    }
    sent = [each for each in found["letter"] if each.dispatched_at is not None]
    to_set = []
    for number, each in enumerate(sorted(sent, key=lambda each: (each.dispatched_at, each.id)), 1):
        if each.id in kept:
            paths[f"letter:{each.id}"] = kept[each.id]
            continue
        path = paths[f"letter:{each.id}"] = f"letters/{number:03d}.pdf"
        paper = letter_paper(session, each, file)
        to_set.append(SetLetter(path, paper, each.language, day_of(each.dispatched_at)))
    return to_set


def _certificates(session: Session, signatures: Sequence[Signature]) -> list[Certificate]:
    """The signers' and those of the authorities above them, each once."""
    found: dict[str, Certificate] = {}
    wanted = sorted({each.certificate for each in signatures})
    while wanted:
        key = wanted.pop()
        certificate = session.get(Certificate, key)
        if certificate is not None and key not in found:
            found[key] = certificate
            wanted += [certificate.issuer] if certificate.issuer else []
    return [found[key] for key in sorted(found)]


def _signed(
    signatures: Sequence[Signature], certificates: Sequence[Certificate], paths: dict[str, str]
) -> dict[str, bytes]:
    small = {}
    for number, each in enumerate(sorted(signatures, key=lambda each: each.signed_at), 1):
        name = f"signatures/{number:03d}"
        paths[f"signature:{each.id}"] = f"{name}.cms"
        small[f"{name}.cms"], small[f"{name}.json"] = bytes(each.cms), bytes(each.statement)
    for certificate in certificates:
        path = f"certificates/{certificate.fingerprint}.cer"
        paths[f"certificate:{certificate.fingerprint}"] = path
        small[path] = bytes(certificate.der)
    return small


def _chains(session: Session, ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """The chains of these, the file's first, each with its acts."""
    known = {each.id: each for each in session.scalars(select(Chain).where(Chain.id.in_(ids)))}
    acts: dict[UUID, list[dict[str, Any]]] = {each: [] for each in ids}
    wanted = select(Act).where(Act.chain_id.in_(ids)).order_by(Act.chain_id, Act.position)
    for each in session.scalars(wanted):
        row = plain(each)
        del row["chain_id"]
        acts[each.chain_id].append(row)
    return [
        {"id": str(key), "kind": known[key].kind, "acts": acts[key]} for key in ids if key in known
    ]


def _roots(session: Session, file_id: UUID) -> list[dict[str, Any]]:
    """How far the file's chain had gone at which signed root, which was published."""
    wanted = select(RootEntry).where(RootEntry.chain_id == file_id).order_by(RootEntry.root)
    return [
        {"root": each.root, "length": each.length, "head": bytes(each.head).hex()}
        for each in session.scalars(wanted)
    ]


_RENAMED: Final = {"department": "departments", "post": "posts", "person": "people"}
"""Under which name what has former names stands in a document."""


def _both(names: tuple[str, str]) -> dict[str, str]:
    return {"mr": names[0], "en": names[1]}


def _names(
    city: Organisation, file: File, rows: Mapping[str, list[dict[str, Any]]]
) -> dict[str, Any]:
    """What departments, heads, posts and people that stand in the file are called."""
    said = {
        value
        for some in rows.values()
        for row in some
        for name, value in row.items()
        if isinstance(value, str) and not name.endswith(("markup", "body", "subject"))
    }
    head = city_numbering().heads[file.head]
    renamed = [
        {"kind": kind, "code": code, "until": _moment(each.until), **_both(each.names)}
        for (what, code), before in sorted(city.former.items())
        if (kind := _RENAMED.get(what)) is not None and code in said
        for each in before
    ]
    return {
        **({"former": renamed} if renamed else {}),
        "departments": {
            code: {"mr": mr, "en": en}
            for code, (mr, en) in sorted(city.departments.items())
            if code == file.department
        },
        "heads": {file.head: {"mr": head[0], "en": head[1]}},
        "posts": {
            code: {"mr": each.mr, "en": each.en}
            for code, each in sorted(city.posts.items())
            if code in said
        },
        "people": {
            code: {"mr": each.mr, "en": each.en}
            for code, each in sorted(city.people.items())
            if code in said
        },
    }
