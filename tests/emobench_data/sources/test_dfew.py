import pytest
from PIL import Image

from emobench_data.media.examine import examine
from emobench_data.media.video import Sampling, read_frames

from .helpers import answers, convert, put


def build(root):
    put(root, "EmoLabel_DataSplit/train(single-labeled)/set_1.csv", "video_name,label\n2,1\n00003,7\n")
    put(root, "EmoLabel_DataSplit/test(single-labeled)/set_1.csv", "video_name,label\n4.mp4,4\n")
    put(root, "EmoLabel_DataSplit/train(single-labeled)/set_2.csv", "video_name,label\n4,4\n")


def test_labels_count_from_one_and_only_the_first_fold_is_read(tmp_path):
    build(tmp_path)
    records, skips = convert("dfew", tmp_path)
    assert answers(records, "emo_c") == {"2": "happiness", "3": "fear", "4": "anger"} and not skips.counts
    assert [record.split for record in records[::2]] == ["train", "train", "test"]
    assert records[0].paths[0] == "Clip/2.mp4"


def test_clips_are_looked_up_wherever_they_lie(tmp_path):
    build(tmp_path)
    put(tmp_path, "Clip/original/part_1/00002.mp4")
    put(tmp_path, "Clip/clip_224x224/00002/00001.jpg")
    put(tmp_path, "Clip/original/readme.mp4")
    media = {record.item: record.paths[0] for record in convert("dfew", tmp_path)[0]}
    assert media["2"] == "Clip/original/part_1/00002.mp4" and media["3"] == "Clip/3.mp4"


def test_a_clip_may_be_a_folder_of_frames(tmp_path):
    build(tmp_path)
    for clip in ("00002", "3", "00004"):
        for frame in range(1, 12):
            (tmp_path / "Clip/clip_224x224" / clip).mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (32, 32), (20 * frame, 0, 0)).save(tmp_path / "Clip/clip_224x224" / clip / f"{frame}.jpg")
    put(tmp_path, "Clip/original/4.mp4")
    media = {record.item: record.paths[0] for record in convert("dfew", tmp_path)[0]}
    assert media == {"2": "Clip/clip_224x224/00002", "3": "Clip/clip_224x224/3", "4": "Clip/original/4.mp4"}
    assert examine(tmp_path / media["2"], "video", tmp_path).fault is None
    reds = read_frames(tmp_path / media["2"], Sampling(frames=3)).pixels[:, 0, 0, 0].tolist()
    assert reds == pytest.approx([20, 120, 220], abs=4)


@pytest.mark.parametrize("bad", ["5,-1", "5,x", "5,nan", "5,", "../5,1", "/5,1", "5.5,1", "5"])
def test_bad_rows_are_left_out_and_counted(tmp_path, bad):
    build(tmp_path)
    with open(tmp_path / "EmoLabel_DataSplit/test(single-labeled)/set_1.csv", "a") as file:
        file.write(bad + "\n")
    records, skips = convert("dfew", tmp_path)
    assert len(records) == 6 and sum(skips.counts.values()) == 1
