"""Which rows a post may read, in SQL: the rule is that of ``domain/access.may_read``."""

from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, or_, select
from sqlalchemy.orm import aliased

from services.eoffice.domain.movement import State
from services.eoffice.domain.organisation import Post
from services.eoffice.models import File, Marking, Movement, Receipt, ReceiptMovement

# Named otherwise than in the statements that ask: a column of the asking one would be taken for the
# table's own, and who has any file would read all.
_File, _Movement, _Marking = aliased(File), aliased(Movement), aliased(Marking)
_First, _Main = aliased(File), aliased(File)
_Receipt, _ReceiptMovement = aliased(Receipt), aliased(ReceiptMovement)


def readable(secrecy: Any, file_id: Any, post: Post) -> ColumnElement[bool]:
    """The rule that a post may read a file: its clearance is enough, or it is involved.

    Args:
        secrecy: the column with the grade.
        file_id: the column with the file's id.
        post: that reads.
    """
    # In this order: only for what is too secret is anything looked up.
    return or_(secrecy <= int(post.clearance), has_to_do_with(file_id, post.code))


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
    return or_(
        of.secrecy <= int(post.clearance),
        and_(
            has_to_do_with(of.file_id, post.code),
            or_(of.grade <= int(post.clearance), exists(as_secret.offset(0)), had),
        ),
        and_(of.file_id.is_(None), had),
    )


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


def receipt_readable(secrecy: Any, receipt_id: Any, post: Post) -> ColumnElement[bool]:
    """The rule that a post may read a receipt, in a file or not: its clearance is enough, or it
    has, had or diarised it. The arguments are as of ``readable``."""
    return or_(secrecy <= int(post.clearance), has_had_receipt(receipt_id, post.code))


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
