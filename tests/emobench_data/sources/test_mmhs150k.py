import pytest

from emobench_data.io.errors import InputError

from .helpers import answers, convert, put, splits

BIG = 2**60


def tweet(*labels, text="good mørning https://t.co/x"):
    return {"tweet_text": text, "labels": list(labels), "labels_str": [], "tweet_url": "x", "img_url": "y"}


def build(root):
    ids = [str(BIG + n) for n in range(4)]
    put(
        root,
        "MMHS150K_GT.json",
        {
            ids[0]: tweet(4, 1, 0),
            ids[1]: tweet(0, 0, 5),
            ids[2]: tweet(0, 0, 0),
            ids[3]: tweet(3, 2, 1),
        },
    )
    for split, part in {"train": ids[:2], "val": ids[2:3], "test": ids[3:]}.items():
        put(root, f"splits/{split}_ids.txt", "".join(f"{one}\n" for one in part))
    put(root, f"img_txt/{ids[0]}.json", {"img_text": "read  this"})


def test_more_than_half_of_the_votes(tmp_path):
    build(tmp_path)
    records, skips = convert("mmhs150k", tmp_path)
    assert list(answers(records, "hate").values()) == ["Yes", "No", "No", "Yes"] and not skips.counts
    assert list(splits(records).values()) == ["train", "train", "val", "test"]
    assert records[0].text == 'Tweet: "good mørning https://t.co/x"\nWords in the picture: "read this"'
    assert records[1].text == 'Tweet: "good mørning https://t.co/x"'


def test_ids_above_2_to_the_53_stay_exact(tmp_path):
    build(tmp_path)
    record = convert("mmhs150k", tmp_path)[0][1]
    assert record.item == str(BIG + 1) and record.paths[0] == f"img_resized/{BIG + 1}.jpg"


def test_a_mirror_whose_train_ids_are_its_test_ids(tmp_path):
    build(tmp_path)
    (tmp_path / "splits/test_ids.txt").write_bytes((tmp_path / "splits/train_ids.txt").read_bytes())
    with pytest.raises(InputError, match="test_ids.txt: 2 ids also stand in train_ids.txt"):
        convert("mmhs150k", tmp_path)


def test_without_split_lists_all_tweets_are_there(tmp_path):
    build(tmp_path)
    for path in (tmp_path / "splits").iterdir():
        path.unlink()
    records, _ = convert("mmhs150k", tmp_path)
    assert len(records) == 4 and {record.split for record in records} == {""}


@pytest.mark.parametrize(
    "bad",
    [
        tweet(),
        tweet(0.5, 1, 1),
        tweet(None, 1, 1),
        tweet("1", "1", "1"),
        tweet(-1, 1, 1),
        None,
        [1, 1, 1],
        {"labels": {"0": 1}},
    ],
)
def test_bad_tweets_are_left_out_and_counted(tmp_path, bad):
    build(tmp_path)
    put(tmp_path, "MMHS150K_GT.json", {str(BIG): bad, str(BIG + 1): tweet(0, 0, 5)})
    put(tmp_path, "splits/val_ids.txt", "../../etc\n")
    put(tmp_path, "splits/test_ids.txt", "/etc\n")
    records, skips = convert("mmhs150k", tmp_path)
    assert len(records) == 1 and sum(skips.counts.values()) == 3 and skips.counts["no usable id"] == 2


def test_broken_picture_text(tmp_path):
    build(tmp_path)
    put(tmp_path, f"img_txt/{BIG}.json", b"{")
    records, skips = convert("mmhs150k", tmp_path)
    assert len(records) == 3 and skips.counts["its img_txt file cannot be read"] == 1
