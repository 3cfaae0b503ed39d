"""What all tests share."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data for tests, which is not part of the repository."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    root = Path(os.environ.get("EMOLLM_SHARED_DATA", beside))
    if not root.is_dir():
        pytest.skip(f"no real data at {root}; set EMOLLM_SHARED_DATA to its folder")
    return root
