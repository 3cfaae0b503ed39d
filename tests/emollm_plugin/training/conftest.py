"""LLaVA's own scripts in this process."""

import sys

import pytest


@pytest.fixture
def host(monkeypatch):
    """A function that runs a module of the host as `python -m emollm_plugin` does; its exit code."""
    from torch import nn

    from emollm_plugin.host.launch import main

    monkeypatch.setattr(sys, "argv", sys.argv)
    for layer in (nn.Linear, nn.LayerNorm):  # LLaVA's evaluation switches their initialisation off, for every later test
        monkeypatch.setattr(layer, "reset_parameters", layer.reset_parameters)
    return lambda *words: main([*map(str, words)])
