"""How well likely duplicates are found: a labelled set, and the measure of the rules on it."""
