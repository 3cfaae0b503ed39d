"""How a checkpoint is shown a clip: by its frames where it was trained on such, else as the storyboard."""

import json

import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from emobench_data.export.llava import STORYBOARD_LINE
from emobench_data.media.storyboard import storyboard
from emobench_data.media.video import Sampling, read_frames
from emollm_plugin.cli.commands import main
from emollm_plugin.evaluation.predictor import Predictor
from tests.emollm_plugin.conftest import make_clip_file

pytestmark = [pytest.mark.host, pytest.mark.both_formats]


@pytest.fixture
def clip(tmp_path):
    return make_clip_file(tmp_path / "c.mp4", range(0, 200, 20), size=(64, 32))


@pytest.fixture
def reached(monkeypatch):
    """What reaches the vision tower, and the texts of the questions."""
    import emollm_plugin

    emollm_plugin.register()
    from llava.model.llava_arch import LlavaMetaForCausalLM as Llava

    from emollm_plugin.evaluation.prompts import Prompter

    pixels, texts = [], []
    encode, ask = Llava.encode_images, Prompter.question_ids
    monkeypatch.setattr(Llava, "encode_images", lambda self, images: pixels.append(images) or encode(self, images))
    noting = lambda self, text, **how: texts.append(text) or ask(self, text, **how)  # noqa: E731
    monkeypatch.setattr(Prompter, "question_ids", noting)
    return pixels, texts


def test_ask_shows_the_frames_of_a_clip_to_a_checkpoint_that_was_trained_on_clips(clip_checkpoint, clip, reached):
    from llava.mm_utils import process_images

    pixels, texts = reached
    done = CliRunner().invoke(main, ["ask", str(clip_checkpoint), str(clip), "Who?"])
    assert done.exit_code == 0, done.output
    assert len(texts) == 3 and not any(STORYBOARD_LINE in text for text in texts)
    predictor = Predictor.load(str(clip_checkpoint))
    frames = [Image.fromarray(frame) for frame in read_frames(clip, Sampling(frames=4), side=28).pixels]
    wanted = process_images(frames, predictor.image_processor, predictor.model.config).to(predictor.model.dtype)
    assert pixels and all(torch.equal(batch, wanted) for batch in pixels) and wanted.shape == (4, 3, 28, 28)
    # The page shows people the four frames, side by side, as the vision tower gets them.
    shown = predictor.eyes.show(predictor.eyes.open(clip))
    assert shown.size == (4 * 28, 28)
    again = process_images([shown.crop((28 * n, 0, 28 * n + 28, 28)) for n in range(4)], predictor.image_processor, None)
    assert torch.allclose(again, wanted.float(), atol=0.02)


def test_any_other_checkpoint_is_shown_the_picture_that_stands_for_a_clip_in_training(checkpoint, clip, reached):
    pixels, texts = reached
    done = CliRunner().invoke(main, ["ask", str(checkpoint), str(clip), "Who?"])
    assert done.exit_code == 0, done.output
    assert len(texts) == 3 and all(text.startswith(f"{STORYBOARD_LINE}\n") for text in texts)
    assert "this video" in texts[0]
    board = clip.parent / storyboard(clip.parent, clip.name)
    wanted = Predictor.load(str(checkpoint)).ask(Image.open(board), "").pixels
    assert pixels and all(torch.equal(batch[0], wanted) and len(batch) == 1 for batch in pixels)


def test_a_question_about_a_clip_and_one_about_its_storyboard_are_the_same_to_it(checkpoint, clip, tmp_path, caplog):
    board = storyboard(tmp_path, clip.name)
    rows = [
        {"question_id": 1, "video": clip.name, "text": "Joy?"},
        {"question_id": 2, "image": board, "text": f"{STORYBOARD_LINE}\nJoy?"},
    ]
    text = "".join(json.dumps({**row, "options": ["joy", "sadness"]}) + "\n" for row in rows)
    (tmp_path / "q.jsonl").write_text(text)
    flags = {"--question-file": "q.jsonl", "--image-folder": ".", "--answers-file": "a.jsonl"}
    words = [part for flag, name in flags.items() for part in (flag, str(tmp_path / name))]
    done = CliRunner().invoke(main, ["eval", str(checkpoint), *words, "--likelihood", "--workers", "0"])
    assert done.exit_code == 0, done.output
    lines = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    assert lines[0]["metadata"]["probabilities"] == pytest.approx(lines[1]["metadata"]["probabilities"])
    assert "trained on no clips, so each of 1 is shown as a picture of four frames" in caplog.text
