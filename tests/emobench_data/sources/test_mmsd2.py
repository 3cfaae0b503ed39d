import pytest

from emobench_data.io.errors import InputError

from .helpers import answers, convert, put, splits

BIG = 840006160660983809


def post(n, label=1, **more):
    return {"image_id": n, "text": "what a day, josé", "label": label, **more}


def build(root):
    put(root, "text_json_final/train.json", [post(BIG), post(BIG + 1, 0)])
    put(root, "text_json_final/valid.json", [post(str(BIG + 2))])
    put(root, "text_json_final/test.json", [post(BIG + 3, 0)])


def test_ids_above_2_to_the_53_stay_exact(tmp_path):
    build(tmp_path)
    records, skips = convert("mmsd2", tmp_path)
    assert answers(records, "sarcasm") == {str(BIG): "Yes", str(BIG + 1): "No", str(BIG + 2): "Yes", str(BIG + 3): "No"}
    assert list(splits(records).values()) == ["train", "train", "val", "test"] and not skips.counts
    assert records[0].paths[0] == f"dataset_image/{BIG}.jpg" and records[0].text == 'Tweet: "what a day, josé"'


def test_layout_of_the_repository(tmp_path):
    build(tmp_path / "data")
    (tmp_path / "data/dataset_image").mkdir()
    assert convert("mmsd2", tmp_path)[0][0].paths[0] == f"data/dataset_image/{BIG}.jpg"


@pytest.mark.parametrize(
    "bad",
    [
        post(float(BIG)),
        post("8.4e+17"),
        post(f"{BIG}.0"),
        post(None),
        post(True),
        post("../1"),
        post("/1"),
        post(5, None),
        post(5, -1),
        post(5, "sarcastic"),
        [],
        None,
    ],
)
def test_bad_rows_are_left_out_and_counted(tmp_path, bad):
    build(tmp_path)
    put(tmp_path, "text_json_final/valid.json", [bad, post(BIG + 2)])
    records, skips = convert("mmsd2", tmp_path)
    assert len(records) == 4 and sum(skips.counts.values()) == 1


def test_nan_labels_and_ids_beyond_64_bits(tmp_path):
    build(tmp_path)
    rows = b'[{"image_id": 5, "label": NaN}, {"image_id": 99999999999999999999999, "label": 1}]'
    put(tmp_path, "text_json_final/valid.json", rows)
    records, skips = convert("mmsd2", tmp_path)
    assert len(records) == 3 and sum(skips.counts.values()) == 2


def test_file_of_another_form(tmp_path):
    put(tmp_path, "text_json_final/train.json", {"a": 1})
    with pytest.raises(InputError, match="train.json: not a list of posts"):
        convert("mmsd2", tmp_path)
