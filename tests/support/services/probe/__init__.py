"""A service for the tests of the backbone: it publishes what it is told and counts what comes."""
