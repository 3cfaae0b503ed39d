import pytest
import torch

from emollm_plugin.compat import cpu

pytestmark = pytest.mark.skipif(torch.cuda.is_available(), reason="the CPU stand-in does nothing where there is a GPU")


@pytest.fixture(params=[torch.bfloat16, torch.float32], ids=str)
def fast(request, monkeypatch):
    """The format that this CPU is said to be fast in."""
    monkeypatch.setattr(cpu, "cpu_dtype", lambda: request.param)
    return request.param


def test_the_hosts_hard_coded_cuda_means_the_cpu_inside_and_only_inside(fast):
    tensor = torch.ones(2)
    with cpu.host_on_cpu():
        moved = tensor.to(dtype=torch.float16, device="cuda", non_blocking=True)
        assert (moved.device.type, moved.dtype) == ("cpu", fast)
        assert tensor.cuda().device.type == tensor.to("cuda:0").device.type == "cpu"
        assert tensor.half().dtype == fast
        assert tensor.to(torch.float64).dtype == torch.float64
        torch.cuda.synchronize()
    with pytest.raises((RuntimeError, AssertionError)):
        tensor.to("cuda")
    with pytest.raises((RuntimeError, AssertionError)):
        torch.cuda.synchronize()


def test_a_tower_that_the_host_puts_into_float16(fast):
    tower = torch.nn.Linear(2, 2)
    cpu.no_half_on_cpu(tower)
    tower.to(dtype=torch.float16, device="cpu")
    assert tower.weight.dtype == fast
    assert tower.to(torch.float64).weight.dtype == torch.float64


def test_the_format_is_the_one_that_onednn_has_kernels_for():
    has = "avx512" in torch.backends.cpu.get_cpu_capability().lower()
    assert cpu.cpu_dtype() is (torch.bfloat16 if has else torch.float32)


def test_the_launchers_learn_devices_and_format_from_one_command(fast):
    from click.testing import CliRunner

    from emollm_plugin.cli import main

    wanted = "0 bf16\n" if fast is torch.bfloat16 else "0 fp32\n"
    assert CliRunner().invoke(main, ["device"]).output == wanted
