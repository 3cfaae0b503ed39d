"""A data set of sounds, from the files of ten speakers to what is trained, asked and handed on."""

import orjson
import pytest

from emobench_data import InputError, validate
from emobench_data.building.benchmark import build
from emobench_data.building.composition import load_composition
from emobench_data.building.convert import convert
from emobench_data.mini.voices import as_wav, speak

from ..make import read_lines

SPEAKERS = [f"{number:02}" for number in range(3, 13)]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Two utterances of each speaker, happy and sad."""
    root = tmp_path_factory.mktemp("emodb")
    for who in SPEAKERS:
        for letter, emotion in (("F", "happiness"), ("T", "sadness")):
            (root / f"{who}a01{letter}.wav").write_bytes(as_wav(speak(emotion, who)[:8000]))
    return root


def test_a_fold_is_trained_without_and_asked(root, tmp_path):
    summary = convert("emodb", root, tmp_path, tasks=("emo_c",), fold=3)
    asked, trained = read_lines(tmp_path / "questions.jsonl"), orjson.loads((tmp_path / "train.json").read_bytes())
    assert (len(asked), len(trained), summary["fold"]) == (4, 16, 3) and summary["left_out"]["faulty_media"]["of"] == 20
    held = {one["audio"][:2] for one in asked}
    assert len(held) == 2 and held.isdisjoint(one["audio"][:2] for one in trained)
    assert {one["group"] for one in read_lines(tmp_path / "gold.jsonl")} == held
    assert trained[0]["conversations"][0]["value"].startswith("<audio>\n") and "<audio>" not in asked[0]["text"]
    assert not validate(tmp_path / "train.json", root, questions=tmp_path / "questions.jsonl").faults
    chosen = convert("emodb", root, tmp_path, tasks=("emo_c",), hold_out=("05", "09"), test=0)
    assert {one["audio"][:2] for one in read_lines(tmp_path / "questions.jsonl")} == {"05", "09"} == {*chosen["hold_out"]}


def test_a_sound_that_is_none_is_named_and_counted(root, tmp_path):
    copy = tmp_path / "copy"
    copy.mkdir()
    for file in root.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    (copy / "03a01F.wav").write_bytes(b"<html>404</html>")
    with pytest.raises(InputError, match=r"1 of 20 media of .*03a01F.wav \(a web page \(HTML\), not a sound\)"):
        convert("emodb", copy, tmp_path / "out")
    found = convert("emodb", copy, tmp_path / "out", faulty=0.1)["left_out"]["faulty_media"]
    assert (found["count"], list(found["examples"])) == (1, ["03a01F.wav"])
    (found,) = validate([{"id": "1", "audio": "03a01F.wav", "conversations": _turns()}], copy).faults
    assert found.kind == "media" and "audio '03a01F.wav': a web page (HTML), not a sound" in found.message


def _turns():
    return [{"from": "human", "value": "<audio>\nWhich emotion?"}, {"from": "gpt", "value": "happiness"}]


def test_it_goes_into_a_benchmark_and_a_dataset_with_its_sounds(root, tmp_path):
    part = f"{{folder: {root.name}, fold: 0, tasks: emo_c, val: 0}}"
    (tmp_path / "c.yaml").write_text(f"data_root: {root.parent}\nsources: {{emodb: {part}}}")
    build(load_composition(str(tmp_path / "c.yaml")), tmp_path / "built", figures=False)
    row = read_lines(tmp_path / "built/hf/test.jsonl")[0]
    assert row["modality"] == "audio" and not list((tmp_path / "built/vlmevalkit").glob("*"))
    pytest.importorskip("datasets")
    from emobench_data.export.hf_dataset import write_dataset

    assert write_dataset(tmp_path / "built", root.parent, tmp_path / "hf")["test"] == 2
