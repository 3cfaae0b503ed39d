"""The notebooks run from top to bottom, with tiny models in place of real ones, and are stored without what they put out."""

import json

import pytest

from ..conftest import ROOT
from ..emollm_plugin.trainings import launched

pytestmark = pytest.mark.host
FOLDER = ROOT / "examples/notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def cells(name):
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))["cells"]


def run(name, folder, **environment):
    """Execute the code of a notebook in `folder`, in one namespace; what it printed."""
    code = "\n\n".join("".join(cell["source"]) for cell in cells(name) if cell["cell_type"] == "code")
    log = folder / "log"
    words = ["-c", f"import os\nos.chdir({str(folder)!r})\n{code}"]
    assert launched(words, log, limit=900, PYTHONPATH=str(ROOT), **environment) == 0, log.read_text()[-3000:]
    return log.read_text()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_no_output_is_stored_and_every_link_leads_somewhere(path):
    code = [cell for cell in cells(path.name) if cell["cell_type"] == "code"]
    assert code and all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    text = "".join("".join(cell["source"]) for cell in cells(path.name) if cell["cell_type"] == "markdown")
    links = [part.partition(")")[0] for part in text.split("](")[1:]]
    assert links and all((FOLDER / link).is_file() for link in links)


def test_first_answers(checkpoint, tmp_path):
    said = run("first_answers.ipynb", tmp_path, CHECKPOINT=str(checkpoint))
    assert said.count("%") >= 6 and (tmp_path / "seen.png").stat().st_size > 10_000


@pytest.mark.e2e
def test_your_data(tiny, tmp_path):
    """Half a minute: a training is a program of its own, and so is what starts it."""
    models = f"base_model={tiny.base} template=emoprompt_chatml vision_tower={tiny.clip} select_layer=-2"
    small = "projector=multiperspective:slots=2,width=16 max_steps=2 batch=2 global_batch=2 max_length=256 zero=none device=cpu"
    said = run("your_data.ipynb", tmp_path, SETTINGS=f"{models} {small}")
    assert "'question_id': 32" in said and (tmp_path / "own-run/llava-emollm-lora/config.json").is_file()
