"""The base of every service: what a method finds on ``self``."""

from typing import ClassVar

from palika.database import Database
from palika.heartbeat import Heartbeat
from palika.rpc import Caller, Rpc


class Service:
    """A Nameko service of the city. A subclass sets ``name`` and has ``@rpc`` and ``@subscribe``
    methods.

    Attributes:
        db: the service's database: ``with self.db.begin() as session: …``.
        caller: who called: ``self.caller.identity``.
        rpc: other services: ``self.rpc.grievance.contacts(ids=[…])``.
    """

    name: ClassVar[str]

    db = Database()
    caller = Caller()
    rpc = Rpc()
    heartbeat = Heartbeat()
