"""Which rows a post may read, in SQL: the rule is that of ``domain/access.may_read``.

Of a normal file nothing is looked up; who needs to know of a secret one is, row by row, and these
are few (docs/decisions/0033).
"""

from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, literal, or_, select
from sqlalchemy.orm import aliased

from services.eoffice import models
from services.eoffice.domain.movement import State
from services.eoffice.domain.organisation import Post
from services.eoffice.domain.receipts import State as ReceiptState
from services.eoffice.domain.secrecy import Secrecy
from services.eoffice.models import (
    File,
    Imported,
    Marking,
    Movement,
    Receipt,
    ReceiptMovement,
)
from services.eoffice.reference import city_retention

# Named otherwise than in the statements that ask: a column of the asking one would be taken for the
# table's own, and who has any file would read all.
_File, _Movement, _Marking = aliased(File), aliased(Movement), aliased(Marking)
_First, _Main = aliased(File), aliased(File)
_Receipt, _ReceiptMovement = aliased(Receipt), aliased(ReceiptMovement)
_Imported, _Post = aliased(Imported), aliased(models.Post)


def readable(secrecy: Any, file_id: Any, post: Post) -> ColumnElement[bool]:
    """The rule that a post may read a file: it is normal; or the post is cleared for it and
    concerned with it; or it is involved.

    Args:
        secrecy: the column with the grade.
        file_id: the column with the file's id.
        post: that reads.
    """
    # In this order: only for what is secret is anything looked up.
    may = or_(
        secrecy == Secrecy.NORMAL,
        *_cleared(secrecy, post.clearance, _concerned(file_id, post)),
        has_to_do_with(file_id, post.code),
    )
    return and_(may, *within(post, secrecy))


def within(post: Post, *grades: Any) -> list[ColumnElement[bool]]:
    """The rule that nothing is read which is above ``Post.limit``, whatever the post has to do with
    it; none where there is no such limit.

    Args:
        post: that reads.
        grades: the columns with the grades.
    """
    if post.limit is Secrecy.TOP_SECRET:
        return []
    return [each <= int(post.limit) for each in grades]


def imported_readable(secrecy: Any, imported_id: Any, post: Post) -> ColumnElement[bool]:
    """The same rule for files that were brought in, which nobody has had here. The arguments are as
    of ``readable``."""
    cleared = _cleared(secrecy, post.clearance, _concerned_with_imported(imported_id, post))
    return or_(secrecy == Secrecy.NORMAL, *cleared)


def findable(of: Any, post: Post) -> ColumnElement[bool]:
    """The rule that a post finds a row of ``search_words``: it may read the file and what is in it.

    Who has to do with a file finds in it what is as secret as the file; what is more secret only
    who is cleared for it, or has had the receipt with which it came. A receipt is found by who may
    read it as a receipt, in a file or not.

    Args:
        of: the table, or an alias of it.
        post: that searches.
    """
    as_secret = select(_File.id).where(_File.id == of.file_id, _File.secrecy >= of.grade)
    had = has_had_receipt(of.receipt_id, post.code)
    concerned = or_(
        and_(of.file_id.is_(None), _concerned_with_receipt(of.receipt_id, post)),
        _concerned(of.file_id, post),
        and_(of.file_id.is_(None), _concerned_with_imported(of.thing, post)),
    )
    may = or_(
        of.secrecy == Secrecy.NORMAL,
        *_cleared(of.secrecy, post.clearance, concerned),
        and_(
            has_to_do_with(of.file_id, post.code),
            or_(of.grade <= int(post.clearance), exists(as_secret.offset(0)), had),
        ),
        and_(of.file_id.is_(None), had),
    )
    return and_(may, *within(post, of.secrecy))


def has_to_do_with(file_id: Any, post: str) -> ColumnElement[bool]:
    """The rule that a post has the file of that id, has had it, opened it, or was marked to; or has
    the file of which it is a part."""
    its = select(_File.id).where(
        _File.id == file_id, or_(_File.held_by == post, _File.opened_by == post)
    )
    went = select(_Movement.file_id).where(
        _Movement.file_id == file_id,
        or_(_Movement.from_post == post, _Movement.to_post == post),
    )
    marked = select(_Marking.file_id).where(_Marking.file_id == file_id, _Marking.post == post)
    # Who has a file has to do with its parts, which are to come back to it (``volumes.main_of``).
    main = (
        select(_File.id)
        .join(_First, _First.id == case((_File.volume > 1, _File.part_of), else_=_File.id))
        .join(
            _Main,
            or_(
                _Main.id == _First.part_of,
                and_(_Main.part_of == _First.part_of, _Main.volume > 1),
            ),
        )
        .where(_File.id == file_id, _Main.held_by == post, _Main.state != State.CLOSED)
    )
    # Without the OFFSET the planner may look up all files that the post ever had, to know of a few.
    return or_(
        exists(its.offset(0)),
        exists(went.offset(0)),
        exists(marked.offset(0)),
        exists(main.offset(0)),
    )


