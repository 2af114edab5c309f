"""Who vouches for a caller: what is believed, and everything else is refused."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey

from palika import keystore, vouching
from palika.auth import ANONYMOUS, SYSTEM, Identity
from palika.config import ConfigError, settings
from palika.errors import Forbidden
from palika.keystore import PUBLIC, file_of

OFFICER = Identity("officer:roads-je", frozenset({"officer", "supervisor"}), "a.jadhav")
CITIZEN = Identity.of("citizen:9", "citizen")
WHATSAPP = Identity.of("citizen:whatsapp:k7:0", "citizen", "helpdesk")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The keys of a city of its own."""
    keystore.make(tmp_path, ["kpi", "notify", "operator", "portal", "tax", "warroom"])
    monkeypatch.setenv("PALIKA_IDENTITY_KEYSTORE", str(tmp_path))
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


def token(identity: Identity, service: str = "tax", signer: str = "portal", **more: Any) -> str:
    told: str = vouching.headers(identity, service, 10, signer, **more)[vouching.HEADER]
    return told


def by_hand(folder: Path, signer: str = "portal", key: Any = None, **claims: Any) -> str:
    """A token as nobody of the city makes it, signed by a signer of it all the same."""
    own = OKPKey.import_key((folder / file_of(signer)).read_bytes())
    now = int(time.time())
    said = {"iss": signer, "aud": "tax", "sub": "citizen:9", "roles": ["citizen"]}
    said |= {"iat": now, "exp": now + 60} | claims
    head = {"alg": "Ed25519", "typ": "palika-caller+jwt", "kid": own.thumbprint()}
    left = {name: value for name, value in said.items() if value is not None}
    return jwt.encode(head, left, key or own, algorithms=["Ed25519"])


@pytest.mark.parametrize(
    ("signer", "identity"),
    [
        ("portal", OFFICER),
        ("portal", CITIZEN),
        ("portal", ANONYMOUS),
        ("portal", SYSTEM("portal")),
        ("notify", SYSTEM("notify")),
        ("notify", WHATSAPP),
        ("notify", Identity.of("helpdesk:voice-bot", "helpdesk")),
        ("kpi", SYSTEM("kpi")),
        ("operator", OFFICER),
        ("operator", SYSTEM("cli")),
        ("operator", Identity.of("admin:palika", "admin")),
    ],
)
def test_who_vouches_for_whom_is_believed(folder: Path, signer: str, identity: Identity) -> None:
    assert vouching.verified(token(identity, signer=signer), "tax") == identity
    assert vouching.verified(by_hand(folder, signer, **said(identity)), "tax") == identity


def said(identity: Identity) -> dict[str, Any]:
    return {
        "sub": identity.subject,
        "roles": sorted(identity.roles),
        "person": identity.person or None,
    }


@pytest.mark.parametrize(
    ("signer", "identity"),
    [
        ("kpi", OFFICER),
        ("kpi", CITIZEN),
        ("kpi", ANONYMOUS),
        ("kpi", SYSTEM("tax")),
        ("kpi", Identity.of("service:kpi", "admin")),
        ("kpi", Identity.of("service:kpi", "service", "admin")),
        ("kpi", Identity("service:kpi", frozenset({"service"}), "a.jadhav")),
        ("notify", CITIZEN),
        ("notify", OFFICER),
        ("notify", Identity.of("citizen:whatsapp:k7:0", "officer")),
        ("portal", SYSTEM("tax")),
        ("portal", Identity.of("citizen:9", "service")),
        ("portal", Identity.of("service:portal", "admin")),
        ("portal", Identity.of("service", "admin")),
    ],
)
def test_and_for_whom_it_may_not_it_is_not(folder: Path, signer: str, identity: Identity) -> None:
    with pytest.raises(Forbidden, match=f"{signer} does not vouch for {identity.subject}"):
        token(identity, signer=signer)
    forged = by_hand(folder, signer, **said(identity))
    with pytest.raises(Forbidden, match=f"{signer} does not vouch for {identity.subject}"):
        vouching.verified(forged, "tax")


def test_it_is_for_the_service_that_is_called(folder: Path) -> None:
    with pytest.raises(Forbidden, match="aud"):
        vouching.verified(token(CITIZEN), "kpi")


