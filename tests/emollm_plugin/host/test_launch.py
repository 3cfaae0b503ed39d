"""What a program of the host says when it ends with an error."""

import sys

import pytest
from torch.utils.data import DataLoader

from emobench_data.io.errors import PictureFault
from emollm_plugin.host import launch
from emollm_plugin.host.launch import own_words


class Faulty:
    def __len__(self):
        return 1

    def __getitem__(self, index):
        raise PictureFault("images/a.jpg: cannot be read")


@pytest.mark.parametrize("workers", [0, 1])
def test_a_picture_that_fails_in_a_worker_is_one_line(workers):
    with pytest.raises(PictureFault) as fault:
        next(iter(DataLoader(Faulty(), num_workers=workers, multiprocessing_context="fork" if workers else None)))
    assert ("Traceback" in str(fault.value)) == bool(workers)
    assert own_words(str(fault.value)) == "images/a.jpg: cannot be read"


def test_a_host_that_is_not_installed_is_one_line(monkeypatch, capsys):
    def run(module):
        raise ModuleNotFoundError(f"No module named {module!r}", name=module)

    monkeypatch.setattr(sys, "argv", sys.argv)
    monkeypatch.setattr(launch, "run", lambda module: run(module.partition(".")[0]))
    assert launch.main(["llava.train.train"]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"error: llava.train.train needs llava, which is not installed in {sys.prefix}; ")
    assert "run `emollm setup`" in said and said.count("\n") == 1
    with pytest.raises(ModuleNotFoundError):
        launch.main(["own.module"])


def test_other_words_stay_as_they_are():
    for said in ("a: b", "Caught in the rain: a.jpg", "two lines:\nand this"):
        assert own_words(said) == said
