"""Send what is due: claim, plan, hand over, note what came of it.

Any number of processes may do this at once: each claims other rows (``FOR UPDATE SKIP LOCKED``).
Before a message leaves, its attempt is committed; of many that are handed over at the same time,
the outcomes are noted as they come, those that come together in one transaction.
"""

from services.notify.commands.sending.carriers import Carriers
from services.notify.commands.sending.sender import Sender

__all__ = ["Carriers", "Sender"]
