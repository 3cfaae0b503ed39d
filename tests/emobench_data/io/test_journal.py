"""What a stopped job left is read, and gone on with on a line of its own."""

from emobench_data.io.journal import appending, read_journal


def test_a_line_that_was_cut_off_does_not_count_and_harms_no_other(tmp_path):
    path = tmp_path / "made" / "journal.jsonl"
    assert list(read_journal(path)) == []
    for value in (1, {"a": 2}):
        with appending(path) as journal:
            journal.add(value)
            assert list(read_journal(path))[-1] == value, "at once"
    with open(path, "ab") as file:
        file.write(b'{"b": ')
    with appending(path) as journal:
        journal.add([3])
    assert list(read_journal(path)) == [1, {"a": 2}, [3]] and path.read_bytes().count(b"\n") == 4
