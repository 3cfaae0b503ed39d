"""The score over every question asked; malformed input is an error with file and line."""

from random import Random

import pytest

from emobench_data import InputError
from emobench_data.schema.questions import read_asked
from emobench_data.scoring import score
from emobench_data.scoring.core import read_items

from ..make import write_lines

FEELINGS = ["happy", "sad", "fear"]


def gold(number, task, answer, **changes):
    options = FEELINGS if task in ("emo_c", "intent") else []
    return {
        "question_id": f"q{number}",
        "source": "s",
        "task": task,
        "answer": answer,
        "references": [answer],
        "options": options,
    } | changes


class Case:
    """Questions, gold and predictions as files."""

    def __init__(self, folder, entries):
        self.folder = folder
        self.entries = entries
        self.questions = write_lines(
            folder / "questions.jsonl", [{"question_id": e["question_id"], "text": "?"} for e in entries]
        )
        self.gold = write_lines(folder / "gold.jsonl", entries)

    def score(self, *answers):
        """Score `answers`, one a question in order; None leaves the question out."""
        lines = [{"question_id": e["question_id"], "text": a} for e, a in zip(self.entries, answers) if a is not None]
        return self.score_lines(lines)

    def score_lines(self, lines):
        return score(self.questions, self.gold, write_lines(self.folder / "predictions.jsonl", lines))


def closed(folder, *answers):
    return Case(folder, [gold(i, "emo_c", answer) for i, answer in enumerate(answers)])


def test_figures_of_a_closed_set(tmp_path):
    result = closed(tmp_path, "happy", "happy", "sad", "fear").score("happy", "It is sad.", "sad", "joy")
    figures = result["tasks"]["emo_c"]
    assert figures["accuracy"] == result["overall"] == 0.5
    assert figures["majority"] == 0.5
    assert figures["n"] == 4
    assert figures["balanced_accuracy"] == figures["uar"] == pytest.approx((1 / 2 + 1 + 0) / 3)
    assert result["prompts"] == {"emo_c": "?"}
    assert figures["macro_f1"] == pytest.approx((2 / 3 + 2 / 3 + 0) / 3)
    assert (figures["unparsed"], figures["ambiguous"], figures["missing"]) == (1, 0, 0)
    assert figures["confusion"] == {"fear": {"(unparsed)": 1}, "happy": {"happy": 1, "sad": 1}, "sad": {"sad": 1}}


def test_listing_all_labels_scores_nothing(tmp_path):
    figures = closed(tmp_path, *FEELINGS).score(*["happy, sad, fear"] * 3)["tasks"]["emo_c"]
    assert (figures["accuracy"], figures["ambiguous"]) == (0, 3)


def test_an_unknown_word_is_no_default_label(tmp_path):
    case = Case(tmp_path, [gold(0, "emo_c", "neutral", options=["neutral", "happy"])])
    figures = case.score("bored")["tasks"]["emo_c"]
    assert (figures["accuracy"], figures["unparsed"]) == (0, 1)


def test_a_label_inside_a_word_is_no_hit(tmp_path):
    assert closed(tmp_path, "happy").score("She is unhappy")["overall"] == 0


def test_a_missing_answer_is_wrong_and_listed(tmp_path):
    result = closed(tmp_path, "happy", "sad").score("happy", None)
    assert result["overall"] == 0.5
    assert result["tasks"]["emo_c"]["missing"] == 1
    assert result["missing_ids"] == ["q1"]


def test_no_predictions_at_all(tmp_path):
    assert closed(tmp_path, "happy").score(None)["overall"] == 0


def asking(case, *texts):
    """`case` with the questions' texts."""
    asked = [{"question_id": e["question_id"], "text": text} for e, text in zip(case.entries, texts)]
    write_lines(case.questions, asked)
    return case


def test_option_letters_follow_each_questions_own_options(tmp_path):
    case = Case(tmp_path, [gold(0, "emo_c", "sad"), gold(1, "emo_c", "sad", options=["sad", "happy"])])
    asking(case, "Which?\nA. happy\nB. sad\nC. fear", "Which? (A) sad (B) happy")
    assert case.score("B", "Option B.")["overall"] == 0.5


@pytest.mark.parametrize("text", ["?", "Choose one of: happy, sad, fear.", "A. sad B. happy C. fear", "(A) happy (B) sad"])
def test_a_letter_that_the_question_does_not_show_is_no_answer(tmp_path, text):
    """`A` counted as the first option, though no prompt of ours shows letters."""
    figures = asking(closed(tmp_path, "happy"), text).score("A")["tasks"]["emo_c"]
    assert (figures["accuracy"], figures["unparsed"]) == (0, 1)


