"""What can be done with a project: a use case a module."""
