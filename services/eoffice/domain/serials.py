"""Numbers that end with a serial: what stands before it is what is counted by."""


def before(scheme: str, **parts: str) -> str:
    """``DAK/CR/2026/`` of ``DAK/{office}/{year}/{serial:05d}``: codes in capitals."""
    filled = {name: each.upper() for name, each in parts.items()}
    return scheme[: scheme.index("{serial")].format(**filled)


def numbered(scheme: str, prefix: str, serial: int) -> str:
    """The whole number: the serial, and what may follow it, behind the prefix."""
    return prefix + scheme[scheme.index("{serial") :].format(serial=serial)
