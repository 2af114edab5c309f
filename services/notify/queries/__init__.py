"""Reads of the notify service."""
