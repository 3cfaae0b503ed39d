"""The vision model beside the package it takes weights of, and the file that an exported folder carries."""

import ast
import importlib
import inspect
import sys

import pytest
import torch

from emollm_plugin.hf.configuration import EfficientNetLiteConfig
from emollm_plugin.hf.efficientnet import EfficientNetLiteModel
from emollm_plugin.hf.one_file import MODULES, _is_ours, one_file

pytestmark = pytest.mark.host


@pytest.mark.parametrize(("variant", "side"), [(0, 224), (1, 240), (2, 260)])
def test_the_network_is_that_of_the_package(variant, side):
    from efficientnet_lite_pytorch import EfficientNet

    torch.manual_seed(variant)
    package = EfficientNet.from_name(f"efficientnet-lite{variant}").eval()
    for norm in (module for module in package.modules() if isinstance(module, torch.nn.BatchNorm2d)):
        torch.nn.init.uniform_(norm.running_mean, -0.1, 0.1)
        torch.nn.init.uniform_(norm.running_var, 0.5, 2)
    ours = EfficientNetLiteModel(EfficientNetLiteConfig(variant=variant, image_size=side)).train()
    assert not ours.training, "its statistics are never those of a training batch"
    missing, unexpected = ours.load_state_dict(package.state_dict(), strict=False)
    assert not missing and set(unexpected) == {"_fc.weight", "_fc.bias"}
    images = torch.randn(1, 3, side, side)
    with torch.no_grad():
        norm, last = package._bn1, ours(images).last_hidden_state
        grid = (last * norm.weight + norm.bias).clamp(0, 6)
        wanted = package.extract_features(images).flatten(2).transpose(1, 2)
    assert torch.allclose(grid, wanted, atol=1e-4)


def test_hidden_states_are_those_that_are_asked_for():
    model = EfficientNetLiteModel(EfficientNetLiteConfig()).eval()
    images = torch.randn(1, 3, 224, 224)
    every = model(images, output_hidden_states=True).hidden_states
    some = model(images, output_hidden_states=[-3]).hidden_states
    assert len(every) == len(some) == len(model._blocks) + 1
    assert torch.equal(every[-3], some[-3]) and some[0] is None and every[-3].shape == (1, 49, 192)
    assert model(images).hidden_states is None


def test_the_file_names_nothing_twice_and_imports_torch_and_transformers_alone():
    tree = ast.parse(one_file())
    defined = [node.name for node in tree.body if isinstance(node, (ast.ClassDef, ast.FunctionDef))]
    defined += [
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    ]
    assert len(defined) == len(set(defined)), sorted(name for name in defined if defined.count(name) > 1)
    imported = {node.module.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {name.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    assert imported - {*sys.stdlib_module_names} <= {"PIL", "torch", "transformers"}


def test_whatever_its_modules_take_of_one_another_is_in_it():
    """A room that is parted in two takes its new file along."""
    body = ast.parse(one_file()).body
    defined = {getattr(node, "name", None) for node in body}
    defined |= {
        each.id for node in body for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
    }
    for name, names in MODULES:
        tree = ast.parse(inspect.getsource(importlib.import_module(name)))
        ours = [
            node for node in tree.body if isinstance(node, ast.ImportFrom) and _is_ours(node) and node.module != "__future__"
        ]
        assert {each.name for node in ours for each in node.names if not names} <= defined, name
