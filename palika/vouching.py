"""Who vouches for a caller: the signed identity in the headers of a call (decision 0052).

A token (JSON Web Token, RFC 7519, signed with Ed25519, RFC 8037 and RFC 9864) says who calls, which
service is called, and until when it is good. It is signed by who knows the caller: the portal for
people and programs, a service for itself, the command line for its operator. A service that calls
another in its caller's name signs that it does, and sends the token that it was called with along.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml
from joserfc import jwt
from joserfc.errors import JoseError

from palika import auth
from palika.auth import Identity
from palika.config import settings
from palika.errors import Forbidden
from palika.keystore import OPERATOR, keystore

HEADER: Final = "palika_vouched"
"""The key in Nameko's context data."""

SKEW_S: Final = 30
"""So much may the clocks of two machines differ."""
_SPARE_S: Final = 60
"""A token is good for so long beyond the time of a call, and serves other calls meanwhile."""
_MOST_PASSED_ON: Final = 3
"""From hand to hand a call is passed on so often."""
_MOST_KEPT: Final = 10_000
_ALGORITHMS: Final = ["Ed25519"]
_TYPE: Final = "palika-caller+jwt"
_RULES: Final = Path(__file__).parent / "vouchers.yaml"

_signer = OPERATOR
_made: dict[tuple[Any, ...], tuple[str, float]] = {}
_seen: dict[tuple[Any, ...], tuple[Identity, float]] = {}


def sign_as(signer: str) -> None:
    """From now on this process vouches as ``signer``; until it says so, as the operator.

    Raises:
        ConfigError: its key is not there, or the public keys are not.
    """
    global _signer
    keystore().private(signer)
    keystore().look()
    _signer = signer


def may(signer: str, identity: Identity) -> bool:
    """Whether ``signer`` may vouch for this caller (``palika/vouchers.yaml``)."""
    if identity == auth.SYSTEM(signer):
        return True
    rule = _rules().get(signer)
    if rule is None:
        return False
    if rule.anybody:
        return True
    if identity.subject.partition(":")[0] == "service":
        return False
    known = not rule.subjects or identity.subject.startswith(rule.subjects)
    return known and identity.roles <= rule.roles


def headers(
    identity: Identity,
    service: str,
    timeout_s: float,
    signer: str | None = None,
    received: str | None = None,
) -> dict[str, Any]:
    """What a call carries of who makes it.

    Args:
        identity: who calls.
        service: that is called: another does not believe the token.
        timeout_s: how long the call may take; the token is good for as long, and a minute.
        signer: who vouches; by default this process.
        received: the token of the call in whose course, and as whose caller, this one is made.

    Raises:
        Forbidden: the signer may not vouch for ``identity``.
        ConfigError: its key cannot be read.
    """
    signer = signer or _signer
    if received is None and not may(signer, identity):
        raise Forbidden(_may_not(signer, identity))
    found: dict[str, Any] = {HEADER: _token(identity, service, timeout_s, signer, received)}
    if settings().rpc_identity == "accepted":
        # Processes of the release before know nothing else.
        found[auth.HEADER] = identity.to_header()
    return found


def _token(
    identity: Identity, service: str, timeout_s: float, signer: str, received: str | None
) -> str:
    store = keystore()
    key = store.private(signer)
    of = (store, signer, identity, service, received)
    now = time.time()
    known = _made.get(of)
    if known is not None and known[1] - now >= timeout_s:
        return known[0]
    until = now + timeout_s + _SPARE_S
    claims: dict[str, Any] = {
        "iss": signer,
        "aud": service,
        "sub": identity.subject,
        "iat": int(now),
        "exp": int(until),
    }
    if received is None:
        claims["roles"] = sorted(identity.roles)
        if identity.person:
            claims["person"] = identity.person
    else:
        claims["via"] = received
    head = {"alg": _ALGORITHMS[0], "typ": _TYPE, "kid": key.thumbprint()}
    token = jwt.encode(head, claims, key, algorithms=_ALGORITHMS)
    _keep(_made, of, (token, until))
    return token


