"""Every training mode on real DeepSpeed and gloo: what moves is what should, and the projector is among it."""

import json
import os
import sys

import pytest
import torch

from emobench_data.io.errors import InputError
from emollm_plugin.compat.config import before_5
from emollm_plugin.projector.multiperspective import MultiPerspectiveProjector
from emollm_plugin.projector.options import ProjectorOptions

from ..training_worker import CPU
from ..trainings import SERVER, finish, free_port, start, weights

pytestmark = pytest.mark.host

LORA = {"lora_enable": True, "lora_r": 4, "lora_alpha": 8, "mm_projector_lr": 1e-2}
MODES = {"full": {}, "projector": {"tune_mm_mlp_adapter": True}, "lora": LORA}
CASES = [
    ("full", "0", 2, {}),
    ("projector", "3", 1, {"gradient_checkpointing": True}),
    ("lora", None, 2, {}),  # with ZeRO-3 on two ranks: test_video.py
]
if not before_5():
    CASES += [
        ("full", None, 1, {"gradient_checkpointing": True}),
        ("full", "3_offload", 1, {"optim": "adamw_torch_fused"}),
        ("projector", "2", 1, {}),
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
    assert sum("mm_projector." in name for name in wanted) == 45
    assert done.parameters("trained") == wanted
    still = wanted - done.parameters("moved")
    assert not done.parameters("moved") - wanted
    # A read's weights for its two slots are all but equal at the start: on the older stack its key's gradient, which
    # comes through a gate that is almost shut as well, rounds to nothing in bfloat16.
    assert not still or (before_5() and [name.endswith(".to_key.weight") for name in still] == [True])
    assert len(done.curve()) == 6 and all(loss > 0 for _, loss in done.curve())
    assert done.rotary(), "the host casts the whole model before it adds LoRA"
    for kind, values in done.rotary().values():
        assert kind == "float32" and values == pytest.approx([10**-step for step in range(4)], rel=1e-6)


def test_without_deepspeed_every_weight_moves_in_bfloat16_too(tiny, train_arguments, tmp_path):
    """At a usual rate a step is less than half of what a bfloat16 of a usual weight can tell apart."""
    from safetensors.torch import load_file

    out = tmp_path / "llava-out"
    training = finish(train_arguments(learning_rate=1e-5, max_steps=3, save_strategy="steps", save_steps=3), out=out)
    # Not embeddings, of which only the words that were seen are trained.
    begun = {name: value for name, value in load_file(tiny.base / "model.safetensors").items() if "layers." in name}
    kept, final = weights(out / "checkpoint-3"), weights(out)
    still = [(kept[name].float() == value.bfloat16().float()).float().mean().item() for name, value in begun.items()]
    assert max(still) < 0.01
    assert {value.dtype for name, value in final.items() if name in begun} == {torch.bfloat16}, "as it was asked for"
    assert all(torch.equal(kept[name].bfloat16(), final[name]) for name in begun)
    assert training.curve()[-1][1] < training.curve()[0][1]


@pytest.mark.current_stack
def test_the_projector_has_a_learning_rate_of_its_own(train_arguments, tmp_path):
    done = finish(train_arguments(**LORA, learning_rate=0, max_steps=2), out=tmp_path / "llava-out", zero="2")
    assert {name.split(".mm_projector.")[0] for name in done.parameters("moved")} == {"base_model.model.model"}
    assert any("lora_" in name for name in done.parameters("trained"))


def drift(two, three):
    """The largest distance between two checkpoints' tensors, as a share of the tensor's norm; and where."""
    assert two.keys() == three.keys()
    far = {name: (three[name].float() - value.float()).norm() / value.float().norm() for name, value in two.items()}
    return max((float(share), name) for name, share in far.items())


@pytest.mark.current_stack
def test_zero3_ends_with_the_checkpoint_of_zero2(mixed, train_arguments, tmp_path):
    """Two ranks, mixed batches sorted by modality, six steps: the same loss and weights within bfloat16's precision.

    The stages add gradients up in another order, and a bfloat16 has eight bits: tensors that began at zero and have
    only six small steps in them differ by up to 1.1 % of their norm, the others by under 0.1 %.
    """
    arguments = {
        "data_path": mixed,
        "per_device_train_batch_size": 2,
        "group_by_modality_length": True,
        "learning_rate": 1e-3,
        "adam_epsilon": 1e-4,
    }
    runs = {}
    for stage in ("2", "3"):
        out = tmp_path / f"llava-zero{stage}"
        runs[stage] = finish(train_arguments(output_dir=out, **arguments), out=out, zero=stage, ranks=2)
    share, tensor = drift(weights(runs["2"].out), weights(runs["3"].out))
    assert share < 0.03, tensor
    for (step, loss), (_, other) in zip(runs["2"].curve(), runs["3"].curve(), strict=True):
        assert loss == pytest.approx(other, rel=5e-4), f"step {step}"


def project_under_zero3(file):
    """In a process of its own: replace the projectors and patches in `file` by what they give when partitioned."""
    import deepspeed

    os.environ.update(
        CPU, RANK="0", LOCAL_RANK="0", WORLD_SIZE="1", LOCAL_SIZE="1", MASTER_ADDR="127.0.0.1", MASTER_PORT=str(free_port())
    )
    deepspeed.init_distributed()
    # The threshold is zero, so that the smallest tensor is partitioned too.
    config = {
        "zero_optimization": {"stage": 3, "stage3_param_persistence_threshold": 0},
        "train_batch_size": 1,
        "optimizer": {"type": "SGD", "params": {"lr": 0.0}},
        "zero_allow_untested_optimizer": True,
    }
    projectors, patches = torch.load(file, weights_only=False)
    tokens = []
    for projector in projectors:
        engine = deepspeed.initialize(model=projector, config=config)[0]
        assert all(value.ds_numel and not value.numel() for value in projector.parameters())
        tokens.append(engine(patches).detach())
    torch.save(tokens, file)
    os._exit(0)


@pytest.mark.current_stack
def test_projectors_with_open_perspectives_give_under_zero3_what_they_give_alone(tmp_path):
    kinds = ("multiperspective:width=16", "multiperspective:width=16,tokens=4")
    projectors = [MultiPerspectiveProjector(12, 20, ProjectorOptions.parse(kind)) for kind in kinds]
    for read in (read for projector in projectors for read in projector.reads.values()):
        read.to_value.open()
        torch.nn.init.normal_(read.gate)
    patches, file = torch.randn(2, 16, 12), tmp_path / "tokens.pt"
    torch.save((projectors, patches), file)
    process = SERVER.Process(target=project_under_zero3, args=(file,))
    process.start()
    process.join(180)
    code = process.exitcode
    process.kill()
    assert code == 0
    for tokens, projector in zip(torch.load(file), projectors, strict=True):
        assert torch.allclose(tokens, projector(patches), rtol=1e-5, atol=1e-6)


def test_qlora_without_bitsandbytes_is_one_line(monkeypatch):
    from emollm_plugin.training.preflight import _check_quantization, _Training

    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    with pytest.raises(InputError, match="--bits 4.*bitsandbytes does not run here.*TUNE=lora"):
        _check_quantization(_Training(bits=4))


def test_qlora_under_zero3_is_one_line(train_arguments, tmp_path):
    training = start(train_arguments(**LORA, bits=4), out=tmp_path / "llava-out", zero="3")
    assert training.wait() == 2
    assert "error: QLoRA (--bits 4) does not go with ZeRO-3" in training.tail()
