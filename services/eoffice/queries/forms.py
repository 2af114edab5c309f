"""What an officer may choose in the forms of a desk, with its names in both languages."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy.orm import Session

from services.eoffice.domain.letters import Channel
from services.eoffice.domain.movement import Priority
from services.eoffice.domain.organisation import Post
from services.eoffice.domain.receipts import Medium
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.organisation_store import current
from services.eoffice.queries.approvals import letter_names
from services.eoffice.reference import city_diary, city_letters, city_numbering, city_phrases


def forms(session: Session, post: Post) -> dict[str, Any]:
    """``departments`` and ``sections`` of those (``department``), subject ``heads``, ``categories``
    (with the ``days`` within which each wants an answer) and ``senders`` of receipts, ``letters``:
    each with ``code``, ``mr`` and ``en``. ``phrases`` (``mr``, ``en``) of notes. Codes alone:
    ``grades`` of secrecy that the post is cleared for, ``priorities``, ``media``, ``channels``.
    ``department`` and ``section`` are the post's own."""
    city, diary = current(session), city_diary()
    return {
        "department": post.department,
        "section": post.section,
        "departments": _named((code, *names) for code, names in city.departments.items()),
        "sections": [
            {"code": code, "department": department, "mr": mr, "en": en}
            for code, department in city.sections.items()
            for mr, en in [city.section_names[code]]
        ],
        "heads": _named((code, *names) for code, names in city_numbering().heads.items()),
        "categories": [
            {"code": code, "mr": each.mr, "en": each.en, "days": each.days}
            for code, each in diary.categories.items()
        ],
        "senders": _named((code, *names) for code, names in diary.senders.items()),
        "letters": [
            {"code": each.template, **letter_names()[each.code]}
            for each in city_letters().powers.values()
        ],
        "phrases": [{"mr": each.mr, "en": each.en} for each in city_phrases()],
        "grades": [each.code for each in Secrecy if each <= post.clearance],
        "priorities": [each.code for each in Priority],
        "media": [str(each) for each in Medium],
        "channels": [str(each) for each in Channel],
    }


def _named(found: Iterable[tuple[str, str, str]]) -> list[dict[str, str]]:
    return [{"code": code, "mr": mr, "en": en} for code, mr, en in found]
