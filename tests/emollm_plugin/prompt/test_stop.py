"""A model stops at the end of an answer as its template writes it."""

from types import SimpleNamespace

import pytest

from emollm_plugin.prompt.stop import stopping_load

pytestmark = pytest.mark.host


@pytest.mark.parametrize(
    ("template", "known", "ends"),
    [
        ("emoprompt_chatml", 0, [0, 2]),
        ("emoprompt_chatml", [0, 2], [0, 2]),
        ("emoprompt_chatml", None, [2]),
        ("emoprompt_chatml", 2, 2),
        ("emoprompt_gemma", 0, 0),
        ("no such", 0, 0),
        (None, 0, 0),
    ],
)
def test_the_end_of_an_answer_ends_generation(tiny, template, known, ends):
    import emollm_plugin

    emollm_plugin.register()
    from llava.conversation import conv_templates

    config = SimpleNamespace(emollm_template=template) if template else SimpleNamespace()
    model = SimpleNamespace(config=config, generation_config=SimpleNamespace(eos_token_id=known))
    loaded = stopping_load(lambda path: (tiny.tokenizer, model, "processor", 2048), conv_templates)("folder")
    assert loaded[2:] == ("processor", 2048)
    assert model.generation_config.eos_token_id == ends
