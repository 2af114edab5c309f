"""Files: what a city writes and edits, what other systems exported, and the tables people take."""
