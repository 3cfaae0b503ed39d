"""FlashAttention where it can run, PyTorch's fused attention elsewhere, never a crash, and the choice is said once."""

import logging
import sys

import pytest

from emollm_plugin.training import attention
from emollm_plugin.training.attention import attention_here, choose_attention, flash_state


@pytest.mark.parametrize(
    ("usable", "half", "capability", "chosen"),
    [
        (True, True, (9, 0), "flash_attention_2"),
        (True, True, (8, 0), "flash_attention_2"),
        (False, True, (9, 0), "sdpa"),
        (True, False, (9, 0), "sdpa"),
        (True, True, (7, 5), "sdpa"),
        (True, True, None, "sdpa"),
    ],
)
def test_flash_attention_is_taken_where_it_can_run(usable, half, capability, chosen):
    assert choose_attention(half_precision=half, capability=capability, flash_usable=usable) == chosen


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Put a package `flash_attn` with the given source on the path."""

    def install(source):
        (tmp_path / "flash_attn.py").write_text(source)
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.delitem(sys.modules, "flash_attn", raising=False)

    return install


def test_a_package_that_cannot_be_imported_or_used_is_told_from_one_that_is_absent(package, monkeypatch):
    monkeypatch.setitem(sys.modules, "flash_attn", None)
    monkeypatch.setattr("transformers.utils.is_flash_attn_2_available", lambda: False)
    assert flash_state() == "not installed"
    package("raise ImportError('undefined symbol: _ZN3c10')")
    assert flash_state() == "installed, but its import fails: undefined symbol: _ZN3c10"
    package("")
    assert flash_state() == "installed, but not a version that this transformers can use"


@pytest.mark.parametrize(("state", "chosen"), [("usable", "flash_attention_2"), ("not installed", "sdpa")])
def test_the_choice_on_a_card_and_its_grounds_are_logged_once(monkeypatch, caplog, state, chosen):
    monkeypatch.setattr(attention, "flash_state", lambda: state)
    monkeypatch.setattr(attention.torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(attention.torch.cuda, "get_device_capability", lambda: (9, 0))
    with caplog.at_level(logging.INFO):
        assert attention_here(half_precision=True) == chosen
    assert caplog.messages == [f"attention: {chosen} (flash_attn {state}, compute capability (9, 0), half precision True)"]


@pytest.mark.host
def test_the_model_that_trains_has_what_was_chosen(train_arguments, monkeypatch, caplog):
    from emollm_plugin import register
    from emollm_plugin.__main__ import main

    register()
    from llava.train.llava_trainer import LLaVATrainer

    seen = []
    monkeypatch.setattr(LLaVATrainer, "train", lambda self, **_: seen.append(self.model))
    with caplog.at_level(logging.INFO):
        assert main(["llava.train.train", *train_arguments()]) == 0
    (model,) = seen
    assert model.config._attn_implementation == "sdpa"
    assert sum(message.startswith("attention: sdpa") for message in caplog.messages) == 1
    assert calls_of_fused_attention(model) == model.config.num_hidden_layers


def calls_of_fused_attention(model):
    """How often one forward pass of the language model calls PyTorch's fused attention."""
    import torch
    from torch.overrides import TorchFunctionMode

    class Count(TorchFunctionMode):
        calls = 0

        def __torch_function__(self, function, types, args=(), kwargs=None):
            self.calls += function is torch.nn.functional.scaled_dot_product_attention
            return function(*args, **(kwargs or {}))

    with Count() as counter, torch.no_grad():
        model.eval()(input_ids=torch.tensor([[1, 5, 6]]))
    return counter.calls
