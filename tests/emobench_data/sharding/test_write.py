"""Shards: the same bytes whoever writes them, nothing that was finished is lost, nothing of other records is taken."""

import fcntl
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from emobench_data import InputError
from emobench_data.cli.commands import main
from emobench_data.io.llava_files import read_training
from emobench_data.sharding import write_shards

from ..sharded import files, name_of, records, write_source

ROOT = Path(__file__).parents[3]


@pytest.fixture
def source(tmp_path):
    return write_source(tmp_path)


def test_one_process_two_processes_and_two_parts_write_the_same_bytes(source, tmp_path):
    whole = write_shards(source, tmp_path / "one", 5)
    assert write_shards(source, tmp_path / "two", 5, processes=2) == whole
    assert write_shards(source, tmp_path / "parts", 5, part=1, parts=2) is None
    assert not (tmp_path / "parts" / "shards.json").exists()
    assert write_shards(source, tmp_path / "parts", 5, part=0, parts=2) == whole
    assert files(tmp_path / "one") == files(tmp_path / "two") == files(tmp_path / "parts")
    assert len(files(tmp_path / "one")) == 3 * 5 + 1, "nothing is left lying"


@pytest.mark.parametrize("written", ["lines", "one line", "indented"])
def test_any_form_of_the_file_gives_the_same_shards(written, source, tmp_path):
    other = tmp_path / "other" / "train.json"
    other.parent.mkdir()
    forms = {"one line": json.dumps(list(records())), "indented": json.dumps(list(records()), indent=1)}
    other.write_text(forms.get(written) or "".join(json.dumps(one) + "\n" for one in records()))
    one, two = (write_shards(path, tmp_path / f"out-{place}", 3) for place, path in enumerate((source, other)))
    assert one["shards"] == two["shards"] and one["learned"] == two["learned"]


SPOILT = {
    "a shard is gone": lambda out: (out / name_of(2)).unlink(),
    "a shard is cut": lambda out: (out / name_of(2)).write_bytes((out / name_of(2)).read_bytes()[:-9]),
    "a shard says something else": lambda out: (out / name_of(2)).write_bytes(
        (out / name_of(2)).read_bytes().replace(b"joy", b"joi")
    ),
    "an index is gone": lambda out: (out / name_of(2)).with_suffix(".index").unlink(),
    "an index is another": lambda out: (out / name_of(2)).with_suffix(".index").write_bytes(b"9" * 14 * 6),
    "the manifest is gone": lambda out: (out / "shards.json").unlink(),
    "a kill while it was made a shard": lambda out: (
        (out / name_of(2)).with_suffix(".writing").mkdir(),
        (out / name_of(2)).with_suffix(".note").unlink(),
        ((out / name_of(2)).with_suffix(".writing") / name_of(2)).write_bytes(b"half of a li"),
    ),
}


@pytest.mark.parametrize("what", SPOILT)
def test_what_is_no_longer_as_it_was_written_is_written_again_and_the_rest_kept(what, source, tmp_path):
    out = tmp_path / "out"
    write_shards(source, out, 4)
    wanted, kept = files(out), (out / name_of(1)).stat().st_mtime_ns
    SPOILT[what](out)
    write_shards(source, out, 4)
    assert files(out) == wanted and (out / name_of(1)).stat().st_mtime_ns == kept


def test_shards_of_other_records_are_not_taken_nor_written_beside(source, tmp_path):
    write_shards(source, tmp_path / "out", 4)
    write_shards(source, tmp_path / "half", 4, part=0, parts=2)
    before = files(tmp_path / "out"), files(tmp_path / "half")
    with pytest.raises(InputError, match="is of another number of shards"):
        write_shards(source, tmp_path / "half", 3)
    source.write_bytes(source.read_bytes().replace(b"anger", b"angst"))
    with pytest.raises(InputError, match="is of other shards"):
        write_shards(source, tmp_path / "out", 4)
    with pytest.raises(InputError, match="was made of other records"):
        write_shards(source, tmp_path / "half", 4, part=1, parts=2)
    assert before == (files(tmp_path / "out"), files(tmp_path / "half"))


