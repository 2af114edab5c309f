"""Properties and bills of matters of several services."""

from palika.correlation import TieColumns
from services.tax.models.base import Base


class Tie(TieColumns, Base):
    """That a property or a bill belongs, or belonged, to a matter."""
