"""The pages on which officers sign in: password, second factor, invitation."""

from typing import Any, Final

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as Answer

from palika.errors import Conflict, Invalid, Unavailable
from palika.errors import NotFound as IsNotThere
from services.portal.accounts.client import client, remember_device
from services.portal.accounts.doors import door
from services.portal.accounts.parts import parts
from services.portal.accounts.pictures import qr_png
from services.portal.accounts.present import be, be_nobody, who
from services.portal.accounts.trying import demo_code
from services.portal.accounts.ways import (
    away,
    desk,
    landing,
    typed,
    wait_told,
    way_on,
)
from services.portal.commands import enrol, keep_account
from services.portal.commands.hold_back import charge, give_back
from services.portal.commands.hold_session import end_sessions
from services.portal.commands.sign_in import Factor, Step
from services.portal.commands.take import take
from services.portal.domain import totp
from services.portal.domain.limits import Limit
from services.portal.domain.sessions import Ended, Stage
from services.portal.errors import TooMany
from services.portal.models import Account, WebSession
from services.portal.pages.words import N_, gettext
from services.portal.rooms import as_told, page, refusal

_LONGEST_LOGIN: Final = 100
_WRONG: Final = N_("the name and the password do not belong together")
_WRONG_CODE: Final = N_("this is not the code of now; wait for the next one and type that")


def add_to(accounts: Blueprint) -> None:
    """Add the pages to the blueprint."""
    both = ["GET", "POST"]
    accounts.add_url_rule("/sign-in", "officer", sign_in, methods=both)
    accounts.add_url_rule("/second", "second", second, methods=both)
    accounts.add_url_rule("/enrol", "enrol", enrolling, methods=both)
    accounts.add_url_rule("/enrol/picture.png", "picture", picture)
    accounts.add_url_rule("/invitation/<token>", "invitation", invitation, methods=both)
    accounts.add_url_rule("/password", "password", password, methods=both)
    accounts.add_url_rule("/recovery-codes", "recovery_codes", recovery_codes, methods=["POST"])
    accounts.add_url_rule("/sign-out", "sign_out", sign_out, methods=["POST"])


@door("anonymous")
def sign_in() -> Any:
    """Login and password."""
    onward = way_on()
    if request.method == "GET":
        return _sign_in_page(onward)
    login = typed(request.form, "login", _LONGEST_LOGIN).casefold()
    try:
        begun = parts().officers.with_password(
            login, request.form.get("password", ""), client(login), parts().now()
        )
    except TooMany as error:
        return _sign_in_page(onward, {"password": [wait_told(error)]}, 429, error)
    except Unavailable:
        return away()
    if begun is None:
        return _sign_in_page(onward, {"password": [gettext(_WRONG)]}, 400)
    be(begun.token)
    then = "accounts.enrol" if begun.row.stage == Stage.ENROL else "accounts.second"
    return redirect(url_for(then, next=onward), 303)


@door("anonymous")
def second() -> Any:
    """A code of the application, or one on paper."""
    half, onward = _half(Stage.SECOND), way_on()
    if half is None:
        return redirect(url_for("accounts.officer", next=onward), 303)
    account = _account(half)
    if request.method == "GET":
        return page("accounts/second.html", next=onward, demo_code=demo_code(account))
    person = account.person
    try:
        shown = parts().officers.with_second_factor(
            half, request.form.get("code", "")[:40], client(person), parts().now()
        )
    except Conflict:
        # Sent twice at once: the first answer has the key.
        return redirect(onward or desk(), 303)
    except TooMany as error:
        return page(
            "accounts/second.html", 429, error, next=onward, errors={"code": [wait_told(error)]}
        )
    if shown is None:
        errors = {"code": [gettext(_WRONG_CODE)]}
        return page(
            "accounts/second.html", 400, next=onward, errors=errors, demo_code=demo_code(account)
        )
    begun, factor = shown
    be(begun.token)
    remember_device(person)
    if factor is Factor.PAPER:
        return redirect(url_for("accounts.own", used="paper"), 303)
    return redirect(onward or desk(), 303)


@door("anonymous")
def enrolling() -> Any:
    """Setting up a second factor; then the codes on paper, once."""
    half = _half(Stage.ENROL)
    if half is None:
        return redirect(url_for("accounts.officer"), 303)
    here = parts()
    account = _account(half)
    if request.method == "GET":
        return _enrol_page(account)
    known = client(account.person)
    counted = here.officers.counted(Step.SECOND, account.person, known)
    try:
        with here.store.begin() as session:
            charged = charge(session, counted, here.now(), account)
    except TooMany as error:
        return _enrol_page(account, {"code": [wait_told(error)]}, 429, error)
    typed_code = request.form.get("code", "")[:40]
    try:
        with here.store.begin() as session:
            made = enrol.confirm(session, here.keeping, half, typed_code, client(), here.now())
            if made is not None:
                give_back(session, charged)
                here.officers.forgive(session, account.person, known)
    except Conflict:
        return redirect(landing(), 303)
    if made is None:
        return _enrol_page(account, {"code": [gettext(_WRONG_CODE)]}, 400)
    begun, codes = made
    be(begun.token)
    remember_device(account.person)
    return page("accounts/recovery_codes.html", codes=codes)


