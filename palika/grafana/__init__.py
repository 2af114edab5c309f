"""Dashboards of Grafana, made by code. No clock, no chance: the same code gives the same files."""
