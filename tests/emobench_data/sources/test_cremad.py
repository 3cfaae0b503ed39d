"""CREMA-D: what a name says, of sounds and clips."""

import pytest

from .helpers import answers, convert, put

CODES = {"ANG": "anger", "DIS": "disgust", "FEA": "fear", "HAP": "happiness", "NEU": "neutral", "SAD": "sadness"}


def build(root):
    for number, code in enumerate(CODES):
        put(root, f"AudioWAV/100{number}_DFA_{code}_XX.wav")
    put(root, "VideoFlash/1040_ITH_SAD_X.mp4")


def test_names_say_actor_and_emotion(tmp_path):
    build(tmp_path)
    records, skips = convert("cremad", tmp_path)
    said = {f"AudioWAV/100{number}_DFA_{code}_XX": label for number, (code, label) in enumerate(CODES.items())}
    assert answers(records, "emo_c") == said | {"VideoFlash/1040_ITH_SAD_X": "sadness"} and not skips.counts
    assert {one.media[0].kind for one in records if one.group == "1040"} == {"video"}
    assert (records[0].group, records[0].media[0].kind, records[0].paths[0]) == (
        "1000",
        "audio",
        "AudioWAV/1000_DFA_ANG_XX.wav",
    )


def test_sounds_are_read_once_though_they_are_there_twice(tmp_path):
    put(tmp_path, "AudioMP3/1001_DFA_ANG_XX.mp3")
    assert convert("cremad", tmp_path)[0][0].paths == ("AudioMP3/1001_DFA_ANG_XX.mp3",)
    build(tmp_path)
    assert len(convert("cremad", tmp_path)[0]) == 14


@pytest.mark.parametrize("name", ["1001_DFA_JOY_XX.wav", "1001_DFA_ANG.wav", "README.md", "11_DFA_ANG_XX.wav"])
def test_other_names_are_counted(tmp_path, name):
    build(tmp_path)
    put(tmp_path, f"AudioWAV/{name}")
    records, skips = convert("cremad", tmp_path)
    assert len(records) == 14 and skips.counts.total() == 1
