"""The addresses by which officers sign in with another provider's word (``provider.py``)."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from flask import Blueprint, current_app, redirect, request, url_for
from werkzeug.exceptions import NotFound

from palika.errors import Forbidden, Unavailable
from services.portal.accounts import cookies
from services.portal.accounts.client import client, remember_device
from services.portal.accounts.doors import door
from services.portal.accounts.parts import parts
from services.portal.accounts.present import be
from services.portal.accounts.ways import away, desk, way_on
from services.portal.domain.codes import VALID
from services.portal.domain.sessions import Stage
from services.portal.pages.frame import frame
from services.portal.rooms import page

if TYPE_CHECKING:
    from services.portal.accounts.provider import Provider

_EXTENSION = "oidc"


def add_to(accounts: Blueprint) -> None:
    """Add the addresses to the blueprint."""
    accounts.add_url_rule("/oidc", "oidc", begin)
    accounts.add_url_rule("/oidc/back", "oidc_back", back)


@door("anonymous")
def begin() -> Any:
    """To the provider."""
    try:
        address, errand = _provider().begin(_back())
    except Unavailable:
        return away()
    told = asdict(errand) | {"next": way_on()}
    cookies.put(cookies.ERRAND, parts().keeping.seal(told).decode(), lasting=VALID)
    return redirect(address, 303)


@door("anonymous")
def back() -> Any:
    """From the provider."""
    from services.portal.accounts.provider import Errand

    here = parts()
    provider = _provider()
    try:
        given = cookies.read(cookies.ERRAND).encode("utf-8", "replace")
        told = here.keeping.open(given, within_s=int(VALID.total_seconds()))
        errand = Errand(told["state"], told["nonce"], told["verifier"])
    except (ValueError, KeyError):
        return page("accounts/oidc_refused.html", 403)
    cookies.drop(cookies.ERRAND)
    came = f"{_back()}?{request.query_string.decode('latin-1')}"
    try:
        vouched = provider.vouched(_back(), came, errand)
        person = vouched.person.casefold()
        begun = here.officers.by_provider(
            person, client(person), here.now(), second_factor=vouched.second_factor
        )
    except Unavailable:
        return away()
    except Forbidden:
        return page("accounts/oidc_refused.html", 403)
    if begun is None:
        return page("accounts/oidc_refused.html", 403)
    be(begun.token)
    if begun.row.stage == Stage.WHOLE:
        remember_device(person)
        return redirect(told["next"] or desk(), 303)
    then = "accounts.enrol" if begun.row.stage == Stage.ENROL else "accounts.second"
    return redirect(url_for(then, next=told["next"]), 303)


def _provider() -> "Provider":
    """The city's. Raises NotFound: it has none."""
    config = parts().config
    if not config.oidc_issuer:
        raise NotFound
    if _EXTENSION not in current_app.extensions:
        # Here, since a city without a provider need not carry it.
        from services.portal.accounts import provider

        current_app.extensions[_EXTENSION] = provider.Provider(config)
    found: Provider = current_app.extensions[_EXTENSION]
    return found


def _back() -> str:
    # One address for both languages: a provider knows each by name.
    return frame().root + url_for("accounts.oidc_back", language="en")
