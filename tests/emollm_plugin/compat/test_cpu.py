import pytest
import torch

from emollm_plugin.compat.cpu import host_on_cpu

pytestmark = pytest.mark.skipif(torch.cuda.is_available(), reason="the CPU stand-in does nothing where there is a GPU")


def test_the_hosts_hard_coded_cuda_means_the_cpu_inside_and_only_inside():
    tensor = torch.ones(2)
    with host_on_cpu():
        moved = tensor.to(dtype=torch.float16, device="cuda", non_blocking=True)
        assert (moved.device.type, moved.dtype) == ("cpu", torch.bfloat16)
        assert tensor.cuda().device.type == tensor.to("cuda:0").device.type == "cpu"
        assert tensor.half().dtype == torch.bfloat16
        assert tensor.to(torch.float64).dtype == torch.float64
        torch.cuda.synchronize()
    with pytest.raises((RuntimeError, AssertionError)):
        tensor.to("cuda")
    with pytest.raises((RuntimeError, AssertionError)):
        torch.cuda.synchronize()
