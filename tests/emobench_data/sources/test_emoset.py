import pytest

from emobench_data.io.errors import InputError

from .helpers import answers, convert, put, splits


def row(name, n, ending="jpg"):
    return [name, f"{name}_{n}", f"image/{name}/{name}_{n}.{ending}", f"annotation/{name}/{name}_{n}.json"]


def build(root):
    put(root, "info.json", {"emotion": {"label2idx": {"amusement": 0}}})
    put(root, "train.json", [row("amusement", "00001"), row("awe", "00002")])
    put(root, "val.json", [row("sadness", "00003")[:1] + row("sadness", "00003")[2:]])
    put(root, "test.json", [row("fear", "00004")])
    put(
        root,
        "annotation/amusement/amusement_00001.json",
        {
            "image_id": "amusement_00001",
            "emotion": "amusement",
            "scene": "sandy_café",
            "object": ["Ball", "Hot_dog"],
            "brightness": 0.5,
            "colorfulness": "0.7",
        },
    )


def test_rows_of_four_and_of_three_elements(tmp_path):
    build(tmp_path)
    records, skips = convert("emoset", tmp_path)
    assert (
        answers(records, "emo_c")
        == answers(records, "emo_o")
        == {
            "amusement_00001": "amusement",
            "awe_00002": "awe",
            "sadness_00003": "sadness",
            "fear_00004": "fear",
        }
    )
    assert splits(records)["sadness_00003"] == "val" and not skips.counts
    assert records[0].paths[0] == "image/amusement/amusement_00001.jpg"


def test_files_that_differ_in_their_ending_are_two_items(tmp_path):
    put(tmp_path, "train.json", [row("awe", "00002"), row("awe", "00002", "png"), row("awe", "00002")])
    records, skips = convert("emoset", tmp_path)
    assert [record.item for record in records[::2]] == ["awe_00002", "awe_00002.png"] and sum(skips.counts.values()) == 2


def test_attributes_may_be_numbers_lists_or_absent(tmp_path):
    build(tmp_path)
    records, _ = convert("emoset", tmp_path)
    assert records[0].attributes == {
        "scene": "sandy café",
        "object": "Ball, Hot dog",
        "brightness": "0.5",
        "colorfulness": "0.7",
    }
    assert records[2].attributes == {}


@pytest.mark.parametrize(
    "bad",
    [
        ["amusement", "x"],
        ["amusement", 1, "image/a.jpg", "annotation/a.json"],
        "amusement",
        None,
        ["joy", "image/a.jpg", "annotation/a.json"],
        ["awe", "/image/a.jpg", "annotation/a.json"],
        ["awe", "image/../../a.jpg", "annotation/a.json"],
        ["awe", "image/a.jpg", "../annotation/a.json"],
        ["awe", "image/a.jpg", "/etc/hostname"],
    ],
)
def test_bad_rows_are_left_out_and_counted(tmp_path, bad):
    build(tmp_path)
    put(tmp_path, "train.json", [bad, row("awe", "00002")])
    records, skips = convert("emoset", tmp_path)
    assert len(records) == 6 and sum(skips.counts.values()) == 1


def test_a_broken_annotation_file_leaves_out_its_item_only(tmp_path):
    build(tmp_path)
    put(tmp_path, "annotation/amusement/amusement_00001.json", b'{"scene": ')
    records, skips = convert("emoset", tmp_path)
    assert len(records) == 6 and skips.counts["its annotation file cannot be read"] == 1


def test_a_file_that_is_no_list(tmp_path):
    put(tmp_path, "train.json", {"data": []})
    with pytest.raises(InputError, match="train.json: not a list"):
        convert("emoset", tmp_path)
