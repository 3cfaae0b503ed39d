"""Attention in windows of positions: a batch answers as one at a time, before and after a window is full."""

import pytest
import torch

from emollm_plugin.evaluation.decode import Greedy, option_probabilities
from emollm_plugin.evaluation.reader import Prompt, Reader

from ..decoders import FAMILIES, families_here

pytestmark = [pytest.mark.host, pytest.mark.current_stack]

NEW = 10
# Qwen has a window only where it is told to use it; LLaMA has none.
WINDOWED = {
    "mistral": {},
    "gemma2": {},
    "gemma3_text": {},
    "phi3": {},
    "qwen2": {"use_sliding_window": True, "max_window_layers": 0},
    "llama": None,
}
# All begin alike, or all but one; with 16 tokens the longest fits a window of 20 and its answer does not.
SHARED, LENGTHS = [4, 5, 6, 7], (5, 3, 12, 2, 7)


@pytest.fixture(
    scope="module",
    params=[(family, window) for family in WINDOWED for window in (8, 20) if family in families_here()],
    ids=lambda each: f"{each[0]}-{each[1]}",
)
def model(request):
    import emollm_plugin

    emollm_plugin.register()
    from llava.model import LlavaLlamaForCausalLM
    from transformers.models.auto import CONFIG_MAPPING

    family, window = request.param
    own = {} if WINDOWED[family] is None else {"sliding_window": window, **WINDOWED[family]}
    torch.manual_seed(0)
    config = CONFIG_MAPPING[family](
        vocab_size=300, bos_token_id=1, eos_token_id=2, pad_token_id=2, **{**FAMILIES[family], **own}
    )
    made = LlavaLlamaForCausalLM(config).eval()
    # Fresh attention takes the mean of all tokens, so that hardly anything depends on which ones it sees.
    for name, value in made.named_parameters():
        if "_proj" in name and "self_attn" in name:
            torch.nn.init.normal_(value, std=0.5)
    made.generation_config.eos_token_id = 2
    return made


@pytest.fixture(params=["shared beginning", "one begins otherwise"])
def prompts(request):
    generator = torch.Generator().manual_seed(1)
    made = [SHARED + torch.randint(3, 300, (length,), generator=generator).tolist() for length in LENGTHS]
    if request.param == "one begins otherwise":
        made[1] = made[1][2:]
    return made


def read(model, prompts):
    return Reader(model, -200).read([Prompt(ids, None) for ids in prompts], room=NEW)


@torch.inference_mode()
def test_a_batch_generates_as_one_at_a_time(model, prompts):
    alone = [model.generate(torch.tensor([ids]), do_sample=False, max_new_tokens=NEW)[0].tolist() for ids in prompts]
    together = Greedy(Reader(model, -200))(read(model, prompts), max_new_tokens=NEW)
    assert together == [ids[-len(ours) :] for ids, ours in zip(alone, together)]
    assert len(set(map(tuple, together))) == len(prompts), "the answers must depend on the prompt"


@torch.inference_mode()
def test_options_are_as_probable_as_in_one_pass_over_each(model, prompts):
    options = [[9, 8, 2], [11, 12, 13, 14, 15, 16, 2], [20, 2]]
    reader = Reader(model, -200)
    found = option_probabilities(reader, read(model, prompts), [options] * len(prompts), at_once=6)
    for ids, shares in zip(prompts, found):
        scores = [model(torch.tensor([ids + option])).logits[0, len(ids) - 1 : -1].log_softmax(-1) for option in options]
        sums = [score.gather(1, torch.tensor(option)[:, None]).sum() for score, option in zip(scores, options)]
        assert shares == pytest.approx(torch.stack(sums).softmax(0).tolist(), rel=1e-3)
