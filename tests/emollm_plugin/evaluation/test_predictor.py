"""The batched evaluator against the host, one question at a time."""

import json

import pytest
import torch
from PIL import Image

pytestmark = pytest.mark.host


@pytest.fixture
def predictor(checkpoint, float32):
    from emollm_plugin.evaluation.predictor import Predictor

    return Predictor.load(str(checkpoint))


@pytest.fixture
def questions(asked):
    rows = [json.loads(line) for line in (asked / "questions.jsonl").read_text().splitlines()]
    return [Image.open(asked / "images" / row["image"]) for row in rows], [row["text"] for row in rows]


def host_ids(predictor, image, text, **settings):
    """What the host's own `generate` gives for one question."""
    ready = predictor.ask(image, text)
    pixels = None if image is None else ready.pixels[None]
    with torch.inference_mode():
        return predictor.model.generate(
            torch.tensor([ready.ids]), images=pixels, image_sizes=[ready.size], do_sample=False, **settings
        )[0].tolist()


def test_a_batch_of_mixed_lengths_answers_as_one_at_a_time(predictor, questions):
    images, texts = questions
    images[3] = images[8] = None  # text alone, in the same batch
    alone = [host_ids(predictor, *pair, max_new_tokens=12) for pair in zip(images, texts)]
    assert len({len(predictor.ask(*pair).ids) for pair in zip(images, texts)}) > 4
    assert len({tuple(ids) for ids in alone}) > 5, "the answers must depend on the question"
    together = predictor.answer(images, texts, max_new_tokens=12)
    # What a batch begins with alike is another thing in each of these.
    assert [predictor.answer([image], [text], max_new_tokens=12)[0] for image, text in zip(images, texts)] == together
    assert together == [text.strip() for text in predictor.tokenizer.batch_decode(alone, skip_special_tokens=True)]


@pytest.mark.parametrize("words", [(2, 90), (90, 2), (5, 90, 4, 60, 3)])
def test_rows_are_answered_in_the_order_given_whatever_is_read_together(predictor, words, monkeypatch):
    from emollm_plugin.evaluation.reader import Reader

    texts = [f"{'joy fear ' * count}{index}" for index, count in enumerate(words)]
    parts, read = [], Reader._read_part
    monkeypatch.setattr(Reader, "_read_part", lambda _, part, *more: parts.append(len(part)) or read(_, part, *more))
    prompts = [predictor._prompts([predictor.ask(None, text)])[0] for text in texts]
    together = predictor.reader.read(prompts)
    first, *parts = parts  # what all begin with
    assert first == 1 < len(parts) and sum(parts) == len(words)
    later = predictor.reader.step(together, together.logits.argmax(-1))
    for row, prompt in enumerate(prompts):
        alone = predictor.reader.read([prompt])
        assert together.lengths[row] == alone.lengths[0] == len(prompt.ids)
        assert together.logits[row].tolist() == pytest.approx(alone.logits[0].tolist(), abs=1e-4)
        alone = predictor.reader.step(alone, alone.logits.argmax(-1))
        assert later.logits[row].tolist() == pytest.approx(alone.logits[0].tolist(), abs=1e-4)


def test_a_text_beyond_the_models_length_loses_its_end(predictor):
    words = "one two three four five six seven eight nine ten " * 20
    predictor.reader.limit = 60
    answers = [predictor.answer([None], [words + end], max_new_tokens=3) for end in ("joy", "fear and much more")]
    assert answers[0] == answers[1], "what differs stands behind the limit"
    assert predictor.answer([None, None], [words + "joy", "joy"], max_new_tokens=3)[0] == answers[0][0]


def test_rows_that_end_early_leave_the_others_alone(predictor, questions):
    from emollm_plugin.evaluation.decode import Greedy

    alone = [host_ids(predictor, *pair, max_new_tokens=12) for pair in zip(*questions)]
    # Let each of some answers end at a token that no other has.
    different = sorted(set(map(tuple, alone)))
    others = [{token for other in different if other is not ids for token in other} for ids in different]
    ends = [next((token for token in ids[1:] if token not in rest), -1) for ids, rest in zip(different, others)]
    predictor.model.generation_config.eos_token_id = ends[:-1]
    predictor.greedy = Greedy(predictor.reader)
    cut = [host_ids(predictor, *pair, max_new_tokens=12) for pair in zip(*questions)]
    assert len({len(ids) for ids in cut}) > 1
    decode = predictor.tokenizer.batch_decode
    assert predictor.answer(*questions, max_new_tokens=12) == [text.strip() for text in decode(cut, skip_special_tokens=True)]