def test_a_letter_that_marks_another_label_is_ambiguous(tmp_path):
    figures = closed(tmp_path, *["happy"] * 4).score("B) happy", "A) happy", "**B.** happy", "A happy face")["tasks"]["emo_c"]
    assert figures["confusion"] == {"happy": {"(ambiguous)": 2, "happy": 2}}


def test_an_answer_line_that_is_taken_back_is_ambiguous(tmp_path):
    said = ["Answer: happy\nActually, Answer: sad", "Answer: happy\nNo, it is sad.", "Answer: sad\nNo.\nAnswer: happy"]
    figures = closed(tmp_path, *["happy"] * 3).score(*said)["tasks"]["emo_c"]
    assert figures["confusion"] == {"happy": {"(ambiguous)": 2, "happy": 1}}


def test_any_accepted_label_of_a_closed_question_is_right_but_not_two(tmp_path):
    entry = {"references": ["happy", "sad"]}
    case = Case(tmp_path, [gold(i, "emo_c", "happy", **entry) for i in range(2)])
    figures = case.score("sad", "happy and sad")["tasks"]["emo_c"]
    assert (figures["accuracy"], figures["ambiguous"]) == (0.5, 1)
    assert figures["confusion"] == {"happy": {"happy": 1, "(ambiguous)": 1}}


def test_open_set(tmp_path):
    joy = {"references": ["joy", "happiness", "happy"]}
    grief = {"references": ["grief", "unhappy", "sad"]}
    answers = ["Happiness", "very happy, full of joy", "unhappy", "happy but sad", "boredom", "B"]
    case = Case(tmp_path, [gold(i, "emo_o", "joy", **joy) for i in range(6)] + [gold(6, "emo_o", "grief", **grief)])
    figures = case.score(*answers, "sad")["tasks"]["emo_o"]
    assert figures["confusion"] == {
        "grief": {"grief": 1},
        "joy": {"joy": 2, "sadness": 1, "(ambiguous)": 1, "boredom": 1, "(unparsed)": 1},
    }


def test_what_an_open_answer_counts_as_hangs_on_no_other_question(tmp_path):
    """The words of the other questions' gold were the vocabulary: the same answer was right alone and ambiguous among them."""
    told = [
        ("joy", ["joy", "happy"], "a happy glow"),
        ("glow", ["glow"], "a happy glow"),
        ("awe", ["awe"], "wonder"),
        ("wonder", ["wonder"], "awe, then wonder"),
        ("Sadness", ["Sadness", "sad"], "sad, in tears"),
        ("tears", ["tears"], "the warmth of joy"),
    ]
    entries = [gold(i, "emo_o", answer, references=references) for i, (answer, references, _) in enumerate(told)]
    entries += [gold(9, "emo_c", "sad"), gold(10, "hate", "Yes")]
    said = [text for *_, text in told] + ["sad", "Yes, no doubt"]

    def counted(*chosen):
        case = Case(tmp_path, [entries[i] for i in chosen])
        lines = [{"question_id": entries[i]["question_id"], "text": said[i]} for i in chosen]
        answers = write_lines(tmp_path / "predictions.jsonl", lines)
        items = read_items(read_asked(case.questions), case.questions, case.gold, answers)
        return {item.question: (item.truth, item.guess) for item in items}

    every = counted(*range(len(entries)))
    assert [truth == guess for truth, guess in every.values()] == [True, False, False, True, True, False, True, True]
    for number in range(len(entries)):
        assert counted(number).items() <= every.items()
        assert counted(*(i for i in range(len(entries)) if i != number)).items() <= every.items()


def test_words_for_one_emotion_are_one_answer(tmp_path):
    """An accepted word with another for the same emotion is right; one for another emotion beside it is not."""
    case = Case(tmp_path, [gold(i, "emo_o", "joy", references=["joy", "happy"]) for i in range(4)])
    figures = case.score("joyful and happy", "cheerful, merry", "joy and pride", "happiness")["tasks"]["emo_o"]
    assert figures["confusion"] == {"joy": {"joy": 1, "happiness": 2, "(ambiguous)": 1}}


def test_open_set_word_of_another_question_with_the_same_answer_is_wrong(tmp_path):
    case = Case(tmp_path, [gold(0, "emo_o", "joy", references=["joy"]), gold(1, "emo_o", "joy", references=["joy", "glee"])])
    assert case.score("glee", "glee")["overall"] == 0.5


def test_yes_no(tmp_path):
    case = Case(tmp_path, [gold(i, "hate", answer) for i, answer in enumerate(["Yes", "Yes", "No", "No"])])
    figures = case.score("Yes.", "No", "yes, it is", "Not sure")["tasks"]["hate"]
    assert figures["accuracy"] == 0.25
    assert figures["f1_yes"] == 0.5
    assert figures["yes_rate"] == 0.5
    assert figures["unparsed"] == 1