def test_the_same_records_under_another_name_are_the_same(source, tmp_path):
    write_shards(source, tmp_path / "out", 4, part=0, parts=2)
    write_shards(source.rename(tmp_path / "renamed.json"), tmp_path / "out", 4, part=1, parts=2)
    assert list(read_training(tmp_path / "out" / "shards.json")) == list(records())


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (name_of(1), "mine", "is there already and was not written here"),
        ("train-00001-of-00004.note", "{}", "is no note of a shard"),
        ("train-00001-of-00004.note", '{"origin"', "is no note of a shard"),
        ("shards.json", '{"version', "was not written here"),
        ("shards.json", "[1]", "was not written here"),
    ],
)
def test_files_of_somebody_else_stay(name, content, said, source, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).write_text(content)
    with pytest.raises(InputError, match=said):
        write_shards(source, tmp_path / "out", 4)
    assert files(tmp_path / "out") == {name: content.encode()}


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda text: text.replace(b"\n]\n", b",\n"), "the list has no end; it is cut off"),
        (lambda text: text.replace(b"\n]\n", b",\n]\n"), "the list ends behind a comma"),
        (lambda text: text.replace(b"},\n", b"}\n", 1), "no comma stands before it"),
        (lambda text: text + b"{}\n", "stands behind the end of the list"),
        (lambda text: text.replace(b"joy", b"j\xf6y", 1), "not UTF-8 but an older encoding"),
        (lambda text: b"[\n]\n", "has fewer records than 4 shards"),
    ],
)
def test_a_list_that_is_no_whole_list(spoil, said, source, tmp_path):
    source.write_bytes(spoil(source.read_bytes()))
    with pytest.raises(InputError, match=said):
        write_shards(source, tmp_path / "out", 4)
    assert files(tmp_path / "out") == {}, "nothing is left lying"


def test_a_list_may_end_in_the_last_records_line_and_have_blank_ones(source, tmp_path):
    source.write_bytes(source.read_bytes().replace(b"\n]\n", b"]\r\n\n").replace(b"},\n", b"},\r\n\r\n"))
    write_shards(source, tmp_path / "out", 2)
    assert list(read_training(tmp_path / "out" / "shards.json")) == list(records())


def test_shards_can_be_cut_anew(source, tmp_path):
    write_shards(source, tmp_path / "four", 4)
    write_shards(tmp_path / "four" / "shards.json", tmp_path / "three", 3)
    assert list(read_training(tmp_path / "three" / "shards.json")) == list(records())


def test_two_calls_at_once_write_one_set(source, tmp_path):
    """The second waits for the first, whichever parts they take."""
    calls = [(), ("--part", "0/2"), ("--part", "1/2"), ("--processes", "2")]
    words = [sys.executable, "-m", "emobench_data", "shards", str(source), "--out", str(tmp_path / "out"), "--shards", "4"]
    running = [subprocess.Popen([*words, *more], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for more in calls]
    assert [(one.wait(60), one.stderr.read()) and one.returncode for one in running] == [0, 0, 0, 0]
    write_shards(source, tmp_path / "alone", 4)
    assert files(tmp_path / "out") == files(tmp_path / "alone")


def test_writers_end_with_the_process_that_began_them(tmp_path):
    """Else they would go on after a kill, and hold what the next call is to write."""
    pipe = tmp_path / "records"
    os.mkfifo(pipe)  # nobody writes into it, so that they wait for ever
    code = (
        "import sys; from pathlib import Path; from emobench_data.sharding.write import _side_by_side\n"
        "origin = {'count': 2}\n"
        "if __name__ == '__main__': _side_by_side(Path(sys.argv[1]), Path(sys.argv[2]), origin, [[0], [1]])"
    )
    (tmp_path / "begin.py").write_text(code)
    out = tmp_path / "out"
    began = subprocess.Popen([sys.executable, str(tmp_path / "begin.py"), str(pipe), str(out)], cwd=ROOT)
    works = [out / f"train-0000{number}-of-00002.writing" / ".lock" for number in (0, 1)]
    wait_for(lambda: all(work.exists() for work in works))
    began.kill()
    began.wait()
    wait_for(lambda: not any(map(held, works)))


def wait_for(question):
    end = time.monotonic() + 60
    while not question():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def held(lock):
    with open(lock) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def test_a_record_that_cannot_be_trained_on_is_named(source, tmp_path):
    source.write_bytes(source.read_bytes().replace("schön".encode(), b"<image>", 1))
    with pytest.raises(InputError, match=r"train\.json, record 4: has <image> 1 times"):
        write_shards(source, tmp_path / "out", 4)
    assert files(tmp_path / "out") == {}


def test_a_shard_without_a_record_is_refused(source, tmp_path):
    with pytest.raises(InputError, match="has fewer records than 24 shards"):
        write_shards(source, tmp_path / "out", 24)
    assert files(tmp_path / "out") == {}


def test_the_command_says_what_it_wrote(source, tmp_path, capsys):
    def call(*words):
        with pytest.raises(SystemExit) as done:
            main(["shards", str(source), "--out", str(tmp_path / "out"), "--shards", "2", *words])
        return done.value.code, "".join(capsys.readouterr())

    assert call("--part", "1/2") == (0, f"{tmp_path / 'out'}: this part's shards are written, others are not yet\n")
    code, said = call("--part", "0/2")
    assert code == 0 and said.endswith(f"23 records in 2 shards; train with {tmp_path / 'out' / 'shards.json'}\n")
    assert call("--part", "2/2")[0] == call("--part", "x")[0] == 2
