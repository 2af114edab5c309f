"""The record room's work: destroying what is weeded; archives, written, checked and brought in."""
