"""Measures of what the city does, and the indicators they make. See README.md."""
