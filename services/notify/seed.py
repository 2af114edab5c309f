"""The demo's word of Meta: registered WhatsApp templates are approved, as a city's would be."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from services.notify.commands.templates import note_status
from services.notify.domain.whatsapp_text import Approval
from services.notify.models import WhatsappTemplate
from services.notify.template_store import TemplateStore

OPTION = ("--approvals", "how many WhatsApp templates to take for approved by Meta")
_MOMENT = timedelta(milliseconds=1)


def seed(
    sessions: sessionmaker[Session],
    count: int,
    seed: int,
    now: datetime,
    progress: Callable[[int], None] = lambda done: None,
) -> int:
    """Approve up to ``count`` of the WhatsApp templates that are waiting, in each language.

    The shipped templates are stored first, where the service has not run yet.

    Args:
        sessions: on the service's database.
        count: how many names and languages.
        seed: nothing here is by chance.
        now: aware.
        progress: called with how many are done.

    Returns:
        How many were waiting.
    """
    TemplateStore(sessions.begin).load_shipped(now)
    with sessions.begin() as session:
        waiting = session.execute(
            select(WhatsappTemplate.name, WhatsappTemplate.language, WhatsappTemplate.changed_at)
            .where(WhatsappTemplate.state == Approval.PENDING)
            .order_by(WhatsappTemplate.name, WhatsappTemplate.language)
            .limit(count)
        ).all()
        for name, language, changed_at in waiting:
            # As if Meta had answered after it was registered, whatever the clocks say.
            at = max(now, changed_at) + _MOMENT
            note_status(session, name, language, Approval.APPROVED, at)
    progress(count)
    return len(waiting)
