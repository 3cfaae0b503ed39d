import pytest

from .helpers import answers, convert, jsonl, put, splits


def meme(n, label=0, **more):
    return {"id": n, "img": f"img/{int(n):05}.png", "label": label, "text": "un café   please", **more}


def build(root):
    put(root, "train.jsonl", jsonl(meme("01235", 1), meme(1236)))
    put(root, "dev_seen.jsonl", jsonl(meme("02000")))
    put(root, "dev_unseen.jsonl", jsonl(meme(2000), meme("02001", 1)))
    put(root, "test_seen.jsonl", jsonl(meme("03000", 1)))
    put(root, "test_unseen.jsonl", jsonl(meme("03001")))


def test_ids_in_two_forms_and_overlapping_dev_files(tmp_path):
    build(tmp_path)
    records, skips = convert("hateful_memes", tmp_path)
    assert answers(records, "hate") == {
        "01235": "Yes",
        "01236": "No",
        "02000": "No",
        "02001": "Yes",
        "03000": "Yes",
        "03001": "No",
    }
    assert splits(records)["02001"] == "val" and splits(records)["03000"] == "test"
    assert records[1].paths[0] == "img/01236.png" and records[0].text == 'Meme text: "un café please"'
    assert dict(skips.counts) == {"the same item again": 1}


def test_an_item_of_two_splits_is_one_of_the_later(tmp_path):
    """As MMHS150K and the check for leaks have it: what is tested on is not trained on."""
    build(tmp_path)
    put(tmp_path, "test_unseen.jsonl", jsonl(meme("03001"), meme("01235", 1)))
    records, skips = convert("hateful_memes", tmp_path)
    assert splits(records)["01235"] == "test" and len([one for one in records if one.item == "01235"]) == 1
    assert skips.counts["the same item again, in another split; the later split has it"] == 1


def test_old_test_file_without_labels(tmp_path):
    build(tmp_path)
    (tmp_path / "test_seen.jsonl").unlink()
    put(tmp_path, "test.jsonl", jsonl({"id": 4000, "img": "img/04000.png", "text": "x"}))
    records, skips = convert("hateful_memes", tmp_path)
    assert len(records) == 5 and sum(skips.counts.values()) == 2


@pytest.mark.parametrize(
    "bad",
    [
        b'{"id": 9, "img": "img/9.png", "label": NaN, "text": ""}',
        b'{"id": 9, "img": "img/9.png", "label": -1}',
        b'{"id": 9.0, "img": "img/9.png", "label": 1}',
        b'{"img": "img/9.png", "label": 1}',
        b"[1]",
        b"null",
        b'{"id": 9, "img": "/etc/9.png", "label": 1}',
        b'{"id": 9, "img": "img/../../9.png", "label": 1}',
        b'{"id": 9, "img": "img/9.png", "label": [1]}',
    ],
)
def test_bad_rows_are_left_out_and_counted(tmp_path, bad):
    build(tmp_path)
    put(tmp_path, "train.jsonl", jsonl(meme("01235", 1), meme(1236)) + bad + b"\n\n")
    records, skips = convert("hateful_memes", tmp_path)
    assert len(records) == 6 and sum(skips.counts.values()) == 2


def test_emoji_surrogates_and_placeholders_in_the_text(tmp_path):
    row = b'{"id": 1, "img": "img/1.png", "label": 1, "text": "\\ud83d\\ude00 \\ud800 <image>"}\n'
    put(tmp_path, "train.jsonl", row)
    record = convert("hateful_memes", tmp_path)[0][0]
    assert record.text == 'Meme text: "\U0001f600 ? (image)"'
