"""What citizens and officers attach: photos, documents and recordings, checked, cleaned and kept.

``check_and_store`` is all that a command needs. It takes seconds at the worst and belongs before
the transaction: a crash between the two leaves bytes that no row names, never a row without bytes.
"""

from palika.store import Kept, Store, open_store
from services.grievance.attachments.checking import StoredAttachment, check_and_store, from_base64
from services.grievance.attachments.kinds import Kind, check_room, serving_headers

__all__ = [
    "Kept",
    "Kind",
    "Store",
    "StoredAttachment",
    "check_and_store",
    "check_room",
    "from_base64",
    "open_store",
    "serving_headers",
]
