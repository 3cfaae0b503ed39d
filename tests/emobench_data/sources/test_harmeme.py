import pytest

from .helpers import answers, convert, jsonl, put


def meme(name, *labels, **more):
    return {"id": name, "image": f"{name}.png", "labels": list(labels), "text": "né?\nstay home", **more}


def build(root):
    put(root, "Annotations/Harm-C/train.jsonl", jsonl(meme("covid_1", "not harmful"), meme("covid_2", "", "people")))
    put(root, "Annotations/Harm-P/train_v1.jsonl", jsonl(meme("memes_1", "somewhat harmful", "individual")))
    put(root, "Annotations/Harm-C/val.jsonl", jsonl(meme("covid_3", "very harmful", "society")))
    put(root, "Annotations/Harm-P/test_v1.jsonl", jsonl(meme("memes_2", "not harmful")))


def test_degrees_of_harm_files_with_a_version_and_an_empty_label(tmp_path):
    build(tmp_path)
    records, skips = convert("harmeme", tmp_path)
    assert answers(records, "hate") == {
        "Harm-C/covid_1": "No",
        "Harm-P/memes_1": "Yes",
        "Harm-C/covid_3": "Yes",
        "Harm-P/memes_2": "No",
    }
    assert [record.split for record in records] == ["train", "train", "val", "test"]
    assert sum(skips.counts.values()) == 1
    assert records[0].paths[0] == "Images/Harm-C/covid_1.png" and records[0].text == 'Meme text: "né? stay home"'


def test_pictures_are_looked_for(tmp_path):
    build(tmp_path)
    (tmp_path / "Harm-C/images").mkdir(parents=True)
    assert convert("harmeme", tmp_path)[0][0].paths[0] == "Harm-C/images/covid_1.png"


@pytest.mark.parametrize(
    "bad",
    [
        meme("x", "harmless"),
        meme("x"),
        {**meme("x", "not harmful"), "labels": None},
        {"labels": ["not harmful"]},
        meme("x", "not harmful", image="/etc/x.png"),
        meme("x", "not harmful", image="../x.png"),
        3,
        meme("x", ["not harmful"]),
    ],
)
def test_bad_rows_are_left_out_and_counted(tmp_path, bad):
    build(tmp_path)
    put(tmp_path, "Annotations/Harm-P/val_v1.jsonl", jsonl(bad))
    records, skips = convert("harmeme", tmp_path)
    assert len(records) == 4 and sum(skips.counts.values()) == 2
