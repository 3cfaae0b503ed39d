"""Questions about clips: the frames that training reads, in one batch with pictures and text, as the host answers."""

import json
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from emollm_plugin.cli.commands import main
from tests.emollm_plugin.conftest import CHANGE, make_clip_file

pytestmark = [pytest.mark.host, pytest.mark.both_formats]


@pytest.fixture
def mixed(asked):
    """Questions about clips, a picture and nothing, with the clips beside the pictures of `asked`."""
    clips = {"up.mp4": range(0, 250, 25), "down.mp4": range(225, -25, -25), "short.mp4": (80, 160)}
    rows = [{"question_id": "text", "text": "Joy?"}, {"question_id": "picture", "image": "1.png", "text": "Joy?"}]
    for name, greys in clips.items():
        make_clip_file(asked / "images" / name, greys)
        rows.append({"question_id": name, "video": name, "text": "Which emotion?", "options": ["joy", "sadness"]})
    (asked / "clips.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return SimpleNamespace(file=asked / "clips.jsonl", folder=asked / "images", clips=tuple(clips))


def answers(checkpoint, mixed, out, *more):
    flags = ["--question-file", mixed.file, "--image-folder", mixed.folder, "--answers-file", out, "--workers", "0"]
    done = CliRunner().invoke(main, ["eval", str(checkpoint), *map(str, flags), *more])
    assert done.exit_code == 0, done.output
    return {line["question_id"]: line for line in map(json.loads, out.read_text().splitlines())}


def test_clips_are_answered_as_the_host_answers_their_frames(clip_checkpoint, mixed, tmp_path, float32):
    import torch

    from emollm_plugin.evaluation.predictor import Predictor
    from emollm_plugin.media.clips import ClipReader, pixels_of

    found = answers(clip_checkpoint, mixed, tmp_path / "answers.jsonl", "--max-new-tokens", "8")
    assert set(found) == {"text", "picture", *mixed.clips}
    predictor = Predictor.load(str(clip_checkpoint))
    training = ClipReader.of(CHANGE)
    for name in mixed.clips:
        frames = training.frames(mixed.folder / name, predictor.image_processor)
        frames = pixels_of(frames, predictor.image_processor, None)
        assert frames.shape == (4, 3, 28, 28)
        ids = torch.tensor([predictor.prompter.question_ids("Which emotion?", image=True)])
        with torch.inference_mode():
            said = predictor.model.generate(ids, images=[frames], do_sample=False, max_new_tokens=8)[0]
        assert found[name]["text"] == predictor.tokenizer.decode(said, skip_special_tokens=True).strip()


def test_the_probabilities_of_a_clip_follow_the_order_of_its_frames(clip_checkpoint, mixed, tmp_path, float32):
    found = answers(clip_checkpoint, mixed, tmp_path / "answers.jsonl", "--likelihood")
    up, down = (found[name]["metadata"]["probabilities"]["sadness"] for name in ("up.mp4", "down.mp4"))
    assert up != pytest.approx(down, rel=1e-4)


def test_a_clip_that_is_missing_or_leads_out_ends_with_one_line(clip_checkpoint, mixed, tmp_path):
    for name, said in (("none.mp4", "'none.mp4' is no file"), ("../x.mp4", "'../x.mp4' is no file")):
        mixed.file.write_text(json.dumps({"question_id": 1, "video": name, "text": "Joy?"}))
        with pytest.raises(AssertionError, match=f"error: .*line 1: {said}"):
            answers(clip_checkpoint, mixed, tmp_path / "answers.jsonl")
