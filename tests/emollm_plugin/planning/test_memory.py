"""The formulas of memory, against what is counted by hand for LLaVA-1.5 7B."""

import pytest

from emobench_data import InputError
from emollm_plugin.planning.activations import Activations
from emollm_plugin.planning.memory import memory, read_zero

from .conftest import EYES, LANGUAGE, MATRICES, MLP, NONE_KEPT, C, L, V, setting, sizes

T = LANGUAGE + MLP  # trained in full


@pytest.mark.parametrize(
    ("zero", "weights", "gradients", "states"),
    [
        ("0", 2 * (T + EYES), 2 * T, 12 * T),
        ("2", 2 * (T + EYES), 2 * T / 8, 12 * T / 8),
        ("3", 2 * (T + EYES) / 8, 2 * T / 8, 12 * T / 8),
        ("3_offload", 0, 0, 0),
        # Without DeepSpeed what is trained is in float32, and eight ranks reduce copies of the gradients.
        ("none", 4 * T + 2 * EYES, 2 * 4 * T, 8 * T),
    ],
)
def test_sixteen_bytes_a_parameter_and_who_holds_them(zero, weights, gradients, states):
    needs = memory(sizes(), NONE_KEPT, setting(zero=zero))
    assert needs["weights"] == pytest.approx(weights, abs=8)
    assert needs["gradients"] == pytest.approx(gradients, abs=8)
    assert needs["optimizer states"] == pytest.approx(states, abs=100)


def test_one_gpu_holds_sixteen_bytes_a_parameter_whatever_the_stage():
    for zero in ("0", "2", "3"):
        needs = memory(sizes(), NONE_KEPT, setting(zero=zero, gpus=1))
        assert needs["weights"] + needs["gradients"] + needs["optimizer states"] == 16 * T + 2 * EYES


def test_what_leaves_the_gpu_is_in_the_memory_of_the_cpu():
    needs = memory(sizes(), NONE_KEPT, setting(zero="3_offload"))
    assert needs["host"] == pytest.approx((16 * T + 2 * EYES) / 8, abs=100)
    assert needs["total"] == needs["buffers"] + needs["logits"] and needs["buffers"] == 2 * 10**9


def test_what_stays_on_the_gpu_is_counted_there(tmp_path):
    """ZeRO-3 with the optimizer alone in the CPU's memory."""
    file = tmp_path / "zero.json"
    file.write_text('{"zero_optimization": {"stage": 3, "offload_optimizer": {"device": "cpu"}}}')
    some, all_there, none = (memory(sizes(), NONE_KEPT, setting(zero=zero)) for zero in (str(file), "3", "3_offload"))
    assert some["weights"] == all_there["weights"] > 0 == none["weights"]
    assert some["host"] == none["host"] - some["weights"]


def test_an_adapter_needs_states_for_itself_and_four_bits_for_the_rest():
    adapter = 39_976_960  # rank 16 on the seven matrices of each layer
    lora = memory(sizes("lora", adapter), NONE_KEPT, setting(tune="lora", gpus=1))
    assert lora["weights"] == 2 * (LANGUAGE + MLP + EYES + adapter)
    assert lora["optimizer states"] == 12 * (adapter + MLP)
    quantized = memory(sizes("lora", adapter), NONE_KEPT, setting(tune="qlora", gpus=1))
    packed = (MATRICES + V * C) * 4.127 / 8
    assert quantized["weights"] == pytest.approx(lora["weights"] - 2 * (MATRICES + V * C) + packed, rel=1e-4)


def test_the_total_is_the_larger_of_the_passes_and_the_step():
    little, much = (memory(sizes(), Activations(size, 0, 0, 0, L), setting()) for size in (0, 10**9))
    fixed = sum(little[name] for name in ("weights", "gradients", "optimizer states"))
    assert little["step"] == pytest.approx(8 * T / 8, abs=8) and little["total"] == fixed + little["step"]
    assert much["activations"] == 4 * 32 * 10**9
    assert much["total"] == fixed + much["activations"] + much["logits"] + much["buffers"]
    assert much["logits"] == 4 * 64 * V * 12
    long = {zero: memory(sizes(), NONE_KEPT, setting(zero=zero, answers=4096))["logits"] for zero in ("2", "3")}
    assert long == {"2": 12 * 2**27, "3": 12 * 4 * 4096 * V}, "but for ZeRO-3 a part at a time"
    again = memory(sizes(), Activations(10**9, 10**7, 0, 0, L), setting(checkpointing=True))
    assert again["activations"] == 4 * (32 * 10**7 + 10**9)


def test_what_is_not_known_is_said(tmp_path):
    with pytest.raises(InputError, match="OPTIMIZER=adafactor: its memory is not known"):
        memory(sizes(), NONE_KEPT, setting(optimizer="adafactor"))
    own = tmp_path / "zero.json"
    own.write_text('{"zero_optimization": {"stage": 2, "offload_optimizer": {"device": "cpu"}}}')
    assert read_zero(str(own)).stage == 2 and read_zero(str(own)).offload
    assert memory(sizes(), NONE_KEPT, setting(zero=str(own)))["weights"] == 2 * (T + EYES)
    before = memory(sizes(), NONE_KEPT, setting(zero="2"))["buffers"]
    own.write_text('{"zero_optimization": {"stage": 2, "reduce_bucket_size": 1e7}}')
    assert 5 * memory(sizes(), NONE_KEPT, setting(zero=str(own)))["buffers"] == before
    own.write_text('{"zero_optimization": {"stage": 2, "reduce_bucket_size": [1]}}')
    with pytest.raises(InputError, match="no DeepSpeed configuration"):
        read_zero(str(own))
    own.write_text("[")
    with pytest.raises(InputError, match="no DeepSpeed configuration"):
        read_zero(str(own))
