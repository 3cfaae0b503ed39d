from pathlib import Path

import orjson
import pytest
from PIL import Image

from emobench_data.io.errors import InputError
from emobench_data.sources.fer2013 import SOURCE, extract_faces

from .helpers import answers, convert, put

FACE = " ".join(str(n % 256) for n in range(48 * 48))


def build(root):
    rows = [f"0,{FACE},Training", f"3,{FACE},PublicTest", f"6,{FACE},PrivateTest"]
    put(root, "fer2013.csv", "\n".join(["emotion,pixels,Usage", *rows, ""]))


def test_csv_in_official_splits(tmp_path):
    build(tmp_path)
    records, skips = convert("fer2013", tmp_path)
    assert [(r.split, r.answer, r.paths[0]) for r in records[::2]] == [
        ("train", "anger", "extracted/Training/00000.png"),
        ("val", "happiness", "extracted/PublicTest/00001.png"),
        ("test", "neutral", "extracted/PrivateTest/00002.png"),
    ] and not skips.counts


def test_columns_in_another_order_with_spaces(tmp_path):
    put(tmp_path, "icml_face_data.csv", f"emotion, Usage, pixels\n2,Training,{FACE}\n")
    assert answers(convert("fer2013", tmp_path)[0], "emo_o") == {"Training/00000": "fear"}


@pytest.mark.parametrize(
    "bad",
    [
        f"-1,{FACE},Training",
        f"nan,{FACE},Training",
        f",{FACE},Training",
        f"1,{FACE},Holdout",
        "1,0 0 0,Training",
        f"1,{FACE}",
    ],
)
def test_bad_rows_are_left_out_and_counted(tmp_path, bad):
    put(tmp_path, "fer2013.csv", f"emotion,pixels,Usage\n{bad}\n1,{FACE},Training\n")
    records, skips = convert("fer2013", tmp_path)
    assert len(records) == 2 and sum(skips.counts.values()) == 1


def test_extracted_pictures_are_where_the_records_say(tmp_path):
    build(tmp_path / "root")
    assert SOURCE.extract(tmp_path / "root", tmp_path / "media")
    for record in convert("fer2013", tmp_path / "root")[0]:
        with Image.open(tmp_path / "media" / record.paths[0]) as image:
            assert (image.size, image.mode, image.getpixel((1, 2))) == ((48, 48), "L", 97)


def test_extraction_goes_on_where_it_was_stopped(tmp_path):
    build(tmp_path)
    out = tmp_path / "extracted"
    assert extract_faces(tmp_path / "fer2013.csv", out) == 3
    (out / "PublicTest/00001.png").unlink()
    (out / "PrivateTest/00002.png").write_bytes(b"of another table")
    before = (out / "Training/00000.png").stat().st_mtime_ns
    assert extract_faces(tmp_path / "fer2013.csv", out) == 2
    assert (out / "Training/00000.png").stat().st_mtime_ns == before
    assert sorted(path.name for path in out.rglob("*.*")) == ["00000.png", "00001.png", "00002.png"]


def test_pixels_that_are_no_pixels(tmp_path):
    put(tmp_path, "fer2013.csv", f"emotion,pixels,Usage\n1,{FACE.replace(' 255', ' 256', 1)},Training\n")
    with pytest.raises(InputError, match="fer2013.csv:2: its pixels are not 2304 numbers from 0 to 255"):
        SOURCE.extract(tmp_path, tmp_path / "media")
    assert not list(tmp_path.rglob("*.p*"))


def test_folder_tree(tmp_path):
    for path in ("train/angry/a.jpg", "validation/sad/b.jpg", "test/surprise/c.jpg"):
        put(tmp_path, path)
    records, _ = convert("fer2013", tmp_path)
    assert answers(records, "emo_c") == {
        "train/angry/a": "anger",
        "validation/sad/b": "sadness",
        "test/surprise/c": "surprise",
    }
    assert {record.item: record.split for record in records}["validation/sad/b"] == "val"
    assert not SOURCE.extract(tmp_path, tmp_path / "media") and not (tmp_path / "media").exists()


def test_real_faces(shared_data: Path):
    if not (shared_data / "fer2013").is_dir():
        pytest.skip("no FER2013 faces in the shared data")
    records, skips = convert("fer2013", shared_data / "fer2013")
    assert [sum(r.split == s and r.task == "emo_c" for r in records) for s in ("train", "val")] == [6389, 3543]
    assert sum(r.answer == "disgust" and r.task == "emo_c" and r.split == "train" for r in records) == 389
    assert not skips.counts


@pytest.mark.parametrize("check", [True, False])
def test_a_conversion_extracts_beside_what_it_writes(tmp_path, check):
    from emobench_data.building.convert import convert as convert_source

    faces = [FACE, " ".join(reversed(FACE.split())), " ".join(str(n * n % 251) for n in range(48 * 48))]
    rows = [f"{n},{face},{use}" for n, (face, use) in enumerate(zip(faces, ("Training", "PublicTest", "PrivateTest")))]
    put(tmp_path, "root/fer2013.csv", "\n".join(["emotion,pixels,Usage", *rows, ""]))
    summary = convert_source(SOURCE, tmp_path / "root", tmp_path / "out", check=check)
    assert summary["image_folder"] == "media" and not summary["linked"]
    (entry,) = {one["image"] for one in orjson.loads((tmp_path / "out/train.json").read_bytes())}
    assert (tmp_path / "out/media" / entry).is_file()
    assert [path.name for path in (tmp_path / "root").iterdir()] == ["fer2013.csv"]
