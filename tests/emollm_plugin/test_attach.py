"""The plug-in reaches the host's builders whichever is imported first, and importing it stays light."""

import subprocess
import sys
from types import SimpleNamespace

import pytest

USE = """
from types import SimpleNamespace
from llava.model import llava_arch
config = SimpleNamespace(mm_projector_type="multiperspective", mm_hidden_size=8, hidden_size=16)
assert type(llava_arch.build_vision_projector(config)).__name__ == "MultiPerspectiveProjector"
from llava.conversation import conv_templates
assert {"emoprompt", "emoprompt_chatml", "emoprompt_llama_2", "chatml"} <= set(conv_templates)
"""
REGISTER = "import emollm_plugin; emollm_plugin.register(); emollm_plugin.register()\n"
HOST = "import llava.model.llava_arch, llava.conversation\n"


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)


def test_importing_the_plugin_loads_neither_torch_nor_the_host():
    done = run(REGISTER + "import sys; assert not {'torch', 'transformers', 'llava'} & set(sys.modules)")
    assert done.returncode == 0, done.stderr


@pytest.mark.host
def test_registration_may_come_after_the_host():
    """Before it is how every training of the tests begins."""
    done = run(HOST + REGISTER + USE)
    assert done.returncode == 0, done.stderr


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


@pytest.mark.host
def test_a_folders_name_does_not_switch_the_template():
    """LLaVA's evaluation takes another one where it finds the word `plain`."""
    import emollm_plugin

    emollm_plugin.register()
    from llava.mm_utils import get_model_name_from_path

    assert "plain" not in get_model_name_from_path("runs/plain-emotions")
