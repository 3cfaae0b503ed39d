"""A machine whose programs only note that they ran."""

import json
import os

from PIL import Image

from emollm_plugin.recipes.process import Failed
from emollm_plugin.recipes.run import finetune
from tests.conftest import STACK


def record(image, answer):
    turns = [{"from": "human", "value": "<image>\nWhat?"}, {"from": "gpt", "value": answer}]
    return {"id": image, "image": image, "conversations": turns}


class Machine:
    """Data of one's own, a base model, and the programs that ran: (word, arguments) each."""

    def __init__(self, root):
        self.root, self.ran, self.fail, self.pages = root, [], None, []
        (root / "faces" / "images").mkdir(parents=True)
        for name in ("a.png", "b.png"):
            Image.new("RGB", (8, 8)).save(root / "faces" / "images" / name)
        (root / "faces" / "train.json").write_text(json.dumps([record("a.png", "joy"), record("b.png", "anger")]))
        names, options = ("a.png", "b.png"), ["joy", "anger"]
        asked = [{"question_id": name, "image": name, "text": "Which?", "options": options} for name in names]
        gold = [{"question_id": name, "task": "emo_c", "answer": "joy", "options": options} for name in names]
        for name, rows in (("questions", asked), ("gold", gold)):
            (root / "faces" / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        (root / "base").mkdir()
        (root / "base" / "config.json").write_text('{"model_type": "llama"}')
        (root / "base" / "pytorch_model.bin").write_bytes(b"")
        faces = root / "faces"
        self.settings = {
            "BASE_MODEL": root / "base",
            "TEMPLATE": "chatml",
            "DEVICE": "cpu",
            "DATA_PATH": faces / "train.json",
            "IMAGE_FOLDER": faces / "images",
            "QUESTIONS": faces / "questions.jsonl",
            "GOLD": faces / "gold.jsonl",
        }

    def logged(self, what, command, log, environment):
        self.ran.append((what, [str(word) for word in command]))
        out = self.option("out") or self.option("output_dir") or self.option("answers-file")
        os.makedirs(os.path.dirname(out), exist_ok=True)
        if self.fail == what:
            raise Failed(1, f"{what} failed")
        (open(out, "w").close if what != "training" else lambda: os.makedirs(out, exist_ok=True))()

    def plain(self, command):
        self.ran.append(("score", [str(word) for word in command]))
        with open(os.path.join(command[4], "results.json"), "w") as file:
            file.write(str(len(self.ran)))

    def option(self, name):
        words = self.ran[-1][1]
        return words[words.index(f"--{name}") + 1] if f"--{name}" in words else None

    def go(self, dry=False, recipe=None, arguments=(), **changes):
        """The words of what ran, in order."""
        self.ran.clear()
        settings = {**self.settings, **changes} if recipe is None else changes
        given = {name: str(value) for name, value in settings.items() if value is not None}
        finetune(given, recipe and str(recipe), arguments=arguments, dry=dry)
        return [what for what, _ in self.ran]

    @property
    def folder(self):
        suffix = "" if STACK == "current" else f"-{STACK}"
        return self.root / "clone" / "runs" / f"faces-train-base-seed0{suffix}"
