"""The notebooks run from top to bottom, with tiny models in place of real ones, and are stored without what they put out."""

import json
import os

import pytest

from ..conftest import ROOT
from ..emollm_plugin.training_worker import CPU

pytestmark = pytest.mark.host
FOLDER = ROOT / "examples/notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def run(name, folder, monkeypatch, **environment):
    """Execute a notebook in `folder` as Jupyter does: what each code cell put out, MIME type -> content."""
    import nbclient  # of the extra docs, which the current stack's environment has
    import nbformat

    for place in ("IPYTHONDIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(place, str(folder / ".jupyter"))  # and nothing in the home folder
    path = os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", "")))
    # A kernel that finds itself in a test shows nothing of what other processes print.
    outside = {key: value for key, value in os.environ.items() if key != "PYTEST_CURRENT_TEST"}
    notebook = nbformat.read(FOLDER / name, as_version=4)
    client = nbclient.NotebookClient(notebook, timeout=900, resources={"metadata": {"path": str(folder)}})
    client.execute(env={**outside, **CPU, "PYTHONPATH": path, **environment})
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return [shown(cell.outputs) for cell in cells]


def shown(outputs):
    found = {"text": "".join(one.text for one in outputs if one.output_type == "stream")}
    for one in outputs:
        found.update(one.get("data", {}))
    return found


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_no_output_is_stored_and_every_link_leads_somewhere(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert code and all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    text = "".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    links = [part.partition(")")[0] for part in text.split("](")[1:]]
    assert links and all((FOLDER / link).is_file() for link in links)


@pytest.mark.slow
@pytest.mark.current_stack
def test_first_answers(checkpoint, tmp_path, monkeypatch):
    _, question, said, shares, maps = run("first_answers.ipynb", tmp_path, monkeypatch, CHECKPOINT=str(checkpoint))
    assert " -> " in question["text"] and question["image/png"] and said["text"]
    assert shares["text"].count("%") >= 6
    assert maps["image/png"] and (tmp_path / "seen.png").stat().st_size > 10_000


@pytest.mark.e2e
@pytest.mark.current_stack
def test_your_data(tiny, tmp_path, monkeypatch):
    """Half a minute: a training is a program of its own, and so is what starts it."""
    models = f"base_model={tiny.base} template=emoprompt_chatml vision_tower={tiny.clip} select_layer=-2"
    small = "projector=multiperspective:slots=2,width=16 max_steps=2 batch=2 global_batch=2 max_length=256 zero=none device=cpu"
    *_, check, trained, answers, report = run("your_data.ipynb", tmp_path, monkeypatch, SETTINGS=f"{models} {small}")
    assert "no fault" in check["text"] and (tmp_path / "own-run/llava-emollm-lora/config.json").is_file()
    assert "'question_id': 32" in answers["text"] and "'probabilities':" in report["text/plain"]
    assert "step 2/2" in trained["text"]
