"""What must be shown before a grievance counts as put right."""

from datetime import datetime

from palika.errors import Conflict


def check_evidence(shown_at: datetime | None, since: datetime) -> None:
    """Refuse a resolution that no photograph of the work shows.

    Args:
        shown_at: when the newest photograph of the work was added; None: there is none.
        since: the filing or the last reopening. What was added before shows an earlier resolution,
            which has been taken back.

    Raises:
        Conflict: there is none, or it is older than that.
    """
    if shown_at is None or shown_at < since:
        raise Conflict(
            "cannot be resolved without a photograph of the work done (phase: after)",
            {"missing": ["attachment.after"]},
        )
