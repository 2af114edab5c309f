"""What others have said of a message, as it may be kept."""

from palika import masking

_MOST = 300


def kept(detail: str | None) -> str | None:
    """Others' words may name the recipient, in whatever spelling: masked, then cut; None: none."""
    return masking.mask(detail)[:_MOST] or None if detail else None
