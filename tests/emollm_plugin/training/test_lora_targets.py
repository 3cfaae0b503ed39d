"""Which layers take an adapter, and what a batch of texts spares where the first of them does not."""

import copy
import json
import re

import pytest

from ..trainings import finish, same, weights

pytestmark = pytest.mark.host


def test_only_the_layers_that_are_named_take_an_adapter(train_arguments, tmp_path, capsys):
    from emollm_plugin.__main__ import main

    out = tmp_path / "llava-lora"
    how = {"lora_enable": True, "max_steps": 1, "output_dir": out}
    assert main(["llava.train.train", *train_arguments(**how, lora_targets="q_proj,v_proj")]) == 0
    names = {name.split(".lora_")[0].rpartition(".")[2] for name in weights(out) if ".lora_" in name}
    assert names == {"q_proj", "v_proj"}
    assert main(["llava.train.train", *train_arguments(**{**how, "output_dir": tmp_path / "other"}, lora_targets="q")]) == 2
    assert "--lora_targets q: no linear layer of this model; it has down_proj" in capsys.readouterr().err


@pytest.fixture
def texts(tmp_path):
    human = {"from": "human", "value": 'Text: "Number %d." How pleasant is it?'}
    turns = [[{**human, "value": human["value"] % n}, {"from": "gpt", "value": f"{n / 2}"}] for n in range(8)]
    (tmp_path / "texts.json").write_text(json.dumps([{"id": n, "conversations": each} for n, each in enumerate(turns)]))
    return tmp_path / "texts.json"


def test_only_the_decoder_layers_that_are_named_take_one(train_arguments, tmp_path, texts, monkeypatch, capsys):
    from emollm_plugin.__main__ import main
    from emollm_plugin.host.decoder import Decoder

    how = {"lora_enable": True, "max_steps": 2, "lora_layers": "1-1", "data_path": texts}
    spared = finish(train_arguments(output_dir=tmp_path / "llava-lora", **how), out=tmp_path / "llava-lora")
    layers = {re.search(r"layers\.(\d+)\.", name)[1] for name in weights(spared.out) if ".lora_" in name}
    assert layers == {"1"}
    # The same weights as where the backward goes down to the projector.
    monkeypatch.setattr(Decoder, "_texts_alone", lambda self, input_ids: False)
    whole = finish(train_arguments(output_dir=tmp_path / "llava-lora-2", **how), out=tmp_path / "llava-lora-2")
    assert spared.curve() == whole.curve() and same(weights(spared.out), weights(whole.out))
    for wrong in ("1", "1-9", "1-0"):
        arguments = train_arguments(**{**how, "output_dir": tmp_path / "other", "lora_layers": wrong})
        assert main(["llava.train.train", *arguments]) == 2
        assert f"--lora_layers {wrong}: the first and last of this model's decoder layers" in capsys.readouterr().err


def test_a_batch_of_texts_needs_no_backward_below_what_learns(llava_model):
    import torch

    model = copy.deepcopy(llava_model).train().requires_grad_(False)
    model.get_model().layers[1].requires_grad_(True)
    model.get_model().mm_projector.requires_grad_(True)
    seen = []

    def see(_, given, named):
        seen.append((given or tuple(named.values()))[0])

    for layer in model.get_model().layers[:2]:
        layer.register_forward_pre_hook(see, with_kwargs=True)
    ids = torch.tensor([[1, 5, 6, 7]])
    model(
        input_ids=ids, labels=ids, attention_mask=torch.ones_like(ids), images=torch.zeros(1, 3, 28, 28, dtype=model.dtype)
    ).loss.backward()
    assert [one.requires_grad for one in seen] == [False, False]
    assert all((one.grad == 0).all() for one in model.get_model().mm_projector.parameters())
