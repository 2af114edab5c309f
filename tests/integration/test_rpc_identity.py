"""Who calls, on a real broker: what nobody vouches for is refused, and who listens gets nothing."""

import os
import re
from pathlib import Path
from typing import Any

import pytest

from palika import keystore, vouching
from palika.auth import Identity
from palika.config import settings
from palika.errors import Forbidden
from tests.support.backbone import ADMIN, Backbone, signed
from tests.support.fixtures import Probe

OFFICER = Identity("officer:je-12", frozenset({"officer"}), "a.jadhav")
UNSIGNED = {"nameko.palika_identity": ADMIN.to_header()}


def whoami(backbone: Backbone, headers: dict[str, Any]) -> dict[str, Any]:
    answer = backbone.call_raw("probe.whoami", headers=headers)
    if answer["error"]:
        assert answer["error"]["exc_type"] == "Forbidden", answer
        return {"refused": answer["error"]["exc_args"][0]}
    return dict(answer["result"])


def counted(probe: Probe) -> dict[str, float]:
    _, text = probe.service.get("/metrics")
    found = re.findall(r'^palika_rpc_callers_total\{identity="(\w+)"\} (\S+)', text, re.MULTILINE)
    return {kind: float(value) for kind, value in found}


def test_who_is_signed_is_believed(backbone: Backbone, probe: Probe) -> None:
    with backbone.client(OFFICER) as city:
        found = city.probe.whoami()
    assert (found["subject"], found["roles"], found["person"]) == (
        "officer:je-12",
        ["officer"],
        "a.jadhav",
    )


def test_who_says_so_themselves_is_nobody(backbone: Backbone, probe: Probe) -> None:
    before, rows = counted(probe), "SELECT count(*) FROM outbox"
    recorded = backbone.value("probe", rows)
    assert "nobody vouches for tester" in whoami(backbone, UNSIGNED)["refused"]
    ping = backbone.call_raw("probe.ping", {"args": [], "kwargs": {"numbers": [1]}}, UNSIGNED)
    assert ping["error"]["exc_type"] == "Forbidden"
    beside = signed(ADMIN, "probe")
    assert backbone.call_raw("probe.ping", {"args": [], "kwargs": {"numbers": []}}, beside)[
        "result"
    ]
    assert backbone.value("probe", rows) == recorded
    assert whoami(backbone, {})["roles"] == ["anonymous"]
    # A signed caller is not made another by what stands beside it.
    beside = signed(OFFICER, "probe") | UNSIGNED
    assert whoami(backbone, beside)["subject"] == "officer:je-12"
    after = counted(probe)
    assert after["refused"] - before.get("refused", 0) == 2
    assert after["anonymous"] - before.get("anonymous", 0) == 1
    assert after["signed"] - before.get("signed", 0) == 2
    assert "unsigned" not in after


def test_a_token_for_another_service_and_a_forged_one_are_refused(
    backbone: Backbone, probe: Probe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "aud" in whoami(backbone, signed(ADMIN, "tax"))["refused"]
    with pytest.raises(Forbidden, match="kpi does not vouch for tester"):
        signed(ADMIN, "probe", signer="kpi")
    own = signed(Identity.of("service:kpi", "service"), "probe", signer="kpi")
    assert whoami(backbone, own)["subject"] == "service:kpi"
    # Who has broken into a service has its key, and may sign whatever it likes.
    monkeypatch.setattr(vouching, "may", lambda *_: True)
    forged = signed(ADMIN, "probe", signer="kpi")
    assert "kpi does not vouch for tester" in whoami(backbone, forged)["refused"]
    # Or it makes a key of its own.
    keystore.make(tmp_path, ["portal"])
    monkeypatch.setenv("PALIKA_IDENTITY_KEYSTORE", str(tmp_path))
    settings.cache_clear()
    stranger = signed(ADMIN, "probe", signer="portal")
    monkeypatch.undo()
    settings.cache_clear()
    assert "signed by nobody here" in whoami(backbone, stranger)["refused"]


def test_a_service_calls_as_itself_and_in_its_callers_name(
    backbone: Backbone, probe: Probe
) -> None:
    asked = {"service": "probe", "method": "whoami"}
    with backbone.client(OFFICER) as city:
        assert city.probe.ask(**asked)["subject"] == "service:probe"
        found = city.probe.ask(**asked, as_caller=True)
        assert (found["subject"], found["person"]) == ("officer:je-12", "a.jadhav")
        # Its own rights go no further for that: only an administrator may nap.
        with pytest.raises(Forbidden, match="the caller is officer"):
            city.probe.ask(service="probe", method="nap", arguments={"seconds": 0}, as_caller=True)


def test_while_processes_are_replaced_the_unsigned_are_believed_and_counted(
    backbone: Backbone, probe: Probe, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setenv("PALIKA_RPC_IDENTITY", "accepted")
        settings.cache_clear()
        # What a new process sends, an old one understands, and one that is strict already.
        both = signed(OFFICER, "probe")
    settings.cache_clear()
    assert both["nameko.palika_identity"] == OFFICER.to_header()
    assert whoami(backbone, both)["subject"] == "officer:je-12"
    probe.service.kill()
    lenient = backbone.part("run", "probe", PALIKA_RPC_IDENTITY="accepted").start()
    try:
        assert whoami(backbone, UNSIGNED)["subject"] == "tester"
        assert "aud" in whoami(backbone, signed(ADMIN, "tax") | UNSIGNED)["refused"]
        _, text = lenient.get("/metrics")
        assert 'palika_rpc_callers_total{identity="unsigned"} 1.0' in text
        assert "rpc_identity is accepted" in lenient.said
    finally:
        lenient.kill()
        probe.service.start()


def test_a_real_city_refuses_them_without_being_asked(backbone: Backbone, probe: Probe) -> None:
    probe.service.kill()
    keys = Path(os.environ["PALIKA_IDENTITY_KEYSTORE"])
    named = {}
    for setting in ("tax_document_keys", "notify_keys", "eoffice_keys", "portal_keys"):
        path = keys / setting
        path.write_text("A" * 43 + "=\n")
        named[f"PALIKA_{setting.upper()}"] = str(path)
    real = backbone.part("run", "probe", PALIKA_PRODUCTION="yes", **named).start()
    try:
        assert "nobody vouches" in whoami(backbone, UNSIGNED)["refused"]
        assert whoami(backbone, signed(OFFICER, "probe"))["subject"] == "officer:je-12"
    finally:
        real.kill()
        probe.service.start()


def test_a_service_without_its_key_does_not_start(
    backbone: Backbone, probe: Probe, tmp_path: Path
) -> None:
    keystore.make(tmp_path, ["portal"])
    done = backbone.palika("run", "probe", PALIKA_IDENTITY_KEYSTORE=str(tmp_path))
    assert done.returncode == 2
    assert "identity-probe.pem cannot be read" in done.stderr
    assert "palika secrets init" in done.stderr


def test_within_its_time_a_token_is_good_again_for_who_has_it(
    backbone: Backbone, probe: Probe
) -> None:
    """What is not promised, so that nobody thinks it is: see docs/security.md."""
    overheard = signed(OFFICER, "probe")
    for _ in range(2):
        assert whoami(backbone, overheard)["subject"] == "officer:je-12"
