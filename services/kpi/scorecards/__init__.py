"""Scorecards: from their tables to a card, and from a card to pages and slides."""
