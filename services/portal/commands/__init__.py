"""What changes what the portal keeps: one use case a module."""
