"""A composition says what it holds, or is refused with the place and what is known."""

import pytest

from emobench_data import InputError
from emobench_data.building.composition import PRESETS, load_composition
from emobench_data.schema.tasks import TASKS
from emobench_data.sources import all_sources

GOOD = "seed: 3\ntest: 0.3\ncap: {train: 5}\nsources:\n  oasis: {folder: pictures, weight: 2, balance: train}\n  mmsd2:\n"


def load(tmp_path, text, **options):
    path = tmp_path / "c.yaml"
    path.write_text(text, "utf-8")
    return load_composition(str(path), **options)


def test_what_is_given_and_what_is_not(tmp_path):
    made = load(tmp_path, GOOD)
    oasis, mmsd2 = made.parts
    assert made.data_root == tmp_path and made.seed == 3 and made.videos == "storyboards"
    assert (oasis.folder, oasis.weight, oasis.balance, oasis.test, dict(oasis.cap)) == (
        "pictures",
        2,
        ("train",),
        0.3,
        {"train": 5},
    )
    assert (mmsd2.folder, mmsd2.weight, mmsd2.tasks, dict(mmsd2.cap)) == ("mmsd2", 1, ("sarcasm",), {"train": 5})


def test_the_data_root_is_relative_to_the_file_or_given(tmp_path):
    assert load(tmp_path, "data_root: sets\n" + GOOD).data_root == tmp_path / "sets"
    assert load(tmp_path, "data_root: sets\n" + GOOD, data_root=tmp_path / "x").data_root == tmp_path / "x"


def test_what_is_held_out(tmp_path):
    (part,) = load(tmp_path, "sources: {emodb: {hold_out: '03', fold: 2}}").parts
    assert (part.hold_out, part.fold) == (("03",), 2)


def test_a_cap_without_a_split_holds_for_all(tmp_path):
    (part,) = load(tmp_path, "sources: {oasis: {cap: 7}}").parts
    assert dict(part.cap) == {"train": 7, "val": 7, "test": 7}


@pytest.mark.parametrize(("given", "share"), [("", 0), ("error", 0), ("skip", 1), ("0.02", 0.02), ("0", 0)])
def test_faulty_media_are_a_word_or_a_share(tmp_path, given, share):
    assert load(tmp_path, f"sources: {{oasis: {{}}}}\n{given and f'faulty: {given}'}").faulty == share


def of_the_six():
    """The data sets that serve one of the six sub-tasks."""
    return [name for name, source in all_sources().items() if set(source.usual) & set(TASKS)]


HEARD = {"emodb", "ravdess", "cremad"}  # data sets of sounds, which `sound` alone has


@pytest.mark.parametrize("name", [name for name in PRESETS[2:] if name != "sound"])
def test_presets_beyond_the_six(tmp_path, name):
    made = load_composition(name, data_root=tmp_path, skip_missing=True)
    assert made.parts and not {task for part in made.parts for task in part.tasks} & set(TASKS)
    assert made.reasoned is None or set(made.reasoned) <= {task for part in made.parts for task in part.tasks}


@pytest.mark.parametrize("name", PRESETS[:2])
def test_presets(tmp_path, name):
    made = load_composition(name, data_root=tmp_path, skip_missing=True)
    assert {part.source.name for part in made.parts} == {*of_the_six()} - {"mmsd"} - HEARD
    assert all(set(part.tasks) <= set(TASKS) for part in made.parts)
    assert made.missing == "skip"
    with pytest.raises(InputError, match="--data-root"):
        load_composition(name)


def test_the_preset_of_sounds(tmp_path):
    made = load_composition("sound", data_root=tmp_path, skip_missing=True)
    assert {part.source.name for part in made.parts} >= HEARD and made.videos == "clips"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("sources: {oasis: {}}\nsed: 1", "unknown key 'sed'; known: data_root, seed"),
        ("sources: {oasis: {wieght: 1}}", "c.yaml: oasis: unknown key 'wieght'; known: folder, tasks, weight"),
        ("sources: {oassis: {}}", "unknown data set 'oassis'; known: .*oasis"),
        ("sources: {oasis: {tasks: [humour]}}", "c.yaml: oasis: tasks: unknown 'humour'; known here: emo_c"),
        ("sources: {oasis: {tasks: [humor]}}", "unknown 'humor'; known here: emo_c"),
        ("sources: {oasis: {tasks: []}}", "tasks: none is listed"),
        ("sources: {oasis: {folder: /data}}", "oasis: folder: path '/data' is absolute; .* data root"),
        ("sources: {oasis: {folder: ../x}}", "leaves the data root"),
        ("sources: {oasis: {folder: 5}}", "expected a folder's name, not 5"),
        ("sources: {oasis: {hold_out: [3]}}", "oasis: hold_out: expected a list of names of groups; put numbers in quotation"),
        ("sources: {oasis: {fold: a}}", "oasis: fold: expected a whole number"),
        ("fold: 1\nsources: {oasis: {}}", "unknown key 'fold'"),
        ("sources: {oasis: {weight: -1}}", "weight: expected a number from 0 to 100, not -1"),
        ("sources: {oasis: {weight: .nan}}", "expected a number"),
        ("sources: {oasis: {weight: yes}}", "expected a number"),
        ("sources: {oasis: {cap: {dev: 1}}}", "cap: unknown key 'dev'; known: train, val, test"),
        ("sources: {oasis: {cap: 1.5}}", "expected a whole number"),
        ("sources: {oasis: {balance: dev}}", "balance: unknown 'dev'; known here: train, val, test"),
        ("sources: {oasis: {test: 0.6, val: 0.4}}", "leave nothing to train on"),
        ("sources: {oasis: 3}", "oasis: expected keys and values"),
        ("sources: {oasis: {}}\nfaulty: some", "faulty .or a share, such as 0.02.: unknown 'some'; known: error, skip"),
        ("sources: {oasis: {}}\nfaulty: 2", "faulty: expected a number from 0 to 1"),
        ("sources: {oasis: {}}\nnear_duplicates: yes", "near_duplicates: unknown True; known: drop, keep"),
        ("sources: {oasis: {}}\nmissing: ignore", "missing: unknown 'ignore'; known: error, skip"),
        ("sources: {oasis: {}}\nseed: a", "seed: expected a whole number"),
        ("sources: {oasis: {}, oasis: {}}", "'oasis' is given twice"),
        ("sources: {}", "no data sets"),
        ("sources: [oasis]", "no data sets"),
        ("- 1", "expected keys and values; known keys: data_root"),
        ("", "expected keys and values"),
        ("sources: {oasis: [", "not valid YAML"),
        ("sources: !!python/object/apply:os.getcwd []", "not valid YAML"),
        ("[" * 5000, "not valid YAML"),
        ("? [a]\n: 1", "unknown key|not valid YAML"),
    ],
)
def test_what_is_refused(tmp_path, text, says):
    with pytest.raises(InputError, match=says) as caught:
        load(tmp_path, text)
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(InputError, match="presets?: default, small, aeb"):
        load_composition(str(tmp_path / "none.yaml"))
    (tmp_path / "c.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="UTF-8"):
        load_composition(str(tmp_path / "c.yaml"))
