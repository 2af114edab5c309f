"""``palika call``: a call without a city, without a telephone."""

import io
import json
import shutil
import wave
from pathlib import Path

import pytest

from palika.cli import main
from services.notify.domain.call.drawing import mermaid
from tests.unit.notify.call.test_engine import table

DAY = ("--today", "2026-06-10")


@pytest.fixture(autouse=True)
def without_a_city(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PALIKA_VAR", str(tmp_path / "var"))
    for name in ("AMQP_URI", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)


def _script(tmp_path: Path, *lines: str) -> str:
    path = tmp_path / "script.txt"
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return str(path)


def test_a_call_is_played(tmp_path: Path, capsys: pytest.CaptureFixture):
    script = _script(tmp_path, "1", "1234", "1", "पुढच्या सोमवारी", "हो", "hangup")
    assert main(["call", "--simulate", "--script", script, *DAY]) == 0
    said = capsys.readouterr()
    assert "बारा हजार तीनशे पंचेचाळीस रुपये" in said.out
    assert "[पुढच्या सोमवारी → day]" in said.out
    assert said.out.endswith("-- over: hung_up; agreed to: promise 2026-06-15\n")
    assert "1234" in said.err


def test_the_keyboard_answers_where_there_is_no_script(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    monkeypatch.setattr("sys.stdin", io.StringIO("*\n1\n1234\n3\n"))
    assert main(["call", "--simulate", *DAY]) == 0
    assert "twelve thousand three hundred forty-five rupees" in capsys.readouterr().out


def test_it_is_told_to_programs(tmp_path: Path, capsys: pytest.CaptureFixture):
    script = _script(tmp_path, "2", "2", "2026000123", "", "9")
    given = ["--flow", "inbound", "--language", "en", "--json"]
    assert main(["call", "--simulate", "--script", script, *given, *DAY]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    told = json.loads(said.out)
    assert (told["outcome"], told["deeds"]) == ("done", [])
    assert [each["state"] for each in told["turns"]] == [
        *("welcome", "services", "ask_grievance", "services", "services", "transfer", "goodbye"),
    ]
    assert any("being worked on" in say["text"] for turn in told["turns"] for say in turn["says"])


def test_what_the_bot_says_is_written_to_a_file(tmp_path: Path, capsys: pytest.CaptureFixture):
    wav = tmp_path / "call.wav"
    script = _script(tmp_path, "1", "1234", "3")
    assert main(["call", "--simulate", "--script", script, "--wav", str(wav), *DAY]) == 0
    with wave.open(str(wav)) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8_000, 1, 2)
        seconds = sound.getnframes() / 8_000
    assert 20 < seconds < 120
    assert f"{seconds:.1f} s of speech" in capsys.readouterr().err


def test_without_espeak_the_package_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    wav = str(tmp_path / "call.wav")
    assert main(["call", "--simulate", "--script", _script(tmp_path), "--wav", wav]) == 2
    assert "apt-get install espeak-ng" in capsys.readouterr().err


@pytest.mark.parametrize("flow", ["reminder", "inbound"])
def test_the_flow_is_drawn_and_the_page_has_it(flow: str, root: Path, capsys):
    assert main(["call", "--mermaid", "--flow", flow]) == 0
    drawn = capsys.readouterr().out
    assert drawn == mermaid(table(), table().flows[flow])
    page = (root / "docs" / "voicebot.md").read_text("utf-8")
    assert f"```mermaid\n{drawn}```" in page


@pytest.mark.parametrize(
    "given",
    [
        ["call"],
        ["call", "--simulate", "--mermaid"],
        ["call", "--simulate", "--flow", "survey"],
        ["call", "--simulate", "--language", "hi"],
        ["call", "--simulate", "--script", "/nowhere"],
    ],
)
def test_wrong_usage(given: list[str], capsys: pytest.CaptureFixture):
    assert main(given) == 2
    assert "Error" in capsys.readouterr().err