def test_the_checkpoints_repetition_penalty_is_followed(predictor, questions):
    from emollm_plugin.evaluation.decode import Greedy

    predictor.model.generation_config.repetition_penalty = 0.2
    before = predictor.answer(*questions, max_new_tokens=12)
    predictor.greedy = Greedy(predictor.reader)
    alone = [host_ids(predictor, *pair, max_new_tokens=12) for pair in zip(*questions)]
    after = predictor.answer(*questions, max_new_tokens=12)
    assert after == [text.strip() for text in predictor.tokenizer.batch_decode(alone, skip_special_tokens=True)]
    assert after != before


def test_settings_that_are_not_followed_are_refused(predictor):
    from emobench_data.io.errors import InputError
    from emollm_plugin.evaluation.decode import Greedy

    predictor.model.generation_config.no_repeat_ngram_size = 3
    with pytest.raises(InputError, match="no_repeat_ngram_size"):
        Greedy(predictor.reader)


def test_probabilities_are_those_of_the_whole_answer(predictor, questions):
    """Against one plain forward pass over each prompt with its answer."""
    images, texts = questions
    options = ["joy", "joy sadness", "fear"]
    ready = [predictor.ask(*pair) for pair in zip(images, texts)]
    found = predictor.probabilities_batch(ready, [options] * len(ready))
    for each, shares in zip(ready, found):
        sums = []
        for option in options:
            answer = predictor.prompter.answer_ids(option)
            assert answer[-1] == predictor.tokenizer.eos_token_id
            ids = torch.tensor([[*each.ids, *answer]])
            with torch.inference_mode():
                logits = predictor.model(ids, images=each.pixels[None]).logits[0].float().log_softmax(-1)
            scored = logits[-len(answer) - 1 : -1].gather(1, torch.tensor(answer)[:, None])
            sums.append(scored.sum())
        assert list(shares) == options
        assert list(shares.values()) == pytest.approx(torch.stack(sums).softmax(0).tolist(), rel=1e-4)


def test_equal_pictures_are_encoded_once(predictor, questions, monkeypatch):
    images, texts = questions
    encoded = []
    host = predictor.model.encode_images
    monkeypatch.setattr(predictor.model, "encode_images", lambda pixels: encoded.append(len(pixels)) or host(pixels))
    ready = [predictor.ask(images[0], text, picture="same.png") for text in texts]
    first = predictor.answer_batch(ready)
    assert encoded == [1]
    assert predictor.answer_batch(ready) == first and encoded == [1]


def test_a_picture_that_several_questions_are_about_is_read_once(predictor, questions, monkeypatch):
    from emollm_plugin.evaluation import reader

    images, texts = questions
    seen, read = [], reader.Reader._read_part
    monkeypatch.setattr(
        reader.Reader,
        "_read_part",
        lambda _, part, *more: seen.extend(one for one in part if one.features is not None) or read(_, part, *more),
    )
    about = [0, 1, 0, 2, 1, 0, 3, 3]
    ready = [predictor.ask(images[picture], text, picture=str(picture)) for picture, text in zip(about, texts)]
    options = [["joy", "joy sadness", "fear"]] * len(ready)
    found = {}
    for pays in (0, 9):
        monkeypatch.setattr(reader, "PAYS", pays)
        seen.clear()
        together = predictor.reader.read(predictor._prompts(ready))
        logits = torch.stack([together.logits, predictor.reader.step(together, together.logits.argmax(-1)).logits])
        found[pays] = logits, predictor.answer_batch(ready, max_new_tokens=12), predictor.probabilities_batch(ready, options)
        assert len(seen) == 3 * (4 if pays else len(ready))
    (logits, answers, shares), (logits_once, answers_once, shares_once) = found.values()
    assert torch.allclose(logits, logits_once, atol=1e-4)
    assert answers == answers_once == [predictor.answer_batch([one], max_new_tokens=12)[0] for one in ready]
    assert len(set(answers)) > 4, "the answers must depend on the question"
    assert [[*each.values()] for each in shares_once] == [pytest.approx([*each.values()], abs=1e-4) for each in shares]


def test_an_unknown_template_and_options_that_are_none(checkpoint, predictor):
    from emobench_data.io.errors import InputError

    with pytest.raises(InputError, match="emoprompt_chatml"):
        type(predictor).load(str(checkpoint), template="emo")
    with pytest.raises(InputError, match="options"):
        predictor.probabilities(None, "Yes or no?", ["Yes", "Yes"])
    with pytest.raises(InputError, match="<image>"):
        predictor.answer([None], ["<image> what?"])
