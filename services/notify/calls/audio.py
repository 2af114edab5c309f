"""Sound as telephones carry it: WAV, 8,000 samples a second, 16 bits, one channel."""

import io
import wave
from collections.abc import Sequence
from typing import Final

RATE: Final = 8_000
"""Samples a second."""
WIDTH: Final = 2
"""Bytes of a sample."""
_EDGE: Final = 400


class NoSound(ValueError):
    """It is not a WAV of one channel with samples of 16 bits."""


def for_telephone(wav: bytes) -> bytes:
    """A WAV of any rate as one for the telephone: what is too high for it is left out.

    Raises:
        NoSound: see there.
    """
    rate, frames = _read(wav)
    return written(frames if rate == RATE else _resampled(frames, rate))


def written(frames: bytes) -> bytes:
    """Samples as a WAV for the telephone."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(WIDTH)
        out.setframerate(RATE)
        out.writeframes(frames)
    return file.getvalue()


def joined(wavs: Sequence[bytes], pause_s: float) -> bytes:
    """Several WAVs for the telephone as one, with a pause before each but the first.

    Raises:
        NoSound: one of them is none.
    """
    pause = bytes(WIDTH * round(RATE * pause_s))
    found = []
    for wav in wavs:
        rate, frames = _read(wav)
        if rate != RATE:
            raise NoSound("not for the telephone")
        found.append(frames)
    return written(pause.join(found))


def seconds(wav: bytes) -> float:
    """How long a WAV lasts. Raises NoSound."""
    rate, frames = _read(wav)
    return len(frames) / WIDTH / rate


def _read(wav: bytes) -> tuple[int, bytes]:
    try:
        with wave.open(io.BytesIO(wav)) as file:
            if file.getnchannels() != 1 or file.getsampwidth() != WIDTH:
                raise NoSound("not of one channel with 16 bits")
            # What a program writes into a pipe names no length: all that is there is read.
            return file.getframerate(), file.readframes(len(wav))
    except (wave.Error, EOFError) as error:
        raise NoSound("not a WAV") from error


def _resampled(frames: bytes, rate: int) -> bytes:
    # Of use in calls only, and large: what does not speak starts without it.
    import numpy as np

    given = np.frombuffer(frames, dtype="<i2").astype(np.float64)
    # Silence around it, for the ends to be of the middle.
    given = np.pad(given, _EDGE)
    size = round(len(given) * RATE / rate)
    spectrum = np.fft.rfft(given)[: size // 2 + 1]
    if len(spectrum) < size // 2 + 1:
        spectrum = np.pad(spectrum, (0, size // 2 + 1 - len(spectrum)))
    made = np.fft.irfft(spectrum, n=size) * (size / len(given))
    edge = round(_EDGE * RATE / rate)
    made = made[edge : len(made) - edge]
    return np.clip(np.rint(made), -32_768, 32_767).astype("<i2").tobytes()
