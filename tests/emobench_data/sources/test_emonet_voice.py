"""EmoNet-Voice: a number for what was rated in a voice that lies within a table."""

import pyarrow
import pytest
from pyarrow import parquet

from emobench_data import InputError
from emobench_data.schema.tasks import question
from emobench_data.sources.emonet_voice import SOURCE, extract

from .helpers import convert

ROWS = [
    "[{'human-1': {'Shame': 1}}, {'human-4': {'Shame': 2}}]",
    "[{'human-1': {'Jealousy%20%26%20Envy': 0}}]",
    "[{'human-2': {'Hope': 2}}, {'human-3': {'Hope': 2}}, {'human-4': {'Hope': 1}}]",
    "[{'human-1': {'Arousal': 2}}]",
    "[{'human-1': {'Authenticity': 1}}, {'human-1': {'Authenticity': 0}}]",
]


def write(root, labels, name="train-00000-of-00001", sounds=None):
    sounds = sounds or [{"bytes": f"sound {n}".encode(), "path": f"v_{n}.mp3"} for n in range(len(labels))]
    (root / "data").mkdir(parents=True, exist_ok=True)
    parquet.write_table(pyarrow.table({"audioId": sounds, "label": labels}), root / f"data/{name}.parquet")


def build(root):
    write(root, ROWS)


def test_five_times_the_mean_of_the_raters(tmp_path):
    build(tmp_path)
    records, skips = convert("emonet_voice", tmp_path)
    assert [(one.task, one.text, one.answer) for one in records] == [
        ("voice_intensity", "Emotion: Shame", 7.5),
        ("voice_intensity", "Emotion: Jealousy & Envy", 0),
        ("voice_intensity", "Emotion: Hope/Enthusiasm/Optimism", pytest.approx(25 / 3)),
        ("voice_arousal", "", 10),
        ("voice_authenticity", "", 2.5),
    ] and not skips.counts
    asked = question(records[0], training=False)
    assert asked.startswith("Emotion: Shame\nHow strong is the named emotion in the voice? Answer with a number from 0 to 10")
    assert question(records[3], training=False).startswith("How aroused does the voice sound?")


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("[{'human-1': {'Shame': 3}}]", "ratings"),
        ("[{'human-1': {'Shame': True}}]", "ratings"),
        ("[{'human-1': {'Shame': 1}}, {'human-2': {'Fear': 1}}]", "ratings"),
        ("[]", "ratings"),
        ("__import__('os').getcwd()", "ratings"),
        ("[{'human-1': {'Hunger': 1}}]", "none of the 42"),
        (None, "expected form"),
    ],
)
def test_cells_of_another_form_are_counted(tmp_path, cell, reason):
    write(tmp_path, [*ROWS, cell])
    records, skips = convert("emonet_voice", tmp_path)
    assert len(records) == 5 and skips.counts.total() == 1 and reason in next(iter(skips.counts))


def test_a_table_whose_sounds_have_no_path_is_refused(tmp_path):
    write(tmp_path, ROWS[:1], sounds=[{"bytes": b"a sound", "name": "v_0.mp3"}])
    with pytest.raises(InputError, match=r"no column audioId\.path; found: audioId\.bytes, audioId\.name, label"):
        convert("emonet_voice", tmp_path)


def test_voices_are_written_where_the_records_say_and_once(tmp_path):
    build(tmp_path)
    write(tmp_path, ROWS[:1], "train-00001-of-00002", [{"bytes": b"another", "path": None}])
    assert extract(tmp_path, tmp_path / "out")
    records, _ = convert("emonet_voice", tmp_path)
    found = [(tmp_path / "out" / one.paths[0]).read_bytes() for one in records]
    assert found == [*(f"sound {n}".encode() for n in range(5)), b"another"]
    cut = tmp_path / "out" / records[1].paths[0]
    cut.write_bytes(b"so")
    kept = (tmp_path / "out" / records[0].paths[0]).stat().st_mtime_ns
    extract(tmp_path, tmp_path / "out")
    assert cut.read_bytes() == b"sound 1" and (tmp_path / "out" / records[0].paths[0]).stat().st_mtime_ns == kept


def test_a_table_without_sounds_is_refused_on_writing_them(tmp_path):
    write(tmp_path, ROWS[:1], sounds=[{"bytes": None, "path": "https://example.org/a.mp3"}])
    with pytest.raises(InputError, match="row 1 holds no sound; get the table with its sounds"):
        SOURCE.extract(tmp_path, tmp_path / "out")
