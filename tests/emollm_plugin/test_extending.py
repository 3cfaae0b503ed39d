"""The package of docs/extending.md, installed from that page: LLaVA trains with it, saves, loads again and answers."""

import json
import os

import pytest

from tests.conftest import ROOT

from ..emobench_data.foreign import run
from ..emobench_data.make import write_picture
from .media.test_hearing import write_sound
from .trainings import finish, launched

pytestmark = pytest.mark.host

PROJECTOR = "model.mm_projector"
SEES = {"mm_projector_type": "multiperspective:perspectives=layout+mean,width=16", "vision_tower": "squares"}
HEARS = {
    "mm_projector_type": "line",
    "vision_tower": "squares",
    "mm_audio_tower": "loudness",
    "mm_audio_projector_type": "voice",
}
# What is trained -> parameters of the page's that must move.
CASES = {
    "sees": (SEES, {f"{PROJECTOR}.perspectives.mean.put.weight", f"{PROJECTOR}.reads.mean.to_value.weight"}),
    "hears": (HEARS, {f"{PROJECTOR}.weight", f"{PROJECTOR}_audio.weight"}),
}


@pytest.fixture(scope="module")
def album(extras, tmp_path_factory):
    """The page's data set, made up and written for LLaVA by its own name: the folder of media, with `train.json` in it."""
    root = tmp_path_factory.mktemp("album")
    for number in range(10):
        write_picture(root / f"{number}.png", colour=(25 * number, 200 - 20 * number, 90), size=(40, 32 + number))
    rows = [f"{number}.png,{1 + number % 5}" for number in range(10)]
    (root / "ratings.csv").write_text("\n".join(["file,stars", *rows]))
    done = run(extras, "-m", "emobench_data", "convert", "album", "--root", root, "--out", root / "out", "--test", "0")
    assert done.returncode == 0, done.stderr
    return root


def records(album, hears):
    """Its training records; of a model that hears, every second has a sound beside its picture."""
    found = json.loads((album / "out/train.json").read_text())
    for number, record in enumerate(found[::2] if hears else ()):
        write_sound(album / f"{number}.wav", 200 + 50 * number, 0.3)
        record["audio"] = f"{number}.wav"
        turn = record["conversations"][0]
        turn["value"] = turn["value"].replace("<image>", "<image>\n<audio>")
    return found


@pytest.mark.parametrize("case", CASES)
def test_it_trains_is_saved_loads_again_and_answers(case, extras, album, train_arguments, tmp_path):
    names, ours = CASES[case]
    data, out, log = tmp_path / "train.json", tmp_path / "llava-tiny", tmp_path / "log"
    data.write_text(json.dumps(records(album, case == "hears")))
    here = {"PYTHONPATH": os.pathsep.join((str(extras), str(ROOT)))}
    changed = {"data_path": data, "image_folder": album, "output_dir": out, "mm_vision_select_layer": -1, "max_steps": 2}
    done = finish(train_arguments(**names, **changed), out=out, **here)
    assert ours <= done.parameters("moved")
    noted = json.loads((out / "config.json").read_text())
    kind = names["mm_projector_type"].partition(",")[0]
    assert noted["mm_vision_tower"] == "squares" and noted["mm_projector_type"].startswith(kind)
    sound = ["--audio", album / "0.wav"] if case == "hears" else []
    asked = ["-m", "emollm_plugin.cli", "ask", out, album / "0.png", *sound, "--labels", "joy,anger", "--json"]
    assert launched(asked, log, **here) == 0, log.read_text()[-3000:]
    assert '"emotion":' in log.read_text()
