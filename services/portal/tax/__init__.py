"""Property tax over HTTP: whether a document is genuine, and the document itself."""

from services.portal.tax.views import register

__all__ = ["register"]
