"""The tiny models and checkpoints; the one that hears takes as long a sound as the pages name."""

import pytest

from ..emollm_plugin.conftest import llava_model, tiny
from ..emollm_plugin.saved import checkpoint, hearing_checkpoint, layers_are_initialised_afterwards
from ..emollm_plugin.tiny import make_whisper

__all__ = ["checkpoint", "hearing_checkpoint", "layers_are_initialised_afterwards", "llava_model", "tiny"]


@pytest.fixture(scope="session")
def whisper(tmp_path_factory):
    return make_whisper(tmp_path_factory.mktemp("whisper"), seconds=5)
