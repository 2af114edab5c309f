"""By what an archive is proved that was brought in; apart from the signatures themselves, so that
who only asks for it does not load them."""

OWN, LISTED, BY_HAND, UNSIGNED = "own", "known office", "trusted by hand", "unsigned"
"""Signed with a key of this office; by one that the city has listed; by one that who brings the
archive in vouches for; not at all."""
