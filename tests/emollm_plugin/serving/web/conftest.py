"""The fixtures of `saved`, and Gradio."""

import pytest

from ....conftest import STACK
from ...saved import *  # noqa: F403
from .browsing import address, browse  # noqa: F401


@pytest.fixture(scope="session")
def needs_gradio():
    """Skips on the classic stack, which has no Gradio. Elsewhere a test without it fails: skipped, nobody would miss it."""
    if STACK == "classic":
        pytest.skip("the classic stack has no Gradio")
