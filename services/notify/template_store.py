"""The stored templates as a process knows them: read once, then only what is new."""

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from time import monotonic

from sqlalchemy import select
from sqlalchemy.orm import Session

from palika.errors import Invalid
from services.notify.commands.templates import load
from services.notify.domain.dlt import Register
from services.notify.domain.template_data import template
from services.notify.domain.templates import Template, Templates
from services.notify.domain.whatsapp_text import Approval
from services.notify.models import TemplateVersion, WhatsappTemplate
from services.notify.reference import city_register, shipped

_log = logging.getLogger(__name__)

LOOK_EVERY_S = 3.0
"""What is saved, or said by Meta, is used by every process after so long at most."""


class TemplateStore:
    """The templates of the database; any thread or greenlet may ask: two that read at once read the
    same.

    `begin` opens a transaction on the service's database; `clock` is monotonic, in seconds.
    """

    def __init__(
        self,
        begin: Callable[[], AbstractContextManager[Session]],
        register: Register | None = None,
        look_every_s: float = LOOK_EVERY_S,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._begin = begin
        self._register = register or city_register()
        self._look_every_s = look_every_s
        self._clock = clock
        self._read_to = 0
        self._looked_at = 0.0
        self._versions: dict[tuple[str, int], Template] = {}
        self._newest: dict[str, Template] = {}
        self._known: Templates | None = None
        self._lock = threading.Lock()

    def load_shipped(self, now: datetime) -> None:
        """Save what is new in the shipped files; many processes may start at once.

        Raises:
            Invalid: one of them has mistakes; nothing is saved.
        """
        with self._begin() as session:
            for saved in load(session, shipped(), register=self._register, now=now, shipped=True):
                if saved.new:
                    _log.info("template %s has a new version, %s", saved.name, saved.version)

    def current(self) -> Templates:
        """All templates, as they were a few seconds ago at most."""
        now = self._clock()
        with self._lock:
            # Who came later has what the first has read, and never a half of it.
            if self._known is None or now - self._looked_at >= self._look_every_s:
                self._known = self._read()
                self._looked_at = now
            return self._known

    def _read(self) -> Templates:
        with self._begin() as session:
            new = session.scalars(
                select(TemplateVersion)
                .where(TemplateVersion.id > self._read_to)
                .order_by(TemplateVersion.id)
            ).all()
            approvals = {
                (row.name, row.language): Approval(row.state)
                for row in session.execute(
                    select(WhatsappTemplate.name, WhatsappTemplate.language, WhatsappTemplate.state)
                )
            }
        for row in new:
            self._read_to = max(self._read_to, row.id)
            try:
                made = template(row.name, row.content, self._register, row.version)
            except Invalid as error:
                # It was sound when it was saved: the rules, or the city's register, have changed.
                _log.error(
                    "template %s, version %s, is no longer sound: %s", row.name, row.version, error
                )
                continue
            self._versions[row.name, row.version] = made
            newest = self._newest.get(row.name)
            if newest is None or newest.version < made.version:
                self._newest[row.name] = made
        return Templates(dict(self._newest), dict(self._versions), approvals)


def open_store(
    begin: Callable[[], AbstractContextManager[Session]], now: datetime
) -> TemplateStore:
    """A store into which the shipped templates are saved first, if they are sound.

    Args:
        begin: opens a transaction on the service's database.
        now: aware.
    """
    store = TemplateStore(begin)
    try:
        store.load_shipped(now)
    except Invalid as error:
        # Somebody has saved what they contradict: what is stored goes on being sent.
        _log.error("the shipped templates are not stored: %s", error)
    return store
