"""The note sheet of a file that came as an archive, from the archive's own document."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from palika.blocking import off_hub
from palika.errors import NotFound
from palika.india import day_of, in_digits, rupees
from palika.store import Store
from services.eoffice.documents import Decision, Opinion, SheetPaper, SignedMove, SignedNote
from services.eoffice.domain.naming import called_in
from services.eoffice.domain.organisation import Post
from services.eoffice.domain.written import moment
from services.eoffice.queries import archived
from services.eoffice.reference import city_powers

_DOCUMENT = "file.json"


def archived_document(session: Session, post: Post, store: Store, number: str) -> dict[str, Any]:
    """The document of the file of a number that was brought in.

    Raises:
        NotFound: there is none, or the post may not read it: the same either way; or the store has
            something else under its name.
        Unavailable: the store does not answer.
    """
    found = archived.imported_file(session, post, {"id": None, "number": number})
    part = archived.find_part(session, post, {"id": found.id, "path": _DOCUMENT})
    content = off_hub(store.get, part.key)
    if hashlib.sha256(content).hexdigest() != part.sha256:
        raise NotFound(
            f"what the store has of file {number} is not what was brought in",
            {"number": number, "path": _DOCUMENT},
        )
    read: dict[str, Any] = json.loads(content)
    return read


def archived_sheet(document: Mapping[str, Any], language: str) -> SheetPaper:
    """Its note sheet, with its opinions, decisions and remarks, by the names that the archive
    gives; heads of powers by this city's, where it has them.

    The signatures are in the archive, beside the document, and are not on this sheet.
    """
    rows, names = document["rows"], document["names"]
    (file,) = rows["file"]
    # Of archives from before there were cancellations none has any.
    cancelled = {
        each["cancels"]: _moment(each["decided_at"])
        for each in rows["approval"]
        if each.get("cancels") is not None
    }

    def called(what: str, code: str | None, at: str | None = None) -> str:
        moment_of = None if at is None else datetime.fromisoformat(at)
        return called_in(names, what, code, moment_of)[language]

    return SheetPaper(
        number=file["number"],
        subject=file["subject"],
        department=called("departments", file["department"]),
        head=called("heads", file["head"]),
        opened_on=in_digits(day_of(datetime.fromisoformat(file["opened_at"]))),
        secrecy=file["secrecy"],
        notes=[
            SignedNote(
                number=each["number"],
                markup=each["markup"],
                language=each["language"],
                person=called("people", each["person"], each["confirmed_at"]),
                post=called("posts", each["post"], each["confirmed_at"]),
                written_by=(
                    ""
                    if each["by_post"] == each["post"]
                    else called("posts", each["by_post"], each["confirmed_at"])
                ),
                at=_moment(each["confirmed_at"]),
            )
            for each in sorted(rows["note"], key=lambda each: int(each["number"]))
        ],
        decisions=[
            Decision(
                decision=each["decision"],
                power=_power(each["power"], language),
                amount=_rupees(each["amount_paise"]),
                limit=_rupees(each["most_paise"]),
                delegated_by=called("posts", each["delegated_by"], each["decided_at"]),
                remark=each["remark"] or "",
                person=called("people", each["person"], each["decided_at"]),
                post=called("posts", each["post"], each["decided_at"]),
                capacity=each["capacity"],
                at=_moment(each["decided_at"]),
                cancelled=cancelled.get(each["id"], ""),
            )
            for each in sorted(rows["approval"], key=lambda each: str(each["decided_at"]))
        ],
        moves=[
            SignedMove(
                position=each["position"],
                from_post=called("posts", each["from_post"], each["moved_at"]),
                to_post=called("posts", each["to_post"], each["moved_at"]),
                at=_moment(each["moved_at"]),
                remark=each["remark"],
                person=called("people", each["by_person"], each["moved_at"]),
                post=called("posts", each["by_post"], each["moved_at"]),
            )
            for each in sorted(rows["movement"], key=lambda each: int(each["position"]))
            if each["remark"]
        ],
        opinions=[
            Opinion(
                post=called("posts", each["post"], each["asked_at"]),
                by=[
                    called("people", each["by_person"], each["asked_at"]),
                    called("posts", each["by_post"], each["asked_at"]),
                    _moment(each["asked_at"]),
                ],
                question=each["question"],
                state=each["state"],
                answer=each["answer"] or "",
                person=called("people", each["answered_by"], each["answered_at"]),
                at="" if each["answered_at"] is None else _moment(each["answered_at"]),
            )
            for each in sorted(rows["marking"], key=lambda each: (each["asked_at"], each["post"]))
        ],
    )


def _moment(said: str) -> str:
    return moment(datetime.fromisoformat(said))


def _rupees(paise: int | None) -> str:
    return "" if paise is None else rupees(paise)


def _power(code: str | None, language: str) -> str:
    known = city_powers().heads.get(code or "")
    if known is None:
        return code or ""
    return known.mr if language == "mr" else known.en
