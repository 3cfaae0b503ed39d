"""What stands in two splits is found, whatever it shares."""

from emobench_data.building.leakage import Entry, find_leaks, record_entry, worth_hashing
from emobench_data.schema.medium import Medium

from ..make import record


def leaks(**splits):
    return list(find_leaks({split: map(record_entry, records) for split, records in splits.items()}))


def test_one_shared_medium_of_several_is_a_leak():
    both = record(media=(Medium("image", "1.jpg"), Medium("image", "2.jpg")))
    assert [leak.what for leak in leaks(train=[both], test=[record(item="2", media="2.jpg")])] == ["medium"]


def test_nothing_in_common():
    assert leaks(train=[record()], test=[record(item="2", media="2.jpg")]) == []


def test_within_a_split_everything_may_be_shared():
    assert leaks(train=[record(), record(task="humor")], test=[record(item="2", media="2.jpg")] * 2) == []


def test_item_medium_and_text():
    text = record(item="t", media="", text="So, so.")
    found = leaks(
        train=[
            record(media="other.jpg"),
            record(item="9", media="m.jpg"),
            record(item="8", media="", text="so SO"),
        ],
        val=[record(item="3", media="m.jpg")],
        test=[record(task="humor"), text],
    )
    assert [(leak.id, leak.split, leak.what, leak.other, leak.other_split) for leak in found] == [
        ("made_up/1/sarcasm", "train", "item", "made_up/1/humor", "test"),
        ("made_up/9/sarcasm", "train", "medium", "made_up/3/sarcasm", "val"),
        ("made_up/8/sarcasm", "train", "text", "made_up/t/sarcasm", "test"),
    ]


def test_the_same_text_with_a_picture_is_no_leak():
    assert leaks(train=[record(text="so")], test=[record(item="2", media="2.jpg", text="so")]) == []


def test_a_dialogue_that_is_told_and_filmed_is_a_leak():
    text = "Dialogue:\nA: I lost my job.\nB: (begins)"
    told, filmed = record(media="", text=text), record(item="2", media="2.mp4", text=text)
    assert [leak[2] for leak in leaks(train=[filmed], test=[told])] == ["text"]


def test_what_leaves_val_does_not_pull_train_with_it():
    """A val record that leaks is taken out, so that it cannot be what a training record leaks into."""
    found = find_leaks(
        {
            "test": [Entry("t", (("medium", "a"),))],
            "val": [Entry("v", (("medium", "a"), ("item", "x")))],
            "train": [Entry("r", (("item", "x"),))],
        }
    )
    assert [leak.id for leak in found] == ["v"]


def test_only_files_that_could_be_equal_across_splits_are_hashed(tmp_path):
    for name, size in {"a": 5, "b": 5, "c": 5, "d": 6, "e": 7, "f": 7}.items():
        (tmp_path / name).write_bytes(b"x" * size)
    splits = {
        "a": {"train"},
        "b": {"train"},
        "c": {"test"},
        "d": {"test"},
        "e": {"train"},
        "f": {"train"},
        "gone": {"train"},
        "\0": {"test"},
    }
    found = worth_hashing({str(tmp_path / name): where for name, where in splits.items()})
    assert found == [str(tmp_path / name) for name in "abc"]
