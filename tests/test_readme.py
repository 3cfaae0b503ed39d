"""Every command in a `bash` block of the README and the docs is run, reduced in size where it would take long."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from emobench_data.building.convert import make_mini

from .conftest import FINETUNE, ROOT
from .pages import README, commands

FIRST = f"bash {FINETUNE.relative_to(ROOT)}"
# The reader's copy of OASIS, as the pages name it, and the one beside this checkout.
OASIS, SHARED_OASIS = "data/oasis_pixabay", ROOT / "../shared/data/oasis_pixabay"


def reduced(command, tmp_path):
    """The command as the test runs it: same script or module, with less to do or nothing to download."""
    environment = {"RUN_DIR": tmp_path / "run", "DATA_DIR": tmp_path / "data", "MAX_STEPS": 1, "DEVICE": "cpu"}
    environment |= {"BATCH": 2, "GLOBAL_BATCH": 2} | ({} if "BASE_MODEL=" in command else {"ALIGN": 3})
    if command.startswith("bash scripts/test.sh"):
        return f"{command} --help", {}
    if "build_emobench.sh" in command:
        (tmp_path / "emotion").mkdir()
        make_fer(tmp_path / "emotion" / "fer2013")
        return command.replace("/data/emotion", f"{tmp_path}/emotion").replace("--out ", f"--out {tmp_path}/"), {}
    if "BASE_MODEL=" in command:
        (tmp_path / "train.json").write_text(json.dumps([labelled("joy"), labelled("anger")]))
        command = command.replace("train.json", f"{tmp_path}/train.json").replace("=images", f"={tmp_path}")
        return f"{command} --dry-run", environment
    if "DATASET=oasis" in command:
        return command.replace(OASIS, shlex.quote(str(few_photographs(tmp_path / "oasis")))), environment
    if " ..." in command:
        # The host's own --help, which it prints after the plug-in was attached.
        return f"{command.split(' --')[0]} --help", {}
    if " mini " in command:
        command += " --train 12 --test 6"
    command = command.replace(OASIS, shlex.quote(str(SHARED_OASIS)))
    return re.sub(r"(?<= )(data/|answers)", rf"{tmp_path}/\1", command), {}


def labelled(answer):
    """A training record, whose picture nobody opens in a dry run."""
    turns = [{"from": "human", "value": "<image>\nWhich emotion?"}, {"from": "gpt", "value": answer}]
    return {"id": answer, "image": f"{answer}.png", "conversations": turns}


def few_photographs(root):
    """Every twelfth of the OASIS photographs."""
    rows = json.loads((SHARED_OASIS / "labels.json").read_text())[::12]
    (root / "images").mkdir(parents=True)
    (root / "labels.json").write_text(json.dumps(rows))
    for row in rows:
        shutil.copy(SHARED_OASIS / "images" / Path(row["image"]).name, root / "images")
    return root


def make_fer(root):
    """A made-up copy of one data set, in the form of FER2013's folder tree."""
    for split in ("train", "test"):
        for shade, label in enumerate(("angry", "happy")):
            folder = root / split / label
            folder.mkdir(parents=True)
            Image.new("L", (48, 48), 80 * shade + len(split)).save(folder / "0.png")


def answer_everything(folder, data):
    """What `score` reads: a small EmoBench-mini, and a file that answers each of its questions with the gold."""
    make_mini(data, train=6, test=6, seed=0)
    gold = [json.loads(line) for line in (data / "gold.jsonl").read_text().splitlines()]
    answers = [{"question_id": entry["question_id"], "text": entry["answer"]} for entry in gold]
    (folder / "answers.jsonl").write_text("".join(json.dumps(answer) + "\n" for answer in answers))


def test_the_first_command_is_the_one_that_the_tests_of_the_scripts_run():
    assert FIRST in commands("bash", pages=[README])


def cases():
    """A whole run on other data than the first command's takes a minute more: at night it is one, else a dry run."""
    for command in commands("bash"):
        whole = "DATASET=oasis" in command and command.endswith("finetune_emollm.sh")
        if command != FIRST:
            yield pytest.param(command, id=command[:60], marks=[pytest.mark.nightly] if whole else [])
        if whole:
            yield pytest.param(f"{command} --dry-run", id=f"{command[:60]} --dry-run")


@pytest.mark.e2e
@pytest.mark.parametrize("command", cases())
def test_a_command_of_the_readme(command, tmp_path):
    if OASIS in command and not SHARED_OASIS.is_dir():
        pytest.skip("the OASIS photographs are not beside this checkout")
    if " score " in command or " validate " in command:
        answer_everything(tmp_path, tmp_path / re.search(r"data/mini[\w-]*", command)[0])
    run, environment = reduced(command, tmp_path)
    if command.startswith("python -m emollm_plugin"):
        from .emollm_plugin.trainings import launched

        words, log = shlex.split(run)[1:], tmp_path / "log"
        assert launched(words, log) == 0, log.read_text()[-2000:]
        return
    if command.startswith("python"):
        run = run.replace("python", shlex.quote(sys.executable), 1)
    settings = {**os.environ, **{key: str(value) for key, value in environment.items()}}
    done = subprocess.run(["bash", "-c", run], cwd=ROOT, env=settings, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