def verified(token: Any, service: str) -> Identity:
    """The caller that a token tells.

    Args:
        token: as it came.
        service: that is called.

    Raises:
        Forbidden: it is no token, was signed by nobody whom this city knows or who may not vouch
            for this caller, is for another service, or is not good any more.
        ConfigError: the public keys cannot be read.
    """
    if not isinstance(token, str):
        raise Forbidden("the signed identity in the call's headers is malformed: it is no text")
    store = keystore()
    of = (store, store.version(), service, token)
    known = _seen.get(of)
    if known is None:
        known = _verify(token, service, 0)
        _keep(_seen, of, known)
    identity, until = known
    if time.time() > until + SKEW_S:
        raise Forbidden("the signed identity in the call's headers is not good any more")
    return identity


def _verify(token: str, service: str, passed_on: int) -> tuple[Identity, float]:
    signer, claims = _read(token, service)
    if "via" in claims:
        if passed_on >= _MOST_PASSED_ON:
            raise Forbidden(f"a call is passed on {_MOST_PASSED_ON} times at the most")
        if not isinstance(claims["via"], str):
            raise Forbidden("the signed identity in the call's headers is malformed: via")
        # Who passes it on was called with it, so that it is meant for them.
        identity, until = _verify(claims["via"], signer, passed_on + 1)
        if identity.subject != claims["sub"]:
            raise Forbidden("the signed identity in the call's headers names two callers")
        return identity, min(until, float(claims["exp"]))
    identity = auth.from_header(
        {
            "subject": claims["sub"],
            "roles": claims.get("roles"),
            "person": claims.get("person", ""),
        }
    )
    if not may(signer, identity):
        raise Forbidden(_may_not(signer, identity))
    return identity, float(claims["exp"])


def _read(token: str, service: str) -> tuple[str, Mapping[str, Any]]:
    """Who has signed a token that is good here and now, and what it says."""
    known: list[tuple[str, Any]] = []

    def key_of(half_read: Any) -> Any:
        head = half_read.headers()
        found = keystore().public(str(head.get("kid")))
        if found is None or head.get("typ") != _TYPE:
            raise Forbidden("the signed identity in the call's headers is signed by nobody here")
        known.append(found)
        return found[1]

    rules = jwt.JWTClaimsRegistry(
        leeway=SKEW_S,
        iss={"essential": True},
        aud={"essential": True, "value": service},
        sub={"essential": True},
        iat={"essential": True},
        exp={"essential": True},
    )
    try:
        found = jwt.decode(token, key_of, algorithms=_ALGORITHMS)
        rules.validate(found.claims)
    except (JoseError, ValueError) as error:
        why = str(error) or type(error).__name__
        raise Forbidden(f"the signed identity in the call's headers is refused: {why}") from error
    ((signer, _),) = known
    if found.claims["iss"] != signer:
        raise Forbidden("the signed identity in the call's headers is not of who has signed it")
    return signer, found.claims


def _may_not(signer: str, identity: Identity) -> str:
    roles = ", ".join(sorted(identity.roles))
    return f"{signer} does not vouch for {identity.subject} as {roles} (palika/vouchers.yaml)"


def _keep(kept: dict[tuple[Any, ...], Any], key: tuple[Any, ...], value: Any) -> None:
    if len(kept) >= _MOST_KEPT:
        kept.clear()
    kept[key] = value


@dataclass(frozen=True, slots=True)
class _Rule:
    roles: frozenset[str]
    subjects: tuple[str, ...]
    anybody: bool


@cache
def _rules() -> dict[str, _Rule]:
    found = yaml.safe_load(_RULES.read_text("utf-8"))
    return {
        signer: _Rule(
            frozenset(rule.get("roles", ())),
            tuple(rule.get("subjects", ())),
            bool(rule.get("anybody", False)),
        )
        for signer, rule in found.items()
    }
