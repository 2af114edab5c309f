"""What the notify service does, one use case a module."""
