"""The city on one machine: a private broker, an embedded database, and what watches over both."""

from palika.local.broker import Broker
from palika.local.postgres import Postgres
from palika.local.processes import LocalError

__all__ = ["Broker", "LocalError", "Postgres"]
