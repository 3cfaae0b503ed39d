import pytest

from .helpers import answers, convert, put, splits

BIG = 910308516510011393


def build(root):
    put(root, "train.txt", f"['{BIG}', 'what a day , josé', 1]\n['{BIG + 1}', \"it's <user> fine\", 0]\n")
    put(root, "valid.txt", f"['{BIG + 2}', 'sure', 0, 1]\n")
    put(root, "test.txt", f"[{BIG + 3}, 'so good', 1, 0]\n")


def test_the_persons_label_counts_and_ids_stay_exact(tmp_path):
    build(tmp_path)
    records, skips = convert("mmsd", tmp_path)
    assert answers(records, "sarcasm") == {str(BIG): "Yes", str(BIG + 1): "No", str(BIG + 2): "Yes", str(BIG + 3): "No"}
    assert list(splits(records).values()) == ["train", "train", "val", "test"] and not skips.counts
    assert records[0].paths[0] == f"dataset_image/{BIG}.jpg" and records[1].text == 'Tweet: "it\'s <user> fine"'


def test_file_names_of_the_repository(tmp_path):
    put(tmp_path, "text/train.txt", "['1', 'a', 1]\n")
    put(tmp_path, "text/valid2.txt", "['2', 'a', 1, 1]\n")
    put(tmp_path, "text/test2.txt", "['3', 'a', 1, 1]\n")
    assert splits(convert("mmsd", tmp_path)[0]) == {"1": "train", "2": "val", "3": "test"}


@pytest.mark.parametrize("token", ["sarcasm", "<url>", "jokes", "exgag"])
def test_posts_that_give_the_label_away_are_left_out(tmp_path, token):
    build(tmp_path)
    put(tmp_path, "train.txt", f"['1', 'no {token} here', 1]\n['2', 'no{token}here', 0]\n")
    records, skips = convert("mmsd", tmp_path)
    assert "1" not in splits(records) and "2" in splits(records) and sum(skips.counts.values()) == 1


@pytest.mark.parametrize(
    "bad",
    [
        "['9', 'text', -1]",
        "['9', 'text', None]",
        "['9', 'text']",
        "[9.1e17, 'text', 1]",
        "['9.1e+17', 'text', 1]",
        "['9', 7, 1]",
        "__import__('os').getcwd()",
        "['9', 'text', 1",
        "('9', 'text', 1)",
        "{[]: 1}",
        "[" * 9000,
        "['../9', 'text', 1]",
        "['/9', 'text', 1]",
        "['9', '" + "x" * 200_000 + "', 1]",
        "\x00",
        "9" * 5000,
    ],
)
def test_bad_lines_are_left_out_and_counted(tmp_path, bad):
    build(tmp_path)
    put(tmp_path, "valid.txt", f"{bad}\n['{BIG + 2}', 'sure', 0, 1]\n")
    records, skips = convert("mmsd", tmp_path)
    assert len(records) == 4 and sum(skips.counts.values()) == 1


def test_lone_surrogates_and_emoji(tmp_path):
    put(tmp_path, "train.txt", "['1', '\\ud83d \U0001f600', 1]\n")
    assert convert("mmsd", tmp_path)[0][0].text == 'Tweet: "? \U0001f600"'
