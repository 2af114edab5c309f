"""Words made sound: by the real program. What is heard is measured, not listened to."""

import io
import math
import shutil
import stat
import struct
import subprocess
import sys
import threading
import time
import wave
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

from palika.config import ConfigError
from palika.errors import Unavailable
from services.notify.calls import audio, programs, voices
from services.notify.domain import speech
from tests.unit.notify.call.test_engine import table

MARATHI = f"नमस्कार. {speech.amount(1_12_345_50, 'mr')} भरायचे बाकी आहेत."
ENGLISH = f"Namaskar. {speech.amount(1_12_345_50, 'en')} are still to be paid."


@pytest.fixture
def engine(tmp_path: Path) -> voices.Espeak:
    return voices.espeak(table().voices, tmp_path / "voice")


def frames(wav: bytes) -> list[int]:
    with wave.open(io.BytesIO(wav)) as file:
        assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (8_000, 2, 1)
        raw = file.readframes(file.getnframes())
    return list(struct.unpack(f"<{len(raw) // 2}h", raw))


def loudness(samples: list[int]) -> float:
    """The root of the mean square."""
    return math.sqrt(sum(each * each for each in samples) / len(samples))


def tone(rate: int, pitch: float, seconds: float = 0.5) -> bytes:
    file = io.BytesIO()
    count = int(rate * seconds)
    samples = [round(10_000 * math.sin(2 * math.pi * pitch * n / rate)) for n in range(count)]
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(struct.pack(f"<{count}h", *samples))
    return file.getvalue()


@pytest.mark.parametrize(("text", "language"), [(MARATHI, "mr"), (ENGLISH, "en")])
def test_speech_is_a_wav_for_telephones_of_a_plausible_length(engine, text: str, language: str):
    wav = engine.speak(text, language)
    samples = frames(wav)
    words = len(text.split())
    assert 0.2 * words < audio.seconds(wav) < 1.0 * words
    assert loudness(samples) > 500
    assert max(map(abs, samples)) <= 32_767
    # It is not one tone, nor a hum: it rises and falls.
    pieces = [loudness(samples[at : at + 400]) for at in range(0, len(samples) - 400, 400)]
    assert min(pieces) < 200 < 1_500 < max(pieces)


def test_the_marathi_voice_speaks_marathi(engine, tmp_path: Path):
    """The program is asked for its Marathi voice, and has one: it speaks otherwise than Hindi's."""
    asked = tmp_path / "asked"
    program = _script(tmp_path, f'echo "$@" > {asked}; exec {engine.program} "$@"')
    wav = voices.Espeak(program, table().voices, tmp_path / "v").speak(MARATHI, "mr")
    assert "-v mr " in asked.read_text()
    assert wav == engine.speak(MARATHI, "mr")
    hindi = {"mr": replace(table().voices["mr"], espeak="hi")}
    assert wav != voices.Espeak(engine.program, hindi, tmp_path / "w").speak(MARATHI, "mr")


