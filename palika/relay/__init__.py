"""The relay: carries a service's outbox to RabbitMQ, in a process of its own.

Any number of relays may run side by side for one service. Each holds its claimed rows under
``FOR UPDATE SKIP LOCKED`` in an open transaction until the broker has confirmed them; one that
dies gives them back by dying. A crash between confirm and commit sends an event twice, which is
what the subscribers' inbox is for; nothing is ever lost.

``publisher``
    pika's asynchronous connection: confirms, returns, ``connection.blocked``.
``claims``
    the slots that claim, hand over, wait and mark.
``housekeeping``
    prunes what is old; measures the outbox.
"""

from palika.relay.run import run

__all__ = ["run"]