def test_a_token_serves_until_a_call_could_outlast_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, now = token(CITIZEN), time.time()
    assert token(CITIZEN) == first, "the same serves many calls"
    assert token(CITIZEN, "kpi") != first
    assert token(OFFICER) != first
    monkeypatch.setattr(time, "time", lambda: now + 62)
    assert vouching.verified(first, "tax") == CITIZEN
    second = token(CITIZEN)
    assert second != first
    monkeypatch.setattr(time, "time", lambda: now + 10 + 60 + vouching.SKEW_S + 2)
    with pytest.raises(Forbidden, match="not good any more"):
        vouching.verified(first, "tax")
    assert vouching.verified(second, "tax") == CITIZEN
    monkeypatch.setattr(time, "time", lambda: now + 10_000)
    with pytest.raises(Forbidden):
        vouching.verified(second, "tax")


def test_who_has_seen_none_of_it_before_refuses_the_old_and_what_is_to_come(folder: Path) -> None:
    now = int(time.time())
    for times in (
        {"exp": now - vouching.SKEW_S - 1},
        {"iat": now + vouching.SKEW_S + 10},
        {"exp": None},
        {"iat": None},
        {"exp": "tomorrow"},
    ):
        with pytest.raises(Forbidden):
            vouching.verified(by_hand(folder, **times), "tax")
    within = by_hand(folder, exp=now - vouching.SKEW_S + 10, iat=now + vouching.SKEW_S - 10)
    assert vouching.verified(within, "tax") == CITIZEN, "clocks differ"


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "tax"},
        {"iss": None},
        {"aud": None},
        {"aud": "kpi"},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 201},
        {"sub": 7},
        {"roles": None},
        {"roles": "citizen"},
        {"roles": ["king"]},
        {"person": 7},
        {"via": 7},
        {"via": "nonsense"},
    ],
    ids=json.dumps,
)
def test_what_is_signed_and_malformed_is_refused(folder: Path, claims: dict[str, Any]) -> None:
    assert vouching.verified(by_hand(folder), "tax") == CITIZEN
    with pytest.raises(Forbidden):
        vouching.verified(by_hand(folder, **claims), "tax")


def test_a_signature_of_nobody_here_is_refused(folder: Path) -> None:
    stranger = OKPKey.generate_key("Ed25519")
    with pytest.raises(Forbidden, match="refused: bad_signature"):
        vouching.verified(by_hand(folder, key=stranger), "tax")
    good = token(CITIZEN)
    head, body, signature = good.split(".")
    other = token(OFFICER).split(".")[1]
    for forged in (f"{head}.{other}.{signature}", f"{head}.{body}.", f"{head}.{body}", "", "a.b.c"):
        with pytest.raises(Forbidden):
            vouching.verified(forged, "tax")
    for none in (7, {}, ["x"], b"x"):
        with pytest.raises(Forbidden, match="malformed"):
            vouching.verified(none, "tax")


def test_no_other_way_to_sign_is_taken(folder: Path) -> None:
    now = int(time.time())
    claims = {"iss": "portal", "aud": "tax", "sub": "admin:x", "roles": ["admin"]}
    claims |= {"iat": now, "exp": now + 60}
    (kid, public), *_ = [
        (each["kid"], each)
        for each in json.loads((folder / PUBLIC).read_text())["keys"]
        if each["signer"] == "portal"
    ]
    head = {"alg": "HS256", "typ": "palika-caller+jwt", "kid": kid}
    # The public key taken for a secret: the oldest trick there is.
    forged = jwt.encode(head, claims, OctKey.import_key(public["x"]), algorithms=["HS256"])
    none = jwt.encode(head | {"alg": "none"}, claims, OctKey.import_key("x"), algorithms=["none"])
    own = OKPKey.import_key((folder / file_of("portal")).read_bytes())
    other = jwt.encode(
        {"alg": "Ed25519", "typ": "JWT", "kid": kid}, claims, own, algorithms=["Ed25519"]
    )
    for each in (forged, none, other):
        with pytest.raises(Forbidden):
            vouching.verified(each, "tax")


# ---- a call that is passed on


def test_a_call_is_passed_on_as_the_caller_who_made_it(folder: Path) -> None:
    received = token(OFFICER, "warroom")
    on = token(OFFICER, "tax", "warroom", received=received)
    assert vouching.verified(on, "tax") == OFFICER
    further = token(OFFICER, "kpi", "tax", received=on)
    assert vouching.verified(further, "kpi") == OFFICER


def test_by_who_was_called_and_by_nobody_else(folder: Path) -> None:
    received = token(OFFICER, "warroom")
    with pytest.raises(Forbidden, match="aud"):
        vouching.verified(token(OFFICER, "tax", "kpi", received=received), "tax")


