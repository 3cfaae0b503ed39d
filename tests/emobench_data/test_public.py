"""What the package and its rooms hand out, and that its functions take objects as well as paths."""

import subprocess
import sys
from importlib import import_module
from pkgutil import iter_modules

import pytest
from PIL import Image

import emobench_data
from emobench_data import InputError

from .make import write_lines

ROOMS = sorted(room.name for room in iter_modules(emobench_data.__path__) if room.ispkg)
QUESTIONS = [{"question_id": 1, "text": "Which?", "options": ["joy", "fear"]}, {"question_id": 2, "text": "Yes or No?"}]
GOLD = [{"question_id": 1, "answer": "joy"}, {"question_id": 2, "answer": "Yes", "options": ["Yes", "No"]}]
ANSWERS = [{"question_id": 1, "text": "joy"}, {"question_id": 2, "text": "No."}]


@pytest.mark.parametrize("place", ["emobench_data", *(f"emobench_data.{room}" for room in ROOMS)])
def test_all_that_is_handed_out_is_there(place):
    module = import_module(place)
    assert module.__doc__
    for name in getattr(module, "__all__", ()):
        assert getattr(module, name) is not None
    with pytest.raises(AttributeError):
        module.no_such_name  # noqa: B018


@pytest.mark.slow
@pytest.mark.parametrize("first", ["", "import emobench_data.building.composition, emobench_data.validation.form; "])
def test_the_functions_can_be_called_whatever_was_imported_before(first):
    code = f"{first}import emobench_data as e; from emobench_data import build, convert, score, validate\n"
    code += "from inspect import isfunction\n"
    code += "assert all(map(isfunction, (build, convert, score, validate, e.build, e.convert, e.score, e.validate)))\n"
    code += "from emobench_data.building.composition import Composition; assert Composition is e.Composition"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_scores_of_objects_are_those_of_files(tmp_path):
    given = {"questions": QUESTIONS, "gold": GOLD, "answers": ANSWERS}
    files = {name: write_lines(tmp_path / f"{name}.jsonl", rows) for name, rows in given.items()}
    assert emobench_data.score(**given) == emobench_data.score(**files)
    assert emobench_data.score(iter(QUESTIONS), iter(GOLD), iter(ANSWERS))["tasks"]["own"]["accuracy"] == 0.5


@pytest.mark.parametrize(
    "changed, said",
    [
        ({"questions": [*QUESTIONS, "third"]}, "questions, entry 3: a str; expected a dict"),
        ({"gold": GOLD[:1]}, "questions, entry 2: gold holds no answer to '2'"),
        ({"answers": [{"question_id": 3, "text": "joy"}]}, "answers, entry 1: question '3' is not in the question file"),
    ],
)
def test_errors_name_the_object_and_the_entry(changed, said):
    with pytest.raises(InputError, match=said):
        emobench_data.score(**{"questions": QUESTIONS, "gold": GOLD, "answers": ANSWERS} | changed)


def test_records_in_memory_are_validated_as_a_file_is(tmp_path):
    import orjson

    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    turns = [{"from": "human", "value": "<image>\nWhich?"}, {"from": "gpt", "value": "joy"}]
    records = [{"id": "1", "image": name, "conversations": turns} for name in ("a.png", "b.png")]
    (tmp_path / "train.json").write_bytes(orjson.dumps(records))
    own, of_file = (emobench_data.validate(given, tmp_path) for given in (records, tmp_path / "train.json"))
    assert own.summary == of_file.summary == {"id": 1, "media": 1}
    assert own.faults == of_file.faults and own.lines()[0].startswith("records, record 2")


def test_build_and_convert_take_names(tmp_path):
    with pytest.raises(InputError, match="unknown data set 'nothing'"):
        emobench_data.convert("nothing", tmp_path, tmp_path / "out")
    with pytest.raises(InputError, match="cannot be read"):
        emobench_data.build(tmp_path / "no.yaml", tmp_path / "out")
