import pytest
import torch

from emobench_data import InputError
from emollm_plugin.training.full_memory import full_memory_named

GPU = "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 23.6 GiB"
CPU = "[enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."


@pytest.mark.parametrize(("error", "words"), [(torch.cuda.OutOfMemoryError(GPU), "CUDA out"), (RuntimeError(CPU), "[enforce")])
def test_full_memory_names_the_way_out(error, words):
    with pytest.raises(InputError) as caught, full_memory_named():
        raise error
    line = str(caught.value)
    assert line.startswith(f"out of memory ({words}") and "`emollm plan`" in line and "\n" not in line


def test_other_errors_stay_as_they_are():
    with pytest.raises(RuntimeError, match="shapes"), full_memory_named():
        raise RuntimeError("shapes do not fit")
