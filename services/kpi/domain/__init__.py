"""The rules of the KPI service: plain Python, no I/O, no framework."""
