"""Rules of the e-office service: plain Python, no I/O."""
