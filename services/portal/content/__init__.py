"""What the site says: documents in files, in both languages, checked before they are shown."""

from services.portal.content.documents import Content, Document, Site
from services.portal.content.shelf import Shelf

__all__ = ["Content", "Document", "Shelf", "Site"]
