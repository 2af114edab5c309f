"""Keep the bytes of a pack, before the transaction that names them (docs/decisions/0012)."""

from datetime import datetime
from hashlib import sha256
from uuid import UUID, uuid5

from palika.store import Store, key_of
from services.warroom.domain.reviews import Pack
from services.warroom.queries.packs import TYPES


def keep_pack(
    store: Store, form: str, language: str | None, made: bytes, frozen_at: datetime, now: datetime
) -> Pack:
    """Put a file of a pack into the store. Not on the hub.

    Raises:
        Unavailable: the store does not answer.
    """
    key = key_of(made, now, f".{form}")
    store.put(key, made, TYPES[form])
    return Pack(form, language, key, sha256(made).hexdigest(), len(made), frozen_at)


def pack_id(review: UUID, pack: Pack) -> UUID:
    """The id of a file of a pack: one of a form and language that a review has."""
    return uuid5(review, f"pack:{pack.form}:{pack.language}")
