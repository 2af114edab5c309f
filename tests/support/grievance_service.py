"""The grievance service's methods as a caller by RPC finds them, in this process."""

from typing import Any

from sqlalchemy.orm import Session, sessionmaker

from palika.auth import Identity
from palika.rpc import CallContext, rpc_methods
from services.grievance.service import GrievanceService

METHODS = {method.name: method for method in rpc_methods(GrievanceService)}


class Service(GrievanceService):
    """The service's methods, on these sessions."""

    def __init__(self, sessions: sessionmaker[Session], caller: Identity) -> None:
        """For one caller."""
        self.db = sessions
        self.caller = CallContext.within("grievance", caller)

    def do(self, method: str, **given: Any) -> Any:
        """Call a method as a caller by RPC does."""
        return getattr(self, method)(**given)
