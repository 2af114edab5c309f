"""What the KPI service does, one use case a module."""
