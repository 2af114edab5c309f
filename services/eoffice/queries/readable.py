"""Which rows a post may read, in SQL: the rule is that of ``domain/access.may_read``."""

from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select

from services.eoffice.domain.organisation import Post
from services.eoffice.models import File, Marking, Movement


def readable(secrecy: Any, file_id: Any, post: Post) -> ColumnElement[bool]:
    """The rule that a post may read a row: its clearance is enough, or it is involved.

    Args:
        secrecy: the column with the grade.
        file_id: the column with the file's id.
        post: that reads.
    """
    # In this order: only for what is too secret is anything looked up.
    return or_(secrecy <= int(post.clearance), has_to_do_with(file_id, post.code))


def has_to_do_with(file_id: Any, post: str) -> ColumnElement[bool]:
    """The rule that a post has the file of that id, has had it, opened it, or was marked to."""
    its = select(File.id).where(
        File.id == file_id, or_(File.held_by == post, File.opened_by == post)
    )
    went = select(Movement.file_id).where(
        Movement.file_id == file_id, or_(Movement.from_post == post, Movement.to_post == post)
    )
    marked = select(Marking.file_id).where(Marking.file_id == file_id, Marking.post == post)
    # Without the OFFSET the planner may look up all files that the post ever had, to know of a few.
    return or_(exists(its.offset(0)), exists(went.offset(0)), exists(marked.offset(0)))
