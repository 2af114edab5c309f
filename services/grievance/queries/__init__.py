"""Reads: what callers see of grievances, a module a question. None imports a command."""
