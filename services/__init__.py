"""The city's services: each imports the backbone (``palika``) and itself, never another service."""
