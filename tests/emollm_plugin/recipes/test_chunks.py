"""Questions shared out among processes: how many, on what, and what is said where one of them fails."""

import json
import sys
from dataclasses import fields

import pytest

from emobench_data.io.errors import InputError
from emollm_plugin.recipes import devices
from emollm_plugin.recipes.chunks import choose_device, environments, number_of_chunks
from emollm_plugin.recipes.devices import MASK
from emollm_plugin.recipes.eval_settings import EvalSettings
from emollm_plugin.recipes.process import Failed, run_beside
from emollm_plugin.recipes.recipe import Recipe
from emollm_plugin.recipes.settings import OTHERS


@pytest.mark.parametrize(
    ("mask", "seen"), [("4,5", ["4", "5", "4"]), ("GPU-aa, GPU-bb", ["GPU-aa", "GPU-bb", "GPU-aa"]), ("", ["0", "1", "0"])]
)
def test_chunks_take_the_gpus_of_the_mask_and_no_other(tmp_path, monkeypatch, mask, seen):
    """By what a chunk's process sees; torch counts two GPUs behind the mask."""
    monkeypatch.setenv(MASK, mask)
    monkeypatch.setattr(devices, "answer_of", lambda command: "2 bf16")
    program = [sys.executable, "-c", f"import os; print(os.environ['{MASK}'])"]
    given = environments(*choose_device("auto"), 3)
    run_beside("test", [(program, tmp_path / f"{index}.log", given[index]) for index in range(3)])
    assert [(tmp_path / f"{index}.log").read_text().splitlines()[-1] for index in range(3)] == seen


def test_a_cpu_shares_its_cores_and_shows_no_gpu(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr("emollm_plugin.recipes.chunks.cores", lambda: 7)
    assert environments(*choose_device("cpu"), 2) == [{MASK: "", "OMP_NUM_THREADS": "4"}] * 2
    monkeypatch.setattr(devices, "answer_of", lambda command: "0 fp32")
    with pytest.raises(InputError, match="no CUDA GPU"):
        choose_device("cuda")


@pytest.mark.parametrize("wanted", range(1, 12))
@pytest.mark.parametrize("questions", [1, 5, 10])
def test_no_chunk_is_empty(wanted, questions):
    """As LLaVA's `get_chunk` cuts them."""
    chunks = number_of_chunks(wanted, questions)
    size = -(-questions // chunks)
    cut = [range(questions)[start : start + size] for start in range(0, questions, size)]
    assert len(cut) == chunks <= wanted and all(cut)


def test_the_one_that_fails_is_named_by_its_own_words(tmp_path):
    def program(index):
        words = f"import sys; print('error: chunk {index} of {{}}' if {index} else 'fine'); sys.exit(2 * bool({index}))"
        return [sys.executable, "-c", words], tmp_path / f"{index}.log", {}

    with pytest.raises(Failed, match="chunk 1 of") as caught:
        run_beside("evaluation", [program(0), program(1)])
    assert caught.value.code == 2


def test_the_launcher_knows_every_variable_of_an_evaluation():
    """It takes none of them for a misspelt one of its own."""
    names = {one.name.upper() for one in fields(EvalSettings)} - {one.name.upper() for one in fields(Recipe)} - {"CHECKPOINT"}
    assert names <= {*OTHERS}, json.dumps(sorted(names - {*OTHERS}))
