from .helpers import answers, convert, put


def build(root):
    for path in ("train/Angry/0001.png", "train/Happy/0001.png", "test/Anger/0001.png", "test/Neutral/0002.PNG"):
        put(root, path)


def test_angry_and_anger_are_one_label(tmp_path):
    build(tmp_path)
    records, skips = convert("caer_s", tmp_path)
    assert answers(records, "emo_c") == {
        "train/Angry/0001": "anger",
        "train/Happy/0001": "happiness",
        "test/Anger/0001": "anger",
        "test/Neutral/0002": "neutral",
    }
    assert [record.split for record in records] == ["train"] * 4 + ["test"] * 4 and not skips.counts


def test_box_files_and_litter_are_passed_over(tmp_path):
    build(tmp_path)
    put(tmp_path, "train.txt", "train/Happy/0001.png,3,1,2,3,4\n")
    put(tmp_path, "train/Happy/Thumbs.db")
    put(tmp_path, "train/readme.md")
    records, skips = convert("caer_s", tmp_path)
    assert len(records) == 8 and not skips.counts


def test_unknown_class_folder_is_counted_once(tmp_path):
    build(tmp_path)
    for n in range(3):
        put(tmp_path, f"train/Contempt/{n}.png")
    records, skips = convert("caer_s", tmp_path)
    assert len(records) == 8 and dict(skips.counts) == {"folder is not a class of this data set": 1}


def test_file_name_that_is_not_utf8(tmp_path):
    build(tmp_path)
    with open(bytes(tmp_path / "train/Happy") + b"/\xff\xfe.png", "wb"):
        pass
    records, skips = convert("caer_s", tmp_path)
    assert len(records) == 8 and dict(skips.counts) == {"file name is not valid UTF-8": 1}
    assert skips.examples["file name is not valid UTF-8"][0].isprintable()
