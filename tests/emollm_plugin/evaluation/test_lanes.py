"""Batches that are answered side by side: the same answers, in order, and nothing of one gets into another."""

from threading import Barrier, BrokenBarrierError, current_thread
from types import SimpleNamespace

import pytest
import torch

from emobench_data import InputError
from emollm_plugin.evaluation import lanes
from emollm_plugin.evaluation.lanes import lanes_for, side_by_side

from .test_clips import answers, mixed  # noqa: F401  (a fixture)

pytestmark = pytest.mark.host


@pytest.fixture
def threads():
    """A function that sets how many threads an operator has, until the end of the test."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


class Named:
    """In place of a predictor: counts those beside it."""

    def __init__(self):
        self.made, self.stop = [], None

    def beside(self, stop):
        self.stop = stop
        self.made.append(object())
        return self.made[-1]


def test_results_come_in_order_from_two_that_work_at_the_same_time_with_half_of_the_threads(threads):
    threads(2)
    together, seen = Barrier(2), []

    def work(own, number):
        together.wait(timeout=30)  # alone, nobody would get past
        seen.append((own, torch.get_num_threads(), current_thread().name))
        return 10 * number

    predictor = Named()
    assert list(side_by_side(work, range(6), predictor, 2)) == [0, 10, 20, 30, 40, 50]
    assert {own for own, _, _ in seen} == set(predictor.made) and len(predictor.made) == 2
    assert {count for _, count, _ in seen} == {1} and len({name for *_, name in seen}) == 2
    assert torch.get_num_threads() == 2


def test_no_more_batches_are_made_ready_than_are_worked_on_and_wait(threads):
    threads(2)
    ready, done = [], []

    def batches():
        for number in range(20):
            ready.append(number)
            yield number

    for _ in side_by_side(lambda own, number: number, batches(), Named(), 2):
        done.append(None)
        assert len(ready) - len(done) <= 2


def test_a_fault_of_one_ends_all_and_gives_the_threads_back(threads):
    threads(2)

    def work(own, number):
        if number == 1:
            raise InputError("a broken picture")
        return number

    with pytest.raises(InputError, match="a broken picture"):
        list(side_by_side(work, range(100), Named(), 2))
    assert torch.get_num_threads() == 2


@pytest.mark.parametrize("where", ["made ready", "worked on"])
def test_what_was_begun_before_a_fault_is_given_first(threads, where):
    threads(2)

    def batches():
        yield from (0, 1, 2)
        if where == "made ready":
            raise InputError("a broken picture")
        yield 3

    def work(own, number):
        if number == 3:
            raise InputError("a broken picture")
        return number

    found = []
    with pytest.raises(InputError, match="a broken picture"):
        for result in side_by_side(work, batches(), Named(), 2):
            found.append(result)
    assert found == [0, 1, 2] and torch.get_num_threads() == 2


def test_who_interrupts_does_not_wait_for_whole_batches(threads):
    threads(2)
    predictor, begun = Named(), Barrier(3)

    def work(own, number):
        if number:
            begun.wait(timeout=30)
            assert predictor.stop.wait(timeout=30), "two are in the middle of a batch, and are told to end"
        return number

    for _ in range(2):
        results = side_by_side(work, range(3), predictor, 2)
        assert next(results) == 0
        begun.wait(timeout=30)
        results.close()  # as an interrupt of whoever takes them
        begun.reset()


def test_a_reader_that_is_told_to_stop_reads_no_more(llava_model):
    from threading import Event

    from emollm_plugin.evaluation.reader import Prompt, Reader, Stopped

    stop = Event()
    reader = Reader(llava_model, -200, stop)
    with torch.inference_mode():
        read = reader.read([Prompt([1, 20, 30], None)])
        stop.set()
        with pytest.raises(Stopped):
            reader.step(read, torch.tensor([5]))


def test_two_lanes_on_a_cpu_with_two_threads_and_two_questions(threads):
    def model(kind):
        return SimpleNamespace(model=SimpleNamespace(device=torch.device(kind)))

    threads(2)
    assert [lanes_for(model("cpu"), questions) for questions in (0, 1, 2, 64)] == [1, 1, 2, 2]
    assert lanes_for(model("meta"), 64) == 1
    threads(1)
    assert lanes_for(model("cpu"), 64) == 1


@pytest.mark.parametrize("more", [(), ("--likelihood",), ("--batch-size", "2")], ids=str)
def test_answers_are_those_of_one_lane(clip_checkpoint, mixed, tmp_path, float32, threads, monkeypatch, more):  # noqa: F811
    """About clips, whose lengths are known to the thread that encodes them, a picture and a text."""
    found, used = {}, []
    monkeypatch.setattr(lanes, "_shared_threads", watched(lanes._shared_threads, used))
    for count in (1, 2):
        threads(count)
        found[count] = answers(clip_checkpoint, mixed, tmp_path / f"{count}.jsonl", "--max-new-tokens", "8", *more)
    assert used == [2]
    for name, line in found[1].items():
        other = found[2][name]
        assert line["text"] == other["text"]
        assert line["metadata"].get("probabilities", {}) == pytest.approx(other["metadata"].get("probabilities", {}), rel=1e-4)


def watched(context, used):
    def shared(count):
        used.append(count)
        return context(count)

    return shared


def test_clips_of_one_thread_are_not_taken_for_those_of_another():
    from concurrent.futures import ThreadPoolExecutor

    from emollm_plugin.media.clips import _clip_lengths, clips_noted

    inside = Barrier(2)

    def noted(frames):
        with clips_noted([torch.zeros(frames, 3, 4, 4)]):
            try:
                inside.wait(timeout=30)
            except BrokenBarrierError:
                return None
            return _clip_lengths.get()

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(noted, (2, 5))) == [[2], [5]]
