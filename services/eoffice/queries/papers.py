"""What stands on the papers that the e-office makes itself."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.india import day_of, in_digits, readable
from services.eoffice.documents import SheetPaper, SignedNote, SlipPaper
from services.eoffice.domain.organisation import Organisation
from services.eoffice.models import Department, File, Note, Receipt, Section
from services.eoffice.organisation_store import current
from services.eoffice.queries.records import check_not_weeded
from services.eoffice.reference import city_diary, city_numbering


def sheet_paper(session: Session, file: File, language: str) -> SheetPaper:
    """The note sheet of a file, with names in a language.

    Raises:
        Conflict: the file was weeded.
    """
    check_not_weeded(session, file)
    organisation = current(session)
    notes = select(Note).where(Note.file_id == file.id).order_by(Note.number)
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
                at=readable(each.confirmed_at),
            )
            for each in session.scalars(notes)
        ],
    )


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
