"""The model of recovery: what each action may bring from each property that owes.

``features`` (what is known of a history before a day), ``examples`` (decisions of the past and what
came of them), ``training`` (scikit-learn), ``model`` (what it learned, as data that is no code, and
how it is applied), ``explanation``, ``evaluation`` with ``offpolicy``, ``fairness``, ``card``, and
``synthetic`` (a made-up city, to exercise all of it).

Nothing here is imported by a running service: scikit-learn and numpy are some hundred megabytes
that only ``palika tax recovery`` needs.
"""
