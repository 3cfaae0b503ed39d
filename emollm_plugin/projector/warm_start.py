"""The content path of a projector, which is `mlp2x_gelu`, and may begin as a released one."""

from __future__ import annotations

from typing import Any

from torch import nn

from emobench_data.io.errors import InputError


def content(in_dim: int, out_dim: int) -> nn.Sequential:
    """A fresh content path."""
    return nn.Sequential(nn.Linear(in_dim, out_dim), nn.GELU(), nn.Linear(out_dim, out_dim))


class WarmStarted(nn.Module):
    """A projector of which only the content path is told, or all of it.

    Attributes:
        made_for: width of the tower's tokens.
        tower: what the tower is called.
    """

    content: nn.Sequential
    made_for: int
    reads: nn.ModuleDict
    tower = "vision tower"

    def load_state_dict(self, state_dict: Any, strict: bool = True, assign: bool = False) -> Any:
        """Load a checkpoint of this projector, or warm-start from a released `mlp2x_gelu` (keys `0.*` and `2.*`).

        Raises:
            InputError: the released projector is for another tower or language model.
        """
        if set(state_dict) == {f"{layer}.{kind}" for layer in (0, 2) for kind in ("weight", "bias")}:
            given, wanted = tuple(state_dict["0.weight"].shape), (self.content[0].out_features, self.made_for)
            if given != wanted:
                raise InputError(
                    f"the mlp2x_gelu projector is {given[1]} -> {given[0]} wide, this model needs {wanted[1]} ->"
                    f" {wanted[0]}; take one made for its {self.tower} and language model"
                )
            return self.content.load_state_dict(state_dict, strict=strict, assign=assign)
        return super().load_state_dict(state_dict, strict=strict, assign=assign)
