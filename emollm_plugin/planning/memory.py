"""Memory of a step on each GPU, by part, in bytes: the formulas, and nothing else.

ZeRO's are those of Rajbhandari et al. 2020 (arXiv 1910.02054, section 3 and 5) with what DeepSpeed 0.19.8 keeps beside them,
as we read its code: buckets, what is gathered of ZeRO-3, and float32 copies at the optimizer's step.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from emobench_data.io.errors import InputError

from ..recipes.recipe import zero_file
from .activations import BYTES, Activations
from .model import Shapes

MASTER = 4  # a float32 copy of a weight
# Bytes of the optimizer's moments for a weight, by what Hugging Face calls it.
MOMENTS = {"adamw_torch": 8, "adamw_torch_fused": 8, "adamw_bnb_8bit": 2, "paged_adamw_8bit": 2, "lion_32bit": 4, "sgd": 0}
# NF4 in blocks of 64 with scales of 8 bits, themselves in blocks of 256 (QLoRA, Dettmers et al. 2023, section 3): 4.127 bits.
FOUR_BITS = (4 + 8 / 64 + 32 / (64 * 256)) / 8
# DeepSpeed's own, where a file does not say (or says "auto") how many elements are gathered or reduced at once.
LIVE, BUCKET = 10**9, 5 * 10**8
# Of the loss over answers, for each logit: in float32 itself, its log-softmax that is kept, and the gradient. But for ZeRO-3 so
# many are there at a time (training/loss.py).
LOGIT, LOGITS = 12, 2**27


@dataclass(frozen=True)
class Zero:
    """How DeepSpeed shares a model.

    Args:
        stage: None without DeepSpeed.
        offload: whether the optimizer's states are kept in the CPU's memory.
        offload_weights: whether ZeRO-3's weights are too.
        bucket: elements of gradients that are reduced at once.
        live: elements of ZeRO-3's weights that may be gathered at once.
    """

    stage: int | None
    offload: bool = False
    offload_weights: bool = False
    bucket: int = BUCKET
    live: int = LIVE


@dataclass(frozen=True)
class Setting:
    """What memory depends on beside the shapes.

    Args:
        tune: `full`, `lora`, `qlora` or `projector`.
        zero: as a recipe's ZERO.
        batch: samples that a GPU takes at once.
        answers: tokens of a sample that are learned.
        gpus: on all machines.
    """

    tune: str
    zero: str
    batch: int
    answers: int
    checkpointing: bool
    gpus: int
    precision: str
    optimizer: str


def read_zero(zero: str) -> Zero:
    """What ZERO says, a name or a DeepSpeed file; raises `InputError`."""
    file = zero_file(zero)
    if file is None:
        return Zero(None)
    try:
        said = json.loads(file.read_text()).get("zero_optimization", {})
        optimizer, weights = ("cpu" in str(said.get(name, "")) for name in ("offload_optimizer", "offload_param"))
        bucket, live = (said.get(name, "auto") for name in ("reduce_bucket_size", "stage3_max_live_parameters"))
        return Zero(
            int(said.get("stage", 0)),
            optimizer,
            weights,
            BUCKET if bucket == "auto" else int(bucket),
            LIVE if live == "auto" else int(live),
        )
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise InputError(f"{file} is no DeepSpeed configuration ({error})") from error


def moments(optimizer: str) -> int:
    """Bytes of its moments for a weight; raises `InputError` where they are not known."""
    if optimizer not in MOMENTS:
        raise InputError(f"OPTIMIZER={optimizer}: its memory is not known; known: {', '.join(MOMENTS)}")
    return MOMENTS[optimizer]


def memory(shapes: Shapes, activations: Activations, setting: Setting) -> dict[str, int]:
    """Bytes on each GPU by part, and in `total` at the most of a step; `host` is in the CPU's memory, for each GPU."""
    zero, width = read_zero(setting.zero), BYTES[setting.precision]
    trained, frozen = _weights(shapes, setting)
    whole = width * trained + frozen
    states = _states(trained, zero, width, moments(setting.optimizer), setting.gpus)
    weights = whole if zero.stage is None or zero.stage < 3 else -(-whole // setting.gpus)
    if zero.stage is None and setting.precision == "bf16":
        weights += (MASTER - width) * trained  # they are trained in float32 (training/master_weights.py)
    host = 0
    if zero.offload:
        host = states["optimizer states"] + states["gradients"]
        states = {"gradients": 0, "optimizer states": 0, "step": 0}
    if zero.stage == 3 and zero.offload_weights:
        host, weights = host + weights, 0
    kept = setting.batch * activations.kept(checkpointing=setting.checkpointing)
    logits = setting.batch * setting.answers * shapes.vocabulary
    logits = LOGIT * (logits if zero.stage == 3 else min(logits, LOGITS))
    working = _working(shapes, trained, zero, width, setting)
    step = states.pop("step")
    parts = {"weights": weights, **states, "activations": kept, "logits": logits, "buffers": working}
    total = weights + sum(states.values()) + max(kept + logits + working, step)
    return {**parts, "step": step, "total": total, "host": host}


def _weights(shapes: Shapes, setting: Setting) -> tuple[int, int]:
    """Elements that are trained, and bytes of all others."""
    trained = sum(shapes.trained.values())
    frozen = sum(shapes.parameters.values()) - trained
    width = BYTES[setting.precision]
    if setting.tune != "qlora":
        return trained, frozen * width
    return trained, (frozen - shapes.quantized) * width + round(shapes.quantized * FOUR_BITS)


def _states(trained: int, zero: Zero, width: int, moment: int, gpus: int) -> dict[str, int]:
    """Gradients, the optimizer's states, and what its step takes beside them: float32 gradients, and as much again."""
    shared = -(-trained // gpus)
    if zero.stage is None:  # float32 throughout; several ranks reduce copies of the gradients
        gradients = MASTER * trained * (2 if gpus > 1 else 1)
        return {"gradients": gradients, "optimizer states": moment * trained, "step": MASTER * trained}
    owned = trained if zero.stage == 0 else shared
    master = 0 if zero.stage == 0 and width == MASTER else MASTER
    gradients = width * (trained if zero.stage < 2 else shared)
    return {"gradients": gradients, "optimizer states": (master + moment) * owned, "step": 2 * MASTER * owned}


def _working(shapes: Shapes, trained: int, zero: Zero, width: int, setting: Setting) -> int:
    """Buckets that gradients are reduced in, weights that ZeRO-3 has gathered, or copies that autocast keeps."""
    bucket = 2 * min(zero.bucket, trained) * width if zero.stage in (1, 2) else 0
    if zero.stage == 3 and (setting.gpus > 1 or zero.offload or zero.offload_weights):
        return min(sum(shapes.parameters.values()), zero.live) * width
    if zero.stage is None and setting.precision == "bf16":
        return trained * width
    return bucket
