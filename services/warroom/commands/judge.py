"""Work out the health and the forecasts of projects anew when a day has begun."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.auth import SYSTEM
from palika.india import day_of
from services.warroom.commands.act import Act
from services.warroom.models import Project


def judge(
    begin: Callable[[], AbstractContextManager[Session]],
    now: datetime,
    stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Judge every project that was not yet today (of India), each in a transaction of its own; one
    that nobody works on stays as it was judged when that began.

    Any number of processes may do so at once.

    Returns:
        How many were judged.
    """
    judged = 0
    today = day_of(now)
    with begin() as session:
        due = session.scalars(select(Project.id).where(Project.judged_on < today)).all()
    for key in due:
        if stopping():
            break
        with begin() as session:
            waiting = select(Project).where(Project.id == key, Project.judged_on < today)
            # One that somebody is changing now is judged by that change.
            if session.scalar(waiting.with_for_update(skip_locked=True)) is None:
                continue
            Act.load(session, SYSTEM("warroom"), {"id": key}, now).save("judge")
            judged += 1
    return judged
