"""Every training mode on real DeepSpeed and gloo: what moves is what should, and the projector is among it."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

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
    arguments = {"data_path": mixed, "per_device_train_batch_size": 2, "max_steps": 6, **MODES[mode], **more}
    done = finish(train_arguments(**arguments), out=tmp_path / "llava-out", zero=zero, ranks=ranks)
    everything = set(json.loads(done.notes.read_text())["moved"])
    wanted = {name for name in everything if belongs(name, mode)}
    assert sum("mm_projector." in name for name in wanted) == 36
    assert done.parameters("trained") == wanted
    assert done.parameters("moved") == wanted
    assert len(done.curve()) == 6 and all(loss > 0 for _, loss in done.curve())


def test_the_projector_has_a_learning_rate_of_its_own(train_arguments, tmp_path):
    done = finish(train_arguments(**LORA, learning_rate=0, max_steps=2), out=tmp_path / "llava-out", zero="2")
    assert {name.split(".mm_projector.")[0] for name in done.parameters("moved")} == {"base_model.model.model"}
    assert any("lora_" in name for name in done.parameters("trained"))


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
        # bfloat16 has a step of 2**-8; the two stages add gradients up in another order.
        assert torch.allclose(three[name].float(), value.float(), rtol=2**-6, atol=1e-3), name
    for (step, loss), (_, other) in zip(runs["2"].curve(), runs["3"].curve()):
        assert loss == pytest.approx(other, rel=0.005), f"step {step}"


def test_a_lock_that_a_killed_build_left_behind(train_arguments, tmp_path):
    """PyTorch would wait for ever for it to go (DeepSpeed builds an extension when it starts on a CPU)."""
    extension = Path(CPU["TORCH_EXTENSIONS_DIR"]) / "deepspeed_shm_comm"
    extension.mkdir(parents=True, exist_ok=True)
    (extension / "lock").touch()
    finish(train_arguments(max_steps=1, **MODES["projector"]), out=tmp_path / "llava-out", zero="0")


def test_qlora_without_bitsandbytes_is_one_line(train_arguments, tmp_path, monkeypatch):
    (tmp_path / "none" / "bitsandbytes").mkdir(parents=True)
    (tmp_path / "none" / "bitsandbytes" / "__init__.py").write_text("raise ImportError('no such luck')")
    monkeypatch.syspath_prepend(tmp_path / "none")
    training = start(train_arguments(**LORA, bits=4), out=tmp_path / "llava-out")
    assert training.wait() == 2
    errors = [line for line in training.tail().splitlines() if line.startswith("error: ")]
    assert len(errors) == 1 and "bitsandbytes" in errors[0] and "TUNE=lora" in errors[0]
    assert not (tmp_path / "llava-out").exists()


def test_qlora_under_zero3_is_one_line(train_arguments, tmp_path):
    training = start(train_arguments(**LORA, bits=4), out=tmp_path / "llava-out", zero="3")
    assert training.wait() == 2
    assert "error: QLoRA (--bits 4) does not go with ZeRO-3" in training.tail()
