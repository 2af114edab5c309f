"""Another provider's word for who an officer is: OpenID Connect, by Authlib.

The code flow with PKCE, state and nonce (OpenID Connect Core 1.0, 3.1; RFC 7636). Where the
provider's endpoints and keys are, it says itself (OpenID Connect Discovery 1.0, 4).
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from requests import RequestException

from palika.config import Settings
from palika.errors import Forbidden, Unavailable

_SIGNED_BY: Final = ["RS256", "PS256", "ES256", "EdDSA"]
_KNOWN_FOR_S: Final = 3_600
_TIMEOUT_S: Final = 5.0
_LEEWAY_S: Final = 60
_MULTIPLE: Final = frozenset({"mfa", "otp", "hwk", "sc", "fpt", "face"})
"""Methods of RFC 8176 that are a second factor."""


@dataclass(frozen=True, slots=True)
class Errand:
    """What a browser is sent to the provider with; all of it is asked back."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Vouched:
    """Whom the provider vouches for; ``second_factor``: whether it has seen one."""

    person: str
    second_factor: bool


class Provider:
    """The provider that the settings name."""

    def __init__(self, config: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        """Prepare; nothing is asked yet."""
        self._config = config
        self._clock = clock
        self._lock = threading.Lock()
        self._metadata: dict[str, Any] = {}
        self._keys: dict[str, Any] = {}
        self._known_until = 0.0

    def begin(self, back: str) -> tuple[str, Errand]:
        """Where the browser is sent, and with what; ``back`` is where the provider sends it then.

        Raises:
            Unavailable: the provider does not answer.
        """
        errand = Errand(generate_token(32), generate_token(32), generate_token(64))
        with self._session(back) as session:
            metadata, _ = self._known(session)
            address, _ = session.create_authorization_url(
                metadata["authorization_endpoint"],
                state=errand.state,
                nonce=errand.nonce,
                code_verifier=errand.verifier,
            )
        return str(address), errand

    def vouched(self, back: str, came: str, errand: Errand) -> Vouched:
        """Whom the provider vouches for.

        Args:
            back: as of ``begin``.
            came: the address with which the browser came back.
            errand: what it was sent with.

        Raises:
            Forbidden: the provider has refused, or what came is not its word for this errand.
            Unavailable: it does not answer.
        """
        with self._session(back) as session:
            try:
                metadata, keys = self._known(session)
                token = session.fetch_token(
                    metadata["token_endpoint"],
                    authorization_response=came,
                    state=errand.state,
                    code_verifier=errand.verifier,
                    timeout=_TIMEOUT_S,
                )
                try:
                    claims = self._claims(token, errand, metadata, keys)
                except InvalidKeyIdError:
                    # It may have another key by now (OpenID Connect Core 1.0, 10.1.1).
                    metadata, keys = self._known(session, anew=True)
                    claims = self._claims(token, errand, metadata, keys)
            except RequestException as error:
                raise Unavailable("the provider of sign-ins does not answer") from error
            except (AuthlibBaseError, JoseError, ValueError) as error:
                raise Forbidden("the provider's answer is not its word for this sign-in") from error
        person = claims.get(self._config.oidc_person_claim)
        if not isinstance(person, str) or not person:
            raise Forbidden("the provider does not say which officer it is")
        methods = claims.get("amr") or []
        return Vouched(person, not _MULTIPLE.isdisjoint(methods))

    def _claims(
        self, token: dict[str, Any], errand: Errand, metadata: dict[str, Any], keys: dict[str, Any]
    ) -> CodeIDToken:
        registry = JWSRegistry(algorithms=_SIGNED_BY, strict_check_header=False)
        decoded = jwt.decode(
            str(token.get("id_token", "")), KeySet.import_key_set(keys), registry=registry
        )
        wanted: Any = {
            "iss": {"essential": True, "value": metadata["issuer"]},
            "aud": {"essential": True, "value": self._config.oidc_client_id},
            "nonce": {"essential": True, "value": errand.nonce},
        }
        params = {
            "nonce": errand.nonce,
            "client_id": self._config.oidc_client_id,
            "access_token": token.get("access_token"),
        }
        claims = CodeIDToken(decoded.claims, decoded.header, wanted, params)
        claims.validate(leeway=_LEEWAY_S)
        return claims

    def _session(self, back: str) -> Any:
        session = OAuth2Session(
            client_id=self._config.oidc_client_id,
            client_secret=self._config.oidc_client_secret or None,
            scope="openid profile",
            redirect_uri=back,
            code_challenge_method="S256",
        )
        session.trust_env = False
        return session

    def _known(self, session: Any, *, anew: bool = False) -> tuple[dict[str, Any], dict[str, Any]]:
        with self._lock:
            if not anew and self._clock() < self._known_until:
                return self._metadata, self._keys
        issuer = self._config.oidc_issuer.rstrip("/")
        try:
            metadata = _got(session, f"{issuer}/.well-known/openid-configuration")
            if str(metadata.get("issuer", "")).rstrip("/") != issuer:
                raise Unavailable("the provider of sign-ins says that it is another one")
            keys = _got(session, metadata["jwks_uri"])
        except (RequestException, ValueError, KeyError) as error:
            raise Unavailable("the provider of sign-ins does not answer") from error
        with self._lock:
            self._metadata, self._keys = metadata, keys
            self._known_until = self._clock() + _KNOWN_FOR_S
        return metadata, keys


def _got(session: Any, address: str) -> dict[str, Any]:
    answer = session.get(address, withhold_token=True, timeout=_TIMEOUT_S, allow_redirects=False)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found
