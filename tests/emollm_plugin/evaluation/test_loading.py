"""How a checkpoint is loaded: in which number format, to which device."""

import json
from types import SimpleNamespace

import pytest
import torch
from click.testing import CliRunner

from emollm_plugin.cli.commands import main

pytestmark = [pytest.mark.host, pytest.mark.both_formats]


@pytest.fixture
def loading(checkpoint):
    """A function: the model as `Predictor.load` loads it in a format."""
    from emollm_plugin.evaluation.predictor import Predictor

    return lambda dtype: Predictor.load(str(checkpoint), dtype=dtype).model


def frequencies(model):
    return {name: value for name, value in model.named_buffers() if name.endswith("inv_freq")}


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_rotary_frequencies_are_not_rounded(loading, dtype):
    """Rounded, a token at position 700 stands where another should: logits there are off, at position 20 they are not."""
    exact, cast = loading("float32"), loading(dtype)
    assert cast.lm_head.weight.dtype == getattr(torch, dtype)
    assert frequencies(exact) and all(torch.equal(value, frequencies(exact)[name]) for name, value in frequencies(cast).items())
    ids = torch.randint(3, 300, (1, 760), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        wanted, found = (model(ids).logits[0].float() for model in (exact, cast))
        off = (found - wanted).norm(dim=-1) / wanted.norm(dim=-1)
    assert off[700:].mean() < 2 * off[10:60].mean()


@pytest.mark.parametrize(
    ("noted", "cuda", "asked", "format_"),
    [
        ("bfloat16", True, None, torch.bfloat16),
        ("float32", True, None, torch.float32),
        (None, True, None, torch.float16),
        ("bfloat16", True, torch.float16, torch.float16),
        ("bfloat16", False, None, torch.float32),
        ("float32", False, torch.bfloat16, torch.bfloat16),
    ],
)
def test_a_gpu_takes_the_checkpoints_own_format_and_a_cpu_float32(tmp_path, monkeypatch, noted, cuda, asked, format_):
    from emollm_plugin.checkpoints.load import checked_load

    monkeypatch.delenv("EMOLLM_CPU_DTYPE", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "llava_llama", "mm_vision_tower": "x", "dtype": noted}))
    torch.save({"weight": torch.ones(1)}, tmp_path / "pytorch_model.bin")
    model, given = torch.nn.Linear(2, 2), SimpleNamespace()
    host = lambda *_, **named: vars(given).update(named) or (None, model, None, 0)  # noqa: E731
    checked_load(host)(str(tmp_path), None, "x", **({} if asked is None else {"dtype": asked}))
    assert given.dtype is format_ and model.weight.dtype is format_
    assert vars(given).get("device") == (None if cuda else "cpu")


@pytest.mark.parametrize(("device", "place"), [(None, "cuda:0"), ("cuda", "cuda:0"), ("cuda:1", "cuda:1"), ("cpu", "cpu")])
def test_the_host_is_told_one_device_and_does_not_split_the_model(checkpoint, monkeypatch, device, place):
    import emollm_plugin
    from emollm_plugin.evaluation.predictor import Predictor

    emollm_plugin.register()
    from llava.model import builder

    class Told(Exception):
        pass

    def from_pretrained(cls, path, **named):
        raise Told(named["device_map"])

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(builder.LlavaLlamaForCausalLM, "from_pretrained", classmethod(from_pretrained))
    with pytest.raises(Told) as told:
        Predictor.load(str(checkpoint), device=device)
    assert told.value.args == ({"": place},)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_commands_take_a_format(checkpoint, asked, dtype, monkeypatch):
    from emollm_plugin.evaluation.predictor import Predictor

    formats, answer = [], Predictor.answer_batch
    noting = lambda self, *a, **n: formats.append(self.model.dtype) or answer(self, *a, **n)  # noqa: E731
    monkeypatch.setattr(Predictor, "answer_batch", noting)
    done = CliRunner().invoke(main, ["ask", str(checkpoint), str(asked / "images" / "0.png"), "--dtype", dtype])
    assert done.exit_code == 0, done.output
    assert formats == [getattr(torch, dtype)]
    done = CliRunner().invoke(main, ["eval", str(checkpoint), "--dtype", "int4"])
    assert done.exit_code == 2 and "'int4' is not one of" in done.output


def test_pictures_of_the_hosts_scripts_take_the_models_format(llava_model):
    """On a GPU the scripts give float16, whatever the model is in."""
    images = torch.randn(2, 3, 28, 28, dtype=torch.float64)
    assert llava_model.encode_images(images).dtype == llava_model.dtype