def concerns(
    file_id: Any, post: str, department: str | None, *, closed: bool = False
) -> ColumnElement[bool]:
    """The rule that a post needs to know of the file of that id: it is of its department, or with
    the post or one below it in the line.

    Args:
        file_id: the column with the file's id.
        post: the code of the post.
        department: of the post.
        closed: it needs to know of what is closed, too, whosever it is: the record room.
    """
    near = [_File.department == department, _File.held_by.in_(_line_of(post))]
    if closed:
        near.append(_File.state == State.CLOSED)
    return exists(select(_File.id).where(_File.id == file_id, or_(*near)).offset(0))


def _concerned(file_id: Any, post: Post) -> ColumnElement[bool]:
    keeps = city_retention().record_room.includes(post)
    return concerns(file_id, post.code, post.department, closed=keeps)


def _concerned_with_imported(imported_id: Any, post: Post) -> ColumnElement[bool]:
    """As ``concerns``; the record room, and who brought it in, is to it as who has a file."""
    if city_retention().record_room.includes(post):
        return exists(select(_Imported.id).where(_Imported.id == imported_id).offset(0))
    near = or_(
        _Imported.department == post.department, _Imported.imported_by.in_(_line_of(post.code))
    )
    return exists(select(_Imported.id).where(_Imported.id == imported_id, near).offset(0))


def _line_of(post: str) -> Any:
    """A post and all below it; read once a statement, and only if it is asked for."""
    line = select(literal(post).label("code")).cte(recursive=True)
    line = line.union(select(_Post.code).join(line, _Post.reports_to == line.c.code))
    return select(line.c.code)


def _cleared(
    secrecy: Any, clearance: Secrecy, concerned: ColumnElement[bool]
) -> list[ColumnElement[bool]]:
    # Who is cleared for nothing secret lets nothing be looked up for it.
    if clearance is Secrecy.NORMAL:
        return []
    return [and_(secrecy <= int(clearance), concerned)]


def receipt_readable(secrecy: Any, receipt_id: Any, post: Post) -> ColumnElement[bool]:
    """The rule that a post may read a receipt, in a file or not: it is normal; or the post is
    cleared for it and concerned with it; or it has, had or diarised it. The arguments are as of
    ``readable``."""
    may = or_(
        secrecy == Secrecy.NORMAL,
        *_cleared(secrecy, post.clearance, _concerned_with_receipt(receipt_id, post)),
        has_had_receipt(receipt_id, post.code),
    )
    return and_(may, *within(post, secrecy))


def receipt_concerns(
    receipt_id: Any, post: str, department: str | None, *, closed: bool = False
) -> ColumnElement[bool]:
    """The rule that a post needs to know of the receipt of that id: it is with its department, with
    one below it in the line, or of the section that diarised it; or it is in a file with which the
    post has to do, or of which it needs to know; or, of the record room, it is closed without a
    file. The arguments are as of ``concerns``."""
    there = select(_Post.code).where(_Post.department == department)
    office = select(func.coalesce(_Post.section, _Post.department)).where(_Post.code == post)
    near = [
        _Receipt.held_by.in_(there),
        _Receipt.held_by.in_(_line_of(post)),
        _Receipt.office == office.scalar_subquery(),
        has_to_do_with(_Receipt.file_id, post),
        concerns(_Receipt.file_id, post, department, closed=closed),
    ]
    if closed:
        near.append(_Receipt.state.in_((ReceiptState.CLOSED, ReceiptState.WEEDED)))
    return exists(select(_Receipt.id).where(_Receipt.id == receipt_id, or_(*near)).offset(0))


def _concerned_with_receipt(receipt_id: Any, post: Post) -> ColumnElement[bool]:
    keeps = city_retention().record_room.includes(post)
    return receipt_concerns(receipt_id, post.code, post.department, closed=keeps)


def has_had_receipt(receipt_id: Any, post: str) -> ColumnElement[bool]:
    """The rule that a post has the receipt of that id, has had it, or diarised it."""
    its = select(_Receipt.id).where(
        _Receipt.id == receipt_id, or_(_Receipt.held_by == post, _Receipt.diarised_by == post)
    )
    went = select(_ReceiptMovement.receipt_id).where(
        _ReceiptMovement.receipt_id == receipt_id,
        or_(_ReceiptMovement.from_post == post, _ReceiptMovement.to_post == post),
    )
    return or_(exists(its.offset(0)), exists(went.offset(0)))
