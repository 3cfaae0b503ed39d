"""Premises, conclusion and answer are scored apart: each of what can be scored of it."""

from types import SimpleNamespace

from emobench_data.schema.questions import Question
from emobench_data.schema.tasks import get_task
from emobench_data.scoring.core import with_reasons
from emobench_data.scoring.faithfulness import faithfulness
from emobench_data.scoring.table import faithfulness_lines

CLASH = (("Words", "glad"), ("Picture", "gloomy"), ("Clash", "yes"))


def said(words, picture, clash, answer):
    return f"Words: {words}\nPicture: {picture}\nClash: {clash}\nAnswer: {answer}"


def test_each_link_of_the_chain_is_counted_where_it_can_break():
    found = faithfulness(
        [
            (CLASH, said("Glad.", "gloomy", "yes", "Yes")),  # all right
            (CLASH, said("glad", "gloomy", "no", "No")),  # a wrong conclusion from right premises
            (CLASH, said("sad", "gloomy", "no", "No")),  # a wrong premise: its conclusion is not counted
            (CLASH, said("glad", "gloomy", "yes", "No")),  # right all along, and the answer does not follow
            (CLASH, "Words: glad\nPicture: gloomy\nClash: yes"),  # never closes
            (CLASH, "Yes, they clash.\nAnswer: Yes"),  # no steps
            (CLASH, None),
        ]
    )
    assert found == {
        "n": 7,
        "readable": 5 / 7,
        "premises": {"Words": 4 / 7, "Picture": 5 / 7},
        "from_premises": 4,
        "conclusion": 3 / 4,
        "consistent": 3 / 4,
    }


def test_a_chain_that_closes_twice_or_in_other_words_is_not_counted_as_closed():
    twice = said("glad", "gloomy", "yes", "Yes") + "\nAnswer: No"
    other = "W\u00f6rter: froh\nBild: tr\u00fcb\nWiderspruch: ja\nAntwort: Ja"
    found = faithfulness([(CLASH, twice), (CLASH, other)])
    assert (found["consistent"], found["readable"], found["premises"]["Words"]) == (None, 1.0, 0.5)


def test_nothing_asked_gives_no_shares():
    assert faithfulness([]) == {
        "n": 0,
        "readable": None,
        "premises": {},
        "conclusion": None,
        "from_premises": 0,
        "consistent": None,
    }


def test_before_a_reply_all_steps_are_premises():
    said = "Feeling: sadness\nStrategy: question\nAnswer: What happened?"
    own = faithfulness([((("Feeling", "sadness"), ("Strategy", "others")), said)], concluded=False)
    assert own["premises"] == {"Feeling": 1.0, "Strategy": 0.0} and own["readable"] == 1.0
    assert own["conclusion"] is None and own["consistent"] is None


def test_replies_in_steps_are_scored_in_the_table_of_their_family():
    gold = {"question_id": "1", "source": "a", "task": "reply", "answer": "Oh no.", "steps": [["Feeling", "sadness"]]}
    item = SimpleNamespace(
        question="1",
        gold=SimpleNamespace(task="reply", type=get_task("reply").type),
        answer=SimpleNamespace(said="Feeling: sadness\nAnswer: Oh dear."),
    )
    result = {"tasks": {}, "overall": None, "families": {"response": {"reply": {"n": 1}}}}
    with_reasons(result, [item], {"1": Question("1", "What next?", form="steps")}, [gold])
    assert result["families"]["response"]["reply"]["faithfulness"]["premises"] == {"Feeling": 1.0}
    assert faithfulness_lines(result)[0].startswith("steps of reply: Feeling 100.0")
