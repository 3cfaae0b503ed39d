"""What the forward pass keeps for the backward: counted over the real code, on tensors that have a shape and no memory.

Autograd is asked for every tensor that it saves (`torch.autograd.graph.saved_tensors_hooks`), each storage once, weights not
among them. The language model is cut to one and to two layers: every further one keeps as much as the second. What is saved is
the same on a GPU as long as attention is a fused kernel (query, key, value, output and a sum for each row).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ..compat.config import before_5
from ..recipes.recipe import Recipe
from .model import Shapes, build

BYTES = {"bf16": 2, "fp32": 4}
DTYPES = {"bf16": torch.bfloat16, "fp32": torch.float32}


@dataclass(frozen=True)
class Activations:
    """Bytes that are kept for one sample.

    Args:
        layer: by a decoder layer.
        boundary: by a decoder layer whose activations are computed again in the backward pass: what goes into it.
        rest: by what stands behind the layers.
        projector: by the projector, for all pictures of the sample.
        layers: how many decoder layers there are.
    """

    layer: int
    boundary: int
    rest: int
    projector: int
    layers: int

    def kept(self, *, checkpointing: bool) -> int:
        """At their most in a step: with checkpointing, while one layer is computed again."""
        layers = self.layers * self.boundary + self.layer if checkpointing else self.layers * self.layer
        return layers + self.rest + self.projector


def count(recipe: Recipe, shapes: Shapes, length: int, *, pictures: int = 1, precision: str = "bf16") -> Activations:
    """Count for one sample of `length` tokens, so many pictures among them, trained as `recipe` says."""
    one, projector = _forward(recipe, 1, length, pictures, precision)
    two, _ = _forward(recipe, 2, length, pictures, precision)
    boundary = length * shapes.width * BYTES[precision]
    return Activations(two - one, boundary, max(2 * one - two, 0), projector, shapes.layers)


def _forward(recipe: Recipe, layers: int, length: int, pictures: int, precision: str) -> tuple[int, int]:
    """Bytes that a language model of so many layers keeps, and the projector."""
    from torch._subclasses.fake_tensor import FakeTensorMode

    model, _ = build(recipe, layers=layers)
    base, dtype = model.get_model(), DTYPES[precision]
    tower = base.get_vision_tower()
    patches = (pictures, tower.num_patches, tower.hidden_size)
    del base.vision_tower  # it runs without autograd
    with FakeTensorMode():
        shaped(model, dtype)
        embedded = torch.empty(1, length, model.config.hidden_size, dtype=dtype, requires_grad=True)
        # transformers 4 looks into a mask, which has nothing in it.
        given = {} if before_5() else {"attention_mask": torch.ones(1, length, dtype=torch.bool)}
        kept = saved_bytes(model, lambda: base(inputs_embeds=embedded, use_cache=False, **given))
        projecting = saved_bytes(model, lambda: base.mm_projector(torch.empty(patches, dtype=dtype)))
    return kept, projecting


def saved_bytes(model: nn.Module, run: Callable[[], Any]) -> int:
    """Bytes that autograd saves while `run` runs `model`, every storage once, without the model's weights."""
    weights = {value.untyped_storage()._cdata for value in model.parameters()}
    seen: dict[int, Any] = {}

    def note(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        seen[storage._cdata] = storage
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        output = run()
    del output
    return sum(storage.nbytes() for key, storage in seen.items() if key not in weights)


def shaped(model: nn.Module, dtype: torch.dtype) -> None:
    """Replace what is on the meta device by tensors of the device and mode at hand; peft and `Module.to` cannot."""
    twins: dict[int, nn.Parameter] = {}
    for module in model.modules():
        for name, value in module._parameters.items():
            if value is not None:
                made = twins.setdefault(id(value), nn.Parameter(torch.empty(value.shape, dtype=dtype), value.requires_grad))
                module._parameters[name] = made
        for name, buffer in module._buffers.items():
            if buffer is not None:
                module._buffers[name] = torch.empty(buffer.shape, dtype=buffer.dtype)
