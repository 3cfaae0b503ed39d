"""Training from shards is training from the file they were made of, and reads no more of them than it needs."""

import json
import shutil

import pytest

from emobench_data import InputError
from emobench_data.io.shards import ShardedRecords
from emobench_data.sharding import write_shards
from emollm_plugin.training import records
from emollm_plugin.training.records import load_records, looked_at

from ..trainings import finish, same, weights


def text(number, words="", **media):
    sign = "".join(f"<{kind}>\n" for kind in media)
    turns = [{"from": "human", "value": f"{sign}Text: {number}.{words}\nWhich?"}, {"from": "gpt", "value": "joy"}]
    return {"id": f"own/{number}", **media, "conversations": turns}


def sharded(tmp_path, entries, count=3):
    (tmp_path / "made.json").write_text(json.dumps(entries))
    write_shards(tmp_path / "made.json", tmp_path / "shards", count)
    return tmp_path / "shards" / "shards.json"


@pytest.mark.host
@pytest.mark.current_stack
@pytest.mark.parametrize("grouped", [True, False])
def test_shards_train_as_the_file_does_from_start_and_from_the_middle_of_an_epoch(tiny, train_arguments, tmp_path, grouped):
    entries = json.loads((tiny.data / "train.json").read_text()) + [text(number) for number in range(9)]
    manifest = sharded(tmp_path, entries)
    usual = {"group_by_modality_length": grouped, "save_strategy": "steps", "save_steps": 3}
    one = finish(train_arguments(data_path=tmp_path / "made.json", output_dir=tmp_path / "llava-file", **usual),
                 out=tmp_path / "llava-file")  # fmt: skip
    shards = {"data_path": manifest, **usual}
    two = finish(train_arguments(output_dir=tmp_path / "llava-shards", **shards), out=tmp_path / "llava-shards")
    assert same(weights(one.out), weights(two.out)) and one.curve() == two.curve()
    notes = [json.loads((done.out / "config.json").read_text())["emollm_training"] for done in (one, two)]
    assert notes[0] | {"data": ""} == notes[1] | {"data": ""} and notes[0]["records"] == len(entries)
    (tmp_path / "llava-again").mkdir()
    shutil.copytree(two.out / "checkpoint-3", tmp_path / "llava-again" / "checkpoint-3")
    again = finish(train_arguments(output_dir=tmp_path / "llava-again", **shards), out=tmp_path / "llava-again")
    assert same(weights(one.out), weights(again.out))


@pytest.mark.host
def test_a_record_that_does_not_fit_is_found_though_few_are_looked_at(refused, tmp_path, monkeypatch):
    monkeypatch.setattr(records, "SHARDED_CHECKED", 2)
    manifest = sharded(tmp_path, [text(number, " word" * 400 * (number == 17)) for number in range(40)])
    assert {number for number, _ in looked_at(load_records(manifest))}.isdisjoint({17})
    said = refused(data_path=manifest)
    assert f"{manifest}, record 18: " in said and "exceed --model_max_length 256" in said


@pytest.mark.host
def test_a_record_that_is_left_out_for_its_picture_is_not_asked_for_its_length(train_arguments, tmp_path):
    entries = [text(number) for number in range(9)] + [text(9, " word" * 400, image="gone.jpg")]
    arguments = train_arguments(data_path=sharded(tmp_path, entries), image_folder=tmp_path, faulty_media=1, max_steps=1)
    finish(arguments, out=tmp_path / "llava-out")


def test_of_shards_a_sample_is_looked_at_and_of_a_file_all(tmp_path, monkeypatch):
    monkeypatch.setattr(records, "SHARDED_CHECKED", 5)
    entries = [text(number) for number in range(12)]
    shards = load_records(sharded(tmp_path, entries))
    assert isinstance(shards, ShardedRecords)
    looked = looked_at(shards)
    assert len(looked) == 5 and looked == looked_at(shards) and all(record == entries[number] for number, record in looked)
    assert looked_at(load_records(tmp_path / "made.json")) == list(enumerate(entries))


def test_a_sound_in_shards_of_a_model_without_ears(tmp_path):
    manifest = sharded(tmp_path, [text(0), text(1), text(2, audio="a.wav")])
    with pytest.raises(InputError, match="record 3: has a sound, and the model is to have no ears"):
        load_records(manifest)
    assert len(load_records(manifest, hears=True)) == 3
