"""Every training mode on real DeepSpeed and gloo: what moves is what should, and the projector is among it."""

import json
import sys
from pathlib import Path

import pytest
from safetensors.torch import load_file

from emobench_data.errors import InputError
from emollm_plugin.compat.config import before_5

from .training_worker import CPU
from .trainings import finish, start

pytestmark = pytest.mark.host

LORA = {"lora_enable": True, "lora_r": 4, "lora_alpha": 8, "mm_projector_lr": 1e-2}
MODES = {"full": {}, "projector": {"tune_mm_mlp_adapter": True}, "lora": LORA}
CASES = [
    ("full", None, 1, {"gradient_checkpointing": True}),
    ("full", "0", 2, {}),
    ("full", "3_offload", 1, {}),
    ("projector", "2", 1, {}),
    ("projector", "3", 1, {"gradient_checkpointing": True}),
    ("lora", None, 2, {}),
    ("lora", "3", 2, {"group_by_modality_length": True}),
]


def belongs(name, mode):
    """Whether a parameter is to be trained in this mode."""
    if "mm_projector." in name:
        return True
    return "lora_" in name if mode == "lora" else mode == "full" and "vision_tower" not in name


@pytest.fixture(scope="module")
def mixed(tiny):
    """Training data in which a third of the samples has no image."""
    records = json.loads((tiny.data / "train.json").read_text())
    for index in range(8):
        ask = {"from": "human", "value": f"Which emotion has the number {index}?"}
        records.append({"id": f"text-{index}", "conversations": [ask, {"from": "gpt", "value": "joy"}]})
    file = tiny.root / "mixed.json"
    file.write_text(json.dumps(records))
    return file


@pytest.mark.parametrize(("mode", "zero", "ranks", "more"), CASES)
def test_what_moves(mode, zero, ranks, more, mixed, train_arguments, tmp_path):
    if before_5() and str(zero).startswith("3"):
        pytest.skip("ZeRO-3 is for the current stack")
    arguments = {"data_path": mixed, "per_device_train_batch_size": 2, "max_steps": 6, **MODES[mode], **more}
    done = finish(train_arguments(**arguments), out=tmp_path / "llava-out", zero=zero, ranks=ranks)
    everything = set(json.loads(done.notes.read_text())["moved"])
    wanted = {name for name in everything if belongs(name, mode)}
    assert sum("mm_projector." in name for name in wanted) == 36
    assert done.parameters("trained") == wanted
    # A key's gradient can round to nothing in bfloat16 while its gate is still almost shut.
    assert done.parameters("moved") <= wanted and len(wanted - done.parameters("moved")) <= 1
    assert len(done.curve()) == 6 and all(loss > 0 for _, loss in done.curve())


def test_the_projector_has_a_learning_rate_of_its_own(train_arguments, tmp_path):
    done = finish(train_arguments(**LORA, learning_rate=0, max_steps=2), out=tmp_path / "llava-out", zero="2")
    assert {name.split(".mm_projector.")[0] for name in done.parameters("moved")} == {"base_model.model.model"}
    assert any("lora_" in name for name in done.parameters("trained"))


@pytest.mark.xfail(strict=True, reason="the same seed gives another projector under ZeRO-3; the cause is not yet found")
def test_zero3_ends_with_the_checkpoint_of_zero2(mixed, train_arguments, tmp_path):
    """Two ranks, mixed batches sorted by modality, six steps: the same loss and weights within bfloat16's precision."""
    arguments = {"data_path": mixed, "per_device_train_batch_size": 2, "group_by_modality_length": True,
                 "learning_rate": 1e-3, "adam_epsilon": 1e-4}  # fmt: skip
    runs = {}
    for stage in ("2", "3"):
        out = tmp_path / f"llava-zero{stage}"
        runs[stage] = finish(train_arguments(output_dir=out, **arguments), out=out, zero=stage, ranks=2)
    two, three = (load_file(runs[stage].out / "model.safetensors") for stage in ("2", "3"))
    assert two.keys() == three.keys()
    for name, value in two.items():
        # The stages add gradients up in another order, and bfloat16 has a step of 2**-8: 5 % of a matrix's norm.
        if value.ndim == 2:
            assert (three[name].float() - value.float()).norm() <= 0.05 * value.float().norm(), name
    for (step, loss), (_, other) in zip(runs["2"].curve(), runs["3"].curve()):
        assert loss == pytest.approx(other, rel=0.005), f"step {step}"


def test_a_lock_that_a_killed_build_left_behind_and_no_buffers_left_by_this_one(train_arguments, tmp_path):
    """PyTorch would wait for ever for it to go (DeepSpeed builds an extension when it starts on a CPU)."""
    extension = Path(CPU["TORCH_EXTENSIONS_DIR"]) / "deepspeed_shm_comm"
    extension.mkdir(parents=True, exist_ok=True)
    (extension / "lock").touch()
    before = set(Path("/dev/shm").glob("deepspeed_*"))
    finish(train_arguments(max_steps=1, **MODES["projector"]), out=tmp_path / "llava-out", zero="0")
    assert not set(Path("/dev/shm").glob("deepspeed_*")) - before


def test_qlora_without_bitsandbytes_is_one_line(monkeypatch):
    from emollm_plugin.preflight import _check_quantization, _Training

    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    with pytest.raises(InputError, match="--bits 4.*bitsandbytes does not run here.*TUNE=lora"):
        _check_quantization(_Training(bits=4))


def test_qlora_under_zero3_is_one_line(train_arguments, tmp_path):
    training = start(train_arguments(**LORA, bits=4), out=tmp_path / "llava-out", zero="3")
    assert training.wait() == 2
    assert "error: QLoRA (--bits 4) does not go with ZeRO-3" in training.tail()
