"""What the operators of India register of a sender and its text messages (DLT).

Under TRAI's Telecom Commercial Communications Customer Preference Regulations, 2018, the operators
compare each message with the text registered under its template id: what is fixed must be the
same, each `{#var#}` stands for a value of at most 30 characters (some portals take 40), links and
numbers to call back must be registered. A message that does not match is dropped by the operator
and seen by nobody; so it is refused here. Sources: help pages of aggregators (msg91, "Variable
tagging on DLT SMS templates"; sangamamonline and startmessaging on variables and their length).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from palika.errors import Invalid
from services.notify.domain.fields import FIELD

VARIABLE = "{#var#}"
_ID = re.compile(r"[0-9]{19}")
_HEADER = re.compile(r"[A-Z0-9]{6}")
_TAG = re.compile(r"\{#[a-z]+#\}")
_LINK = re.compile(r"\b([a-z][a-z0-9+.-]*)://([^\s/?#]*)", re.IGNORECASE)
# What telephones take for a link without a scheme: www.name, and a name with a path behind it.
_BARE = re.compile(r"(?<![\w/@.-])(www\.[^\s/?#]+|(?:[a-z0-9-]+\.)+[a-z]{2,}(?=/))", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")


@dataclass(frozen=True, slots=True)
class Register:
    """The city as a sender of text messages (`data/dlt.yaml`).

    Attributes:
        entity_id: of the city as a principal entity, 19 digits.
        headers: the sender that is shown, by purpose; `default` for the others.
        variable_length: the most characters of a value that the operators take.
        link_length: the same of a link.
        most_variables: in one text.
        providers: the most characters of a value at a provider that takes others.
        warn_segments: from more segments than this, a preview warns.
        link_hosts: hosts that links may go to, registered with the operators.
    """

    entity_id: str
    headers: Mapping[str, str]
    variable_length: int
    link_length: int
    most_variables: int
    warn_segments: int
    link_hosts: tuple[str, ...]
    providers: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def load(cls, data: Any) -> "Register":
        """Check and build.

        Raises:
            Invalid: names every figure that is missing or wrong.
        """
        if not isinstance(data, Mapping):
            raise Invalid("The register of the sender must be a table.", {"dlt": ["a table"]})
        wrong = {str(n): ["unknown"] for n in data.keys() - cls.__dataclass_fields__.keys()}
        if not is_template_id(data.get("entity_id")):
            wrong["entity_id"] = ["19 digits"]
        headers = data.get("headers")
        if not isinstance(headers, Mapping) or "default" not in headers:
            wrong["headers"] = ["a table with a default"]
        elif odd := [n for n, each in headers.items() if not _HEADER.fullmatch(str(each))]:
            wrong["headers"] = [f"{', '.join(map(str, odd))}: six capital letters or digits"]
        for name in ("variable_length", "link_length", "most_variables", "warn_segments"):
            if type(data.get(name)) is not int or data[name] < 1:
                wrong[name] = ["a whole number above zero"]
        providers = data.get("providers", {})
        if not isinstance(providers, Mapping) or any(
            type(each) is not int or each < 1 for each in providers.values()
        ):
            wrong["providers"] = ["by provider a whole number above zero"]
        hosts = data.get("link_hosts")
        if not isinstance(hosts, list) or not all(
            isinstance(each, str) and _HOST.fullmatch(each) for each in hosts
        ):
            wrong["link_hosts"] = ["a list of names of hosts"]
        if wrong:
            raise Invalid("The register of the sender has mistakes.", wrong)
        return cls(**{**data, "link_hosts": tuple(data["link_hosts"])})

    def header(self, purpose: str) -> str:
        """The sender that is shown for a purpose."""
        return self.headers.get(purpose, self.headers["default"])

    def longest(self, form: str) -> int:
        """The most characters of a value that every provider takes: any may stand in."""
        if form == "link":
            return self.link_length
        return min([self.variable_length, *self.providers.values()])

    def refusal(self, form: str, value: str) -> str | None:
        """Why the operators would drop a message with this value; or None."""
        most = self.longest(form)
        return f"more than the {most} characters that operators take" if len(value) > most else None

    def foreign(self, link: str) -> str | None:
        """Why a link may not be sent to citizens; or None."""
        host = urlsplit(link).hostname
        return None if host in self.link_hosts else f"{host} is not one of the city's hosts"

    def foreign_in(self, text: str) -> list[str]:
        """Why the links that stand in a template's own words may not be sent to citizens."""
        found = []
        for scheme, host in _LINK.findall(text):
            name = host.rstrip(".,;:!)'\"").lower()
            if name not in self.link_hosts:
                found.append(f"{scheme}://{host}: is not one of the city's hosts")
            elif scheme.lower() != "https":
                found.append(f"{scheme}://{host}: a link begins with https://")
        for host in _BARE.findall(text):
            if host.rstrip(".,;:!)'\"").lower() not in self.link_hosts:
                found.append(f"{host}: is not one of the city's hosts")
        return found


def is_template_id(text: object) -> bool:
    """Whether it can be the id of a registered text."""
    return isinstance(text, str) and _ID.fullmatch(text) is not None


def pattern(text: str) -> str:
    """A template's text as it is registered: `Rs {amount:amount}` is `Rs {#var#}`."""
    return FIELD.sub(VARIABLE, text)


def same(registered: str, text: str) -> bool:
    """Whether a template's text is the registered one; `{#numeric#}` and the like are variables."""
    return _TAG.sub(VARIABLE, registered).strip() == pattern(text).strip()


def unregistered(before: Mapping[str, Any], after: Mapping[str, Any]) -> str | None:
    """Why operators would drop a changed text message; None: nothing says so.

    Args:
        before, after: what a template's versions have for a text message: ``dlt`` and ``text``.
            A text that is given as ``registered``, too, is the registered one.
    """
    id_ = after["dlt"]
    if "registered" in after or before.get("dlt") != id_:
        return None
    if pattern(before["text"]).strip() == pattern(after["text"]).strip():
        return None
    return (
        f"the text has changed and its id {id_} has not: operators drop every message unless the "
        "new text is registered under it"
    )


def matches(registered: str, message: str, longest: int) -> bool:
    """Whether an operator that takes values of up to `longest` characters lets a message pass."""
    fixed = (re.escape(part) for part in _TAG.split(registered))
    return re.fullmatch(f".{{1,{longest}}}".join(fixed), message, re.DOTALL) is not None
