"""Files of matters of several services."""

from palika.correlation import TieColumns
from services.eoffice.models.base import Base, Sealed


class Tie(TieColumns, Sealed, Base):
    """That a file belongs, or belonged, to a matter; each tying stands in an act of the file."""
