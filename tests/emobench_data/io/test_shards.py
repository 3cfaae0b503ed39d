"""Records in shards are those of the file that they were made from, and a shard that was changed is not read."""

import multiprocessing
import pickle

import orjson
import pytest

from emobench_data import InputError
from emobench_data.io.llava_files import read_training
from emobench_data.io.shards import ShardedRecords
from emobench_data.sharding import write_shards
from emobench_data.validation import validate

from ..sharded import name_of, records, write_source


@pytest.fixture
def source(tmp_path):
    return write_source(tmp_path)


def test_records_in_shards_are_those_of_the_file(source, tmp_path):
    write_shards(source, tmp_path / "out", 4)
    there = read_training(tmp_path / "out" / "shards.json")
    wanted = list(records())
    assert isinstance(there, ShardedRecords) and len(there) == 23
    assert list(there) == wanted and [there[-1], *there[3:9:2]] == [wanted[-1], *wanted[3:9:2]]
    assert list(pickle.loads(pickle.dumps(there))) == wanted
    with pytest.raises(IndexError):
        there[23]
    assert [bool(one) for one in there.having("video")] == ["video" in one for one in wanted]
    assert not there.having("smell").any()
    assert there.sizes.tolist() == [len(orjson.dumps(one)) + 1 for one in wanted]


def test_a_worker_that_was_forked_reads_beside_its_parent(source, tmp_path):
    write_shards(source, tmp_path / "out", 4)
    there, wanted = read_training(tmp_path / "out" / "shards.json"), list(records())
    assert there[5] == wanted[5], "the file is open before"
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map(there.__getitem__, range(23)) == wanted
    assert there[9] == wanted[9]


def test_records_that_are_left_out_keep_the_others_places(source, tmp_path):
    write_shards(source, tmp_path / "out", 4)
    some = read_training(tmp_path / "out" / "shards.json").without({0, 7, 22})
    wanted = [one for number, one in enumerate(records()) if number not in {0, 7, 22}]
    assert list(some) == wanted and [bool(one) for one in some.having("image")] == ["image" in one for one in wanted]
    assert list(some.without({1})) == wanted[:1] + wanted[2:]
    assert some.without(set()) is some


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (
            lambda out: (out / name_of(1)).unlink(),
            "train-00001-of-00004.jsonl: it or its index cannot be read",
        ),
        (
            lambda out: (out / "train-00001-of-00004.index").unlink(),
            "train-00001-of-00004.jsonl: it or its index cannot be read",
        ),
        (lambda out: (out / "train-00001-of-00004.index").write_bytes(b"0" * 14), "is not what was written"),
        (lambda out: (out / "train-00001-of-00004.index").write_bytes(b"9" * 14 * 6), "is not what was written"),
        (lambda out: (out / name_of(1)).write_bytes(b"{}"), "is not what was written"),
        (lambda out: (out / "shards.json").write_text('{"shards": [], "version": 9}'), "this program reads 1"),
        (lambda out: (out / "shards.json").write_text('{"shards": [{}], "version": 1}'), "is not as it was written"),
        (lambda out: (out / "shards.json").write_text('{"shards": 5, "version": 1}'), "is not as it was written"),
        (lambda out: (out / "shards.json").write_text('{"shards": [], "version": 1}'), "is not as it was written"),
    ],
)
def test_shards_that_are_not_as_they_were_written(spoil, said, source, tmp_path):
    write_shards(source, tmp_path / "out", 4)
    spoil(tmp_path / "out")
    with pytest.raises(InputError, match=said):
        read_training(tmp_path / "out" / "shards.json")


def test_validation_compares_checksums(source, tmp_path):
    write_shards(source, tmp_path / "out", 4)
    shard = tmp_path / "out" / name_of(1)
    shard.write_bytes(shard.read_bytes().replace(b"joy", b"joi", 1))
    with pytest.raises(InputError, match="its content is not what was written"):
        validate(tmp_path / "out" / "shards.json", tmp_path)


def test_a_line_that_was_changed_in_place(source, tmp_path):
    write_shards(source, tmp_path / "out", 4)
    shard = tmp_path / "out" / "train-00001-of-00004.jsonl"
    shard.write_bytes(shard.read_bytes().replace(b"{", b"(", 1))
    there = read_training(tmp_path / "out" / "shards.json")
    with pytest.raises(InputError, match=r"train-00001-of-00004\.jsonl, line 1: is not what was written"):
        there[1]


def test_hugging_face_reads_them_as_a_stream(source, tmp_path):
    datasets = pytest.importorskip("datasets")
    write_shards(source, tmp_path / "out", 2)
    names = [str(tmp_path / "out" / f"train-0000{number}-of-00002.jsonl") for number in (0, 1)]
    text = datasets.Value("string")
    columns = dict.fromkeys(("id", "image", "video", "audio"), text) | {"conversations": [{"from": text, "value": text}]}
    stream = datasets.load_dataset("json", data_files=names, features=datasets.Features(columns), split="train", streaming=True)
    theirs = [{name: value for name, value in one.items() if value is not None} for one in stream]
    assert sorted(theirs, key=lambda one: one["id"]) == sorted(records(), key=lambda one: one["id"])
