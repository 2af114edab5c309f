"""Dashboards of Grafana, made from the catalogue. No clock, no chance: the same catalogue gives the
same files."""
