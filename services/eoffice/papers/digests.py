"""Whether the store has the bytes that were kept."""

import hashlib

from palika.store import Store

_PART = 4 * 1024 * 1024


def digest_of(store: Store, key: str, size: int) -> str:
    """The SHA-256 of what the store has, a few megabytes at a time.

    Args:
        size: how many bytes were kept; one more is read, so that nothing is added unseen.

    Raises:
        NotFound: it has nothing.
        Unavailable: it does not answer.
    """
    digest = hashlib.sha256()
    for start in range(0, size + 1, _PART):
        part = store.part(key, start, min(_PART, size + 1 - start))
        if not part:
            break  # The size may say anything.
        digest.update(part)
    return digest.hexdigest()
