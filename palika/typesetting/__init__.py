"""Documents as PDF: the fonts of all, and typst (only who sets a page loads it)."""
