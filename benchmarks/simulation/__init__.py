"""``python -m benchmarks.simulation``: a city, a state and a country, by this machine's figures.

``loads``, ``loads.yaml``
    what comes in, by the hour, of so many heads.
``calibration``
    what each piece of work takes of each part, read from ``docs/benchmarks.json``.
``queueing``, ``formulas``
    stations and the work that passes through them, simulated (simpy); and the closed forms that the
    simulation is held to.
``steps``
    how a city grows, from one machine to partitions, and which part gives out first at each.
``validation``
    what the simulation says of what was measured, beside what was measured.
``document``
    the tables and pictures of ``docs/scaling.md``.
"""
