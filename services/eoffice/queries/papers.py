"""What stands on the papers that the e-office makes itself."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.india import day_of, in_digits, rupees
from services.eoffice.documents import (
    Decision,
    SheetPaper,
    Signed,
    SignedMove,
    SignedNote,
    SlipPaper,
)
from services.eoffice.domain.organisation import Organisation
from services.eoffice.domain.written import certified, moment
from services.eoffice.models import Approval, Department, File, Movement, Receipt, Section
from services.eoffice.organisation_store import current
from services.eoffice.queries.notes import green_notes
from services.eoffice.queries.records import check_not_weeded
from services.eoffice.reference import city_diary, city_numbering, city_powers
from services.eoffice.sealing.record import name_of
from services.eoffice.signing.checking import known_certificates, signatures


def sheet_paper(session: Session, file: File, language: str) -> SheetPaper:
    """The note sheet of a file, with its decisions and signatures, with names in a language.

    Raises:
        Conflict: the file was weeded.
    """
    check_not_weeded(session, file)
    organisation = current(session)
    signed = _signed(session, file, language)
    notes, strange = green_notes(session, file)
    approvals = select(Approval).where(Approval.file_id == file.id)
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
                person=person_name(organisation, each.person, language),
                post=post_name(organisation, each.post, language),
                written_by=(
                    ""
                    if each.by_post == each.post
                    else post_name(organisation, each.by_post, language)
                ),
                at=moment(each.confirmed_at),
                signatures=signed.get(name_of(each), ()),
                altered=name_of(each) in strange,
            )
            for each in notes
        ],
        decisions=[
            _decision(organisation, each, language, signed)
            for each in session.scalars(approvals.order_by(Approval.decided_at, Approval.id))
        ],
        moves=[
            SignedMove(
                position=each.position,
                from_post=post_name(organisation, each.from_post, language),
                to_post=post_name(organisation, each.to_post, language),
                at=moment(each.moved_at),
                signatures=signed[name_of(each)],
            )
            for each in session.scalars(moves)
            if name_of(each) in signed
        ],
    )


def _decision(
    organisation: Organisation,
    made: Approval,
    language: str,
    signed: Mapping[str, Sequence[Signed]],
) -> Decision:
    power = city_powers().heads.get(made.power) if made.power is not None else None
    called = made.power or ""
    if power is not None:
        called = power.mr if language == "mr" else power.en
    by = made.delegated_by
    return Decision(
        decision=made.decision,
        power=called,
        amount="" if made.amount_paise is None else rupees(made.amount_paise),
        limit="" if made.most_paise is None else rupees(made.most_paise),
        delegated_by="" if by is None else post_name(organisation, by, language),
        remark=made.remark or "",
        person=person_name(organisation, made.person, language),
        post=post_name(organisation, made.post, language),
        capacity=made.capacity,
        at=moment(made.decided_at),
        signatures=signed.get(name_of(made), ()),
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
                person=person_name(organisation, made.person, language),
                certificate=certified(certificate.subject) if certificate else made.certificate,
                serial=certificate.serial if certificate else "",
                at=moment(made.signed_at),
                counts=each.why is None,
            )
        )
    return dict(found)


def slip_paper(session: Session, receipt: Receipt) -> SlipPaper:
    """The slip for the sender of a receipt."""
    office: Section | Department | None = session.get(Section, receipt.office)
    office = office or session.get(Department, receipt.department)
    diary, day = city_diary(), receipt.received_on
    category = diary.categories.get(receipt.category)
    names = {"mr": receipt.category, "en": receipt.category}
    return SlipPaper(
        number=receipt.number,
        received_on=in_digits(day),
        due_on=in_digits(receipt.due_on) if receipt.due_on is not None else "",
        sender=receipt.sender_name,
        subject=receipt.subject,
        office={"mr": office.mr, "en": office.en} if office else {"mr": "", "en": ""},
        category={"mr": category.mr, "en": category.en} if category else names,
        said={
            language: diary.acknowledge(language, receipt.number, day, receipt.subject)
            for language in ("mr", "en")
        },
    )


def department_name(organisation: Organisation, code: str, language: str) -> str:
    """A department's name."""
    mr, en = organisation.departments.get(code, (code, code))
    return mr if language == "mr" else en


def post_name(organisation: Organisation, code: str, language: str) -> str:
    """A post's name; its code, if there is none any more."""
    post = organisation.posts.get(code)
    if post is None:
        return code
    return post.mr if language == "mr" else post.en


def person_name(organisation: Organisation, code: str | None, language: str) -> str:
    """A person's name; empty for None: a service acted."""
    person = organisation.people.get(code) if code is not None else None
    if person is None:
        return code or ""
    return person.mr if language == "mr" else person.en
