"""What the tests of recipes share: recipes from a few variables, with nothing prepared."""

from dataclasses import replace
from pathlib import Path

import pytest

from emollm_plugin.recipes.defaults import with_batch, with_defaults, with_rates
from emollm_plugin.recipes.devices import Devices
from emollm_plugin.recipes.layers import read_recipe
from emollm_plugin.recipes.prepare import Base, Data
from emollm_plugin.recipes.runs import Run

CPU = Devices("cpu", "fp32", ("0",), 1)


def read(**settings):
    """The recipe of these variables, nothing filled in."""
    return read_recipe({name: str(value) for name, value in settings.items()})


def filled(world=1, **settings):
    """The recipe of these variables with all defaults."""
    return with_batch(with_rates(with_defaults(read(**settings))), world)


@pytest.fixture
def made(tmp_path):
    """A base, data and a run that commands can be made of; none of their files exists."""
    data = Data(Path("train.json"), Path("images"), Path("questions.jsonl"), Path("gold.jsonl"))
    return Base("base", "chatml"), data, Run(tmp_path / "run", "lora", {}, trained=False)


def run_of(folder, recipe):
    return replace(Run(folder, "lora", {}, trained=False), tune=recipe.tune)
