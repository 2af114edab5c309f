"""What stands on the papers that the e-office makes itself."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.india import day_of, in_digits, rupees
from services.eoffice.documents import (
    SENDER,
    SUBJECT,
    Decision,
    Opinion,
    SheetPaper,
    Signed,
    SignedMove,
    SignedNote,
    SlipPaper,
    shortened,
)
from services.eoffice.domain.organisation import Organisation
from services.eoffice.domain.written import certified, moment
from services.eoffice.models import Approval, File, Movement, Receipt
from services.eoffice.organisation_store import current
from services.eoffice.queries import receipts
from services.eoffice.queries.marks import questions_of
from services.eoffice.queries.notes import green_notes
from services.eoffice.queries.records import check_not_weeded
from services.eoffice.reference import city_diary, city_numbering, city_powers
from services.eoffice.sealing.record import name_of
from services.eoffice.signing.checking import known_certificates, signatures


def sheet_paper(session: Session, file: File, language: str) -> SheetPaper:
    """The note sheet of a file, with the opinions, decisions, remarks and signatures on it, with
    names in a language.

    Raises:
        Conflict: the file was weeded.
    """
    check_not_weeded(session, file)
    organisation = current(session)
    signed = _signed(session, file, language)
    notes, strange = green_notes(session, file)
    wanted = select(Approval).where(Approval.file_id == file.id)
    approvals = session.scalars(wanted.order_by(Approval.decided_at, Approval.id)).all()
    cancelled = {each.cancels: moment(each.decided_at) for each in approvals if each.cancels}
    moves = select(Movement).where(Movement.file_id == file.id).order_by(Movement.position)
    return SheetPaper(
        number=file.number,
        subject=file.subject,
        department=department_name(organisation, file.department, language),
        head=city_numbering().heads[file.head][0 if language == "mr" else 1],
        opened_on=in_digits(day_of(file.opened_at)),
        secrecy=file.secrecy,
        notes=[
            SignedNote(
                number=each.number,
                markup=each.markup,
                language=each.language,
                # As they were called when it was written.
                person=person_name(organisation, each.person, language, each.confirmed_at),
                post=post_name(organisation, each.post, language, each.confirmed_at),
                written_by=(
                    ""
                    if each.by_post == each.post
                    else post_name(organisation, each.by_post, language, each.confirmed_at)
                ),
                at=moment(each.confirmed_at),
                signatures=signed.get(name_of(each), ()),
                altered=name_of(each) in strange,
            )
            for each in notes
        ],
        decisions=[
            _decision(organisation, each, language, signed, cancelled.get(each.id, ""))
            for each in approvals
        ],
        moves=[
            SignedMove(
                position=each.position,
                from_post=post_name(organisation, each.from_post, language, each.moved_at),
                to_post=post_name(organisation, each.to_post, language, each.moved_at),
                at=moment(each.moved_at),
                signatures=signed.get(name_of(each), ()),
                remark=each.remark or "",
                person=person_name(organisation, each.by_person, language, each.moved_at),
                post=""
                if each.by_post is None
                else post_name(organisation, each.by_post, language, each.moved_at),
            )
            for each in session.scalars(moves)
            if name_of(each) in signed or each.remark
        ],
        opinions=[
            Opinion(
                post=post_name(organisation, each.post, language, each.asked_at),
                by=[
                    person_name(organisation, each.by_person, language, each.asked_at),
                    post_name(organisation, each.by_post, language, each.asked_at),
                    moment(each.asked_at),
                ],
                question=each.question,
                state=each.state,
                answer=each.answer or "",
                person=person_name(organisation, each.answered_by, language, each.answered_at),
                at="" if each.answered_at is None else moment(each.answered_at),
            )
            for each in questions_of(session, file.id)
        ],
    )


def _decision(
    organisation: Organisation,
    made: Approval,
    language: str,
    signed: Mapping[str, Sequence[Signed]],
    cancelled: str,
) -> Decision:
    power = city_powers().heads.get(made.power) if made.power is not None else None
    called = made.power or ""
    if power is not None:
        called = power.mr if language == "mr" else power.en
    by, at = made.delegated_by, made.decided_at
    return Decision(
        decision=made.decision,
        power=called,
        amount="" if made.amount_paise is None else rupees(made.amount_paise),
        limit="" if made.most_paise is None else rupees(made.most_paise),
        delegated_by="" if by is None else post_name(organisation, by, language, at),
        remark=made.remark or "",
        person=person_name(organisation, made.person, language, at),
        post=post_name(organisation, made.post, language, at),
        capacity=made.capacity,
        at=moment(at),
        signatures=signed.get(name_of(made), ()),
        cancelled=cancelled,
    )


def _signed(session: Session, file: File, language: str) -> dict[str, list[Signed]]:
    """The signatures on a file, by the row that was signed, the oldest first."""
    organisation, found = current(session), defaultdict(list)
    known = known_certificates(session)
    for each in signatures(session, file.id):
        made = each.signature
        certificate = known.get(made.certificate)
        found[made.row].append(
            Signed(
                person=person_name(organisation, made.person, language, made.signed_at),
                certificate=certified(certificate.subject) if certificate else made.certificate,
                serial=certificate.serial if certificate else "",
                at=moment(made.signed_at),
                counts=each.why is None,
            )
        )
    return dict(found)


def slip_paper(session: Session, receipt: Receipt) -> SlipPaper:
    """The slip for the sender of a receipt.

    Raises:
        Conflict: it was weeded.
    """
    receipts.check_not_weeded(session, receipt)
    city, at = current(session), receipt.diarised_at
    section = receipt.office in city.sections
    office = city.called(
        *(("section", receipt.office) if section else ("department", receipt.department)), at
    )
    diary, day = city_diary(), receipt.received_on
    category = diary.categories.get(receipt.category)
    names = {"mr": receipt.category, "en": receipt.category}
    subject = shortened(receipt.subject, SUBJECT)
    return SlipPaper(
        number=receipt.number,
        received_on=in_digits(day),
        due_on=in_digits(receipt.due_on) if receipt.due_on is not None else "",
        sender=shortened(receipt.sender_name, SENDER),
        subject=subject,
        office=dict(zip(("mr", "en"), office, strict=True)),
        category={"mr": category.mr, "en": category.en} if category else names,
        said={
            language: diary.acknowledge(language, receipt.number, day, subject)
            for language in ("mr", "en")
        },
    )


def department_name(organisation: Organisation, code: str, language: str) -> str:
    """A department's name."""
    return _in(organisation.called("department", code), language)


def post_name(
    organisation: Organisation, code: str, language: str, at: datetime | None = None
) -> str:
    """A post's name at a moment, or now; its code, if there was never one."""
    return _in(organisation.called("post", code, at), language)


def person_name(
    organisation: Organisation, code: str | None, language: str, at: datetime | None = None
) -> str:
    """A person's name at a moment, or now; empty for None: a service acted."""
    return _in(organisation.called("person", code, at), language)


def _in(names: tuple[str, str], language: str) -> str:
    return names[0 if language == "mr" else 1]