def test_what_was_spoken_is_kept_for_its_owner_only(engine):
    first = engine.speak(MARATHI, "mr")
    kept = list(engine.folder.glob("*"))
    assert len(kept) == 1
    assert kept[0].read_bytes() == first
    assert stat.S_IMODE(engine.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(kept[0].stat().st_mode) == 0o600
    # The program is not asked again.
    again = voices.Espeak("/nowhere", engine.voices, engine.folder)
    assert again.speak(MARATHI, "mr") == first


def test_text_is_never_a_command_or_an_option(engine, tmp_path: Path):
    for text in (
        "-w /tmp/x; touch gone",
        "$(touch gone)",
        "--path=/nowhere",
        "<speak>&",
        "[[h@l'oU]]",
    ):
        assert loudness(frames(engine.speak(text, "en"))) > 100
    assert not (Path.cwd() / "gone").exists()


def test_nothing_to_say_is_silence_and_no_error(engine):
    assert isinstance(frames(engine.speak(".", "mr")), list)


def test_without_the_program_the_package_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(ConfigError, match=r"apt-get install espeak-ng.*PALIKA_VOICE_TTS_ENGINE"):
        voices.espeak(table().voices)


def _script(tmp_path: Path, text: str) -> str:
    path = tmp_path / "program"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize("does", ["exit 3", "echo no wav > $8", "exec sleep 30", "kill -9 $$"])
def test_a_program_that_does_not_work_is_no_hanging(tmp_path: Path, does: str):
    engine = voices.Espeak(_script(tmp_path, does), table().voices, tmp_path / "v", timeout_s=0.3)
    before = {each.pid for each in psutil.Process().children()}
    began = time.monotonic()
    with pytest.raises(Unavailable, match="does not work"):
        engine.speak("x", "en")
    assert time.monotonic() - began < 3
    # Nothing is left behind, not even a process.
    assert {each.pid for each in psutil.Process().children()} <= before


def test_not_more_than_so_many_run_at_once(tmp_path: Path):
    log = tmp_path / "log"
    program = _script(tmp_path, f"echo + >> {log}; sleep 0.2; echo - >> {log}; exit 1")
    engine = voices.Espeak(program, table().voices, tmp_path / "v", timeout_s=5, at_once=2)

    def speak(n: int) -> None:
        with pytest.raises(Unavailable):
            engine.speak(str(n), "en")

    threads = [threading.Thread(target=speak, args=(n,)) for n in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    running = most = 0
    for line in log.read_text().split():
        running += 1 if line == "+" else -1
        most = max(most, running)
    assert most == 2


def test_who_does_not_get_a_turn_in_time_is_refused(tmp_path: Path):
    program = _script(tmp_path, "sleep 1; exit 1")
    engine = voices.Espeak(program, table().voices, tmp_path / "v", timeout_s=0.2, at_once=1)
    engine._turns.acquire()
    with pytest.raises(Unavailable, match="too much to do"):
        engine.speak("x", "en")


@pytest.mark.parametrize(("text", "language"), [("x", "hi"), ("x" * 2_001, "mr")])
def test_what_cannot_be_spoken_is_refused(engine, text: str, language: str):
    with pytest.raises(ValueError, match=r"no voice|not spoken at once"):
        engine.speak(text, language)


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 44_100])
def test_a_tone_keeps_its_pitch_and_length(rate: int):
    samples = frames(audio.for_telephone(tone(rate, 440)))
    assert len(samples) == pytest.approx(4_000, abs=2)
    middle = samples[500:3_500]
    crossings = sum(a < 0 <= b for a, b in pairwise(middle))
    assert crossings == pytest.approx(440 * 3_000 / 8_000, abs=2)
    assert loudness(middle) == pytest.approx(10_000 / math.sqrt(2), rel=0.05)


def test_what_is_too_high_for_the_telephone_is_not_folded_into_it():
    samples = frames(audio.for_telephone(tone(22_050, 6_000)))
    assert loudness(samples[500:3_500]) < 100


@pytest.mark.parametrize("wav", [b"", b"RIFF", b"<html>", tone(8_000, 440)[:20]])
def test_what_is_no_sound_is_refused(wav: bytes):
    with pytest.raises(audio.NoSound):
        audio.for_telephone(wav)


def test_sounds_are_joined_with_a_pause():
    one = audio.for_telephone(tone(8_000, 440))
    assert audio.seconds(audio.joined([one, one], 0.25)) == pytest.approx(1.25)


def test_a_program_that_is_not_there():
    with pytest.raises(OSError, match="nowhere"):
        programs.run("/nowhere", [], b"", 1)


_IN_A_SERVICE = """
import eventlet
eventlet.monkey_patch()
import sys, time
from pathlib import Path
from services.notify.calls.reference import city_flow
from services.notify.calls.voices import espeak

engine = espeak(city_flow().voices, Path(sys.argv[1]))
engine.speak("नमस्कार", "mr")
ticks = []

def tick():
    while True:
        ticks.append(time.perf_counter())
        eventlet.sleep(0.005)

eventlet.spawn(tick)
text = "तीस जून दोन हजार सव्वीस. " * 10
speaking = [eventlet.spawn(engine.speak, f"{n} {text}", "mr") for n in range(6)]
spoken = [each.wait() for each in speaking]
assert len(set(spoken)) == 6 and min(map(len, spoken)) > 100_000
print(max(b - a for a, b in zip(ticks, ticks[1:])))
"""


def test_in_a_service_speaking_holds_up_nobody(tmp_path: Path):
    """Six long texts, two programs at once: the others of the process have their turn meanwhile."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _IN_A_SERVICE, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 0.2
