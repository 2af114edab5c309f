"""JSON values as the XML of Open311 (the Spark convention: XML is JSON with names for list items).

It only writes XML. Nothing here reads any.
"""

import re
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

_ITEMS = {
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "service_requests": "request",
    "errors": "error",
    "endpoints": "endpoint",
    "formats": "format",
}
"""What an item of each list is called."""
# What XML 1.0 cannot hold, not even escaped.
_IMPOSSIBLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def document(root: str, value: Any) -> bytes:
    """An XML document with ``value`` in an element ``root``: objects, lists and plain values."""
    element = Element(root)
    _fill(element, value)
    head = b'<?xml version="1.0" encoding="utf-8"?>\n'
    return head + tostring(element, encoding="utf-8", xml_declaration=False)


def _fill(element: Element, value: Any) -> None:
    if isinstance(value, dict):
        for name, each in value.items():
            _fill(SubElement(element, name), each)
    elif isinstance(value, list):
        for each in value:
            _fill(SubElement(element, _ITEMS[element.tag]), each)
    elif isinstance(value, bool):
        element.text = "true" if value else "false"
    elif value is not None:
        element.text = _IMPOSSIBLE.sub("\ufffd", str(value))
