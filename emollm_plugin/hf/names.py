"""What LLaVA calls a tensor, and what an exported model calls it."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from emobench_data.io.errors import InputError

PROJECTOR, TOWER, DECODER, HEAD = "multi_modal_projector.", "vision_tower.", "language_model.", "lm_head."
# LLaVA's MLP, as itself, as our projector's content path, and as transformers' own.
OURS = {"0.": "content.0.", "2.": "content.2."}
STOCK = {"content.0.": "linear_1.", "content.2.": "linear_2."}


def exported(state: Mapping[str, Tensor], *, stock: bool) -> dict[str, Tensor]:
    """A LLaVA model's tensors under the names of the exported model.

    Args:
        state: of the model as evaluation loads it; MPT's begin with `transformer.`, all others with `model.`.
        stock: for transformers' own LLaVA class, whose projector is the content path alone.

    Raises:
        InputError: a tensor of the projector has no place there.
    """
    return {_exported(name, stock): value for name, value in state.items() if not name.endswith("rotary_emb.inv_freq")}


def _exported(name: str, stock: bool) -> str:
    if name.startswith(HEAD):
        return name
    inner = name.split(".", 1)[1]
    if inner.startswith("mm_projector."):
        return f"model.{PROJECTOR}{_projector(inner.removeprefix('mm_projector.'), stock)}"
    if inner.startswith("vision_tower."):
        own = inner.removeprefix("vision_tower.").removeprefix("vision_tower.").removeprefix("vision_model.")
        return f"model.{TOWER}{own}"
    return f"model.{DECODER}{inner}"


def _projector(name: str, stock: bool) -> str:
    name = next((new + name.removeprefix(old) for old, new in OURS.items() if name.startswith(old)), name)
    if not stock:
        return name
    for old, new in STOCK.items():
        if name.startswith(old):
            return new + name.removeprefix(old)
    raise InputError(f"projector tensor {name}: transformers' own LLaVA has no place for it")


def imported(state: Mapping[str, Tensor], *, prefix: str, mlp: bool) -> dict[str, Tensor]:
    """The tensors of an exported model under LLaVA's names, without the tower's, which LLaVA loads from its own folder.

    Args:
        prefix: of the decoder: `transformer` for MPT, else `model`.
        mlp: whether LLaVA's projector is its own MLP, and not ours.
    """
    back = {new: old for old, new in STOCK.items()}
    found = {}
    for name, value in state.items():
        inner = name.removeprefix("model.")
        if name.startswith(HEAD):
            found[name] = value
        elif inner.startswith(PROJECTOR):
            own = inner.removeprefix(PROJECTOR)
            own = next((old + own.removeprefix(new) for new, old in back.items() if own.startswith(new)), own)
            own = own.removeprefix("content.") if mlp else own
            found[f"{prefix}.mm_projector.{own}"] = value
        elif inner.startswith(DECODER):
            found[f"{prefix}.{inner.removeprefix(DECODER)}"] = value
    return found


def tower_tensors(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The vision tower's tensors of an exported model, under its own names."""
    mark = f"model.{TOWER}"
    return {name.removeprefix(mark): value for name, value in state.items() if name.startswith(mark)}
