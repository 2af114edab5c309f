"""Officers' signatures: whether each is over what stands there today."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.errors import NotFound
from palika.store import Store
from services.eoffice.models import Act, Certificate, File, Letter, Paper, Signature
from services.eoffice.queries.kept_papers import whole
from services.eoffice.sealing.verify.finding import Finding, How, Progress
from services.eoffice.signing.checking import check, known_certificates, why_not
from services.eoffice.signing.pdf_check import signature_in
from services.eoffice.unreadable import Unreadable

SIGNATURES = "signatures"
_AT_ONCE = 500
_NO_DAYS = "its certificate has days that cannot be read"


def verify_signatures(
    session: Session, store: Store | None, progress: Progress, only: UUID | None = None
) -> Iterator[Finding]:
    """Signatures on notes, moves and decisions that do not count, and those in letters.

    Args:
        store: of papers, where letters lie as they went out; None: these are not looked at.
        only: those on this file.

    Raises:
        Unavailable: the store does not answer.
    """
    every = known_certificates(session)
    odd = {key for key, each in every.items() if _odd(each)}
    known = {key: each for key, each in every.items() if key not in odd}
    read = 0
    statement = select(Signature).order_by(Signature.id).limit(_AT_ONCE)
    if only is not None:
        statement = statement.where(Signature.file_id == only)
    page = session.scalars(statement).all()
    while page:
        numbers = _numbers(session, [each.file_id for each in page])
        for signature, why in _checked(session, page, known, odd):
            file = numbers.get(signature.file_id, signature.file_id)
            said = f"{signature.person}'s signature on {signature.row}, file {file}: {why}"
            yield Finding(How.CHANGED, f"signature:{signature.id}", said)
        read += len(page)
        progress(SIGNATURES, read)
        last = page[-1].id
        # What was read is let go: there may be more of it than memory.
        session.expunge_all()
        page = session.scalars(statement.where(Signature.id > last)).all()
    if store is not None:
        for finding in _letters(session, store, known, odd, only):
            read += 1
            if finding is not None:
                yield finding
        progress(SIGNATURES, read)


def _checked(
    session: Session,
    page: Sequence[Signature],
    known: Mapping[str, Certificate],
    odd: Collection[str],
) -> Iterator[tuple[Signature, str]]:
    """Those that do not count, and why."""
    readable = []
    for each in page:
        if isinstance(each.signed_at, Unreadable):
            yield each, f"nobody has signed at {each.signed_at.value}"
        elif each.certificate in odd:
            yield each, _NO_DAYS
        else:
            readable.append(each)
    for checked in check(session, readable, known):
        if checked.why is not None:
            yield checked.signature, checked.why


def _odd(certificate: Certificate) -> bool:
    """Whether one of its days cannot be read; the rows tell that it was changed."""
    days = certificate.not_before, certificate.not_after, certificate.revoked_at
    return any(isinstance(each, Unreadable) for each in days)


def _numbers(session: Session, files: list[UUID]) -> dict[UUID, str]:
    found = session.execute(select(File.id, File.number).where(File.id.in_(files)))
    return {each.id: each.number for each in found}


def _letters(
    session: Session,
    store: Store,
    known: Mapping[str, Certificate],
    odd: Collection[str],
    only: UUID | None,
) -> Iterator[Finding | None]:
    """Of each signed letter that the store has, what is wrong; None: nothing is."""
    acts = (
        select(Act.chain_id, Act.position, Act.data, Act.at)
        .where(Act.verb == "dispatched a letter", Act.data["certificate"].astext.is_not(None))
        .order_by(Act.chain_id, Act.position)
    )
    if only is not None:
        acts = acts.where(Act.chain_id == only)
    streamed = session.execute(acts, execution_options={"yield_per": _AT_ONCE})
    for act in streamed:
        named = _named(act)
        if named is None:
            # It was changed, which the chains tell.
            continue
        letter = session.get(Letter, named.letter)
        paper = session.get(Paper, named.paper)
        if letter is None or paper is None:
            # Weeded; or removed, which the rows tell.
            continue
        try:
            pdf = whole(store, paper)
        except (NotFound, ValueError):
            # Lost, not what was kept, or under no key of a store: the papers tell.
            continue
        if named.certificate in odd:
            why: str | None = _NO_DAYS
        else:
            why = _letter(pdf, letter, known.get(named.certificate), known, act.at)
        session.expunge(letter)
        session.expunge(paper)
        if why is None:
            yield None
            continue
        number = _numbers(session, [act.chain_id]).get(act.chain_id, act.chain_id)
        said = f"the signature in letter {letter.number}, file {number}: {why}"
        place = f"{act.chain_id},{act.position}"
        yield Finding(How.CHANGED, f"paper:{paper.id}", said, place)


class _Named(NamedTuple):
    letter: UUID
    paper: UUID
    certificate: str


def _named(act: Any) -> _Named | None:
    """What the act of a dispatch names; None: the service has not written that."""
    if isinstance(act.at, Unreadable):
        return None
    match act.data:
        case {"letter": str(letter), "paper": str(paper), "certificate": str(certificate)}:
            try:
                return _Named(UUID(letter), UUID(paper), certificate)
            except ValueError:
                return None
    return None


def _letter(
    pdf: bytes,
    letter: Letter,
    certificate: Certificate | None,
    known: Mapping[str, Certificate],
    at: datetime,
) -> str | None:
    try:
        signed = signature_in(pdf)
    except ValueError as error:
        return str(error)
    if signed.reason != letter.number:
        return f"it was made for letter {signed.reason}"
    return why_not(*(certificate, letter.approved_person, known), *(signed.over, signed.cms, at))
