"""A config.json or tokenizer of the other stack is read rightly, or refused."""

import json

import pytest

from emobench_data import InputError
from emollm_plugin.compat.config import before_5, newer_tokenizer, older_form

pytestmark = pytest.mark.host

SIZES = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 4, "vocab_size": 50}
NEWER = {**SIZES, "dtype": "bfloat16", "rope_parameters": {"rope_type": "default", "rope_theta": 100000.0}}


def rope_base(config):
    """The base that the model in fact computes with, from its own frequencies."""
    import torch
    from transformers import LlamaForCausalLM

    model = LlamaForCausalLM(config)
    frequencies = next(value for name, value in model.named_buffers() if name.endswith("inv_freq"))
    return torch.pow(frequencies[1], -4.0).item()  # inv_freq[1] = base^(-2/8), heads are 8 wide


@pytest.mark.parametrize("form", [NEWER, older_form(NEWER)], ids=["transformers 5", "older"])
def test_either_form_of_config_gives_the_same_rotary_embedding(form, tmp_path):
    import emollm_plugin

    emollm_plugin.register()
    from transformers import LlamaConfig

    (tmp_path / "config.json").write_text(json.dumps({**form, "model_type": "llama"}))
    assert rope_base(LlamaConfig.from_pretrained(tmp_path)) == pytest.approx(100000, rel=1e-3)


def test_scaled_rotary_embeddings_keep_their_factor_or_are_refused():
    older = older_form({"rope_parameters": {"rope_type": "linear", "rope_theta": 5.0, "factor": 2.0}})
    assert older == {"rope_theta": 5.0, "rope_scaling": {"type": "linear", "factor": 2.0}}
    with pytest.raises(InputError, match="'llama3' needs transformers 5"):
        older_form({"rope_parameters": {"rope_type": "llama3", "rope_theta": 5.0, "factor": 8.0}})


def test_a_tokenizer_in_a_form_that_this_transformers_cannot_read_is_recognised(tmp_path):
    for merges, newer in ((["a b"], False), ([["a", "b"]], True)):
        (tmp_path / "tokenizer.json").write_text(json.dumps({"model": {"merges": merges}}))
        assert newer_tokenizer(tmp_path) == (newer and before_5())
    (tmp_path / "vocab.json").write_text("{}")
    assert not newer_tokenizer(tmp_path), "the slow tokenizer reads other files"
