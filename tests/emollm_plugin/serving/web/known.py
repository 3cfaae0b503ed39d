"""A tiny model of which is known what it says, for tests of the page."""

import time

from emobench_data.schema.tasks import DIRECT, GUIDED, STEPS, TASKS
from emollm_plugin.evaluation.predictor import Predictor

SURE = 0.75
LABELS = {"emo_c": ["joy", "fear"], "emo_o": ["joy", "fear"], "intent": ["Greet", "Warn"]}
FORMS = {"emo_c": GUIDED, "emo_o": DIRECT, "intent": DIRECT, "hate": STEPS, "humor": STEPS, "sarcasm": STEPS}
# What the checkpoint notes: that it has learned all six sub-tasks, most of them with reasons.
LEARNED = {
    "data": "mini",
    "records": 6,
    "sources": {"mini": 6},
    "labels": {"mini": {task: LABELS.get(task, ["Yes", "No"]) for task in TASKS}},
    "reasons": 4,
    "reasoned": {task: form for task, form in FORMS.items() if form != DIRECT},
}


class Known(Predictor):
    """Of what is more red than blue it says the first label, of all else the second, and names what it was given.

    Only what the language model would say is known; all else, such as what perspectives attend to, is the model's own.
    """

    pause = 0.0  # seconds that an answer takes

    def probabilities_batch(self, asked, options):
        time.sleep(self.pause)
        super().probabilities_batch(asked, options)
        return [_shares(each, labels) for each, labels in zip(asked, options)]

    def answer_batch(self, asked, *, max_new_tokens=16):
        return [_words(each) for each in asked]

    def score_batch(self, asked, questions, *, max_new_tokens=16):
        shares = self.probabilities_batch(asked, [one.options for one in questions])
        return [(f"Picture: {_words(one)}\nAnswer: {max(each, key=each.get)}", each) for one, each in zip(asked, shares)]


def _red(asked):
    if asked.pixels is None:
        return False
    red, _, blue = asked.pixels.float().mean(dim=(-2, -1)).reshape(-1, 3).mean(dim=0).tolist()
    return red > blue


def _shares(asked, labels):
    first, second = labels
    return {first: SURE, second: 1 - SURE} if _red(asked) else {first: 1 - SURE, second: SURE}


def _words(asked):
    seen = "" if asked.pixels is None else "something red" if _red(asked) else "something not red"
    heard = "" if asked.sound is None else "a voice"
    return "It is given " + " and ".join(filter(None, (seen, heard)))
