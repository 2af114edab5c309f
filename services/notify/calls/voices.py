"""Voices: words made sound, by an engine that the city chooses (PALIKA_VOICE_TTS_ENGINE).

``provider``
    the telephone provider's own voice speaks; no sound is made here.
``espeak``
    espeak-ng on this machine: a plain voice, in Marathi and English, that costs nothing.

Another engine is a class with the two methods of ``Engine``, named in ``open_engine``.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

from palika.blocking import off_hub, threading
from palika.config import ConfigError, Settings, var_directory, variable_of
from palika.errors import Unavailable
from services.notify.calls import audio, programs
from services.notify.domain.call.states import Voice

PROGRAM: Final = "espeak-ng"
LONGEST: Final = 2_000
"""Characters that are spoken at once."""
_WORDS_A_MINUTE: Final = 140
_KEPT: Final = 5_000
_PRUNE_EVERY: Final = 100


class Engine(Protocol):
    """Makes sound of words."""

    def speak(self, text: str, language: str) -> bytes:
        """A WAV for the telephone (8,000 samples a second, 16 bits, one channel).

        Raises:
            ValueError: a language that it does not speak, or too much text.
            Unavailable: it does not work, or has too much to do.
        """


@dataclass(frozen=True)
class Espeak:
    """espeak-ng, run for each text that is not in the folder yet.

    Attributes:
        program: its path.
        voices: by language.
        folder: of what was spoken before, by a hash of the words; for its owner only, since there
            are amounts in it.
        timeout_s: for one text.
        at_once: so many run at the same time; who does not get its turn in time is refused.
    """

    program: str
    voices: Mapping[str, Voice]
    folder: Path
    timeout_s: float = 5.0
    at_once: int = 2
    _turns: Any = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_turns", threading.BoundedSemaphore(self.at_once))

    def speak(self, text: str, language: str) -> bytes:
        """See ``Engine``."""
        if language not in self.voices:
            raise ValueError(f"there is no voice for {language!r}")
        if len(text) > LONGEST:
            raise ValueError(f"more than {LONGEST} characters are not spoken at once")
        return off_hub(self._speak, text, self.voices[language].espeak)

    def _speak(self, text: str, voice: str) -> bytes:
        kept = self.folder / f"{_name(text, voice)}.wav"
        try:
            return kept.read_bytes()
        except FileNotFoundError:
            pass
        if not self._turns.acquire(timeout=self.timeout_s):
            raise Unavailable("The voice has too much to do.")
        try:
            made = self._made(text, voice)
        finally:
            self._turns.release()
        self._keep(kept, made)
        return made

    def _made(self, text: str, voice: str) -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "out.wav"
            arguments = ["-v", voice, "-s", str(_WORDS_A_MINUTE), "-b", "1"]
            try:
                programs.run(
                    self.program,
                    [*arguments, "-w", str(out), "--stdin"],
                    text.encode(),
                    self.timeout_s,
                )
                return audio.for_telephone(out.read_bytes())
            except (OSError, programs.Failure, audio.NoSound) as error:
                raise Unavailable("The voice does not work.") from error

    def _keep(self, kept: Path, made: bytes) -> None:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self.folder, delete=False) as file:
                file.write(made)
            os.replace(file.name, kept)
            if int(kept.stem[:8], 16) % _PRUNE_EVERY == 0:
                self._prune()
        except OSError as error:
            raise Unavailable(f"{self.folder} cannot be written to.") from error

    def _prune(self) -> None:
        """Take away the oldest."""
        found = sorted(self.folder.glob("*.wav"), key=lambda each: each.stat().st_mtime)
        for each in found[:-_KEPT]:
            each.unlink(missing_ok=True)


def _name(text: str, voice: str) -> str:
    given = f"{PROGRAM}|{voice}|{_WORDS_A_MINUTE}|{audio.RATE}|{text}"
    return hashlib.sha256(given.encode()).hexdigest()


def open_engine(config: Settings, voices: Mapping[str, Voice]) -> Engine | None:
    """The engine of the settings; None: the provider's own voice speaks.

    Raises:
        ConfigError: the program is not on this machine.
    """
    if config.voice_tts_engine == "provider":
        return None
    return espeak(voices)


def espeak(voices: Mapping[str, Voice], folder: Path | None = None) -> Espeak:
    """espeak-ng of this machine; ``folder``: of what was spoken, ``voice`` in ``var/``.

    Raises:
        ConfigError: it is not installed.
    """
    program = shutil.which(PROGRAM)
    if program is None:
        raise ConfigError(
            f"{PROGRAM} is not on this machine: install the package {PROGRAM} "
            f"(apt-get install {PROGRAM}), or set {variable_of('voice_tts_engine')} to provider"
        )
    return Espeak(program, voices, folder or var_directory() / "voice")
