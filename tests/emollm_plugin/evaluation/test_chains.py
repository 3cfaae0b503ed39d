"""Sampled chains with a vote, and labels scored behind a chain, against computations by hand."""

import json
from collections import Counter
from types import SimpleNamespace

import pytest
import torch

from emobench_data.schema.parsing import closed
from emobench_data.schema.questions import Question
from emobench_data.schema.tasks import GUIDED

from .test_run import lines, run

pytestmark = [pytest.mark.host, pytest.mark.current_stack]
OPTIONS = ("joy", "sadness", "a fear")


def question(text="Which?", options=OPTIONS, form=GUIDED):
    return Question("q", text, (), options, form=form)


@pytest.fixture
def predictor(checkpoint, float32):
    from emollm_plugin.evaluation.predictor import Predictor

    return Predictor.load(str(checkpoint))


@pytest.fixture
def guided(asked, tmp_path):
    """The questions of `asked`, for reasons."""
    folder = tmp_path / "guided"
    folder.mkdir()
    (folder / "images").symlink_to(asked / "images")
    rows = [{**line, "form": "guided"} for line in lines(asked / "questions.jsonl")]
    (folder / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.mark.parametrize(
    ("said", "text", "votes", "unparsed"),
    [
        (["Answer: joy", "So.\nAnswer: Joy.", "Answer: sadness"], "Answer: joy", {"joy": 2, "sadness": 1}, 0),
        (["Answer: sadness", "Answer: joy"], "", {"sadness": 1, "joy": 1}, 0),  # a tie
        (["Answer: joy", "Answer: joy", "Answer: sadness", "Answer: sadness", "Answer: a fear"], "", None, 0),
        (["joy", "Answer: joy\nor not", "Answer: a fear"], "Answer: a fear", {"a fear": 1}, 2),  # unparsed is no vote
        (["joy and sadness", "Answer: joy or sadness"], "", {}, 2),  # two labels are none
        (["Answer: Joy", "Answer: joy\nAnswer: sadness"], "Answer: Joy", {"joy": 1}, 1),
    ],
)
def test_the_majority_is_over_answers_that_are_read_strictly(said, text, votes, unparsed):
    from emollm_plugin.evaluation.chains import vote

    found = vote(question(), said)
    assert (found.text, found.unparsed, found.tied) == (text, unparsed, not text and votes != {})
    assert votes is None or found.votes == votes


def test_yes_and_no_and_open_answers_are_votes_too():
    from emollm_plugin.evaluation.chains import vote

    yes = vote(question(options=("Yes", "No")), ["Answer: Yes, it is", "Answer: no", "Answer: yes"])
    assert yes.votes == {"yes": 2, "no": 1} and yes.text == "Answer: Yes, it is"
    assert vote(question(options=()), ["Answer: Great joy.", "Answer: great joy", "x"]).votes == {"great joy": 2}


def test_tokens_are_drawn_by_their_probabilities_and_each_row_by_its_own_stream():
    from emollm_plugin.evaluation.chains import Draw

    logits = torch.tensor([[0.0, 1.0, -torch.inf, 2.0]])
    draw = Draw(2.0, ["a"])
    found = Counter(int(draw(logits, [0])) for _ in range(20_000))
    wanted = (logits / 2.0).softmax(-1)[0]
    assert all(found[token] / 20_000 == pytest.approx(float(share), abs=0.015) for token, share in enumerate(wanted))
    assert found[2] == 0
    many = logits.expand(3, -1)
    together, alone = Draw(2.0, ["a", "b", "c"]), Draw(2.0, ["c"])
    first = [together(many, [0, 1, 2])[2].item(), *(together(many[:1], [2])[0].item() for _ in range(30))]
    assert first == [alone(logits, [0]).item() for _ in range(31)]
    assert Draw(0, ["a"])(logits, [0]) == Draw(1e-6, ["a"])(logits, [0]) == 3


def test_one_chain_without_temperature_is_the_greedy_answer(checkpoint, guided, tmp_path, float32):
    greedy = run(checkpoint, guided, tmp_path / "greedy.jsonl", "--max-new-tokens", "12")
    assert greedy.exit_code == 0, greedy.output
    wanted = [line["text"] for line in lines(tmp_path / "greedy.jsonl")]
    for temperature in ("0", "1e-6"):
        out = tmp_path / f"{temperature}.jsonl"
        flags = ["--self-consistency", "1", "--temperature", temperature, "--max-new-tokens", "12"]
        done = run(checkpoint, guided, out, *flags)
        assert done.exit_code == 0, done.output
        assert [line["metadata"]["chains"][0] for line in lines(out)] == wanted
        # Nothing that this model says closes, so that there is no majority.
        assert {(line["text"], line["metadata"]["unparsed"]) for line in lines(out)} == {("", 1)}


def test_chains_follow_from_the_seed_alone(checkpoint, guided, tmp_path, float32):
    found = {}
    for name, *more in (("a", "--batch-size", "3"), ("b", "--batch-size", "11"), ("c", "--seed", "1")):
        out = tmp_path / f"{name}.jsonl"
        done = run(checkpoint, guided, out, "--self-consistency", "3", "--max-new-tokens", "6", *more)
        assert done.exit_code == 0, done.output
        found[name] = [line["metadata"]["chains"] for line in lines(out)]
    assert found["a"] == found["b"] != found["c"]
    assert all(len(chains) == 3 for chains in found["a"]) and any(len(set(chains)) > 1 for chains in found["a"])


def by_hand(predictor, ready, chain, options):
    """The probabilities of whole answers, each in a pass of its own from the beginning."""
    sums = []
    for label in options:
        answer = list(predictor.prompter.answer_ids(closed(chain, label)))
        ids = torch.tensor([[*ready.ids, *answer]])
        logits = predictor.model(ids, images=ready.pixels[None], image_sizes=[ready.size]).logits[0]
        each = logits[-len(answer) - 1 : -1].float().log_softmax(-1)
        sums.append(each.gather(1, torch.tensor(answer)[:, None]).sum())
    return torch.stack(sums).double().softmax(0).tolist()


def test_labels_behind_a_chain_are_as_likely_as_whole_answers_by_hand(predictor, asked):
    from PIL import Image

    from emollm_plugin.evaluation.chains import score_labels

    texts = ["joy fear joy\nAnswer: joy", "sadness\nAnswer: joy\nAnswer: anger", "joy", "fear\nAnswer: fear"]
    questions = [question(), question(), question(), question(options=())]
    ready = [predictor.ask(Image.open(asked / "images" / "3.png"), f"joy {number}") for number in range(4)]
    with torch.inference_mode():
        found = score_labels(predictor.reader, predictor.prompter, predictor._prompts(ready), questions, texts)
        for place, chain in enumerate(["joy fear joy", "sadness"]):
            wanted = by_hand(predictor, ready[place], chain, OPTIONS)
            text, shares = found[place]
            assert list(shares.values()) == pytest.approx(wanted, abs=1e-5)
            assert text == closed(chain, OPTIONS[wanted.index(max(wanted))])
    assert found[2:] == [("joy", {}), ("fear\nAnswer: fear", {})]  # never closes; nothing to choose from


def test_likelihood_scores_behind_greedy_reasons(checkpoint, guided, tmp_path, float32, monkeypatch):
    from emollm_plugin.evaluation.predictor import Predictor

    monkeypatch.setattr(Predictor, "_texts", lambda _, rows: ["joy\nAnswer: none"] * len(rows))
    done = run(checkpoint, guided, tmp_path / "scored.jsonl", "--likelihood", "--max-new-tokens", "4")
    assert done.exit_code == 0, done.output
    for line in lines(tmp_path / "scored.jsonl"):
        shares = line["metadata"]["probabilities"]
        assert line["text"] == f"joy\nAnswer: {max(shares, key=shares.get)}" and sum(shares.values()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--self-consistency", "3", "--likelihood"], "two ways to answer"),
        (["--temperature", "0.5"], "is of --self-consistency"),
        (["--seed", "1"], "is of --self-consistency"),
        (["--self-consistency", "3"], "asks for no reasons"),
    ],
)
def test_what_does_not_go_together_is_refused(checkpoint, asked, tmp_path, float32, flags, words):
    refused = run(checkpoint, asked, tmp_path / "answers.jsonl", *flags)
    assert refused.exit_code == 2 and words in refused.output


def test_labels_are_scored_behind_the_sound_that_was_heard(monkeypatch):
    from emollm_plugin.evaluation import chains
    from emollm_plugin.evaluation.reader import Prompt

    given, sound = [], torch.ones(2, 4)
    reader = SimpleNamespace(read=lambda prompts, room: given.extend(prompts))
    prompter = SimpleNamespace(answer_ids=lambda text: tuple(text.encode()))
    monkeypatch.setattr(chains, "option_probabilities", lambda *_: [[0.5, 0.5]])
    chains.label_probabilities(reader, prompter, [Prompt([7, -300], None, (sound,))], ["A bell."], [("Yes", "No")])
    (prompt,) = given
    assert prompt.ids[:2] == [7, -300] and len(prompt.ids) > 9 and prompt.sounds == (sound,)
