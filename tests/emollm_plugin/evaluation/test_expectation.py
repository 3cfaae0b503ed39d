"""Numbers by expectation, against the probabilities of the answers themselves and against beginnings scored one by one."""

import json

import pytest

from emobench_data import InputError
from emobench_data.schema.medium import Medium
from emobench_data.schema.questions import Question

from .test_run import lines, run

pytestmark = [pytest.mark.host, pytest.mark.current_stack]
INTENSITY = ("-1: sad", "0: neither", "1: glad")
NUMBER = "How strong?\nAnswer with a number from 0 to 1, with one decimal only."
CLASSES = f"Which?\nThe classes, from lowest to highest: {', '.join(INTENSITY)}. Answer with one of them only."


@pytest.fixture(scope="module")
def predictor(checkpoint):
    from emollm_plugin.evaluation.predictor import Predictor

    return Predictor.load(str(checkpoint))


def test_which_questions_have_a_scale():
    from emollm_plugin.evaluation.expectation import scale_of

    number = scale_of(Question("q", NUMBER))
    assert number.texts == tuple(f"{step / 10:.1f}" for step in range(11)) and number.values[3] == pytest.approx(0.3)
    assert number.said(0.2345) == "0.2"
    stated = scale_of(Question("q", "Rate it. Answer with a number from -4 to 4, with 2 decimals only."))
    assert (len(stated.texts), stated.texts[0], stated.texts[-1]) == (801, "-4.00", "4.00")
    assert scale_of(Question("q", "Answer with a number from 1 to 9, without decimals only.")).texts == tuple("123456789")
    text = "Pick a number from 1 to 10, quick"
    first = scale_of(Question("q", f"Answer with a number from 1 to 5, with one decimal only.\n{text}"))
    assert first.texts[-1] == "5.0", "of a text alone the question stands first"
    seen = scale_of(
        Question("q", f"{text}\nAnswer with a number from 1 to 5, with one decimal only.", (Medium("image", "a.jpg"),))
    )
    assert seen.texts[-1] == "5.0", "of a medium with its words it stands last"
    own = scale_of(Question("q", CLASSES, (), INTENSITY))
    assert own.values == (-1, 0, 1) and [own.said(value) for value in (-0.6, 0.5, 0.51)] == ["-1: sad", "0: neither", "1: glad"]
    for other in (
        Question("q", "Which?", (), ("joy", "fear")),
        Question("q", f"{NUMBER}\nWhich of them?"),  # the item's own words
        Question("q", NUMBER, (), ("joy", "fear")),
        Question("q", NUMBER, form="guided"),
    ):
        assert scale_of(other) is None
    with pytest.raises(InputError, match="1,000,001 numbers are too many"):
        scale_of(Question("q", "Answer with a number from 0 to 1, with 6 decimals only."))


def test_beginnings_by_hand():
    from emollm_plugin.evaluation.expectation import Beginnings

    written = [(1, 5, 9), (1, 6, 9), (2, 5, 9)]
    whole = Beginnings(written, [1, 2, 6])
    assert whole.ends == written and whole.values == [1, 2, 6] and whole.read == [(1,), (2,), (1, 5), (1, 6), (2, 5)]
    cut = Beginnings(written, [1, 2, 6], parents=2)
    assert cut.ends == [(1, 5), (1, 6), (2, 5)] and cut.values == [1, 2, 6] and cut.read == [(1,), (2,)]
    short = Beginnings(written, [1, 2, 6], parents=1)
    assert short.ends == [(1,), (2,)] and short.values == [1.5, 6] and not short.read


@pytest.mark.parametrize("at_once", [1, 32])
def test_the_mean_of_what_may_be_answered(predictor, at_once):
    """Over whole answers it is the mean by the probabilities that likelihood gives."""
    from emollm_plugin.evaluation import expectation

    texts = [NUMBER, f"Look.\n{NUMBER}", f"Look here, and there.\n{NUMBER}"]
    for scale in (expectation.scale_of(Question("q", NUMBER)), expectation.scale_of(Question("q", CLASSES, (), INTENSITY))):
        asked = [predictor.ask(None, text) for text in texts]
        shares = predictor.probabilities_batch(asked, [scale.texts] * len(asked))
        wanted = [sum(own[text] * value for text, value in zip(scale.texts, scale.values)) for own in shares]
        tree = expectation.Beginnings([predictor.prompter.answer_ids(text) for text in scale.texts], scale.values)
        read = predictor.reader.read(predictor._prompts(asked), room=tree.depth)
        found = expectation.expected_values(predictor.reader, read, tree, at_once)
        assert found == pytest.approx(wanted, abs=2e-3) and predictor.expectation_batch(asked, scale) == pytest.approx(found)
        assert len({round(value, 6) for value in found}) > 1


@pytest.mark.parametrize("branches", [True, False], ids=["side by side", "one by one"])
def test_beginnings_are_as_likely_as_they_are_one_by_one(predictor, branches, monkeypatch):
    import torch

    from emollm_plugin.evaluation.expectation import Beginnings, log_probabilities
    from emollm_plugin.evaluation.reader import Reader

    assert predictor.reader.branches
    monkeypatch.setattr(Reader, "branches", branches)
    values = [step / 100 for step in range(101)]
    written = [predictor.prompter.answer_ids(f"{value:.2f}") for value in values]
    tree = Beginnings(written, values, parents=4)
    assert 1 < len(tree.ends) < len(written) and sum(map(len, tree.ends)) < sum(map(len, written))
    read = predictor.reader.read(predictor._prompts([predictor.ask(None, "a"), predictor.ask(None, "How much?")]), room=8)
    with torch.inference_mode():
        found = log_probabilities(predictor.reader, read.rows(torch.arange(2)), tree)
        for place, ids in enumerate(tree.ends):
            wanted = predictor.reader.log_probabilities(read.rows(torch.arange(2)), [list(ids)] * 2)
            assert found[:, place].tolist() == pytest.approx(wanted.tolist(), rel=5e-3)


def test_the_command_answers_numbers_so_and_the_others_as_before(checkpoint, asked, tmp_path, float32):
    rows = lines(asked / "questions.jsonl")[:2]
    rows += [{"question_id": "n", "text": NUMBER}, {"question_id": "c", "text": CLASSES, "options": INTENSITY}]
    (tmp_path / "images").symlink_to(asked / "images")
    (tmp_path / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    out = {name: tmp_path / f"{name}.jsonl" for name in ("greedy", "expectation")}
    for name, path in out.items():
        done = run(checkpoint, tmp_path, path, "--numbers", name, "--workers", "0")
        assert done.exit_code == 0, done.output
    greedy, expected = lines(out["greedy"]), lines(out["expectation"])
    assert [one["text"] for one in greedy[:2]] == [one["text"] for one in expected[:2]]
    number, own = expected[2:]
    assert number["text"] == f"{number['metadata']['expected']:.1f}" and 0 < number["metadata"]["expected"] < 1
    assert own["text"] in INTENSITY and -1 < own["metadata"]["expected"] < 1
    again = run(checkpoint, tmp_path, out["greedy"], "--numbers", "expectation", "--workers", "0")
    assert again.exit_code == 2 and "another run" in again.output
