"""Use cases that change something: load, decide (``domain/``), save, record the event."""
