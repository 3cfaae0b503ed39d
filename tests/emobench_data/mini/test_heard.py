"""Voices by rule: their emotion can be heard, and what stands beside them does not tell it."""

from collections import Counter, defaultdict
from hashlib import blake2s

import numpy as np

from emobench_data.building.convert import make_mini
from emobench_data.media.sound import read_sound
from emobench_data.mini.heard import make_heard
from emobench_data.mini.plan import EMOTIONS
from emobench_data.mini.voices import RATE, as_wav, speak
from emobench_data.rationale.steps import steps_of

from ..make import read_lines


def test_the_same_bytes_on_every_machine():
    content = b"".join(as_wav(speak(emotion, "key")) for emotion in EMOTIONS)
    assert blake2s(content, digest_size=8).hexdigest() == "1d05d208bf217d63"


def heard(emotion, key):
    """What there is to hear without ears: loudness, pauses, pitch with its spread and course, and the spectrum."""
    wave = speak(emotion, key).astype(float) / 32768
    power = np.abs(np.fft.rfft(wave[: len(wave) // 1024 * 1024].reshape(-1, 1024) * np.hanning(1024), 2048)) ** 2
    loud = np.log(power.sum(1) + 1e-3)
    on = loud > loud.max() - 3
    pitch = -np.log(40 + np.fft.irfft(power)[on, 40:200].argmax(1))  # of the strongest echo, from 80 to 400 Hz
    half = len(pitch) // 2
    spectrum = np.log(power[on].mean(0)[:512].reshape(16, -1).mean(1) + 1e-6)
    moved = pitch[half:].mean() - pitch[:half].mean()
    said = (loud.mean(), loud.std(), np.abs(np.diff(loud)).mean(), on.mean(), pitch.mean(), pitch.std(), moved)
    return np.array([*said, *(spectrum - spectrum.mean())])


def test_a_linear_ear_tells_the_six_emotions():
    own, other = ([(e, heard(e, f"{side}{n}")) for n in range(8) for e in EMOTIONS] for side in ("train", "test"))
    values = np.array([value for _, value in own])
    middle, spread = values.mean(0), values.std(0) + 1e-6
    means = {e: np.mean([(v - middle) / spread for label, v in own if label == e], axis=0) for e in EMOTIONS}
    right = [e == min(means, key=lambda m: np.square((v - middle) / spread - means[m]).sum()) for e, v in other]
    assert np.mean(right) > 0.7


def test_one_in_four_clashes_and_neither_face_nor_voice_alone_tells():
    plan = make_heard(train=48, test=24, seed=3)
    crossed = [one for one in plan.records if one.task == "sarcasm"]
    answers = defaultdict(Counter)
    for one in crossed:
        for medium in one.media:
            answers[medium.path][one.answer] += 1
        assert (one.attributes["heard"] == one.attributes["shown"]) == (one.answer == "No")
        assert steps_of(one)[0] == ("Voice", one.attributes["heard"]) and steps_of(one)[-1] == ("Clash", one.answer.lower())
    assert all(counts == {"Yes": 1, "No": 1} for counts in answers.values()) and len({one.group for one in crossed}) == 9
    assert sum(one.answer == "Yes" for one in crossed) * 4 == len(plan.records)
    voices = Counter((one.media[0].kind, one.answer) for one in plan.records if one.task == "emo_c")
    assert set(voices.values()) == {3} and len(voices) == 12


def test_clips_keep_their_voice_and_show_the_same_whatever_it_is(tmp_path):
    make_mini(tmp_path, train=8, test=8, seed=0, plan="sound", videos="storyboards")
    asked = read_lines(tmp_path / "questions.jsonl")
    assert [sorted({"image", "video", "audio"} & one.keys()) for one in asked] == (
        [["audio", "image"]] * 4 + [["audio"]] * 2 + [["video"]] * 2
    )
    wave = read_sound(tmp_path / "media" / asked[6]["video"])
    assert np.array_equal(np.rint(wave * 32768), speak("happiness", "0/test/heard/0/6")) and len(wave) == 2 * RATE
    assert asked[4]["text"].startswith("Which emotion does the voice express? Choose one of: happiness, ")
    make_mini(tmp_path, train=6, test=6, seed=0)
    assert len({one["task"] for one in read_lines(tmp_path / "gold.jsonl")}) == 6
