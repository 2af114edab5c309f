"""The read side of the backbone: ``@subscribe``, the Nameko entrypoint that reads batches.

::

    class KpiService(Service):
        name = "kpi"

        @subscribe("measures", to=["grievance.filed.v1", "tax.paid.v1"])
        def project(self, session, events):
            ...

The handler is called once with the fresh events of a batch, in one transaction that also holds
their ids (the inbox) and whatever the handler records itself; after its commit the whole batch is
acknowledged at once. So an event takes effect exactly once, however often it is delivered.

``outcomes``
    what a handler may answer.
``context``
    in which trace a handler works, and what is recorded of it.
``work``
    a batch through the handler: dedupe, one transaction, isolate what fails.
``failures``
    where an event goes that did not succeed: retry queues and dead letters.
``reader``
    the connection: deliveries in, acknowledgements out.
``entrypoint``
    the Nameko side.
"""

from palika.subscribe.entrypoint import Subscription, subscribe
from palika.subscribe.outcomes import Done, Outcome, Refuse, RetryLater, Stop

__all__ = ["Done", "Outcome", "Refuse", "RetryLater", "Stop", "Subscription", "subscribe"]
