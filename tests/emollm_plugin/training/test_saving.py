"""Checkpoints in mid-run: complete, evaluated by LLaVA's loader, and resumed to the same curve and weights."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

import emollm_plugin
from emobench_data.io.errors import InputError
from emollm_plugin.checkpoints.folders import COMPLETE, is_complete, step_of
from emollm_plugin.checkpoints.load import projector_tensors
from emollm_plugin.compat.config import before_5
from emollm_plugin.compat.trainer import load_what_was_saved
from emollm_plugin.training.resume import (
    SeededByEpoch,
    WholeEpochs,
    last_complete,
    load_what_was_tuned,
    only_writer,
)
from emollm_plugin.training.saving import complete_checkpoints, tuned_part

from ..trainings import finish, same, weights

pytestmark = pytest.mark.host
emollm_plugin.register()

MODES = {
    "lora": {"lora_enable": True, "lora_r": 4, "lora_alpha": 8, "mm_projector_lr": 1e-2},
    "projector": {"tune_mm_mlp_adapter": True},
    "full": {},
}
CASES = [("lora", None), ("lora", "2"), ("lora", "3"), ("projector", None), ("projector", "3"), ("full", None)]
# What differs between the stacks is who orders the data; the ways to save do not.
CASES = CASES[1:3] if before_5() else CASES


def cut(file):
    file.write_bytes(file.read_bytes()[:-3])


def in_format_of(final, saved):
    return {name: value.to(final[name].dtype) for name, value in saved.items()}


@pytest.mark.parametrize(("mode", "zero"), CASES)
def test_a_checkpoint_of_mid_run(mode, zero, tiny, train_arguments, tmp_path):
    from llava.model.builder import load_pretrained_model

    out = tmp_path / f"llava-{mode}"
    # Two steps an epoch: the third is in the middle of one, and not the first.
    arguments = train_arguments(
        output_dir=out,
        save_strategy="steps",
        save_steps=3,
        max_steps=7,
        logging_steps=2,
        per_device_train_batch_size=8,
        group_by_modality_length=zero == "2",
        **MODES[mode],
    )
    whole = finish(arguments, out=out, zero=zero)
    curve, final = whole.curve(), weights(out)
    assert [step_of(path) for path in complete_checkpoints(out)] == [3, 6, 7]
    assert not list(out.glob(".partial*"))
    # The one of the last step holds what the host saves at the end, in float32 what is trained; the one before is another.
    third, last = (in_format_of(final, weights(out / name)) for name in ("checkpoint-3", "checkpoint-7"))
    assert same(last, final) and not same(third, final)

    if zero == "2":
        states = next((out / "checkpoint-3").glob("global_step3/*model_states.pt"))
        kept = torch.load(states, weights_only=False)["module"]
        assert kept and all("lora_" in name or "mm_projector." in name for name in kept), "frozen weights, once more"

    base = None if mode == "full" else str(tiny.base)
    model = load_pretrained_model(str(out / "checkpoint-3"), base, f"llava-{mode}")[1]
    loaded = model.get_model().mm_projector.state_dict()
    for key, value in projector_tensors(out / "checkpoint-3").items():
        # The loader goes through float16 on the way to bfloat16.
        assert torch.allclose(loaded[key].float(), value.float(), rtol=2**-7, atol=1e-6), key

    # As after a kill while the next checkpoint was being written by a host without the plug-in.
    for path in out.iterdir():
        if path.name != "checkpoint-3":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.copytree(out / "checkpoint-3", out / "checkpoint-6")
    cut(next(path for path in (out / "checkpoint-6").glob("*.json")))
    resumed = finish(arguments, out=out, zero=zero)
    assert "passed over: checkpoint-6" in resumed.log.read_text()
    assert resumed.curve() == curve
    assert same(weights(out), final)


def test_resuming_after_the_last_step_trains_no_more(train_arguments, tmp_path):
    """Five steps of two an epoch: transformers itself would take a sixth."""
    out = tmp_path / "llava-projector"
    how = {"save_strategy": "steps", "save_steps": 2, "max_steps": 5, "per_device_train_batch_size": 8}
    arguments = train_arguments(output_dir=out, tune_mm_mlp_adapter=True, save_total_limit=2, **how)
    done = finish(arguments, out=out)
    curve, final = done.curve(), weights(out)
    assert [step_of(path) for path in complete_checkpoints(out)] == [4, 5]
    (out / "mm_projector.bin").unlink()
    assert finish(arguments, out=out).curve() == curve
    assert same(weights(out), final)


def write(folder, **files):
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    (folder / COMPLETE).write_text(json.dumps({name: len(text) for name, text in files.items()}))
    return folder


def test_what_counts_as_complete(tmp_path, caplog):
    assert last_complete(tmp_path) is None
    nine, ten = (write(tmp_path / f"checkpoint-{step}", weights="0123") for step in (9, 10))
    assert last_complete(tmp_path) == ten, "by number, not by name"
    unmarked = write(tmp_path / "checkpoint-11", weights="01")
    (unmarked / COMPLETE).unlink()
    (tmp_path / "checkpoint-best").mkdir()
    assert last_complete(tmp_path) == ten
    assert "checkpoint-11, checkpoint-best" in caplog.text
    cut(ten / "weights")
    assert last_complete(tmp_path) == nine
    cut(nine / COMPLETE)
    assert not is_complete(nine) and last_complete(Path(tmp_path)) is None


@pytest.fixture
def resumed(tmp_path):
    """A function: load what a file `mm_projector.bin` holds, as a resumed run that tunes the projector alone does."""
    model = torch.nn.ModuleDict({"mm_projector": torch.nn.Linear(2, 2), "frozen": torch.nn.Linear(2, 2)})
    model["frozen"].requires_grad_(False)
    args = SimpleNamespace(lora_enable=False, tune_mm_mlp_adapter=True)

    def load(**weights):
        if weights:
            named = {f"mm_projector.{name}": value for name, value in weights.items()}
            torch.save(named, tmp_path / "mm_projector.bin")
        load_what_was_tuned(model, tmp_path, tuned_part(args))
        return model["mm_projector"]

    return load


def test_resuming_is_strict_for_what_was_trained(resumed):
    whole = {"weight": torch.ones(2, 2), "bias": torch.ones(2)}
    with pytest.raises(InputError, match="mm_projector.bin does not exist"):
        resumed()
    with pytest.raises(InputError, match=r"missing keys \['mm_projector.bias'\], unexpected keys none"):
        resumed(weight=torch.ones(2, 2))
    with pytest.raises(InputError, match=r"missing keys none, unexpected keys \['mm_projector.gate'\]"):
        resumed(**whole, gate=torch.ones(1))
    assert torch.equal(resumed(**whole).weight, whole["weight"])


def test_a_checkpoint_that_deepspeed_did_not_write_is_named():
    module = SimpleNamespace(config=SimpleNamespace())
    engine = SimpleNamespace(load_checkpoint=lambda *_, **__: (None, None), module=module)
    load_what_was_saved(trainer := SimpleNamespace())
    with pytest.raises(InputError, match="checkpoint-3: DeepSpeed cannot resume from it"):
        trainer.deepspeed_load_checkpoint(engine, Path("checkpoint-3"))


def test_two_trainings_cannot_write_to_one_folder(tmp_path):
    run = tmp_path / "run"
    busy = pytest.raises(InputError, match="another training writes there")
    with only_writer(run, rank=0), only_writer(run, rank=1), busy, only_writer(run, rank=0):
        pass
    with only_writer(run, rank=0):
        pass


@pytest.mark.parametrize(("at_the_last_step", "counted"), [(0.8, 1.0), (1.0, 1.0), (1.6, 2.0)])
def test_an_epoch_whose_last_batches_wait_for_the_next_step_is_over_at_its_end(at_the_last_step, counted):
    state = SimpleNamespace(epoch=at_the_last_step)
    WholeEpochs().on_epoch_end(None, state, None)
    assert state.epoch == counted


@pytest.mark.parametrize(("step", "noted", "counted"), [(2, 0.8, 1.0), (1, 0.4, 0.4), (3, 1.2, 1.2)])
def test_a_resumed_training_begins_with_the_epoch_that_transformers_4_counts(step, noted, counted, monkeypatch):
    monkeypatch.setattr("emollm_plugin.training.resume.before_5", lambda: True)
    state = SimpleNamespace(epoch=noted, global_step=step)
    WholeEpochs().on_train_begin(SimpleNamespace(gradient_accumulation_steps=2), state, None, train_dataloader=range(5))
    assert state.epoch == counted


def test_the_order_by_modality_follows_from_seed_and_epoch():
    from llava.train.llava_trainer import LengthGroupedSampler

    def order(epoch, seed=0, drawn_before=0):
        torch.rand(drawn_before)
        trainer = SimpleNamespace(args=SimpleNamespace(seed=seed), state=SimpleNamespace(epoch=epoch))
        lengths = [5, -3, 7, -2, 9, 4, -6, 8] * 4
        before = torch.get_rng_state()
        found = list(SeededByEpoch(trainer, LengthGroupedSampler(2, 2, lengths, group_by_modality=True)))
        assert torch.equal(before, torch.get_rng_state())
        assert sorted(found) == list(range(32))
        return found

    assert order(None) == order(0.0, drawn_before=3) == order(0.75)
    assert order(1.0) == order(1.5, drawn_before=5) != order(0.0)
    assert order(0.0, seed=1) != order(0.0)
