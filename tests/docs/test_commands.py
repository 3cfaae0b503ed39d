"""Every command of README's table, and every `sh` and python block of these pages, is run on tiny models in a folder that has
what they name; what is not run stands here, with the reason."""

import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from ..conftest import ROOT
from ..emobench_data.media.test_sound import sweep, write
from ..emollm_plugin.conftest import make_clip_file
from ..emollm_plugin.media.test_hearing import write_sound
from ..emollm_plugin.started_here import COMMANDS, started_here
from ..pages import README, blocks
from ..test_readme import make_fer

pytestmark = [pytest.mark.host, pytest.mark.slow]

PAGES = (README, *(ROOT / "docs" / f"{name}.md" for name in ("ask", "export", "evaluation")))
NOT_RUN = {
    "emollm serve": "ends when it is stopped: tests/nightly.py runs it",
    "EXTRA=": "makes an environment: tests/nightly.py runs the whole block",
    "bash scripts/setup.sh": "makes an environment: tests/nightly.py runs the whole block",
    "import openai": "asks a server: tests/emollm_plugin/serving/web/test_chat.py does",
    "source .venv/bin/activate\npip install trl": "TRL has an environment of its own: tests/examples/test_trl.py runs it",
    "`runs/.../run.md`": "no command: tests/emollm_plugin/recipes/test_page.py reads what a run writes",
    "the same command again": "no command: tests/test_launchers.py kills a run and starts it again",
    "": "no command: tests/emollm_plugin/test_extending.py installs and trains what that page adds",
}
# Beside what is typed: a whole training is not run here, and of nineteen data sets one is made up.
SHORTER = {"scripts/finetune_": ["--dry-run"], "scripts/build_emobench.sh": ["--skip-missing", "--no-figures"]}
PROGRAM = re.compile(r'^exec "\$VENV/bin/python" -m (.*) "\$@"$', re.MULTILINE)


def rows():
    """The commands of README's table, as they stand there."""
    table = README.read_text(encoding="utf-8").split("## I want to ...")[1].split("\n\n")[1]
    return [line.split("|")[2].strip() for line in table.splitlines()[2:]]


def lines(text):
    """The commands of a block, each on one line."""
    return [line for line in text.replace("\\\n", " ").splitlines() if line.strip()]


def parts(page):
    """What a page has to run, in its order: a table's cell, a block of commands or one of Python, each with its language."""
    python = {text for _, text in blocks("python", pages=[page])}
    found = [("python" if text in python else "sh", text) for _, text in blocks("sh", "python", pages=[page])]
    if page == README:
        elsewhere = {line for _, text in blocks("sh", pages=PAGES) for line in lines(text)}
        found = [("sh", row.strip("`")) if row.startswith("`") and row.endswith("`") else ("", row) for row in rows()] + found
        found = [(kind, text) for kind, text in found if text not in elsewhere]
    return found


def reason(text):
    """Why a part, or a line of one, is not run, or None."""
    return next((why for begins, why in NOT_RUN.items() if (text.startswith(begins) if begins else not text)), None)


def test_what_is_not_run_is_there_and_all_else_is_a_command():
    every = [(kind, text) for page in PAGES for kind, text in parts(page)]
    every += [("sh", line) for _, text in blocks("sh", pages=PAGES) for line in lines(text)]
    assert {reason(text) for _, text in every} == {None, *NOT_RUN.values()}
    assert not [text for kind, text in every if not kind and reason(text) is None]
    assert len(rows()) > 20


@pytest.fixture
def desk(tiny, checkpoint, tmp_path, monkeypatch):
    """Somebody sits in a folder that has all that the pages name; the settings of launchers, for tiny models."""
    monkeypatch.chdir(tmp_path)
    for name in ("photo", "picture", "meme", "face", "holiday/1", "holiday/2", "frames/1", "frames/2"):
        Path(name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (40, 32), (len(name) * 20, 90, 60)).save(f"{name}.jpg")
    make_clip_file(Path("clip.mp4"))
    write(Path("voice.flac"), sweep(16_000, 1.0), "flac", 16_000, "mono")
    write(Path("interview.mp3"), np.tile(sweep(16_000, 1.0), 18), "libmp3lame", 16_000, "mono")
    Path("talk.txt").write_text("Speaker: I lost my job.\nListener: Oh no.\nSpeaker: Today.\n")
    Path("stimuli.txt").write_text("up Take heart.\n")
    asked = {"Q.jsonl": "questions.jsonl", "G.jsonl": "gold.jsonl", "train.json": "train.json", "images": "images"}
    asked |= {"vqa.jsonl": "questions.jsonl", "coco": "images"}
    for name, file in asked.items():
        Path(name).symlink_to(tiny.data / file)
    gold = [json.loads(line) for line in Path("G.jsonl").read_text().splitlines()]
    write_lines("A.jsonl", [{"question_id": one["question_id"], "text": one["answer"]} for one in gold])
    write_lines("vqa_gold.jsonl", [{key: one[key] for key in ("question_id", "answer")} for one in gold])
    for run in ("a", "b", "mini-seed0", "mini-seed1"):
        Path("runs", run).mkdir(parents=True)
        answers = shutil.copy("A.jsonl", f"runs/{run}/answers.jsonl")
        do(f"emollm score --questions Q.jsonl --gold G.jsonl --predictions {answers} --out runs/{run}/results.json", {})
    for name in ("CHECKPOINT", "llava-before", "runs/mini-seed0/llava-emollm-lora"):
        Path(name).symlink_to(checkpoint)
    make_sources(Path("DIR"))
    settings = {"DEVICE": "cpu", "PRECISION": "fp32", "TEMPLATE": "emoprompt_chatml", "MINI_TRAIN": 12, "MINI_TEST": 6}
    settings |= {"BASE_MODEL": tiny.base, "VISION_TOWER": tiny.clip, "RUN_DIR": "run", "DATA_DIR": "data"}
    started_here(monkeypatch)
    return {name: str(value) for name, value in settings.items()}


