"""How large a batch is, and how it is read: in parts of like length, and once what questions about one picture begin with."""

from types import SimpleNamespace

import pytest
import torch

from emollm_plugin.evaluation.reader import Prompt, Reader, beginnings
from emollm_plugin.evaluation.run import default_batch


@pytest.mark.parametrize(("layers", "heads", "dtype", "size"), [(30, 3, torch.float32, 64), (32, 32, torch.float16, 16)])
def test_a_small_model_gets_a_large_batch(layers, heads, dtype, size):
    config = SimpleNamespace(
        num_hidden_layers=layers, num_key_value_heads=heads, num_attention_heads=3 * heads, hidden_size=3 * heads * 64
    )
    assert default_batch(SimpleNamespace(config=config, dtype=dtype, device=torch.device("cpu"))) == size


@pytest.mark.parametrize(("free", "size"), [(1, 1), (9, 9), (60, 60), (139 * 8, 256)])
def test_on_a_gpu_a_batch_takes_half_of_the_free_memory(monkeypatch, free, size):
    """LLaVA-1.5-7B in float16: 0.5 GB of keys and values for each prompt of 1,024 tokens; `free` in GiB."""
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (free * 2**30, 80 * 2**30))
    config = SimpleNamespace(num_hidden_layers=32, num_key_value_heads=32, num_attention_heads=32, hidden_size=4096)
    assert default_batch(SimpleNamespace(config=config, dtype=torch.float16, device=torch.device("cuda:0"))) == size


IMAGE, SOUND = -200, -300


def test_what_questions_about_one_medium_begin_with():
    one, other, sound = torch.ones(3, 2), torch.ones(3, 2), torch.ones(1, 2)
    prompts = [
        Prompt([IMAGE, 5, 6, 7], one),
        Prompt([IMAGE, 5, 8], other),
        Prompt([IMAGE, 5, 6], one),
        Prompt([4, IMAGE, 5, 6], one),
        Prompt([IMAGE, SOUND, 5, 6], one, (sound,)),
        Prompt([IMAGE, SOUND, 5, 5], one, (torch.ones(1, 2),)),
        Prompt([IMAGE, 5, 6], one),
        Prompt([9, 8], None),
    ]
    begun, rows, after = beginnings(prompts, (IMAGE, SOUND))
    assert rows == [0, 1, 0, 2, 3, 4, 0, 5]
    assert [each.ids for each in begun] == [[IMAGE, 5], [IMAGE], [4, IMAGE], [IMAGE, SOUND], [IMAGE, SOUND], []]
    assert [begun[row].ids + rest.ids for row, rest in zip(rows, after)] == [prompt.ids for prompt in prompts]
    assert all(rest.ids and rest.features is None and not rest.sounds for rest in after)
    assert [begun[row].features for row in rows] == [prompt.features for prompt in prompts]
    assert [begun[row].sounds for row in rows] == [prompt.sounds for prompt in prompts]


@pytest.mark.parametrize(
    ("tokens", "questions", "config", "pays"),
    [
        (576, 4, {}, True),
        (49, 4, {}, True),
        (4, 4, {}, False),
        (576, 1, {}, False),
        # Beside the longest picture stands the longest text, which is about another: padding fills the window, or a row is cut.
        (576, 4, {"sliding_window": 700}, False),
        (576, 4, {"tokenizer_model_max_length": 600}, False),
        (576, 4, {"sliding_window": 4096, "tokenizer_model_max_length": 2048}, True),
    ],
)
def test_two_passes_are_taken_where_that_spares_enough(tokens, questions, config, pays):
    decoder = SimpleNamespace(forward=lambda position_ids: None)
    model = SimpleNamespace(get_model=lambda: decoder, config=SimpleNamespace(**config), device=torch.device("cpu"))
    asked = [
        Prompt([IMAGE, *range(100 * number, 100 * number + words)], features)
        for features, words in ((torch.ones(tokens, 1), 50), (torch.ones(tokens * 3 // 4, 1), 90))
        for number in range(questions)
    ]
    assert Reader(model, IMAGE)._pays(asked, *_begun_and_after(asked), 30 + 16) is pays


def _begun_and_after(asked):
    begun, _, after = beginnings(asked, (IMAGE,))
    return begun, after
