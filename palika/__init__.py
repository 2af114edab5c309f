"""Palika: the backbone that every service of the city stands on."""
