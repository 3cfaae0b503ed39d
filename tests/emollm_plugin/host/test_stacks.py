"""The two stacks train alike: each gives the loss curve that data/loss_curve.json holds, within a tolerance."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from emollm_plugin.compat.config import before_5

pytestmark = pytest.mark.host

# Made by the stack that the file names. To renew it, paste what a failing assertion prints.
REFERENCE = json.loads((Path(__file__).parents[1] / "data" / "loss_curve.json").read_text())
# In float32 nothing but the order of additions may differ.
TOLERANCE = {"float32": 2e-3}


def fixed(weights):
    """Values that depend on the names only, not on how a version of transformers initialises."""
    generator = torch.Generator().manual_seed(0)
    keep = [name for name in weights if "norm" in name]
    return {
        name: value if name in keep else torch.randn(value.shape, generator=generator) * 0.1
        for name, value in sorted(weights.items())
    }


@pytest.fixture(scope="module")
def start(tiny, tmp_path_factory):
    """A base model, a vision tower and a projector with the same weights on every stack."""
    from emollm_plugin.projector.multiperspective import MultiPerspectiveProjector
    from emollm_plugin.projector.options import ProjectorOptions

    root = tmp_path_factory.mktemp("fixed")
    for name in ("base", "clip"):
        shutil.copytree(getattr(tiny, name), root / name)
        file = root / name / "model.safetensors"
        save_file(fixed(load_file(file)), file, metadata={"format": "pt"})
    kind = "multiperspective:slots=2,width=16"
    projector = fixed(MultiPerspectiveProjector(24, 32, ProjectorOptions.parse(kind)).state_dict())
    torch.save({f"model.mm_projector.{name}": value for name, value in projector.items()}, root / "mm_projector.bin")
    return root


@pytest.fixture
def arguments(start, train_arguments, tmp_path):
    """The launcher's kind of run. A batch holds all the data: the order, which the stacks draw differently, is out."""

    def build(**changes):
        warmup = "warmup_ratio" if before_5() else "warmup_steps"
        return train_arguments(
            model_name_or_path=start / "base",
            vision_tower=start / "clip",
            lr_scheduler_type="cosine",
            pretrain_mm_mlp_adapter=start / "mm_projector.bin",
            per_device_train_batch_size=16,
            max_steps=16,
            learning_rate=5e-3,
            mm_projector_lr=2e-3,
            weight_decay=0.1,
            output_dir=tmp_path / "llava-curve",
            **{warmup: 0.2},
            **changes,
        )

    return build


def curve(folder):
    history = json.loads((folder / "trainer_state.json").read_text())["log_history"]
    return [round(entry["loss"], 4) for entry in history if "loss" in entry]


def agrees(found, name):
    wanted = REFERENCE["losses"][name]
    return len(found) == len(wanted) and max(abs(a - b) for a, b in zip(found, wanted)) <= TOLERANCE[name]


def test_the_reference_falls():
    """Two flat curves would agree as well."""
    assert all(curve[0] - curve[-1] > 1 for curve in REFERENCE["losses"].values())


def test_the_loss_curve_in_float32_is_that_of_the_other_stack(arguments, tmp_path):
    from emollm_plugin.__main__ import main

    assert main(["llava.train.train", *arguments(bf16=False)]) == 0
    found = curve(tmp_path / "llava-curve")
    assert agrees(found, "float32"), str(found)  # a list would be cut short