def test_and_as_nobody_else(folder: Path) -> None:
    received = token(CITIZEN, "warroom")
    as_another = token(OFFICER, "tax", "warroom", received=received)
    with pytest.raises(Forbidden, match="two callers"):
        vouching.verified(as_another, "tax")
    more = by_hand(folder, "warroom", via=received, roles=["admin"], person="x")
    assert vouching.verified(more, "tax") == CITIZEN, "what counts is what was signed first"
    own = token(SYSTEM("kpi"), "warroom", "kpi")
    forged = by_hand(folder, "kpi", aud="warroom", sub="officer:x", roles=["officer"])
    with pytest.raises(Forbidden):
        vouching.verified(by_hand(folder, "warroom", sub="officer:x", via=forged), "tax")
    with pytest.raises(Forbidden):
        vouching.verified(by_hand(folder, "warroom", sub="officer:x", via=own), "tax")


def test_not_for_ever(folder: Path) -> None:
    ring = ["warroom", "tax", "kpi"]
    going = token(OFFICER, ring[0])
    for step in range(vouching._MOST_PASSED_ON):
        here, there = ring[step % 3], ring[(step + 1) % 3]
        going = token(OFFICER, there, here, received=going)
        assert vouching.verified(going, there) == OFFICER
    last = token(OFFICER, "tax", there, received=going)
    with pytest.raises(Forbidden, match="at the most"):
        vouching.verified(last, "tax")


# ---- keys


def test_another_citys_callers_are_nobody_here(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = token(OFFICER)
    other = tmp_path_factory.mktemp("other")
    keystore.make(other, ["portal", "tax"])
    monkeypatch.setenv("PALIKA_IDENTITY_KEYSTORE", str(other))
    settings.cache_clear()
    with pytest.raises(Forbidden, match="signed by nobody here"):
        vouching.verified(theirs, "tax")


def test_a_renewed_key_is_believed_beside_the_old_one_until_that_is_dropped(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = token(OFFICER)
    assert vouching.verified(before, "tax") == OFFICER
    keystore.renew(folder, "portal")
    after = by_hand(folder, **said(OFFICER))
    assert vouching.verified(after, "tax") == OFFICER, "found without a restart"
    assert vouching.verified(before, "tax") == OFFICER
    assert keystore.drop_old(folder, "portal") == 1
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 6)
    with pytest.raises(Forbidden, match="signed by nobody here"):
        vouching.verified(before, "tax")
    assert vouching.verified(after, "tax") == OFFICER


def test_keys_that_go_away_for_a_moment_stay_in_use(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    known = token(OFFICER)
    assert vouching.verified(known, "tax") == OFFICER
    (folder / PUBLIC).rename(folder / "away")
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 6)
    assert vouching.verified(known, "tax") == OFFICER
    assert "stay in use" in caplog.text


def test_a_process_without_its_key_does_not_start(folder: Path) -> None:
    (folder / file_of("tax")).unlink()
    with pytest.raises(ConfigError, match=r"PALIKA_IDENTITY_KEYSTORE.*identity-tax\.pem"):
        vouching.sign_as("tax")
    (folder / file_of("tax")).write_text("no key\n")
    with pytest.raises(ConfigError, match="no private key in PEM"):
        vouching.sign_as("tax")
    for wrong in ("{}", "[]", "no", '{"keys": [{}]}', '{"keys": [{"kid": "a", "signer": "tax"}]}'):
        (folder / PUBLIC).write_text(wrong)
        with pytest.raises(ConfigError, match="no set of keys"):
            vouching.sign_as("portal")
    (folder / PUBLIC).write_text(
        '{"keys": [{"kid": "a", "signer": "t", "kty": "OKP", "crv": "X25519", "x": "AA"}]}'
    )
    with pytest.raises(ConfigError):
        vouching.sign_as("portal")


def test_a_city_on_one_machine_makes_its_keys_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PALIKA_IDENTITY_KEYSTORE")
    monkeypatch.setenv("PALIKA_VAR", str(tmp_path))
    settings.cache_clear()
    try:
        assert vouching.verified(token(OFFICER), "tax") == OFFICER
        made = tmp_path / "identity-keystore"
        assert {file_of(each) for each in keystore.signers()} <= {p.name for p in made.iterdir()}
        assert vouching.verified(token(SYSTEM("parks"), signer="parks"), "tax") == SYSTEM("parks")
        assert vouching.verified(token(CITIZEN), "tax") == CITIZEN, "those before stay"
    finally:
        settings.cache_clear()


def test_while_processes_are_replaced_both_ways_are_said(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert set(vouching.headers(OFFICER, "tax", 10, "portal")) == {vouching.HEADER}
    monkeypatch.setenv("PALIKA_RPC_IDENTITY", "accepted")
    settings.cache_clear()
    told = vouching.headers(OFFICER, "tax", 10, "portal")
    assert told["palika_identity"] == OFFICER.to_header()
    assert vouching.verified(told[vouching.HEADER], "tax") == OFFICER
