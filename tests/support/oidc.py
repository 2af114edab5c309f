"""A provider of OpenID Connect on this machine: it speaks the protocol over real HTTP, signs with a
key of its own, and says of the next sign-in what a test has told it."""

import base64
import hashlib
import json
import secrets
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from palika.local.loopback import LoopbackServer, Reply, Request

CLIENT_ID, CLIENT_SECRET = "palika-portal", "the client's secret"


@dataclass
class _Grant:
    """What a code stands for."""

    nonce: str
    challenge: str
    back: str


class OidcServer(LoopbackServer):
    """The provider. ``claims`` go into the next ID token over its own; None takes one out."""

    def __init__(self) -> None:
        """Prepare, with a new key."""
        super().__init__()
        self.key = RSAKey.generate_key(2048, parameters={"kid": "one", "use": "sig"})
        self.signs_with = self.key
        self.claims: dict[str, Any] = {}
        self._grants: dict[str, _Grant] = {}

    def answer(self, request: Request) -> Reply:
        """Discovery, keys, and the token; the page where people sign in is ``signs_in``."""
        path = urlsplit(request.path).path
        if path == "/.well-known/openid-configuration":
            return Reply(200, self._metadata())
        if path == "/keys":
            return Reply(200, {"keys": [self.key.as_dict(private=False)]})
        if path == "/token":
            return self._token(request)
        return Reply(404, {"error": "not_found"})

    def failure(self, status: int) -> Any:
        """As RFC 6749, 5.2 has it."""
        return {"error": "server_error" if status >= 500 else "invalid_request"}

    def signs_in(self, address: str) -> str:
        """Somebody comes to the provider's page by this address and signs in; the address that
        their browser is sent to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT_ID
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self._grants[code] = _Grant(asked["nonce"], asked["code_challenge"], asked["redirect_uri"])
        return f"{asked['redirect_uri']}?code={code}&state={asked['state']}"

    def _metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def _token(self, request: Request) -> Reply:
        given = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        known = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {known}":
            return Reply(401, {"error": "invalid_client"})
        grant = self._grants.pop(given.get("code", ""), None)
        digest = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if grant is None or grant.challenge != challenge or grant.back != given["redirect_uri"]:
            return Reply(400, {"error": "invalid_grant"})
        token = {"access_token": "x", "token_type": "Bearer", "id_token": self._signed(grant)}
        return Reply(200, json.dumps(token).encode(), headers={"Cache-Control": "no-store"})

    def _signed(self, grant: _Grant) -> str:
        now = int(time.time())
        told = {
            "iss": self.url,
            "sub": "1",
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": grant.nonce,
            "preferred_username": "a.jadhav2",
        } | self.claims
        claims = {name: value for name, value in told.items() if value is not None}
        return jwt.encode({"alg": "RS256", "kid": self.signs_with.kid}, claims, self.signs_with)
