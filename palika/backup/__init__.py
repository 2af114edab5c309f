"""Backing a city up and bringing it back: what ``palika backup``, ``restore`` and ``settle`` do.

A backup is a folder (:mod:`palika.backup.folder`) with a dump of each service's database, all of
one moment (:mod:`palika.backup.databases`), the event logs (:mod:`palika.backup.event_logs`), and
the stores of attachments and papers (:mod:`palika.backup.files`). Restored databases may still
be of different moments; :mod:`palika.backup.settling` compares what was published with what was
seen and puts it right, or says what it cannot. Why it is so: docs/decisions/0051.
"""

from palika.backup.folder import BackupError

__all__ = ["BackupError"]
