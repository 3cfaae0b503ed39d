"""What records teach is the same whether it is counted in one go or by part."""

from emobench_data.export.learned import counted_before, learned_from
from emobench_data.sharding import write_shards

from ..sharded import records, write_source


def test_what_was_learned_is_the_same_counted_by_part(tmp_path):
    made = write_shards(write_source(tmp_path), tmp_path / "out", 4)
    assert counted_before(made["learned"], "a") == learned_from(list(records()), "a")
    many = [{"id": f"emoset/{n}/emo_c", "conversations": [{"from": "gpt", "value": f"word{n % 150}"}]} for n in range(300)]
    assert learned_from(many, "a")["labels"] == {"emoset": {"emo_c": []}}, "more than labels can be"
