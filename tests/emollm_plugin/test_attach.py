"""The plug-in reaches the host's builders whichever is imported first, and importing it stays light."""

import importlib
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest

from emollm_plugin.compat.config import before_5

USE = """
from types import SimpleNamespace
from llava.model import llava_arch
config = SimpleNamespace(mm_projector_type="multiperspective", mm_hidden_size=8, hidden_size=16)
assert type(llava_arch.build_vision_projector(config)).__name__ == "MultiPerspectiveProjector"
from llava.conversation import conv_templates
assert {"emoprompt", "emoprompt_chatml", "emoprompt_llama_2", "chatml"} <= set(conv_templates)
"""
REGISTER = "import emollm_plugin; emollm_plugin.register(); emollm_plugin.register()\n"
# Every name that the plug-in replaces, as one's own code imports it.
NAMES = """
from llava import LlavaLlamaForCausalLM as first
from llava.model import LlavaLlamaForCausalLM, LlavaMistralForCausalLM, LlavaMptForCausalLM, llava_arch
from llava.model.builder import LlavaLlamaForCausalLM as second, load_pretrained_model
from llava.model.language_model.llava_llama import LlavaLlamaForCausalLM as third
from llava.model.llava_arch import build_vision_projector, build_vision_tower
from llava.model.multimodal_encoder.builder import build_vision_tower as at_its_builder
from llava.model.multimodal_projector.builder import build_vision_projector as at_its_builder_too
"""
# transformers 5 lacks what LLaVA's training imports until the plug-in is registered.
TRAINING = "from llava.train.train import DataArguments, LlavaLlamaForCausalLM as fourth, preprocess, train\n"
MEAN_OURS = """
ours = dict(globals())
for name in [*NAMES]:
    assert getattr(ours[name], "_emollm_attached", False), name
assert first is second is third is fourth is LlavaLlamaForCausalLM
assert build_vision_projector is at_its_builder_too is llava_arch.build_vision_projector
assert build_vision_tower is at_its_builder is llava_arch.build_vision_tower
assert "frame_cache" in DataArguments.__dataclass_fields__
"""


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)


def test_importing_the_plugin_loads_neither_torch_nor_the_host():
    done = run(REGISTER + "import sys; assert not {'torch', 'transformers', 'llava'} & set(sys.modules)")
    assert done.returncode == 0, done.stderr


def meaning(*parts):
    """Code that asks after `parts` whether every name of the host is ours."""
    imports = re.findall(r" import (.*)", NAMES + TRAINING)
    names = {part.split(" as ")[-1] for line in imports for part in line.split(", ")} - {"llava_arch"}
    assert {"load_pretrained_model", "fourth", "train", "at_its_builder"} <= names
    return "".join([*parts, f"NAMES = {names}\n", MEAN_OURS, USE])


@pytest.mark.host
def test_names_of_the_host_mean_ours_where_it_is_imported_after_registration(tmp_path):
    """In a process of the server, which registers first."""
    from .trainings import launched

    assert launched(["-c", meaning(NAMES, TRAINING)], tmp_path / "log") == 0, (tmp_path / "log").read_text()


@pytest.mark.host
def test_names_of_the_host_mean_ours_where_it_is_imported_before_registration():
    done = run(meaning(NAMES, TRAINING if before_5() else "", REGISTER, TRAINING))
    assert done.returncode == 0, done.stderr


@pytest.fixture
def fake_host(tmp_path, monkeypatch):
    """A module `fake_host` that the plug-in knows two hooks for, the second of which fails `failing` times."""
    from emollm_plugin import attach, compat

    (tmp_path / "fake_host.py").write_text("def build(): return 'host'\n")
    monkeypatch.syspath_prepend(tmp_path)
    state = SimpleNamespace(failing=1)

    def adapts(module):
        attach.wrap(module, "build", lambda host: lambda: f"ours and {host()}")

    def fails_at_first(module):
        if state.failing:
            state.failing -= 1
            raise RuntimeError("a version that nobody knew of")
        module.complete = True

    monkeypatch.setattr(compat, "HOOKS", {"fake_host": adapts})
    monkeypatch.setattr(attach, "HOOKS", {"fake_host": fails_at_first})
    yield state
    sys.modules.pop("fake_host", None)
    attach._set.discard("fake_host")


