"""Officers' signatures: whether each is over what stands there today."""

from collections.abc import Iterator, Mapping
from datetime import datetime
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

SIGNATURES = "signatures"
_AT_ONCE = 500


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
    known = known_certificates(session)
    read = 0
    statement = select(Signature).order_by(Signature.id).limit(_AT_ONCE)
    if only is not None:
        statement = statement.where(Signature.file_id == only)
    page = session.scalars(statement).all()
    while page:
        numbers = _numbers(session, [each.file_id for each in page])
        for each in check(session, page, known):
            if each.why is not None:
                signature = each.signature
                file = numbers.get(signature.file_id, signature.file_id)
                why = f"{signature.person}'s signature on {signature.row}, file {file}: {each.why}"
                yield Finding(How.CHANGED, f"signature:{signature.id}", why)
        read += len(page)
        progress(SIGNATURES, read)
        last = page[-1].id
        # What was read is let go: there may be more of it than memory.
        session.expunge_all()
        page = session.scalars(statement.where(Signature.id > last)).all()
    if store is not None:
        for finding in _letters(session, store, known, only):
            read += 1
            if finding is not None:
                yield finding
        progress(SIGNATURES, read)


def _numbers(session: Session, files: list[UUID]) -> dict[UUID, str]:
    found = session.execute(select(File.id, File.number).where(File.id.in_(files)))
    return {each.id: each.number for each in found}


def _letters(
    session: Session, store: Store, known: dict[str, Certificate], only: UUID | None
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
        letter = session.get(Letter, UUID(act.data["letter"]))
        paper = session.get(Paper, UUID(act.data["paper"]))
        if letter is None or paper is None:
            # Weeded; or removed, which the rows tell.
            continue
        try:
            pdf = whole(store, paper)
        except NotFound:
            # Lost, or not what was kept: the papers tell.
            continue
        certificate = known.get(act.data["certificate"])
        why = _letter(pdf, letter, certificate, known, act.at)
        session.expunge(letter)
        session.expunge(paper)
        if why is None:
            yield None
            continue
        number = _numbers(session, [act.chain_id]).get(act.chain_id, act.chain_id)
        said = f"the signature in letter {letter.number}, file {number}: {why}"
        place = f"{act.chain_id},{act.position}"
        yield Finding(How.CHANGED, f"paper:{paper.id}", said, place)


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
