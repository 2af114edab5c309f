"""The bill run: all properties of a period, in a process of its own and without eventlet.

``plan``
    begins a run or takes one up: its moment, its chunks, their bills' serials.
``reading``
    a chunk's properties with what they are and what they owe: a few queries for all of them.
``chunk``
    bills a chunk: one transaction, bills, ledger entries, outbox rows and the chunk's mark.
``rows``
    the lines of text that COPY takes.
``work``
    the processes that do chunks, each with a connection of its own, and waiting for the relay.
``preview``
    the same computation without writing anything, beside last year's bills.
``totals``
    what a run made, from the tables themselves.

A chunk is done or it is not: a process that is killed rolls its chunk back, and whoever comes next
takes it. Any number of processes may work on a run; each claims chunks with ``SKIP LOCKED``.
"""