@pytest.mark.parametrize(
    ("said", "guess"),
    [
        ("There is no doubt that this is hateful", "(unparsed)"),
        ("It is hateful, yes", "(unparsed)"),
        ("Not sure", "(unparsed)"),
        ("No-one is attacked", "(unparsed)"),
        ("Yes. There is no doubt.", "Yes"),
        ("**No**, it is not", "No"),
        ("It mocks them.\nAnswer: yes", "Yes"),
        ("Yes and no", "(ambiguous)"),
        ("No. Actually, yes.", "(ambiguous)"),
        ("Yes? No.", "(ambiguous)"),
        ("B) No", "(unparsed)"),
    ],
)
def test_a_yes_or_no_begins_its_answer(tmp_path, said, guess):
    """ "There is no doubt that this is hateful" scored as No."""
    figures = Case(tmp_path, [gold(0, "hate", "Yes")]).score(said)["tasks"]["hate"]
    assert figures["confusion"] == {"Yes": {guess: 1}}


def test_labels_that_differ_in_case_alone_are_one(tmp_path):
    entries = [gold(0, "emo_c", "Happy", options=["Happy", "Sad"]), gold(1, "emo_c", "sad", options=["happy", "sad"])]
    figures = Case(tmp_path, entries).score("happy", "happy")["tasks"]["emo_c"]
    assert figures["confusion"] == {"Happy": {"Happy": 1}, "sad": {"Happy": 1}}


def test_overall_is_the_mean_of_the_sub_tasks_present(tmp_path):
    case = Case(tmp_path, [gold(0, "humor", "Yes"), gold(1, "hate", "Yes"), gold(2, "hate", "Yes"), gold(3, "hate", "Yes")])
    result = case.score("Yes", "No", "No", "No")
    assert result["overall"] == 0.5
    assert list(result["tasks"]) == ["hate", "humor"]


def test_order_of_predictions_does_not_matter(tmp_path):
    case = closed(tmp_path, "happy", "sad", "fear")
    lines = [{"question_id": f"q{i}", "text": text} for i, text in enumerate(["happy", "fear", "fear"])]
    assert case.score_lines(lines) == case.score_lines(lines[::-1])


def test_agrees_with_scikit_learn(tmp_path):
    metrics = pytest.importorskip("sklearn.metrics")
    random = Random(0)
    truths, guesses = random.choices(FEELINGS, (5, 3, 1), k=200), random.choices(FEELINGS, k=200)
    figures = closed(tmp_path, *truths).score(*guesses)["tasks"]["emo_c"]
    assert figures["accuracy"] == pytest.approx(metrics.accuracy_score(truths, guesses))
    wanted = metrics.f1_score(truths, guesses, average="macro", labels=sorted(set(truths)), zero_division=0)
    assert figures["macro_f1"] == pytest.approx(wanted)
    assert figures["balanced_accuracy"] == pytest.approx(metrics.balanced_accuracy_score(truths, guesses))


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([{"question_id": "q0", "text": "sad"}] * 2, "line 2: question 'q0' occurs twice, first in line 1"),
        ([{"question_id": "q9", "text": "sad"}], "line 1: question 'q9' is not in the question file"),
        ([{"text": "sad"}], "line 1: no question_id"),
        ([{"question_id": True, "text": "sad"}], "line 1: no question_id"),
        ([{"question_id": "q0", "text": None}], "line 1: no string under 'text'"),
        (["sad"], "line 1: not an object"),
    ],
)
def test_bad_predictions(tmp_path, lines, words):
    with pytest.raises(InputError, match=f"predictions.jsonl, {words}"):
        closed(tmp_path, "happy").score_lines(lines)


def test_a_file_that_was_cut_off(tmp_path):
    case = closed(tmp_path, "happy")
    path = tmp_path / "predictions.jsonl"
    path.write_bytes(b'\n{"question_id": "q0", "te')
    with pytest.raises(InputError, match="predictions.jsonl, line 2: not valid JSON"):
        score(case.questions, case.gold, path)


def test_no_such_file(tmp_path):
    case = closed(tmp_path, "happy")
    with pytest.raises(InputError, match="none.jsonl: cannot be read"):
        score(case.questions, case.gold, tmp_path / "none.jsonl")


def test_a_question_without_gold(tmp_path):
    case = closed(tmp_path, "happy", "sad")
    write_lines(case.gold, case.entries[:1])
    with pytest.raises(InputError, match="questions.jsonl, line 2: .*gold.jsonl holds no answer to 'q1'"):
        case.score("happy")


def test_an_empty_question_file(tmp_path):
    with pytest.raises(InputError, match="holds no question"):
        closed(tmp_path).score()
