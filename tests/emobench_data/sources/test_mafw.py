import pytest

from .helpers import answers, convert, put


def build(root):
    put(root, "single/no_caption/set_1/train.txt", "00001.mp4 happiness\n00002.mp4 helplessness\n")
    put(root, "single/no_caption/set_1/test.txt", "00003.mp4 contempt\n\n")
    put(root, "single/no_caption/set_2/test.txt", "00001.mp4 happiness\n")


@pytest.mark.parametrize("base", ["", "Train & Test Set/"])
def test_first_fold(tmp_path, base):
    build(tmp_path / base)
    records, skips = convert("mafw", tmp_path)
    assert answers(records, "emo_c") == {"00001": "happiness", "00002": "helplessness", "00003": "contempt"}
    assert [record.split for record in records[::2]] == ["train", "train", "test"] and not skips.counts
    assert records[0].paths[0] == "data/clips/00001.mp4" and len(records[0].options) == 11


@pytest.mark.parametrize("bad", ["00009.mp4", "00009.mp4 joy", "00009.mp4 nan", "../00009.mp4 anger", "/9.mp4 anger"])
def test_bad_lines_are_left_out_and_counted(tmp_path, bad):
    build(tmp_path)
    with open(tmp_path / "single/no_caption/set_1/test.txt", "a") as file:
        file.write(bad + "\n")
    records, skips = convert("mafw", tmp_path)
    assert len(records) == 6 and sum(skips.counts.values()) == 1


@pytest.mark.slow
def test_a_million_unknown_labels_take_no_memory(tmp_path):
    build(tmp_path)
    put(tmp_path, "single/no_caption/set_1/train.txt", "".join(f"{n}.mp4 label{n}\n" for n in range(1_000_000)))
    records, skips = convert("mafw", tmp_path)
    assert len(records) == 2
    assert sum(skips.counts.values()) == 1_000_000 and len(skips.counts) == 1
    assert sum(map(len, skips.examples.values())) == 20
