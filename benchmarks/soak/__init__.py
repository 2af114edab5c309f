"""``python -m benchmarks.soak``: a city under an even load, and whether all of it stays flat.

``flat``
    the rule: when a series has grown.
``city``
    a city of its own, up and down.
``feeding``, ``asking``
    the load: events into an outbox, and HTTP requests of the portal.
``sampling``
    what is looked at, every few seconds.
``results``
    what has been found: the table, ``docs/soak.json``, the picture.
"""
