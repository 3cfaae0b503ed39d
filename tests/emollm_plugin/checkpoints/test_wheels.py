"""A model folder is made once, and takes no place that holds something else."""

import pytest

from emobench_data.io.errors import InputError
from emollm_plugin.checkpoints.wheels import made_once


def make(out):
    with made_once(out, "made.json", of="x") as partial:
        (partial / "config.json").write_text("{}")


def test_a_folder_of_the_users_is_neither_taken_nor_deleted(tmp_path):
    out = tmp_path / "models"
    (out / "llama").mkdir(parents=True)
    (out / "llama" / "model.safetensors").write_text("a week")
    with pytest.raises(InputError, match="models exists and is not an empty folder"):
        make(out)
    assert (out / "llama" / "model.safetensors").read_text() == "a week" and [*tmp_path.iterdir()] == [out]
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="file exists"):
        make(tmp_path / "file")


def test_an_empty_or_a_made_folder_is_taken(tmp_path):
    (tmp_path / "out").mkdir()
    make(tmp_path / "out")
    first = (tmp_path / "out" / "config.json").stat().st_ino
    make(tmp_path / "out")
    assert (tmp_path / "out" / "config.json").stat().st_ino == first and (tmp_path / "out" / "made.json").is_file()
