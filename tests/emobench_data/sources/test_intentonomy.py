import pytest

from emobench_data.io.errors import InputError
from emobench_data.sources.intentonomy import INTENTS, LABELS

from .helpers import convert, put

NAMES = list(INTENTS)


def content(*annotations, names=NAMES):
    ids = {row.get("image_id", row.get("image_category_id")) for row in annotations}
    return {
        "categories": [{"id": index, "name": name} for index, name in enumerate(names)],
        "images": [{"id": one, "filename": f"low/{one}.jpg"} for one in sorted(map(str, ids))],
        "annotations": list(annotations),
    }


def soft(image, **thirds):
    return {"id": 0, "image_id": image, "category_ids_softprob": [thirds.get(name, 0) / 3 for name in NAMES]}


def build(root):
    put(root, "intentonomy_train2020.json", content(soft("a", Happy=3, Health=2, Playful=1), soft("b", Harmony=2)))
    put(root, "intentonomy_val2020.json", content({"id": 0, "image_id": "c", "category_ids": [6, 19]}))
    put(root, "intentonomy_test2020.json", content({"id": 0, "image_id": "d", "category_ids": [0]}))


def test_votes_in_train_and_lists_in_test(tmp_path):
    build(tmp_path)
    records, skips = convert("intentonomy", tmp_path)
    assert [(r.item, r.split, r.paths[0]) for r in records] == [
        ("a", "train", "low/a.jpg"),
        ("b", "train", "low/b.jpg"),
        ("c", "val", "low/c.jpg"),
        ("d", "test", "low/d.jpg"),
    ] and not skips.counts
    assert records[0].answer == "being happy" and records[0].references == ("being happy", "health and fitness")
    assert records[2].references == ("enjoying life", "natural beauty") and records[2].answer in records[2].references
    assert records[3].options == LABELS and len(LABELS) == 28


def test_train_images_without_a_clear_intent_are_left_out(tmp_path):
    build(tmp_path)
    put(tmp_path, "intentonomy_train2020.json", content(soft("a", Happy=1, Health=1), soft("b", Harmony=3), soft("e")))
    records, skips = convert("intentonomy", tmp_path)
    assert [r.item for r in records] == ["b", "c", "d"]
    assert skips.counts["no intent was seen by half of the annotators"] == 1 and sum(skips.counts.values()) == 2


def test_category_ids_are_looked_up_by_name(tmp_path):
    put(tmp_path, "intentonomy_val2020.json", content({"image_id": "c", "category_ids": [0]}, names=[*NAMES[1:], NAMES[0]]))
    assert convert("intentonomy", tmp_path)[0][0].answer == INTENTS["BeatCompete"]


def test_mangled_copy(tmp_path):
    good = content({"id": 0, "image_id": "c", "category_ids": [11]})
    bad = {
        "categories": [{"category_id": row["id"], "name": row["name"]} for row in good["categories"]],
        "images": [{"id": "c", "filename": "low/c.jpg"}],
        "annotations": [{"category_id": 0, "image_category_id": "c", "category_category_ids": [11]}],
    }
    put(tmp_path, "intentonomy_test2020.json", bad)
    assert convert("intentonomy", tmp_path)[0][0].answer == "being happy"


@pytest.mark.parametrize(
    "bad",
    [
        {"image_id": "c2", "category_ids": [-1]},
        {"image_id": "c2", "category_ids": []},
        {"image_id": "c2"},
        None,
        "c2",
        {"image_id": "c2", "category_ids": [0.0]},
        {"image_id": 1.5, "category_ids": [0]},
        {"category_ids": [0]},
        {"image_id": "c2", "category_ids_softprob": [1, 0]},
        {"image_id": "c2", "category_ids": {"0": 1}},
        {"image_id": "c2", "category_ids": [[0]]},
    ],
)
def test_bad_annotations_are_left_out_and_counted(tmp_path, bad):
    build(tmp_path)
    file = content({"image_id": "c", "category_ids": [6, 19]})
    file["annotations"].append(bad)
    file["images"].append({"id": "c2", "filename": "low/c2.jpg"})
    put(tmp_path, "intentonomy_val2020.json", file)
    records, skips = convert("intentonomy", tmp_path)
    assert len(records) == 4 and sum(skips.counts.values()) == 1


@pytest.mark.parametrize("name", ["/etc/c.jpg", "../c.jpg", "C:\\c.jpg", "", None])
def test_bad_media_paths(tmp_path, name):
    build(tmp_path)
    file = content({"image_id": "c", "category_ids": [6]})
    file["images"][0]["filename"] = name
    put(tmp_path, "intentonomy_val2020.json", file)
    records, skips = convert("intentonomy", tmp_path)
    assert len(records) == 3 and sum(skips.counts.values()) == 1


def test_missing_lists(tmp_path):
    put(tmp_path, "intentonomy_val2020.json", {"annotations": []})
    with pytest.raises(InputError, match="intentonomy_val2020.json: has no list 'categories'"):
        convert("intentonomy", tmp_path)


def test_real_annotations(shared_data):
    if not (shared_data / "intentonomy").is_dir():
        pytest.skip("no Intentonomy in the shared data")
    records, skips = convert("intentonomy", shared_data / "intentonomy")
    assert [sum(r.split == split for r in records) for split in ("val", "test")] == [498, 1217] and not skips.counts
    assert sum(len(r.references) == 1 for r in records if r.split == "test") == 547
    assert max(len(r.references) for r in records) == 7