def make_sources(root):
    """Small made-up copies of four data sets in one folder: OASIS, EMO-DB, FER2013 and EmoSet."""
    Path(root, "images").mkdir(parents=True)
    Path(root, "wav").mkdir()
    rows = [{"image": f"{number}.jpg", "theme": chr(97 + number), "valence": 1 + number % 7} for number in range(21)]
    Path(root, "labels.json").write_text(json.dumps(rows))
    for number, row in enumerate(rows):
        Image.new("RGB", (40, 32), (12 * number, 200 - 9 * number, 60)).save(root / "images" / row["image"])
    for number in range(21):
        speaker, letter = ("03", "08", "09", "10", "11", "12", "13")[number % 7], "WLE"[number // 7]
        write_sound(root / "wav" / f"{speaker}a01{letter}a.wav", 200 + 20 * number, 0.3)
    make_fer(root / "fer2013")
    make_emoset(root)


def make_emoset(root):
    """Its three split files, with an annotation that reasons can be made from."""
    for split, count in {"train": 12, "val": 4, "test": 4}.items():
        table = []
        for number in range(count):
            label, name = ("awe", "anger")[number % 2], f"{split}_{number:05}"
            image, annotation = Path(f"image/{label}/{name}.jpg"), Path(f"annotation/{label}/{name}.json")
            for path in (root / image, root / annotation):
                path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (40, 32), (20 * number, 90, 200 - 9 * number)).save(root / image)
            (root / annotation).write_text(json.dumps({"emotion": label, "scene": "a field", "object": ["tent"]}))
            table.append([label, str(image), str(annotation)])
        (root / f"{split}.json").write_text(json.dumps(table))


def write_lines(name, rows):
    Path(name).write_text("".join(json.dumps(row) + "\n" for row in rows))


def do(line, settings):
    """Do what a line of a shell does, in this process where it is a program of ours; what it printed.

    A launcher gets `settings`, before which go those of the line.
    """
    words = shlex.split(line, comments=True)
    count = next(place for place, word in enumerate(words) if not re.match(r"\w+=", word))
    environment, words = dict(word.split("=", 1) for word in words[:count]), words[count:]
    words += next((more for begins, more in SHORTER.items() if words[1].startswith(begins)), [])
    if words[0] == "bash":
        environment = settings | environment
        words[1] = str(ROOT / words[1])
        program = PROGRAM.search(Path(words[1]).read_text())
        if program is None:  # a script that calls another one
            done = subprocess.run(words, env={**os.environ, **environment}, capture_output=True, text=True)
            assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
            return done.stdout
        words = [*program[1].split(), *words[2:]]
    words = ["emollm_plugin.cli", *words[1:]] if words[0] == "emollm" else words[2:] if words[0] == "python" else words
    done = CliRunner().invoke(COMMANDS[words[0]], words[1:], env=environment)
    assert done.exit_code == 0, f"{line}\n{done.output}" + (repr(done.exception) if done.exception else "")
    return done.output


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page(page, desk, hearing_checkpoint):
    if page.stem == "ask":
        Path("CHECKPOINT").unlink()
        Path("CHECKPOINT").symlink_to(hearing_checkpoint)
    for kind, text in parts(page):
        if reason(text):
            continue
        if kind == "python":
            exec(compile(text, str(page), "exec"), {})
            continue
        for line in lines(text):
            if reason(line):
                continue
            said = do(line, desk)
            print(said[-500:])
            assert all(Path(name).exists() for name in re.findall(r"--out (\S+)", line)), f"{line}\n{said}"
            assert "scripts/finetune_" not in line or "llava.train.train" in said, f"{line}\n{said}"
