"""Where a request comes from, as much of it as may be kept."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

_BROWSERS: Final = (
    ("Edg/", "Edge"),
    ("SamsungBrowser", "Samsung Internet"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Final = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks, as far as a request shows it.

    Attributes:
        network: for limits (``network``).
        place: for the person's own list (``place``).
        device: as its person calls it (``device``).
        known: the mark of a device that has signed in before (a word), by login.
    """

    network: str
    place: str
    device: str
    known: str = ""


def device(agent: str) -> str:
    """What somebody calls their device: ``Firefox, Windows``; empty when it does not say."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return ", ".join(filter(None, (browser, system)))


def network(address: str) -> str:
    """The network of an address: one client for the limits. Of IPv6 a subscriber has 64 bits to
    choose from (RFC 6177), so what is behind them counts as one."""
    found = _read(address)
    if found is None:
        return "unknown"
    if isinstance(found, IPv6Address):
        return str(ip_network(f"{found}/64", strict=False).network_address)
    return str(found)


def place(address: str) -> str:
    """The network that is shown to the person themselves: without the end of the address."""
    found = _read(address)
    if found is None:
        return ""
    length = 24 if isinstance(found, IPv4Address) else 48
    return str(ip_network(f"{found}/{length}", strict=False))


def _read(address: str) -> IPv4Address | IPv6Address | None:
    # Some proxies tell the port, too (RFC 7239, 6): no part of who asks.
    bare = address.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        found = ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        return found.ipv4_mapped
    return found
