"""Grievances: what citizens ask the city to put right. See README.md."""
