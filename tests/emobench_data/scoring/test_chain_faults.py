"""Reasons at fault are listed with their kind, and count as the strict rules say."""

import pytest

from emobench_data import score
from emobench_data.schema.questions import Question
from emobench_data.schema.tasks import GUIDED, STEPS
from emobench_data.scoring.chain_faults import AFTER, AGAINST, KINDS, LANGUAGE, NEVER, NO_STEPS, TWICE, faults
from emobench_data.scoring.table import score_table

RIGHT = "Words: glad\nPicture: gloomy\nClash: yes"
WANTED = (("Words", "glad"), ("Picture", "gloomy"), ("Clash", "yes"))
# What is said, its faults, and what it counts as.
SAID = {
    "sound": (f"{RIGHT}\nAnswer: Yes", [], "yes"),
    "a closing in other signs": (f"{RIGHT}\n**Answer:** Yes.", [], "yes"),
    "never closes": (RIGHT, [NEVER], None),
    "cut off at the closing word": (f"{RIGHT}\nAnswer:", [NEVER, NO_STEPS], None),
    "goes on": (f"{RIGHT}\nAnswer: Yes\nI am sure.", [AFTER, NO_STEPS], None),
    "closes twice alike": (f"{RIGHT}\nAnswer: Yes\nAnswer: yes", [TWICE], "yes"),
    "closes twice otherwise": (f"{RIGHT}\nAnswer: Yes\nAnswer: No", [TWICE, AGAINST], None),
    "answers against its last step": (f"{RIGHT}\nAnswer: No", [AGAINST], "no"),
    "says a step twice": (f"{RIGHT}\nClash: no\nAnswer: No", [AGAINST, NO_STEPS], "no"),
    "in sentences": ("They clash.\nAnswer: Yes", [NO_STEPS], "yes"),
    "in German": ("W\u00f6rter: froh\nBild: tr\u00fcb\nAntwort: Ja", [NEVER, LANGUAGE], None),
    "steps in German": ("Worte: froh\nBild: tr\u00fcb\nKonflikt: ja\nAnswer: Yes", [AGAINST, LANGUAGE], "yes"),
    "in Chinese": ("\u8bdd\u5f88\u9ad8\u5174\u3002\nAnswer: Yes", [NO_STEPS, LANGUAGE], "yes"),
    "empty": ("", [NEVER, NO_STEPS], None),
}


@pytest.mark.parametrize(("said", "kinds"), [row[:2] for row in SAID.values()], ids=SAID.keys())
def test_each_fault_is_told_by_its_kind(said, kinds):
    assert list(faults(said, Question("q", "Is it a joke?", (), ("Yes", "No"), form=STEPS), WANTED)) == kinds


def test_sentences_are_not_held_to_steps_nor_a_foreign_question_to_latin_letters():
    def found(said, text="Is it a joke?"):
        return list(faults(said, Question("q", text, (), ("Yes", "No"), form=GUIDED)))

    assert found("They clash.\nAnswer: Yes") == []
    assert found("Wer lacht, der spottet.\nAnswer: Yes") == []  # known limit: the same letters
    chinese = "\u8bdd\u5f88\u9ad8\u5174\u3002\nAnswer: Yes"
    assert found(chinese) == [LANGUAGE] and found(chinese, text="\u8fd9\u662f\u7b11\u8bdd\u5417\uff1f") == []


def test_the_score_lists_them_and_counts_strictly():
    questions = [{"question_id": name, "text": "Is it a joke?", "form": STEPS, "options": ["Yes", "No"]} for name in SAID]
    gold = [
        {"question_id": name, "task": "humor", "answer": "Yes", "options": [], "steps": [*map(list, WANTED)]} for name in SAID
    ]
    result = score(questions, gold, [{"question_id": name, "text": row[0]} for name, row in SAID.items()])
    wanted = {kind: [name for name, row in SAID.items() if kind in row[1]] for kind in KINDS}
    assert result["reason_faults"] == wanted
    assert result["unparsed_ids"] == [name for name, row in SAID.items() if row[2] is None]
    assert result["tasks"]["humor"]["accuracy"] == sum(row[2] == "yes" for row in SAID.values()) / len(SAID)
    assert "reasons at fault: 2 closes more than once: closes twice alike, closes twice otherwise" in score_table(result)


def test_questions_for_the_answer_alone_have_no_reasons_to_be_at_fault():
    question, gold = {"question_id": 1, "text": "?", "options": ["a", "b"]}, {"question_id": 1, "answer": "a"}
    assert "reason_faults" not in score([question], [gold], [{"question_id": 1, "text": "a"}])