@door("anonymous")
def picture() -> Response:
    """The picture that an application scans, for who is setting it up."""
    half = _half(Stage.ENROL)
    if half is None:
        raise NotFound
    account = _account(half)
    told = totp.address(_secret(account), account.person, _city())
    return as_told({"Content-Type": "image/png"}, qr_png(told))


@door("anonymous")
def invitation(token: str) -> Any:
    """Choosing a password by an invitation."""
    here = parts()
    try:
        with here.store.begin() as session:
            network = here.keeping.of_client(client().network)
            take(session, Limit.TRIES_OF_CLIENT, network, here.now())
        with here.store.begin() as session:
            account = keep_account.invited(session, here.keeping, token, here.now())
            person = account.person
            if request.method == "POST":
                _both_alike()
                keep_account.accept(
                    session, here.keeping, token, request.form["password"], here.now()
                )
    except IsNotThere:
        return page("accounts/invitation_over.html", 404)
    except Unavailable:
        return away()
    except Invalid as error:
        return page("accounts/invitation.html", 400, errors=refusal(error).errors, person=person)
    if request.method == "GET":
        return page("accounts/invitation.html", person=person)
    # Who had the link is no stranger, however many have tried the account meanwhile.
    remember_device(person)
    return redirect(url_for("accounts.officer", chosen="yes"), 303)


@door("helpdesk", "officer", "supervisor", "admin")
def password() -> Any:
    """Another password; the other devices are signed out."""
    if request.method == "GET":
        return page("accounts/password.html")
    here, present = parts(), who()
    assert present.account_id is not None
    assert present.session is not None
    try:
        _both_alike()
        old = request.form.get("old", "")
        known = client(present.person)
        if here.officers.prove(present.person, old, known, here.now()) is None:
            raise Invalid("not the password", {"old": [N_("this is not your password")]})
        with here.store.begin() as session:
            here.officers.forgive(session, present.person, known)
            account = session.get_one(Account, present.account_id, with_for_update=True)
            keep_account.set_password(
                session,
                account,
                request.form["password"],
                here.now(),
                but=present.session.id,
            )
    except TooMany as error:
        return page("accounts/password.html", 429, error, errors={"old": [wait_told(error)]})
    except Invalid as error:
        return page("accounts/password.html", 400, errors=refusal(error).errors)
    return redirect(url_for("accounts.own", changed="password"), 303)


@door("helpdesk", "officer", "supervisor", "admin")
def recovery_codes() -> Any:
    """Other codes on paper."""
    here, present = parts(), who()
    with here.store.begin() as session:
        account = session.get_one(Account, present.account_id, with_for_update=True)
        codes = enrol.new_recovery_codes(session, here.keeping, account)
    return page("accounts/recovery_codes.html", codes=codes)


@door("anonymous")
def sign_out() -> Any:
    """Nobody is signed in here any more."""
    here, present = parts(), who()
    row = present.session or present.half
    if row is not None:
        whose = row.account_id or row.citizen_id
        assert whose is not None
        with here.store.begin() as session:
            end_sessions(session, whose, Ended.SIGNED_OUT, here.now(), only=[row.id])
    be_nobody()
    return redirect(landing(), 303)


def _sign_in_page(
    onward: str,
    errors: dict[str, list[str]] | None = None,
    status: int = 200,
    error: TooMany | None = None,
) -> Answer:
    return page(
        "accounts/sign_in.html",
        status,
        error,
        next=onward,
        errors=errors or {},
        values={"login": request.form.get("login", "")},
        chosen="chosen" in request.args,
        oidc=bool(parts().config.oidc_issuer),
    )


def _enrol_page(
    account: Account,
    errors: dict[str, list[str]] | None = None,
    status: int = 200,
    error: TooMany | None = None,
) -> Answer:
    return page(
        "accounts/enrol.html",
        status,
        error,
        errors=errors or {},
        secret=totp.shown(_secret(account)),
    )


def _half(stage: Stage) -> WebSession | None:
    found = who().half
    return found if found is not None and found.stage == stage else None


def _account(row: WebSession) -> Account:
    with parts().store.begin() as session:
        return session.get_one(Account, row.account_id)


def _secret(account: Account) -> bytes:
    here = parts()
    with here.store.begin() as session:
        fresh = session.get_one(Account, account.id, with_for_update=True)
        return enrol.offer(session, here.keeping, fresh)


def _both_alike() -> None:
    if request.form.get("password", "") != request.form.get("again", ""):
        raise Invalid("not alike", {"again": [N_("must be the same as above")]})


def _city() -> str:
    from services.portal.pages.frame import frame

    name: str = frame().shelf.content.city["name"].en
    return name
