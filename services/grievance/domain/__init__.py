"""Rules of the grievance service: plain Python, no I/O."""
