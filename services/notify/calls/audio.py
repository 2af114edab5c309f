"""Sound as telephones carry it: WAV, 8,000 samples a second, 16 bits, one channel."""

import io
import math
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
    common = math.gcd(rate, RATE)
    down, up = rate // common, RATE // common
    # Silence around it, for the ends to be of the middle; and as many samples as there is a whole
    # number of new ones for, of small factors: of others the transform takes ten times as long.
    blocks = _smooth(math.ceil((len(given) + 2 * _EDGE) / down))
    padded = np.zeros(blocks * down)
    padded[_EDGE : _EDGE + len(given)] = given
    size = blocks * up
    spectrum = np.fft.rfft(padded)
    kept = np.zeros(size // 2 + 1, dtype=spectrum.dtype)
    both = min(len(spectrum), len(kept))
    kept[:both] = spectrum[:both]
    made = np.fft.irfft(kept, n=size) * (up / down)
    edge = round(_EDGE * up / down)
    made = made[edge : edge + round(len(given) * up / down)]
    return np.clip(np.rint(made), -32_768, 32_767).astype("<i2").tobytes()


def _smooth(least: int) -> int:
    """The first number from ``least`` on that has no factor but 2, 3 and 5."""
    number = least
    while True:
        rest = number
        for factor in (2, 3, 5):
            while rest % factor == 0:
                rest //= factor
        if rest == 1:
            return number
        number += 1
