"""A conversation, and the host's templates with ours among them."""

import pytest

TURNS = [
    {"from": "human", "value": "<image>\nWhich emotion? joy sadness"},
    {"from": "gpt", "value": "joy"},
    {"from": "human", "value": "Yes or No?"},
    {"from": "gpt", "value": "Yes"},
]


@pytest.fixture(scope="module")
def templates():
    import emollm_plugin

    emollm_plugin.register()
    from llava.conversation import conv_templates

    return conv_templates
