"""Files: what a city writes and edits."""
