"""The lists of other people's Python files, read and not run; here made-up ones of their form."""

import pytest
from click.testing import CliRunner

from emobench_data import InputError
from emobench_data.cli.commands import main
from emobench_data.export.published_stimuli import read_published
from emobench_data.export.stimuli import read_stimuli

from ..make import read_lines, write_lines

CONFIG = """
raise SystemExit("this was run")
PROMPT_SET = {'sum': 'Add.'}
Negative_SET = [
    'You\\'ll never\\n  do it.',  # 1
    "Give up.",
]
"""
METHODS = """
import nothing_that_is_there
METHODS = {'chain': {'prompts': ['Think.']}, "emotion_prompt": {"prompts": ["This matters to me.", "Are you sure?"]}}
"""


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (CONFIG, {"negative-1": "You'll never do it.", "negative-2": "Give up."}),
        (METHODS, {"emotion-1": "This matters to me.", "emotion-2": "Are you sure?"}),
        ("EMOTION_SET = ('a', 'b')", {"emotion-1": "a", "emotion-2": "b"}),
    ],
)
def test_the_forms_that_are_published(tmp_path, text, wanted):
    path = tmp_path / "config.py"
    path.write_text(text)
    assert read_published(path) == read_stimuli(path) == wanted


NONE = ["x = 1", "Negative_SET = make()", "Negative_SET = ['a', b]", "Negative_SET = ['']", "M = {'emotion_prompt': 1}"]


@pytest.mark.parametrize("text", NONE)
def test_files_without_such_a_list(tmp_path, text):
    (tmp_path / "config.py").write_text(text)
    with pytest.raises(InputError, match="holds no list Negative_SET"):
        read_published(tmp_path / "config.py")


@pytest.mark.parametrize(
    ("content", "fault"), [(b"def", "not a Python file"), (b"\0", "not a Python file"), (None, "cannot be read")]
)
def test_files_that_are_none(tmp_path, content, fault):
    if content is not None:
        (tmp_path / "config.py").write_bytes(content)
    with pytest.raises(InputError, match=fault):
        read_published(tmp_path / "config.py")


def test_the_command_takes_them(tmp_path):
    (tmp_path / "config.py").write_text(CONFIG)
    questions = write_lines(tmp_path / "q.jsonl", [{"question_id": 1, "text": "Which?"}])
    options = ["--questions", questions, "--stimuli", tmp_path / "config.py", "--place", "after", "--out", tmp_path / "out"]
    done = CliRunner().invoke(main, ["stimuli", *map(str, options)])
    assert done.exit_code == 0 and done.output.split() == ["plain", "negative-1", "negative-2"]
    assert read_lines(tmp_path / "out/negative-2/questions.jsonl")[0]["text"] == "Which?\nGive up."
