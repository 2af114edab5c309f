"""Reads of what is entered by hand, one question a module."""
