"""Test vectors that were computed outside this project, where they are at hand."""

import json

import pytest


@pytest.fixture
def vectors(shared_data):
    path = shared_data.parent / "metric_vectors.json"
    if not path.is_file():
        pytest.skip("no metric_vectors.json in the shared folder")
    return json.loads(path.read_text())
