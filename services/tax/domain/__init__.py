"""Rules of the tax service: plain Python, no I/O."""
