"""The rules of the notify service: plain Python, no I/O, no framework."""
