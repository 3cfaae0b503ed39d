"""What records teach is the same whether it is counted in one go or by part."""

from emobench_data.export.learned import counted_before, learned_from
from emobench_data.sharding import write_shards

from ..sharded import records, write_source


def test_what_was_learned_is_the_same_counted_by_part(tmp_path):
    made = write_shards(write_source(tmp_path), tmp_path / "out", 4)
    assert counted_before(made["learned"], "a") == learned_from(list(records()), "a")
    many = [{"id": f"emoset/{n}/emo_c", "conversations": [{"from": "gpt", "value": f"word{n % 150}"}]} for n in range(300)]
    assert learned_from(many, "a")["labels"] == {"emoset": {"emo_c": []}}, "more than labels can be"


def of(task, *answers):
    return [{"id": f"esconv/{n}/{task}", "conversations": [{"from": "gpt", "value": said}]} for n, said in enumerate(answers)]


DIRECT = "I am sorry to hear that, and I am here for you whenever you like."
STEPPED = "Feeling: sad after a loss\nStrategy: comfort and listen\nAnswer: I am here for you whenever you like."


def test_a_reply_is_no_reason_and_steps_are_noted_in_whatever_order():
    assert learned_from(of("reply", DIRECT), "a")["reasoned"] == {}
    for answers in ((DIRECT, STEPPED), (STEPPED, DIRECT)):
        assert learned_from(of("reply", *answers), "a")["reasoned"] == {"reply": "steps"}
    sentence = "A face that smiles at all of them.\nAnswer: joy"
    for answers in ((sentence, STEPPED), (STEPPED, sentence)):
        assert learned_from(of("emo_c", *answers), "a")["reasoned"] == {"emo_c": "steps"}
