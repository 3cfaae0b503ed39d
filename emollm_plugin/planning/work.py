"""Arithmetic, communication, disk and time of a training: the formulas, and nothing else."""

from __future__ import annotations

from math import ceil

from .activations import BYTES
from .memory import MASTER, Setting, moments, read_zero
from .model import ADAPTER, PROJECTOR, Shapes


def sample_flops(shapes: Shapes, setting: Setting, length: int, pictures: int = 1) -> int:
    """Floating-point operations of one sample of `length` tokens, forward and backward.

    A multiplication and an addition are two. A matrix takes 2 a token and element forward, and as much backward for what goes
    into it, and again for itself where it is trained. Attention is counted for the causal half, which fused kernels compute.
    With checkpointing the layers' forward pass is computed twice. Norms and activation functions are left out.
    """
    full = setting.tune == "full"
    matrices = 2 * shapes.matrices * length
    attention = 2 * shapes.layers * length * length * shapes.heads  # two products of 2 N N heads, half of each
    adapter = 2 * shapes.parameters.get(ADAPTER, 0) * length
    head = 2 * shapes.vocabulary * shapes.width * setting.answers
    forward = matrices + attention + adapter
    backward = matrices * (2 if full else 1) + 2 * attention + 2 * adapter
    again = forward if setting.checkpointing else 0
    tower, projector = shapes.eyes
    return forward + backward + again + head * (3 if full else 2) + pictures * (tower + 3 * projector)


def communication(shapes: Shapes, setting: Setting, micro_batches: int) -> dict[str, int]:
    """Bytes that each GPU sends for a step, and those between it and the CPU's memory.

    Over a ring of G, a reduce-scatter or an all-gather of M bytes sends (G - 1) / G M, an all-reduce both. ZeRO-2 and 3 reduce
    the gradients of every micro-batch, and ZeRO-3 gathers all weights for each forward and each backward pass.
    """
    zero, width, gpus = read_zero(setting.zero), BYTES[setting.precision], setting.gpus
    trained, everything = sum(shapes.trained.values()), sum(shapes.parameters.values())
    if zero.stage is None:
        sent = 2 * MASTER * trained
    elif zero.stage < 2:
        sent = 2 * width * trained
    elif zero.stage == 2:
        sent = (micro_batches + 1) * width * trained
    else:
        sent = micro_batches * (2 * width * everything + width * trained)
    shared = micro_batches * width * (trained + (2 * everything if zero.stage == 3 else 0))
    return {"network": sent * (gpus - 1) // gpus, "host": shared // gpus if zero.offload else 0}


def disk(shapes: Shapes, setting: Setting) -> dict[str, int]:
    """Bytes of the model that is left at the end, and of a checkpoint in mid-run, with the optimizer's states."""
    width, stage = BYTES[setting.precision], read_zero(setting.zero).stage
    trained, saved = sum(shapes.trained.values()), shapes.parameters if setting.tune == "full" else shapes.trained
    written = sum(saved.values())
    if stage is None:
        # PEFT and the host make these two in float32, and nothing but DeepSpeed makes them smaller.
        final = sum(count * (MASTER if part in (ADAPTER, PROJECTOR) else width) for part, count in saved.items())
        frozen = width * (written - trained)
        return {"final": final, "checkpoint": frozen + (MASTER + moments(setting.optimizer)) * trained}
    engine = 0 if stage == 3 else width * written  # DeepSpeed's own copy beside the model
    states = (MASTER + moments(setting.optimizer)) * trained
    return {"final": width * written, "checkpoint": width * written + engine + states}


def steps(samples: int, epochs: float, global_batch: int, max_steps: int) -> int:
    """Optimizer steps of a training, which ends an epoch with a step of what is left."""
    return max_steps if max_steps > 0 else max(ceil(epochs * ceil(samples / global_batch)), 1)


def hours(flops_a_step: int, step_count: int, gpus: int, tflops: float) -> float:
    """Hours at so many achieved TFLOP/s on each GPU."""
    return flops_a_step * step_count / (gpus * tflops * 1e12) / 3600
