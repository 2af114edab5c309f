"""``make bench``: the platform measured beside its peers, in one run, on one machine.

``measures/``
    one module a measure; the list of them is in its ``__init__``.
``peers/``
    what is measured against: each a small program of its own, at its best setting.
``ground``
    the private broker and PostgreSQL, and the processes on them.
``simulation/``, ``soak/``
    larger places by these figures (``docs/scaling.md``); a city under load for half an hour.
``rows``, ``report``, ``machine``
    the figures; the table, ``docs/benchmarks.json`` and ``docs/benchmarks.md``.
"""

import warnings

# Eventlet calls itself deprecated at each import; the stack is chosen (docs/decisions/0007).
warnings.filterwarnings("ignore", message="(?s).*Eventlet is deprecated")
