"""Forecasts of a KPI to the date at which its target is due."""
