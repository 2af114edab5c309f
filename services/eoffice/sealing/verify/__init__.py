"""Whether everything is as it was written down: every row of every table, every act, every root."""

from services.eoffice.sealing.verify.finding import Finding, How
from services.eoffice.sealing.verify.whole import Verified, verify

__all__ = ["Finding", "How", "Verified", "verify"]
