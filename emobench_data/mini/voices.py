"""Voices by rule: syllables of vowels without words, whose pitch, loudness, pace and breath say an emotion (our design).

A voice is a sum of harmonics shaped by the formants of its vowels. Sines come from a table of whole numbers and all else is
sums, products and quotients, so that a voice has the same bytes on every machine.
"""

from __future__ import annotations

import io
import math
import wave
from dataclasses import dataclass
from random import Random

import numpy as np

from .clips import SOUND_RATE as RATE

SECONDS = 2.0
_STEPS = 4096  # of the table
_SINE = np.array([round(32767 * math.sin(2 * math.pi * step / _STEPS)) for step in range(_STEPS)]) / 32767
_TURN = 1 << 32  # a whole period, of a phase in whole numbers
# Vowels by their first three formants, Hz: men's means (Peterson, Barney 1952), and the neutral vowel of an even tube.
VOWELS = ((730, 1090, 2440), (530, 1840, 2480), (270, 2290, 3010), (570, 840, 2410), (300, 870, 2240), (500, 1500, 2500))
_BANDS = (90, 120, 180)  # their widths, Hz
_HIGHEST = 5_000  # Hz: harmonics above are left out


@dataclass(frozen=True)
class Manner:
    """How a voice sounds.

    Args:
        pitch: times the speaker's own.
        course: how pitch runs over the whole, at equal distances: shares above or below.
        swing: by which share it moves within a syllable, up and down.
        pace: syllables a second.
        pauses: share of a syllable that is silent.
        loud: from 0 to 1.
        bright: from 0 to 1, how much of the upper harmonics is heard.
        breath: share of noise.
        tremble: by which share pitch trembles, seven times a second.
        rough: how much weaker every second period is.
    """

    pitch: float
    course: tuple[float, ...]
    swing: float
    pace: float
    pauses: float
    loud: float
    bright: float
    breath: float = 0.02
    tremble: float = 0.0
    rough: float = 0.0


MANNERS: dict[str, Manner] = {
    "happiness": Manner(1.35, (0.0, 0.2, -0.05, 0.2, 0.0), 0.16, 5.0, 0.15, 0.8, 0.6),
    "sadness": Manner(0.85, (0.05, 0.0, -0.06, -0.12), 0.03, 2.2, 0.35, 0.35, 0.1, breath=0.12),
    "anger": Manner(1.2, (0.15, 0.1, 0.0, -0.15), -0.14, 5.0, 0.3, 1.0, 1.0, rough=0.15),
    "surprise": Manner(1.4, (-0.2, -0.1, 0.1, 0.6), 0.1, 3.4, 0.15, 0.7, 0.5, breath=0.06),
    "fear": Manner(1.5, (0.0, 0.05, 0.0, 0.05), 0.03, 6.0, 0.4, 0.45, 0.3, breath=0.14, tremble=0.07),
    "disgust": Manner(0.8, (0.1, -0.02, -0.1, -0.2), -0.08, 2.8, 0.2, 0.6, 0.45, rough=0.6),
}


def speak(emotion: str, key: str) -> np.ndarray:
    """Somebody's voice in an emotion: `(32000,)` int16, 16,000 samples a second; the same for the same `key`."""
    rng = Random(key)
    manner, high = MANNERS[emotion], rng.random() < 0.5
    own = rng.uniform(165, 225) if high else rng.uniform(95, 140)
    throat = rng.uniform(1.08, 1.2) if high else rng.uniform(0.95, 1.05)
    count = round(RATE * SECONDS)
    pace = manner.pace * rng.uniform(0.88, 1.12)
    place = np.arange(count) * pace / RATE + rng.random() * 0.3  # in syllables from the start
    within, syllable = place - np.floor(place), np.floor(place).astype(np.int64)
    tune = _course(manner.course, count) * rng.uniform(0.8, 1.2) + manner.swing * (4 * within * (1 - within) - 0.5)
    tremble = manner.tremble * _sine(np.arange(count, dtype=np.int64) * (7 * _TURN // RATE))
    pitch = own * manner.pitch * rng.uniform(0.94, 1.06) * (1 + tune + tremble)
    phase = np.cumsum(np.rint(pitch * (_TURN / RATE)).astype(np.int64))
    spoken = within / (1 - manner.pauses)
    swell = np.where(spoken < 1, 4 * spoken * (1 - spoken), 0.0)
    vowels = [rng.choice(VOWELS) for _ in range(int(syllable[-1]) + 1)]
    sound = np.zeros(count)
    for number, vowel in enumerate(vowels):
        own_part = np.flatnonzero(syllable == number)
        part = slice(own_part[0], own_part[-1] + 1)
        sound[part] = _voiced(phase[part], pitch[part], [throat * formant for formant in vowel], manner.bright)
    sound *= 1 - manner.rough * (0.5 + 0.5 * _sine(phase // 2))
    noise = np.random.RandomState(rng.getrandbits(32)).randint(-10_000, 10_001, count, np.int64) / 10_000  # it stays as it is
    sound = sound / np.abs(sound).max() + manner.breath * noise
    loud = manner.loud * rng.uniform(0.75, 1.0)
    return np.rint(30_000 * loud * swell * sound / (1 + manner.breath) + 8 * noise).astype(np.int16)


def as_wav(samples: np.ndarray) -> bytes:
    """A WAV file of one channel."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.astype("<i2").tobytes())
    return buffer.getvalue()


def _sine(phase: np.ndarray) -> np.ndarray:
    return _SINE[(phase % _TURN) * _STEPS // _TURN]


def _course(points: tuple[float, ...], count: int) -> np.ndarray:
    """`count` values on straight lines through `points`."""
    place = np.arange(count) * ((len(points) - 1) / count)
    left = np.floor(place).astype(np.int64)
    values = np.array(points)
    return values[left] + (place - left) * (values[left + 1] - values[left])


def _voiced(phase: np.ndarray, pitch: np.ndarray, formants: list[float], bright: float) -> np.ndarray:
    """The harmonics of a syllable, each as loud as its vowel lets it be."""
    middle = float(pitch[len(pitch) // 2])
    sound = np.zeros(len(phase))
    for harmonic in range(1, int(_HIGHEST / middle) + 1):
        frequency = harmonic * middle
        away = [(frequency - formant) / band for formant, band in zip(formants, _BANDS)]
        heard = sum(1 / (1 + far * far) for far in away)
        slope = bright / harmonic + (1 - bright) / harmonic**2
        sound += (heard + 0.05) * slope * _sine(harmonic * phase)
    return sound
