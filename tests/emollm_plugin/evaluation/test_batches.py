"""Questions about one medium lie together, in batches of like length, and their medium is decoded and encoded once."""

import random
import time
from types import SimpleNamespace

import pytest
import torch

from emobench_data.schema.medium import Medium
from emobench_data.schema.questions import Question
from emollm_plugin.evaluation import batches, remembered
from emollm_plugin.evaluation.batches import in_batches, ready_batches

SUB_TASKS = ("Which emotion? " + "label " * 30, "In your own words?", "Intent? " + "label " * 20, "Hateful?" * 3, "Funny?" * 3)
SIZE = 16


@pytest.fixture
def questions():
    """Five of each of 100 pictures, half with a caption of its own, in no order; one has no options, as Emo-O."""
    draw = random.Random(0)
    made = []
    for picture in range(100):
        for place, text in enumerate(SUB_TASKS):
            own = f"Caption: {'word ' * draw.randrange(40)}\n" if place > 2 else ""
            options = () if place == 1 else ("Yes", "No")
            made.append(Question(len(made), own + text, (Medium("image", f"{picture}.png"),), options))
    return draw.sample(made, len(made))


def encodings(cut, monkeypatch, pictures):
    """How many pictures a stand-in encodes for batches in that order, with a memory for so many of them."""
    feature = torch.zeros(4, 8)
    monkeypatch.setattr(remembered, "FEATURE_BYTES", pictures * feature.nbytes)
    memory, encoded = remembered.Remembered(), []
    for batch in cut:
        names = [question.medium for question in batch]
        memory.of(names, names, lambda new: encoded.extend(new) or [feature.clone() for _ in new])
    return len(encoded)


@pytest.mark.parametrize("likelihood", [False, True])
def test_a_picture_is_encoded_once_with_a_small_memory(questions, monkeypatch, likelihood):
    cut = in_batches(questions, SIZE, likelihood=likelihood)
    assert sorted(question.id for batch in cut for question in batch) == sorted(question.id for question in questions)
    assert max(map(len, cut)) == SIZE and len(cut) <= len(questions) / SIZE + 2
    # With options and without a batch is of another kind; their pictures differ by a batch of those without.
    assert encodings(cut, monkeypatch, 2 * SIZE if likelihood else 1) == 100
    if likelihood:
        assert all(len({bool(question.options) for question in batch}) == 1 for batch in cut)


def test_pictures_that_are_asked_about_once_are_in_the_order_of_length(questions):
    once = [question for question in questions if question.text.endswith(SUB_TASKS[3])]
    found = [question for batch in in_batches(once, SIZE, likelihood=False) for question in batch]
    assert [len(question.text) for question in found] == sorted((len(each.text) for each in once), reverse=True)


def test_pictures_that_are_asked_about_alike_lie_together():
    """So that a batch has like lengths."""
    texts = {"long": ("joy " * 40, "joy " * 30), "short": ("joy " * 4, "joy"), "other": ("joy " * 40, "joy")}
    made = [
        Question(f"{name}{number}/{text}", text, (Medium("audio", f"{name}{number}.wav"),))
        for number in range(4)
        for name, own in texts.items()
        for text in own
    ]
    found = [{str(question.id)[:4] for question in batch} for batch in in_batches(made, 8, likelihood=False)]
    assert found == [{"long"}, {"othe"}, {"shor"}]


def test_texts_behind_a_question_that_fills_a_batch_lie_together():
    """So that what they begin with is read once, however long the texts are."""
    draw = random.Random(0)
    made = [
        Question(f"{ask}{number}", f"{ask}\n{'word ' * draw.randrange(40)}")
        for ask in ("Glad?", "Sad?")
        for number in range(20)
    ]
    rare = [Question(f"rare{number}", f"Rare {number}?\n{'word ' * draw.randrange(40)}") for number in range(10)]
    found = in_batches(draw.sample(made + rare, 50), 8, likelihood=False)
    assert sorted(question.id for batch in found for question in batch) == sorted(question.id for question in made + rare)
    asked = [{str(question.id).rstrip("0123456789") for question in batch} for batch in found]
    assert sorted(map(sorted, asked)) == [["Glad?"]] * 3 + [["Sad?"]] * 3 + [["rare"]] * 2
    lengths = [[len(question.text) for question in batch] for batch in found]
    assert all(own == sorted(own, reverse=True) for own in lengths)


def test_a_batch_decodes_a_picture_once_and_knows_a_clip_from_it(monkeypatch, tmp_path):
    opened = []
    monkeypatch.setattr(batches, "open_picture", lambda path, root: opened.append(path.name) or path.name)
    eyes = SimpleNamespace(picture="picture {}".format, clip=lambda root, name: f"clip {name}")
    predictor = SimpleNamespace(eyes=eyes, ask=lambda seen, text, **names: (seen, names["picture"]))
    media = [Medium("image", "a.gif"), Medium("image", "b.png"), Medium("video", "a.gif")]
    asked = [Question(f"{place}{text}", text, (medium,)) for place, medium in enumerate(media) for text in ("Joy?", "Fear?")]
    (batch,) = ready_batches([[*asked, Question("text", "How?")]], tmp_path, predictor, workers=0)
    assert opened == ["a.gif", "b.png"]
    seen = {question.id: (shown, name) for question, (shown, name) in batch}
    assert [shown for shown, _ in seen.values()] == [*["picture a.gif"] * 2, *["picture b.png"] * 2, *["clip a.gif"] * 2, None]
    assert len({name for _, name in seen.values()}) == 4


def test_the_next_batch_is_decoded_while_this_one_is_answered(monkeypatch, tmp_path):
    """Of which nobody takes more before the next one's picture was opened, in the worker."""

    def opened(path, root):
        (tmp_path / path.name).touch()

    monkeypatch.setattr(batches, "open_picture", opened)
    predictor = SimpleNamespace(eyes=SimpleNamespace(picture=str), ask=lambda seen, text, **names: text)
    cut = [[Question(number, "Joy?", (Medium("image", f"{number}.png"),))] for number in range(3)]
    ready = ready_batches(cut, tmp_path, predictor, workers=1)
    for number in range(3):
        next(ready)
        following, until = tmp_path / f"{number + 1}.png", time.monotonic() + 60
        while number < 2 and not following.exists():
            assert time.monotonic() < until, "the worker waits for the batch to be answered"
            time.sleep(0.01)
