"""Sizes of LLaVA-1.5 7B, counted by hand, and a recipe of the tiny models."""

import pytest

from emollm_plugin.planning.activations import Activations
from emollm_plugin.planning.memory import Setting
from emollm_plugin.planning.model import ADAPTER, LLM, PROJECTOR, TOWER, Shapes
from emollm_plugin.recipes.defaults import with_defaults
from emollm_plugin.recipes.layers import read_recipe

C, INNER, L, V = 4096, 11008, 32, 32000
MATRICES = L * (4 * C * C + 3 * C * INNER)
LANGUAGE = MATRICES + L * 2 * C + C + 2 * V * C  # norms, embedding and head
EYES = 303_507_456
MLP = 1024 * C + C + C * C + C


def sizes(tune="full", adapter=0):
    """Vicuna-7B with CLIP-L/336 and the host's `mlp2x_gelu`."""
    parameters = {LLM: LANGUAGE, PROJECTOR: MLP, TOWER: EYES} | ({ADAPTER: adapter} if adapter else {})
    learns = {"full": (LLM, PROJECTOR), "projector": (PROJECTOR,)}.get(tune, (ADAPTER, PROJECTOR))
    trained = {part: parameters[part] for part in learns}
    return Shapes(parameters, trained, MATRICES + V * C, MATRICES, L, C, V, C, 576, (0, 0), {})


def setting(**changes):
    said = {"tune": "full", "zero": "2", "batch": 4, "answers": 64, "checkpointing": False, "gpus": 8}
    return Setting(**{**said, "precision": "bf16", "optimizer": "adamw_torch", **changes})


NONE_KEPT = Activations(0, 0, 0, 0, L)


@pytest.fixture
def tiny_recipe(tiny):
    """A function: a recipe of the tiny models with these settings."""

    def read(**settings):
        models = {"base_model": tiny.base, "vision_tower": tiny.clip}
        said = {**models, "projector": "multiperspective:slots=2,width=16", **settings}
        return with_defaults(read_recipe({}, changes=[f"{key}={value}" for key, value in said.items()]))

    return read
