import pytest

from emobench_data.io.errors import InputError
from emobench_data.sources import get_source
from emobench_data.sources._emoset_attributes import among_others
from emobench_data.sources._fields import EMOTION

from .helpers import answers, convert, put, splits


def row(name, n, ending="jpg"):
    return [name, f"{name}_{n}", f"image/{name}/{name}_{n}.{ending}", f"annotation/{name}/{name}_{n}.json"]


def build(root):
    scenes = ("sandy_café", "sandy_café_terrace", *(f"scene_{letter}" for letter in "abcdefghijklmnop"))
    labels = {"scene": scenes, "human_action": ("Dancing", "tap dancing", "reading")}
    put(root, "info.json", {name: {"label2idx": {one: n for n, one in enumerate(own)}} for name, own in labels.items()})
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
            "human_action": "dancing",
            "facial_expression": "happy",
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
    assert [record.item for record in records[::3]] == ["awe_00002", "awe_00002.png"] and sum(skips.counts.values()) == 3


def test_attributes_may_be_numbers_lists_or_absent(tmp_path):
    build(tmp_path)
    records, _ = convert("emoset", tmp_path)
    assert records[0].attributes == {
        "scene": "sandy café",
        "object": "Ball, Hot dog",
        "facial_expression": "happy",
        "human_action": "dancing",
        "brightness": "0.5",
        "colorfulness": "0.7",
    }
    assert [one.attributes for one in records if one.item == "awe_00002"] == [{}] * 3


def test_attributes_are_questions_of_the_images_that_have_them(tmp_path):
    build(tmp_path)
    records, _ = convert("emoset", tmp_path)
    own = {one.task: one for one in records if one.item == "amusement_00001"}
    answers_ = {task: one.answer for task, one in own.items() if task not in EMOTION}
    assert answers_ == {
        "polarity": "positive",
        "expression": "happiness",
        "brightness": 0.5,
        "colorfulness": 0.7,
        "scene": "sandy café",
        "action": "dancing",
    }
    assert {one.task for one in records if one.item == "fear_00004"} == {*EMOTION, "polarity"}
    scene, action = own["scene"].options, own["action"].options
    assert len(scene) == 10 and "sandy café terrace" not in scene, "one name would stand within the other"
    assert sorted(action) == ["dancing", "reading"]
    places = {among_others(f"{n}", "a", tuple("abcdefghijkl")).index("a") for n in range(60)}
    assert places == set(range(10))


def test_without_the_list_of_names_scenes_and_actions_are_not_asked_for(tmp_path):
    build(tmp_path)
    (tmp_path / "info.json").unlink()
    records, skips = convert("emoset", tmp_path)
    assert {"scene", "action"} & {one.task for one in records} == set() and not skips.counts


def test_the_six_are_usual_and_attributes_are_asked_for_by_name():
    source = get_source("emoset")
    assert source.usual == EMOTION and set(source.tasks) - set(EMOTION) >= {"polarity", "scene"}
    assert get_source("emobank").usual == get_source("emobank").tasks


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
    assert len(answers(records, "emo_c")) == 3 and sum(skips.counts.values()) == 1


def test_a_broken_annotation_file_leaves_out_its_item_only(tmp_path):
    build(tmp_path)
    put(tmp_path, "annotation/amusement/amusement_00001.json", b'{"scene": ')
    records, skips = convert("emoset", tmp_path)
    assert len(answers(records, "emo_c")) == 3 and skips.counts["its annotation file cannot be read"] == 1


def test_a_file_that_is_no_list(tmp_path):
    put(tmp_path, "train.json", {"data": []})
    with pytest.raises(InputError, match="train.json: not a list"):
        convert("emoset", tmp_path)