def test_a_hook_that_failed_in_a_late_registration_runs_in_the_next(fake_host):
    import emollm_plugin

    host = importlib.import_module("fake_host")
    with pytest.raises(RuntimeError, match="nobody knew of"):
        emollm_plugin.register()
    emollm_plugin.register()
    assert host.complete and host.build() == "ours and host"
    emollm_plugin.register()
    assert host.build() == "ours and host"


def test_a_hook_that_failed_during_an_import_runs_in_the_next(fake_host):
    import emollm_plugin

    emollm_plugin.register()
    with pytest.raises(RuntimeError, match="nobody knew of"):
        importlib.import_module("fake_host")
    host = importlib.import_module("fake_host")
    assert host.complete and host.build() == "ours and host"


@pytest.mark.host
def test_functions_of_the_host_keep_name_signature_and_binding():
    import inspect

    import emollm_plugin
    from emollm_plugin.attach import is_attached

    emollm_plugin.register()
    from llava.model.llava_arch import LlavaMetaForCausalLM, build_vision_projector

    host = build_vision_projector.__wrapped__
    assert is_attached(build_vision_projector) and not is_attached(host) and build_vision_projector.__name__ == host.__name__
    assert inspect.signature(build_vision_projector) == inspect.signature(host)
    assert [*inspect.signature(LlavaMetaForCausalLM.encode_images).parameters] == ["self", "images"]
    model = SimpleNamespace(training=True, get_model=lambda: SimpleNamespace(mm_projector=str, get_vision_tower=lambda: len))
    model.get_vision_tower = model.get_model().get_vision_tower
    assert LlavaMetaForCausalLM.encode_images(model, [1, 2]) == "2", "called on what is no model, as the host calls it on one"


@pytest.mark.host
def test_the_hosts_classes_stay_classes():
    import emollm_plugin

    emollm_plugin.register()
    from llava.model import LlavaLlamaForCausalLM, LlavaMistralForCausalLM, LlavaMptForCausalLM
    from transformers import LlamaConfig, MistralConfig

    size = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "vocab_size": 9}
    llama, mistral = (LlavaLlamaForCausalLM(config(**size)) for config in (LlamaConfig, MistralConfig))
    assert [each.config.model_type for each in (llama, mistral)] == ["llama", "mistral"]
    for name in (LlavaLlamaForCausalLM, LlavaMistralForCausalLM, LlavaMptForCausalLM):
        assert isinstance(name, type) and not isinstance("a text", name)
    # Its loading makes every family by the first name.
    assert isinstance(llama, LlavaLlamaForCausalLM) and isinstance(mistral, LlavaLlamaForCausalLM)
    assert isinstance(mistral, LlavaMistralForCausalLM) and not isinstance(llama, LlavaMistralForCausalLM)
    assert not isinstance(mistral, LlavaMptForCausalLM) and issubclass(type(mistral), LlavaMistralForCausalLM)

    class Mine(LlavaLlamaForCausalLM):
        pass

    assert type(Mine(LlamaConfig(**size))) is Mine and not isinstance(llama, Mine) and issubclass(Mine, LlavaLlamaForCausalLM)


@pytest.mark.host
def test_types_that_are_not_ours_go_to_the_host():
    import emollm_plugin

    emollm_plugin.register()
    from llava.model.llava_arch import build_vision_projector

    config = SimpleNamespace(mm_projector_type="mlp2x_gelu", mm_hidden_size=8, hidden_size=16)
    assert [type(layer).__name__ for layer in build_vision_projector(config)] == ["Linear", "GELU", "Linear"]
    config.mm_projector_type = "no_such"
    with pytest.raises(ValueError, match="Unknown projector type: no_such"):
        build_vision_projector(config)
