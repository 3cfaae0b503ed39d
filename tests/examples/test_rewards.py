"""The rewards: what the strict scorer counts, and how near a word is."""

import runpy

from ..conftest import ROOT

REWARDS = runpy.run_path(str(ROOT / "examples" / "rewards.py"))
OPTIONS = ["joy", "sadness", "anger"]


def test_strict_is_the_scorers_verdict():
    said = [
        "joy",
        "Joy.",
        "sadness",
        "joy or sadness",
        "",
        [{"role": "assistant", "content": "joy"}],
        [{"role": "assistant", "content": [{"type": "text", "text": "anger"}]}],
    ]
    given = REWARDS["strict"](said, answer=["joy"] * 7, options=[OPTIONS] * 7, prompts=None)
    assert given == [1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0]


def test_a_word_of_the_same_emotion_or_family_is_nearer_than_another():
    said = ["joy", "happiness", "amusement", "anger", "nothing of that kind", "joy and anger"]
    assert REWARDS["wheel"](said, answer=["joy"] * 6) == [1.0, 1.0, 0.5, 0.0, 0.0, 0.5]
