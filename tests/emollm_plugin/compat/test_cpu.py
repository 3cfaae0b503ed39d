import pytest
import torch

from emobench_data import InputError
from emollm_plugin.compat import cpu

pytestmark = pytest.mark.skipif(torch.cuda.is_available(), reason="the CPU stand-in does nothing where there is a GPU")


@pytest.fixture(params=[torch.bfloat16, torch.float32], ids=str)
def fast(request, monkeypatch):
    """The format that a CPU computes in."""
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
    tower.register_buffer("frequencies", torch.ones(2))
    cpu.tower_in_host_format(tower)
    assert tower.to(dtype=torch.float16, device="cuda") is tower
    assert tower.weight.dtype == fast and tower.weight.device.type == "cpu"
    assert tower.to(torch.float64).weight.dtype == torch.float64
    assert tower.frequencies.dtype == torch.float32


@pytest.mark.parametrize("kernels", [True, False])
def test_the_format_is_float32_on_every_cpu_unless_the_environment_names_one(monkeypatch, kernels):
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: kernels)
    monkeypatch.delenv("EMOLLM_CPU_DTYPE", raising=False)
    assert cpu.cpu_dtype() is torch.float32
    for name in ("bfloat16", "float32"):
        monkeypatch.setenv("EMOLLM_CPU_DTYPE", name)
        assert cpu.cpu_dtype() is getattr(torch, name)


def test_a_format_that_no_cpu_computes_in_is_one_line(monkeypatch):
    from click.testing import CliRunner

    from emollm_plugin.cli.commands import main

    monkeypatch.setenv("EMOLLM_CPU_DTYPE", "float16")
    done = CliRunner().invoke(main, ["device"])
    assert done.exit_code == 2 and done.output.strip().count("\n") == 0
    assert "EMOLLM_CPU_DTYPE=float16 is no number format for a CPU; known: float32, bfloat16" in done.output
    with pytest.raises(InputError, match="EMOLLM_CPU_DTYPE"):
        cpu.tower_in_host_format(torch.nn.Linear(2, 2))


def test_the_launchers_learn_devices_and_format_from_one_command(fast):
    from click.testing import CliRunner

    from emollm_plugin.cli.commands import main

    wanted = "0 bf16\n" if fast is torch.bfloat16 else "0 fp32\n"
    assert CliRunner().invoke(main, ["device"]).output == wanted
