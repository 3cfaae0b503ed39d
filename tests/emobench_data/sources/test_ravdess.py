"""RAVDESS: what a name says, in every place where people have the files."""

from collections import Counter

import pytest

from emobench_data.sources.ravdess import SOURCE

from .helpers import answers, convert, put

NAMES = {
    "03-01-01-01-01-01-01": "neutral",
    "03-01-02-02-01-01-01": "calm",
    "03-02-03-01-01-01-02": "happiness",
    "01-01-04-01-02-01-03": "sadness",
    "02-01-05-01-02-02-03": "anger",
    "03-01-06-01-02-01-12": "fear",
    "03-01-07-01-02-01-24": "disgust",
    "01-02-08-01-02-01-24": "surprise",
}


def build(root):
    for name in NAMES:
        put(root, f"Actor_{name[-2:]}/{name}.{'wav' if name.startswith('03') else 'mp4'}")


def test_names_say_emotion_actor_and_kind(tmp_path):
    build(tmp_path)
    records, skips = convert("ravdess", tmp_path)
    assert answers(records, "emo_c") == NAMES and not skips.counts
    assert {one.item: (one.group, one.media[0].kind) for one in records} == {
        name: (name[-2:], "audio" if name.startswith("03") else "video") for name in NAMES
    }
    assert records[0].paths == ("Actor_01/03-01-01-01-01-01-01.wav",)


def test_only_parts_that_are_there_have_gaps(tmp_path):
    put(tmp_path, "03-01-05-01-01-01-03.flac")
    put(tmp_path, "01-02-05-01-01-01-03.mp4")
    found = SOURCE.gaps(convert("ravdess", tmp_path)[0])
    assert found == [f"{part} items that a complete copy has" for part in ("01-02: 1 of 1,012", "03-01: 1 of 1,440")]


def test_archives_that_were_unpacked_side_by_side(tmp_path):
    put(tmp_path, "Audio_Speech_Actors_01-24/Actor_01/03-01-01-01-01-01-01.wav")
    put(tmp_path, "audio_speech_actors_01-24/Actor_01/03-01-01-01-01-01-01.wav")
    put(tmp_path, "Video_Song_Actor_02/Actor_02/01-02-03-01-01-01-02.mp4")
    put(tmp_path, "03-01-05-01-01-01-03.flac")
    records, skips = convert("ravdess", tmp_path)
    assert sorted(answers(records, "emo_o").values()) == ["anger", "happiness", "neutral"]
    assert dict(skips.counts) == {"the same item again": 2}


@pytest.mark.parametrize(
    "name", ["03-01-09-01-01-01-01.wav", "03-01-01-01-01-01.wav", "01-01-01-01-01-01-01.wav", "03-01-01-01-01-01-01.txt"]
)
def test_names_of_another_form_are_counted(tmp_path, name):
    build(tmp_path)
    put(tmp_path, f"Actor_01/{name}")
    records, skips = convert("ravdess", tmp_path)
    assert answers(records, "emo_c") == NAMES and skips.counts.total() == 1


def test_real_speech(shared_data):
    """Of actors 1 to 16, the spoken part, whose neutral is half as frequent."""
    if not (shared_data / "ravdess_speech").is_dir():
        pytest.skip("no RAVDESS in the shared data")
    sizes = Counter(answers(convert("ravdess", shared_data / "ravdess_speech")[0], "emo_c").values())
    assert sizes.pop("neutral") == 64 and set(sizes.values()) == {128} and len(sizes) == 7
