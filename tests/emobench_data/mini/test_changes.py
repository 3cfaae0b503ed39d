"""Clips of a growing or fading smile: no frame alone and no mean of frames tells which."""

from collections import Counter

import numpy as np

from emobench_data.building.convert import make_mini
from emobench_data.media.video import Sampling, read_frames
from emobench_data.mini.changes import ANSWERS, SHOWN, STEPS, make_changes

from ..make import read_lines


def test_a_pair_is_one_clip_forwards_and_backwards_with_both_answers():
    plan = make_changes(train=8, test=2, seed=0)
    assert Counter(record.answer for record in plan.records if record.split == "train") == dict.fromkeys(ANSWERS, 4)
    draws = list(plan.media.values())
    for forwards, backwards in zip(draws[::2], draws[1::2]):
        frames = [np.asarray(frame) for frame in forwards()]
        assert len(frames) == STEPS * SHOWN
        assert np.array_equal(frames, [np.asarray(frame) for frame in backwards()][::-1])


def test_clips_begin_at_every_step_with_either_answer(monkeypatch):
    """What a frame at a fixed place shows is as frequent with one answer as with the other."""
    shown = []
    monkeypatch.setattr("emobench_data.mini.changes.finish", lambda canvas, rng: shown.pop())
    plan = make_changes(train=16, test=0, seed=0)
    monkeypatch.setattr("emobench_data.mini.changes.draw_face", lambda canvas, head, face: shown.append(face.curve > 0))
    neutral = Counter()
    for record, draw in zip(plan.records, plan.media.values()):
        neutral.update((record.answer, place) for place, smiling in enumerate(draw()) if not smiling)
    assert set(neutral.values()) == {16 // 2 // STEPS} and len(neutral) == 2 * STEPS * SHOWN


def test_it_renders_beside_the_other_plan_and_is_not_taken_for_it(tmp_path):
    make_mini(tmp_path, train=6, test=6, seed=0, videos="clips", plan="changes")
    questions = read_lines(tmp_path / "questions.jsonl")
    assert {tuple(question["options"]) for question in questions} == {ANSWERS}
    assert read_frames(tmp_path / "media" / questions[0]["video"], Sampling(frames=4)).pixels.shape == (4, 224, 224, 3)
    make_mini(tmp_path, train=6, test=6, seed=0)
    assert len({record["task"] for record in read_lines(tmp_path / "gold.jsonl")}) == 6
