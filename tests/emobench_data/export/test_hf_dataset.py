"""The benchmark with its media, written and loaded again by the library that others load it with."""

import orjson
import pytest
from click.testing import CliRunner

from emobench_data import InputError
from emobench_data.cli.commands import main
from emobench_data.export.hf_dataset import as_dataset, write_dataset
from emobench_data.export.table import COLUMNS, LISTS

from ..make import write_lines, write_picture

datasets = pytest.importorskip("datasets")


@pytest.fixture
def benchmark(tmp_path):
    """The rows that `build` writes, of a picture, of a clip with its sound, and of a text."""
    media = tmp_path / "media"
    media.mkdir()
    write_picture(media / "a.png")
    (media / "b.mp4").write_bytes(b"clip")
    (media / "b.wav").write_bytes(b"sound")
    shown = [("image", "a.png"), ("video+audio", "b.mp4\nb.wav"), ("text", "")]
    rows = [
        {
            **dict.fromkeys(COLUMNS, "x"),
            **{name: ["joy"] for name in LISTS},
            "id": str(number),
            "modality": modality,
            "media": names,
        }
        for number, (modality, names) in enumerate(shown)
    ]
    (tmp_path / "hf").mkdir()
    write_lines(tmp_path / "hf" / "test.jsonl", rows)
    write_lines(tmp_path / "hf" / "train.jsonl", rows[2:])
    return tmp_path, media


def raw(dataset):
    """The rows with media as they are stored."""
    for column, kind in (("image", datasets.Image), ("video", datasets.Video), ("audio", datasets.Audio)):
        dataset = dataset.cast_column(column, kind(decode=False))
    return list(dataset)


def test_written_and_loaded_again(benchmark):
    folder, media = benchmark
    told = CliRunner().invoke(main, ["hf-dataset", str(folder), "--media-root", str(media), "--out", str(folder / "out")])
    assert told.exit_code == 0, told.output
    assert told.stdout.split("\n")[:2] == ["train: 1 rows", "test: 3 rows"]
    for path in media.iterdir():  # what was written needs them no more
        path.rename(path.with_suffix(".gone"))
    found = datasets.load_from_disk(folder / "out")
    assert found["test"].select_columns(["id", "image"])[0]["image"].size[0] > 0
    picture, clip, text = raw(found["test"])
    assert picture["video"] is None and picture["audio"] is None and picture["references"] == ["joy"]
    assert clip["video"]["bytes"] == b"clip" and clip["audio"]["bytes"] == b"sound" and clip["image"] is None
    assert (text["image"], text["video"], text["audio"]) == (None, None, None) and text["modality"] == "text"
    assert isinstance(found["test"].features["image"], datasets.Image) and len(raw(found["train"])) == 1


def test_a_folder_of_frames_cannot_be_put_within(benchmark, tmp_path):
    folder, media = benchmark
    line = orjson.loads((folder / "hf/test.jsonl").read_bytes().split(b"\n")[0])
    write_picture(media / "frames" / "1.jpg")
    write_lines(folder / "hf" / "test.jsonl", [line | {"modality": "video", "media": "frames"}])
    with pytest.raises(InputError, match="frames: a clip as a folder of frames, .*; build with storyboards"):
        write_dataset(folder, media, tmp_path / "new")


def test_what_is_refused(benchmark):
    folder, media = benchmark
    with pytest.raises(InputError, match="holds none of hf/train.jsonl"):
        as_dataset(media, media)
    (folder / "there").mkdir()
    with pytest.raises(InputError, match="is there already"):
        write_dataset(folder, media, folder / "there")
    line = orjson.loads((folder / "hf/test.jsonl").read_bytes().split(b"\n")[0])
    for change, fault in (
        ({"media": "../media/a.png"}, "line 1: no ../media/a.png below"),
        ({"media": "no.png"}, "line 1: no no.png below"),
        ({"modality": "smell"}, "line 1: smell is none of image, video, audio"),
    ):
        write_lines(folder / "hf" / "test.jsonl", [line | change])
        with pytest.raises(InputError, match=fault):
            as_dataset(folder, media)
